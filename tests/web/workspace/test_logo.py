"""A council's logo: sent by staff, seen by residents at a name that changes with its content, removed again."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pytest
from PIL import Image

from commonhall.engine.staff import Role
from tests.web.wire import Reply
from tests.web.workspace.office import Office, Staff
from tests.web.workspace.test_people import TestBrand as _Brand

BRAND, LOGO = "/workspace/brand", "/workspace/brand/logo"
WORDS = (("alt-en", "Solihull Council"), ("alt-cy", "Cyngor Solihull"), ("on", "white"))


def picture(colour: str = "green", size: tuple[int, int] = (800, 200)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


async def send(
    staff: Staff, content: bytes, words: Sequence[tuple[str, str]] = WORDS, *, status: int = 303
) -> Reply:
    """Send the form as a browser does, with its file."""
    parts = [
        f'--b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in [("token", staff.token), *words]
    ]
    head = b'--b\r\ncontent-disposition: form-data; name="file"; filename="x.exe"\r\ncontent-type: text/html\r\n\r\n'
    body = b"".join(parts) + head + content + b"\r\n--b--\r\n"
    kind = b"multipart/form-data; boundary=b"
    return staff._seen(await staff.wire.ask(LOGO.encode(), method="POST", chunks=(body,), kind=kind), status)


async def path_of(office: Office, page: str = "/") -> str:
    """Where the logo of a resident's page is."""
    found = re.search(r'<img [^>]*src="(/logo/[^"]+)"', (await office.anybody().get(page)).text)
    return found.group(1) if found else ""


async def test_residents_see_it_on_every_page_in_both_languages(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(LOGO)
    await send(owner, picture())
    await office.house.sites.refresh()
    for page, alt in (
        ("/", "Solihull Council"),
        ("/cy/", "Cyngor Solihull"),
        ("/missed-bin", "Solihull Council"),
    ):
        reply = await office.anybody().get(page)
        assert f'alt="{alt}" width="240" height="60">' in reply.text, page
    assert "ch-header__logo--on-white" in reply.text
    assert "As it is now" in (await owner.get(LOGO)).text
    assert (await office.actions())[0] == "brand.logo"


async def test_its_file_may_be_kept_for_ever(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(LOGO)
    await send(owner, picture())
    await office.house.sites.refresh()
    path = await path_of(office)
    reply = await office.anybody().get(path)
    assert (reply.status, reply.headers[b"content-type"]) == (200, b"image/png")
    assert reply.headers[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert reply.headers[b"x-content-type-options"] == b"nosniff"
    assert Image.open(io.BytesIO(reply.body)).size == (720, 180)
    again = office.anybody()
    again.extra = [(b"if-none-match", reply.headers[b"etag"])]
    assert (await again.get(path)).status == 304
    await send(owner, picture("red"))
    await office.house.sites.refresh()
    now = await path_of(office)
    assert now != path
    assert (await office.anybody().get(path)).status == 404
    rows = await office.house.store.owner.fetch("select digest from council_image")
    assert [row["digest"][:32] for row in rows] == [now.removeprefix("/logo/").removesuffix(".png")]


async def test_its_words_change_without_sending_it_again(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(LOGO)
    await send(owner, picture())
    await office.house.sites.refresh()
    path = await path_of(office)
    await send(owner, b"", [("alt-en", "Another name"), ("alt-cy", "Enw arall"), ("on", "colour")])
    await office.house.sites.refresh()
    page = (await office.anybody().get("/")).text
    assert 'alt="Another name"' in page
    assert path in page
    assert "on-white" not in page


async def test_other_changes_of_the_look_leave_it(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(LOGO)
    await send(owner, picture())
    await owner.post(BRAND, _Brand.FORM)
    await office.house.sites.refresh()
    assert await path_of(office)


async def test_removed_it_is_gone(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(LOGO)
    await send(owner, picture())
    await office.house.sites.refresh()
    path = await path_of(office)
    await owner.get(f"{LOGO}/remove")
    await owner.post(f"{LOGO}/remove")
    await office.house.sites.refresh()
    assert await path_of(office) == ""
    assert (await office.anybody().get(path)).status == 404
    assert await office.house.store.owner.fetch("select from council_image") == []
    assert (await office.actions())[:2] == ["brand.remove-logo", "brand.logo"]


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (b"", WORDS, "Choose a file"),
        (b"<svg onload='alert(1)'/>", WORDS, "PNG, JPEG or WebP"),
        (bytes(300_000), WORDS, "smaller than 200 KB"),
        (picture(), WORDS[1:], "read out instead of the logo"),
        (picture(), [("alt-en", "x" * 121)], "120 characters or fewer"),
        (picture(), WORDS[1:], "Choose the file again"),
    ],
)
async def test_what_cannot_be_one_is_refused(
    office: Office, content: bytes, words: Sequence[tuple[str, str]], said: str
) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(LOGO)
    assert said in (await send(owner, content, words, status=400)).text
    assert await office.actions() == []


async def test_only_who_may_change_the_brand(office: Office) -> None:
    viewer = await office.staff(Role.VIEWER)
    await viewer.get(LOGO, status=403)
    await send(viewer, picture(), status=403)
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(LOGO)
    owner.token = "0" * 32
    await send(owner, picture(), status=403)
    assert await office.actions() == []
