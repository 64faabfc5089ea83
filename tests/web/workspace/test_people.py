"""Who may sign in and do what; what they did; and how the site looks."""

from __future__ import annotations

import ast
import re

import pytest

from commonhall.engine.staff import MAY, Permission, Role
from commonhall.web.workspace.audit import SENTENCES
from commonhall.web.workspace.views import MENU
from tests.rules.house import SOURCES, parsed
from tests.web.workspace.office import Office

PEOPLE, AUDIT, BRAND = "/workspace/people", "/workspace/audit", "/workspace/brand"


async def person_of(office: Office, role: Role) -> str:
    rows = await office.house.store.owner.fetch("select person from person where $1 = any(roles)", role.value)
    return str(rows[0]["person"])


class TestPeople:
    async def test_somebody_is_invited_once(self, office: Office) -> None:
        admin = await office.staff(Role.ADMINISTRATOR)
        await admin.get(f"{PEOPLE}/invite")
        wrong = await admin.post(f"{PEOPLE}/invite", [("email", "nobody"), ("name", "")], status=400)
        for words in ("Enter an email address", "Enter their name", "Select at least one role"):
            assert words in wrong.text
        right = [
            ("email", "New@Example.com"),
            ("name", "New Person"),
            ("roles", "officer"),
            ("roles", "nonsense"),
        ]
        assert "New Person" in (await admin.follow(await admin.post(f"{PEOPLE}/invite", right))).text
        again = await admin.post(f"{PEOPLE}/invite", [("email", "new@example.com"), *right[1:]], status=400)
        assert "may sign in already" in again.text

    async def test_changed_roles_hold_from_the_next_page_on(self, office: Office) -> None:
        admin, viewer = await office.staff(Role.ADMINISTRATOR), await office.staff(Role.VIEWER)
        person = await person_of(office, Role.VIEWER)
        await viewer.get("/workspace/cases", status=403)
        await admin.get(f"{PEOPLE}/{person}")
        await admin.post(f"{PEOPLE}/{person}", [("roles", "officer")])
        await viewer.get("/workspace/cases")

    async def test_whoever_is_removed_is_out_at_once(self, office: Office) -> None:
        admin, viewer = await office.staff(Role.ADMINISTRATOR), await office.staff(Role.VIEWER)
        person = await person_of(office, Role.VIEWER)
        await admin.get(PEOPLE)
        await admin.post(f"{PEOPLE}/{person}/remove")
        await viewer.get("/workspace", status=303)
        assert "Vera" not in (await admin.get(PEOPLE)).text
        assert (await office.actions())[0] == "person.remove"

    async def test_a_council_keeps_an_administrator(self, office: Office) -> None:
        admin = await office.staff(Role.ADMINISTRATOR)
        person = await person_of(office, Role.ADMINISTRATOR)
        await admin.get(PEOPLE)
        await admin.post(f"{PEOPLE}/{person}/remove", status=409)
        demoted = await admin.post(f"{PEOPLE}/{person}", [("roles", "viewer")], status=400)
        assert "Somebody must stay administrator" in demoted.text
        await admin.get(PEOPLE)

    @pytest.mark.parametrize("role", Role)
    async def test_everybody_sees_the_pages_of_their_roles_alone(self, office: Office, role: Role) -> None:
        staff = await office.staff(role)
        for item in MENU:
            await staff.get(item.path, status=200 if item.needs in MAY[role] else 403)


class TestSessions:
    async def test_a_session_ends_when_idle_when_over_and_when_signed_out(self, office: Office) -> None:
        staff = await office.staff(Role.VIEWER)
        office.clock.go(minutes=59)
        await staff.get("/workspace")
        office.clock.go(minutes=61)
        asked = await staff.get("/workspace/services", status=303)
        assert asked.location == "/workspace/sign-in?to=/workspace/services"
        staff = await office.staff(Role.VIEWER)
        for _ in range(12):
            office.clock.go(minutes=59)
            await staff.get("/workspace")
        office.clock.go(minutes=30)
        await staff.get("/workspace", status=303)
        staff = await office.staff(Role.VIEWER)
        session = staff.wire.cookie
        await staff.post("/workspace/sign-out")
        staff.wire.cookie = session
        await staff.get("/workspace", status=303)

    async def test_a_form_without_the_session_s_token_changes_nothing(self, office: Office) -> None:
        admin = await office.staff(Role.ADMINISTRATOR)
        await admin.get(PEOPLE)
        for token in ("", "0" * 32, "é"):
            await admin.post(f"{PEOPLE}/invite", [("email", "x@example.com")], status=403, token=token)
        admin.wire.extra.append((b"sec-fetch-site", b"cross-site"))
        await admin.post(f"{PEOPLE}/invite", [("email", "x@example.com")], status=403)

    async def test_local_accounts_are_off_unless_the_operator_turns_them_on(self, office: Office) -> None:
        anybody = office.anybody()
        page = await anybody.get("/workspace/sign-in")
        assert "Sign in as" not in page.text
        person = await person_of(office, Role.ADMINISTRATOR)
        token = re.findall(r'name="token" value="([^"]+)"', page.text)
        form = [("person", person), ("token", token[0] if token else "")]
        assert (await anybody.post("/workspace/sign-in", form)).status == 403

    async def test_only_our_own_words_stand_in_a_banner(self, office: Office) -> None:
        staff = await office.staff(Role.VIEWER)
        page = await staff.get("/workspace/services?said=Ring+0900+now&by=0123456789abcdef")
        assert "0900" not in page.text


class TestAudit:
    def test_every_action_has_words(self) -> None:
        words = re.compile(r"(case|service|draft|proposal|person|session|connector|brand)\.[a-z-]+")
        constants = (
            node.value
            for path in SOURCES
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Constant)
        )
        actions = {value for value in constants if isinstance(value, str) and words.fullmatch(value)}
        files = {"service.yaml", "case.json", "case.csv"}
        not_actions = {*files, "case.summary", "case.contact", "case.location"}
        assert actions - not_actions - SENTENCES.keys() == set()

    async def test_who_did_what_is_shown_and_taken_away_as_a_file(self, office: Office) -> None:
        owner = await office.staff(Role.SERVICE_OWNER)
        await owner.get("/workspace/services")
        await owner.post("/workspace/services/missed-bin/do", [("do", "pause")])
        page = await owner.get(AUDIT)
        assert "paused the service: missed-bin" in page.text
        assert "signed in" in page.text
        only = await owner.get(f"{AUDIT}?kind=service.")
        assert "signed in" not in only.text.partition("<tbody")[2]
        file = await owner.get(f"{AUDIT}.csv")
        lines = file.text.splitlines()
        assert lines[0] == "at,who,action,what,details"
        assert any("service.pause,missed-bin" in line for line in lines)
        assert file.headers[b"content-disposition"].endswith(b'"audit-solihull.csv"')

    async def test_no_cell_of_the_file_is_a_formula(self, office: Office) -> None:
        admin = await office.staff(Role.ADMINISTRATOR)
        await admin.get(PEOPLE)
        form = [("email", "=cmd@example.com"), ("name", "X"), ("roles", "viewer")]
        await admin.post(f"{PEOPLE}/invite", form)
        assert ",'=cmd@example.com," in (await admin.get(f"{AUDIT}.csv")).text

    async def test_long_trails_come_a_page_at_a_time(self, office: Office) -> None:
        await office.house.store.owner.execute(
            "insert into audit (council, at, actor, action, subject) "
            "select 'solihull', now(), 'x', 'case.read', 'S' || n from generate_series(1, 120) n"
        )
        admin = await office.staff(Role.ADMINISTRATOR)
        path, seen = f"{AUDIT}?kind=case.", []
        for _ in range(4):
            page = await admin.get(path)
            seen += re.findall(r"read the case: (S\d+)", page.text)
            found = re.search(r'href="([^"]+)" rel="next"', page.text)
            if not found:
                break
            path = found.group(1).replace("&amp;", "&")
        assert seen == [f"S{n}" for n in range(120, 0, -1)]


class TestBrand:
    FORM = (
        ("name-en", "Solihull Council"),
        ("name-cy", "Cyngor Solihull"),
        ("logo_text-en", "Solihull"),
        ("logo_text-cy", "Solihull"),
        ("colour", "#123456"),
        ("accent", "#ffcc00"),
        ("phone", "0121 496 0000"),
        ("homepage_url", "https://www.example.com/"),
        ("notice-en", "Offices are closed on Monday"),
        ("notice-cy", "Mae’r swyddfeydd ar gau ddydd Llun"),
        ("footer-0-label-en", "Jobs"),
        ("footer-0-label-cy", "Swyddi"),
        ("footer-0", "https://jobs.example.com/"),
    )

    async def test_residents_see_the_new_look(self, office: Office) -> None:
        owner = await office.staff(Role.SERVICE_OWNER)
        page = await owner.get(BRAND)
        assert "Contrast" in page.text
        await owner.post(BRAND, self.FORM)
        await office.house.sites.refresh()
        resident = await office.anybody().get("/cy/")
        for words in ("Cyngor Solihull", "ar gau ddydd Llun", "Swyddi", "https://jobs.example.com/"):
            assert words in resident.text
        assert "#123456" in (await office.anybody().get("/brand.css")).text
        assert (await office.actions())[0] == "brand.change"

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("colour", "#ffee00", "choose a darker one"),
            ("colour", "red", "Enter a colour as #"),
            ("accent", "#12", "Enter a colour as #"),
            ("name-cy", "", "Enter the council’s name"),
            ("homepage_url", "javascript:alert(1)", "begins with https://"),
            ("footer-0", "http://x", "begins with https://"),
            ("notice-en", "x" * 401, "400 characters or fewer"),
        ],
    )
    async def test_what_cannot_be_read_or_trusted_is_refused(
        self, office: Office, name: str, value: str, words: str
    ) -> None:
        owner = await office.staff(Role.SERVICE_OWNER)
        await owner.get(BRAND)
        form = [(key, value if key == name else old) for key, old in self.FORM]
        assert words in (await owner.post(BRAND, form, status=400)).text


def test_every_permission_is_somebody_s() -> None:
    assert set(Permission) == set().union(*(MAY[role] for role in Role))
