"""Photos of cases by address: each address is signed, so that whoever was given it may fetch it and nobody can guess it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from commonhall.casework import attachments
from commonhall.casework.desk import Desk
from commonhall.casework.sites import Site

PATH = "/open311/v2/media"


@dataclass(frozen=True, slots=True)
class Media:
    """Makes addresses and answers them. `secret` signs; `url` is a council's own, of its site."""

    desk: Desk
    site_of: Callable[[str], Site | None]
    url: Callable[[Site], str]
    secret: bytes

    def address(self, site: Site, row: attachments.AttachmentRow) -> str:
        """Where a photo of a case can be fetched."""
        signature = self._sign(site.council, row.reference, row.attachment)
        return f"{self.url(site)}{PATH}/{row.reference}/{row.attachment}/{signature}"

    def _sign(self, council: str, reference: str, attachment: str) -> str:
        words = "\n".join((council, reference, attachment)).encode()
        return hmac.new(self.secret, words, hashlib.sha256).hexdigest()[:40]

    async def show(self, request: Request) -> Response:
        """The photo, as a download: a browser never runs what somebody sent."""
        site = self.site_of(request.headers.get("host", "").partition(":")[0].lower())
        reference, attachment = request.path_params["reference"], request.path_params["attachment"]
        given = request.path_params["signature"].encode()
        if site is None or not hmac.compare_digest(
            self._sign(site.council, reference, attachment).encode(), given
        ):
            return PlainTextResponse("Not found\n", 404)
        found = await attachments.read_file(self.desk, site.council, reference, attachment)
        if found is None:
            return PlainTextResponse("Not found\n", 404)
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
            "x-content-type-options": "nosniff",
            "content-security-policy": "sandbox; default-src 'none'",
            "cache-control": "private, max-age=86400",
        }
        return Response(found.content, media_type=found.media_type, headers=headers)
