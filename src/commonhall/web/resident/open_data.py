"""The page that lists a council's open data."""

from __future__ import annotations

from starlette.responses import Response

from commonhall.web.open_data import WORDS, values
from commonhall.web.resident.tools import Room, Visit
from commonhall.web.responses import page_response


async def open_data_page(room: Room, visit: Visit) -> Response:
    """Which files of the council's measures there are, and what may be done with them."""
    months = await room.tools.months([visit.site.council])
    title = WORDS[visit.language]["title"]
    frame = room.compiler.frame(visit.site, visit.language, title, "/open-data")
    body = room.compiler.plain_page("open_data.html", frame, **values(months, visit.language))
    return page_response(visit.request, body, headers={"cache-control": "no-cache"})
