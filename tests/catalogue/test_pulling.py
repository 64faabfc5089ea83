"""Pulling: what is right is taken, and whatever somebody did to a catalogue is refused with a sentence."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, TargetFile, Targets, Timestamp

from commonhall.catalogue import pulling
from commonhall.catalogue.adopting import know_version
from commonhall.catalogue.fetching import Fetcher
from commonhall.catalogue.packages import check_folder
from commonhall.catalogue.publishing import signing, versions
from commonhall.catalogue.publishing.terms import Terms
from commonhall.catalogue.pulling import Found, Source
from commonhall.catalogue.refusals import CatalogueRefused
from commonhall.catalogue.verifying import Unreachable
from commonhall.storage.drafts import list_versions
from commonhall.storage.pool import Store
from tests.catalogue.catalogues import NOW, Shop, key, open_shop, package, public
from tests.engine.services import CALENDARS

NAME = "national"


@dataclass
class Node:
    """A council's own installation that pulls from one catalogue."""

    catalogues: Path
    source: Source
    http: httpx2.Client

    def look(self, now: datetime = NOW, known: pulling.Known | None = None) -> Found:
        """Read the catalogue as a pull does, without a database."""
        folder = self.catalogues / self.source.name
        return pulling.find_new(self.source, folder, known or {}, CALENDARS, now, self.http)

    def refuses(self, why: str, now: datetime = NOW) -> None:
        """The whole catalogue is refused, for this reason, and the refusal is a sentence for an operator."""
        with pytest.raises(CatalogueRefused, match=why) as refused:
            self.look(now)
        said = str(refused.value)
        assert said.startswith(f"the catalogue '{NAME}' was not taken: ")
        assert said.endswith("What was pulled before stays in use")
        assert "Error" not in said
        assert "tuf" not in said


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    """A client that reaches nothing."""

    def nowhere(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody there", request=request)

    with httpx2.Client(transport=httpx2.MockTransport(nowhere)) as client:
        yield client


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A catalogue with one version."""
    made = open_shop(tmp_path / "catalogue")
    made.publish(package(tmp_path / "packages"))
    return made


@pytest.fixture
def node(shop: Shop, tmp_path: Path, http: httpx2.Client) -> Node:
    """A node that trusts the catalogue's first root, and has not looked yet."""
    catalogues = tmp_path / "node"
    source = pulling.add_source(catalogues, NAME, str(shop.folder.path), root=shop.root)
    return Node(catalogues, source, http)


def found(result: Found) -> list[tuple[str, str]]:
    return [(one.row.service, one.row.version) for one in result.new]


def second(shop: Shop, tmp_path: Path, version: str = "1.2.1") -> None:
    """Publish a second version."""
    changed = {"question": "question: Where do you live?"}
    shop.publish(package(tmp_path / f"packages-{version}", version, **changed), NOW + timedelta(hours=1))


def rewrite(path: Path, signers: list[CryptoSigner], change: Callable[[Signed], None]) -> Metadata[Signed]:
    """Change a signed list and sign it anew with these keys."""
    metadata: Metadata[Signed] = Metadata.from_bytes(path.read_bytes())
    change(metadata.signed)
    metadata.signatures.clear()
    for signer in signers:
        metadata.sign(signer, append=True)
    path.write_bytes(metadata.to_bytes())
    return metadata


# -- what is right ---------------------------------------------------------------------------------------------


def test_what_maintainers_signed_is_taken(node: Node) -> None:
    result = node.look()
    assert found(result) == [("allotment", "1.2.0")]
    [one] = result.new
    assert (one.row.catalogue, one.row.changelog, one.row.published_at) == (NAME, "What 1.2.0 brings.", NOW)
    assert (result.same, result.refused, result.until) == (0, (), NOW + timedelta(days=7))


def test_what_is_here_is_not_fetched_again(shop: Shop, node: Node, tmp_path: Path) -> None:
    known = {(one.row.service, one.row.version): one.row for one in node.look().new}
    second(shop, tmp_path)
    [fetched] = shop.folder.targets.rglob("*.1.2.0.json")
    fetched.unlink()
    result = node.look(known=known)
    assert (found(result), result.same, result.refused) == ([("allotment", "1.2.1")], 1, ())


def test_a_root_that_its_maintainers_changed_is_followed_step_by_step(
    shop: Shop, node: Node, tmp_path: Path
) -> None:
    node.look()
    dee, fay = key("dee"), key("fay")
    signing.propose_root(shop.folder, NOW, add=[public(dee)], remove=["ada"])
    shop.release(signers=[shop.ada, shop.ben, shop.cyd, dee])
    signing.propose_root(shop.folder, NOW, add=[public(fay)], remove=["ben"])
    shop.release(signers=[shop.ben, shop.cyd, dee])
    shop.ada, shop.ben = fay, dee
    second(shop, tmp_path)
    assert ("allotment", "1.2.1") in found(node.look())


def test_terms_that_ended_long_ago_are_no_matter_once_they_are_renewed(
    shop: Shop, node: Node, tmp_path: Path
) -> None:
    node.look()
    later = NOW + timedelta(days=3000)
    signing.propose_root(shop.folder, later)
    shop.release(later)
    assert found(node.look(later)) == [("allotment", "1.2.0")]


# -- tampered --------------------------------------------------------------------------------------------------


def test_a_changed_package_is_refused_and_the_others_are_taken(
    shop: Shop, node: Node, tmp_path: Path
) -> None:
    second(shop, tmp_path)
    [path] = shop.folder.targets.rglob("*.1.2.0.json")
    path.write_bytes(path.read_bytes().replace(b"Yes", b"Noo", 1)[:-2] + b"!}")
    result = node.look()
    assert found(result) == [("allotment", "1.2.1")]
    [why] = result.refused
    assert "packages/allotment/1.2.0.json is not what the maintainers signed" in why


@pytest.mark.parametrize(
    ("ruin", "why"),
    [
        (lambda path: path.unlink(), "is listed, but cannot be had"),
        (lambda path: path.write_bytes(path.read_bytes() * 2), "is longer than what the maintainers signed"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "is not what the maintainers signed"),
        (lambda path: path.write_bytes(b""), "is not what the maintainers signed"),
    ],
)
def test_a_package_that_is_gone_longer_or_cut_short_is_refused(
    shop: Shop, node: Node, ruin: Callable[[Path], None], why: str
) -> None:
    [path] = shop.folder.targets.rglob("*.1.2.0.json")
    ruin(path)
    result = node.look()
    assert (found(result), result.same) == ([], 0)
    assert why in result.refused[0]


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        ("timestamp.json", '"version":2', '"version":9', "its timestamp is not signed by the key of its publishing"),
        ("2.snapshot.json", '"version":2', '"version":9', "its snapshot is not the one that belongs to the rest"),
        ("2.targets.json", '"version":2', '"version":9', "list of its packages is not the one that belongs"),
        ("timestamp.json", "{", "", "metadata/timestamp.json cannot be read"),
        ("timestamp.json", '"timestamp"', '"snapshot"', "metadata/timestamp.json cannot be read"),
    ],
)  # fmt: skip
def test_a_changed_list_is_refused(shop: Shop, node: Node, name: str, old: str, new: str, why: str) -> None:
    path = shop.folder.metadata / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    node.refuses(why)


@pytest.mark.parametrize("name", ["timestamp.json", "2.snapshot.json", "2.targets.json"])
def test_a_missing_list_is_named(shop: Shop, node: Node, name: str) -> None:
    (shop.folder.metadata / name).unlink()
    node.refuses(f"metadata/{name} is missing there")


def test_a_list_without_an_end_is_not_read_to_its_end(shop: Shop, node: Node) -> None:
    path = shop.folder.metadata / "timestamp.json"
    path.write_bytes(path.read_bytes() + b" " * 100_000)
    node.refuses(r"metadata/timestamp.json is longer than it may be")


def test_lists_of_different_days_do_not_go_together(shop: Shop, node: Node, tmp_path: Path) -> None:
    old = (shop.folder.metadata / "2.targets.json").read_bytes()
    second(shop, tmp_path)
    (shop.folder.metadata / "3.targets.json").write_bytes(old)
    node.refuses("is not the one that belongs to the rest")


def test_a_package_that_says_it_is_another_is_refused(shop: Shop, node: Node, tmp_path: Path) -> None:
    """Two maintainers may err together; the node still holds a version to its name and digest."""
    released = shop.folder.released()
    assert released is not None
    [target] = released.targets.signed.targets.values()
    content = versions.content_of(versions.read_target(shop.folder, target))
    other = TargetFile.from_data("packages/allotment/9.0.0.json", content, ["sha256"])
    other.unrecognized_fields["custom"] = {**target.custom, "version": "9.0.0"}
    signing.propose_target(shop.folder, other, content, NOW)
    for path, raw in (("9.1.0", b"[]"), ("9.2.0", b'{"../x": ""}'), ("9.3.0", b'{"service.yaml": "id: x"}')):
        nonsense = TargetFile.from_data(f"packages/allotment/{path}.json", raw, ["sha256"])
        signing.propose_target(shop.folder, nonsense, raw, NOW)
    shop.release()
    result = node.look()
    assert found(result) == [("allotment", "1.2.0")]
    assert "9.0.0.json holds allotment 1.2.0" in result.refused[0]
    assert "9.1.0.json is not a package" in result.refused[1]
    assert "9.2.0.json is not a package" in result.refused[2]
    assert "9.3.0.json cannot be run by this release of Commonhall (service.yaml:1:1: " in result.refused[3]


# -- expired ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "what"),
    [
        (Terms(timestamp=1), "its timestamp expired"),
        (Terms(snapshot=1), "its snapshot expired"),
        (Terms(targets=1), "the list of its packages expired"),
        (Terms(root=1), "the list of who may sign expired"),
    ],
)
@pytest.mark.parametrize("seen", [False, True])
def test_what_expired_is_refused_by_its_name(
    tmp_path: Path, http: httpx2.Client, terms: Terms, what: str, seen: bool
) -> None:
    shop = open_shop(tmp_path / "catalogue", terms=terms)
    shop.publish(package(tmp_path / "packages"))
    catalogues = tmp_path / "node"
    node = Node(catalogues, pulling.add_source(catalogues, NAME, str(shop.folder.path), root=shop.root), http)
    if seen:
        node.look()
    node.refuses(what, NOW + timedelta(days=2))


# -- rolled back -----------------------------------------------------------------------------------------------


def test_an_old_copy_is_refused_once_a_newer_one_was_seen(shop: Shop, node: Node, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(shop.folder.metadata, old)
    second(shop, tmp_path)
    node.look()
    shutil.rmtree(shop.folder.metadata)
    shutil.copytree(old, shop.folder.metadata)
    node.refuses("it shows an older state than one seen before")


def test_an_old_list_of_packages_under_a_new_timestamp_is_refused(
    shop: Shop, node: Node, tmp_path: Path
) -> None:
    """The machine that publishes was broken into: its key can say what is the newest, but not go back."""
    old = (shop.folder.metadata / "2.targets.json").read_bytes()
    second(shop, tmp_path)
    node.look()
    snapshot = Metadata(
        Snapshot(
            4, expires=NOW + timedelta(days=9), meta={"targets.json": MetaFile.from_data(2, old, ["sha256"])}
        )
    )
    snapshot.sign(shop.online)
    raw = snapshot.to_bytes()
    (shop.folder.metadata / "4.snapshot.json").write_bytes(raw)

    def newest(signed: Signed) -> None:
        assert isinstance(signed, Timestamp)
        signed.version = 9
        signed.snapshot_meta = MetaFile.from_data(4, raw, ["sha256"])

    rewrite(shop.folder.metadata / "timestamp.json", [shop.online], newest)
    node.refuses("it shows an older state than one seen before")


def test_a_stolen_key_that_ran_ahead_is_overcome_by_another_key(
    shop: Shop, node: Node, tmp_path: Path
) -> None:
    """Fast-forward: with very high numbers a thief would keep every later state from being believed."""
    rewrite(
        shop.folder.metadata / "timestamp.json",
        [shop.online],
        lambda signed: setattr(signed, "version", 1_000_000),
    )
    node.look()
    rewrite(
        shop.folder.metadata / "timestamp.json", [shop.online], lambda signed: setattr(signed, "version", 5)
    )
    node.refuses("it shows an older state than one seen before")
    fresh = key("fresh")
    signing.propose_root(shop.folder, NOW, online=public(fresh))
    shop.online = fresh
    shop.release()
    assert found(node.look()) == [("allotment", "1.2.0")]


def test_what_was_served_before_a_key_was_changed_is_refused_even_with_its_root(
    shop: Shop, node: Node, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    shutil.copytree(shop.folder.metadata, old)
    fresh = key("fresh")
    signing.propose_root(shop.folder, NOW, online=public(fresh))
    shop.online = fresh
    shop.release()
    node.look()
    shutil.rmtree(shop.folder.metadata)
    shutil.copytree(old, shop.folder.metadata)
    node.refuses("its timestamp is not signed by the key of its publishing machine")


# -- wrongly signed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who", ["one of two", "one of them twice", "a stranger with one of them", "the machine"]
)
def test_packages_that_too_few_maintainers_signed_are_refused(shop: Shop, node: Node, who: str) -> None:
    signers = {
        "one of two": [shop.ada],
        "one of them twice": [shop.ada, shop.ada],
        "a stranger with one of them": [shop.ada, key("eve")],
        "the machine": [shop.online],
    }[who]
    serve_targets(shop, signers)
    node.refuses("the list of its packages is not signed by the maintainers")


def serve_targets(shop: Shop, signers: list[CryptoSigner]) -> None:
    """What somebody with the publishing machine's key can serve: another list of packages, signed by these."""

    def change(signed: Signed) -> None:
        assert isinstance(signed, Targets)
        signed.targets.clear()

    changed = rewrite(shop.folder.metadata / "2.targets.json", signers, change).to_bytes()

    def snapshot(signed: Signed) -> None:
        assert isinstance(signed, Snapshot)
        signed.meta["targets.json"] = MetaFile.from_data(2, changed, ["sha256"])

    raw = rewrite(shop.folder.metadata / "2.snapshot.json", [shop.online], snapshot).to_bytes()

    def timestamp(signed: Signed) -> None:
        assert isinstance(signed, Timestamp)
        signed.snapshot_meta = MetaFile.from_data(2, raw, ["sha256"])

    rewrite(shop.folder.metadata / "timestamp.json", [shop.online], timestamp)


def test_another_catalogue_at_the_same_address_is_refused(shop: Shop, node: Node, tmp_path: Path) -> None:
    other = open_shop(tmp_path / "other")
    shutil.rmtree(shop.folder.metadata)
    shutil.copytree(other.folder.metadata, shop.folder.metadata)
    node.refuses("its timestamp is not signed by the key of its publishing machine")


def test_signers_who_appoint_themselves_are_refused(shop: Shop, node: Node, tmp_path: Path) -> None:
    node.look()
    eve, mal = key("eve"), key("mal")
    signing.propose_root(shop.folder, NOW, add=[public(eve), public(mal)], remove=["ada", "ben", "cyd"])
    for signer in (eve, mal, shop.ada):
        signing.sign(shop.folder, signer)
    root = shop.folder.waiting().root
    assert root is not None
    (shop.folder.metadata / "2.root.json").write_bytes(root.to_bytes())
    node.refuses(r"the list of who may sign \(metadata/2.root.json\) is not signed by enough")


def test_signers_who_skip_a_step_are_refused(shop: Shop, node: Node) -> None:
    signing.propose_root(shop.folder, NOW)
    shop.release()

    def ahead(signed: Signed) -> None:
        assert isinstance(signed, Root)
        signed.version = 3

    rewrite(shop.folder.metadata / "2.root.json", [shop.ada, shop.ben], ahead)
    node.refuses("does not follow the one that is trusted here")


def test_a_key_that_was_taken_back_counts_no_more(shop: Shop, node: Node) -> None:
    signing.propose_root(shop.folder, NOW, remove=["ada"])
    shop.release(signers=[shop.ada, shop.ben, shop.cyd])
    node.look()
    (shop.folder.metadata / "2.targets.json").write_bytes(
        (shop.folder.metadata / "3.targets.json").read_bytes()
    )
    serve_newer(shop, [shop.ada, shop.ben])
    node.refuses("the list of its packages is not signed by the maintainers")


def serve_newer(shop: Shop, signers: list[CryptoSigner]) -> None:
    """A next list of packages, signed by these, under lists that the publishing machine signed rightly."""
    metadata: Metadata[Targets] = Metadata(Targets(4, expires=NOW + timedelta(days=9)))
    for signer in signers:
        metadata.sign(signer, append=True)
    raw = metadata.to_bytes()
    (shop.folder.metadata / "4.targets.json").write_bytes(raw)
    meta = {"targets.json": MetaFile.from_data(4, raw, ["sha256"])}
    snapshot = Metadata(Snapshot(9, expires=NOW + timedelta(days=9), meta=meta))
    snapshot.sign(shop.online)
    raw = snapshot.to_bytes()
    (shop.folder.metadata / "9.snapshot.json").write_bytes(raw)
    named = MetaFile.from_data(9, raw, ["sha256"])
    timestamp = Metadata(Timestamp(9, expires=NOW + timedelta(days=7), snapshot_meta=named))
    timestamp.sign(shop.online)
    (shop.folder.metadata / "timestamp.json").write_bytes(timestamp.to_bytes())


# -- over the network ------------------------------------------------------------------------------------------


class Static:
    """A web server of static files, as a transport: `spoil` may answer instead."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spoil: Callable[[str], httpx2.Response | None] = lambda path: None

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/catalogue/")
        instead = self.spoil(path)
        if instead is not None:
            return instead
        file = self.folder / path
        if not file.is_file():
            return httpx2.Response(404)
        return httpx2.Response(200, content=iter([file.read_bytes()]))


@pytest.fixture
def web(shop: Shop) -> Static:
    """The catalogue behind https."""
    return Static(shop.folder.path)


@pytest.fixture
def far(shop: Shop, web: Static, tmp_path: Path) -> Node:
    """A node that pulls over https."""
    catalogues = tmp_path / "far"
    source = pulling.add_source(catalogues, NAME, "https://example.org/catalogue/", root=shop.root)
    return Node(catalogues, source, httpx2.Client(transport=httpx2.MockTransport(web)))


def test_a_web_server_of_static_files_is_enough(far: Node) -> None:
    assert found(far.look()) == [("allotment", "1.2.0")]


def endless() -> Iterator[bytes]:
    while True:
        yield b" " * 65536


@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        ("metadata/timestamp.json", httpx2.Response(503), "cannot be reached.*answered 503"),
        ("metadata/2.root.json", httpx2.Response(500), "cannot be reached.*answered 500"),
        ("metadata/timestamp.json", httpx2.Response(302, headers={"location": "/x"}), "answered 302"),
        ("metadata/timestamp.json", httpx2.Response(404), r"metadata/timestamp.json is missing there"),
        ("metadata/timestamp.json", httpx2.Response(200, content=endless()), "longer than it may be"),
        (
            "metadata/timestamp.json",
            httpx2.Response(200, headers={"content-encoding": "gzip"}, content=iter([b""])),
            "packs its answers",
        ),
    ],
)
def test_a_server_that_answers_otherwise_is_not_believed(
    far: Node, web: Static, path: str, answer: httpx2.Response, why: str
) -> None:
    web.spoil = lambda asked: answer if asked == path else None
    far.refuses(why)


def test_a_server_that_goes_away_half_way_gives_what_it_gave(
    far: Node, shop: Shop, web: Static, tmp_path: Path
) -> None:
    second(shop, tmp_path)

    def gone(asked: str) -> httpx2.Response | None:
        if asked.endswith(".1.2.1.json"):
            raise httpx2.ReadError("connection reset")
        return None

    web.spoil = gone
    result = far.look()
    assert (found(result), result.unreachable) == ([("allotment", "1.2.0")], True)
    assert "cannot be reached (connection reset)" in result.refused[0]


def test_a_package_without_an_end_is_not_read_to_its_end(far: Node, web: Static) -> None:
    web.spoil = lambda asked: (
        httpx2.Response(200, content=endless()) if asked.startswith("targets/") else None
    )
    result = far.look()
    assert (found(result), result.unreachable) == ([], False)
    assert "longer than what the maintainers signed" in result.refused[0]


def test_a_server_that_drips_is_left(shop: Shop, web: Static) -> None:
    times = iter(range(0, 10_000, 50))
    client = httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, content=endless())))
    fetcher = Fetcher("https://example.org", client, monotonic=lambda: float(next(times)))
    with pytest.raises(Exception, match="no end after 60 seconds"):
        fetcher.download_bytes("https://example.org/metadata/timestamp.json", 10**9)


# -- adding a catalogue ----------------------------------------------------------------------------------------


def test_a_root_may_be_trusted_by_its_digest(shop: Shop, web: Static, tmp_path: Path) -> None:
    digest = hashlib.sha256(shop.root).hexdigest()

    def client() -> httpx2.Client:
        return httpx2.Client(transport=httpx2.MockTransport(web))

    address = "https://example.org/catalogue"
    pulling.add_source(tmp_path / "a", NAME, address, root_digest=digest.upper(), http=client())
    with pytest.raises(
        CatalogueRefused, match=r"none of the roots at https://example\.org/catalogue has this"
    ):
        pulling.add_source(tmp_path / "b", NAME, address, root_digest="0" * 64, http=client())
    assert pulling.list_sources(tmp_path / "a") == [Source(NAME, address)]
    assert pulling.list_sources(tmp_path / "b") == []


@pytest.mark.parametrize(
    ("name", "address", "why"),
    [
        ("../up", "https://example.org", "cannot name a catalogue"),
        (NAME, "http://example.org/catalogue", "is not encrypted"),
        (NAME, "https://somebody:secret@example.org", "must not carry a user name"),
        (NAME, "ftp://example.org", "is not the address of a catalogue"),
        (NAME, "https://[", "is not a web address"),
        (NAME, "no/such/folder", "is not a catalogue's folder"),
    ],
)
def test_an_address_that_will_not_do_is_refused(
    shop: Shop, tmp_path: Path, name: str, address: str, why: str
) -> None:
    with pytest.raises(CatalogueRefused, match=why):
        pulling.add_source(tmp_path / "node", name, address, root=shop.root)


def test_what_is_no_root_is_not_trusted(shop: Shop, node: Node, tmp_path: Path) -> None:
    path = str(shop.folder.path)
    for content in (b"{}", b"", (shop.folder.metadata / "timestamp.json").read_bytes()):
        with pytest.raises(CatalogueRefused, match="is not a catalogue's root"):
            pulling.add_source(tmp_path / "x", NAME, path, root=content)
    with pytest.raises(CatalogueRefused, match="does not have the SHA-256"):
        pulling.add_source(tmp_path / "x", NAME, path, root=shop.root, root_digest="0" * 64)
    with pytest.raises(CatalogueRefused, match="say which root to trust"):
        pulling.add_source(tmp_path / "x", NAME, path)
    with pytest.raises(CatalogueRefused, match="there is a catalogue 'national' here already"):
        pulling.add_source(node.catalogues, NAME, path, root=shop.root)


def test_a_catalogue_that_is_kept_wrongly_is_named(node: Node) -> None:
    (node.catalogues / NAME / "source.json").write_text("{")
    with pytest.raises(CatalogueRefused, match=r"national/source\.json cannot be read: delete its folder"):
        pulling.list_sources(node.catalogues)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080/c", "http://localhost/c", "http://[::1]/c"])
def test_plain_http_goes_to_this_machine(shop: Shop, tmp_path: Path, address: str) -> None:
    assert pulling.add_source(tmp_path, NAME, address, root=shop.root).address == address


# -- into the database -----------------------------------------------------------------------------------------


async def pulls(store: Store, node: Node, now: datetime = NOW) -> list[pulling.Pulled]:
    folder = node.catalogues
    return await pulling.pull(
        store, folder, CALENDARS, lambda: now, http=httpx2.Client(transport=httpx2.MockTransport(nobody))
    )


def nobody(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nobody there", request=request)


async def test_what_was_pulled_stays_when_the_catalogue_is_gone(
    store: Store, shop: Shop, node: Node, tmp_path: Path
) -> None:
    [first] = await pulls(store, node)
    assert (first.added, first.same, first.refused) == ((("allotment", "1.2.0"),), 0, ())
    [again] = await pulls(store, node)
    assert (again.added, again.same) == ((), 1)
    shutil.rmtree(shop.folder.path)
    [gone] = await pulls(store, node, NOW + timedelta(days=1))
    assert (gone.unreachable, gone.until) == (True, first.until)
    assert "cannot be reached" in gone.refused[0]
    assert pulling.last_pull(node.catalogues, NAME) == gone
    [row] = await list_versions(store)
    assert (row.service, row.version, row.catalogue) == ("allotment", "1.2.0", NAME)
    files = await store.owner.fetchval("select files from package where digest = $1", row.package)
    assert files["service.yaml"].startswith("id: allotment")
    with pytest.raises(CatalogueRefused, match="there is no catalogue 'other' here"):
        await pulling.pull(store, node.catalogues, CALENDARS, lambda: NOW, ("other",))
    pulling.remove_source(node.catalogues, NAME)
    assert await list_versions(store) == [row]


async def test_of_two_catalogues_with_the_same_version_the_first_stays(
    store: Store, shop: Shop, node: Node, tmp_path: Path
) -> None:
    """A catalogue cannot put its own content under a version that another one gave; the rest of it is taken."""
    other = open_shop(tmp_path / "other")
    other.publish(package(tmp_path / "theirs", question="question: Where do you live?"))
    other.publish(package(tmp_path / "theirs", "1.3.0", question="question: Where do you live now?"))
    pulling.add_source(node.catalogues, "regional", str(other.folder.path), root=other.root)
    first, second_one = await pulls(store, node)
    assert first.added == (("allotment", "1.2.0"),)
    assert second_one.added == (("allotment", "1.3.0"),)
    [why] = second_one.refused
    assert "allotment 1.2.0 is here already, from the catalogue 'national', with other content" in why
    assert [(row.version, row.catalogue) for row in await list_versions(store)] == [
        ("1.2.0", NAME),
        ("1.3.0", "regional"),
    ]


async def test_one_refused_catalogue_does_not_keep_another_from_its_own(
    store: Store, shop: Shop, node: Node, tmp_path: Path
) -> None:
    other = open_shop(tmp_path / "other")
    other.publish(package(tmp_path / "theirs", "1.3.0"))
    pulling.add_source(node.catalogues, "regional", str(other.folder.path), root=other.root)
    (shop.folder.metadata / "timestamp.json").write_text("{}")
    bad, good = await pulls(store, node)
    assert (bad.added, bad.unreachable) == ((), False)
    assert good.added == (("allotment", "1.3.0"),)


async def test_the_folder_beside_the_installation_is_a_source_too(
    store: Store, shop: Shop, node: Node, tmp_path: Path
) -> None:
    service = check_folder(
        package(tmp_path / "own", question="question: Where do you live?"), CALENDARS
    ).service
    assert service is not None
    assert await know_version(store, service, NOW)
    [pulled] = await pulls(store, node)
    assert "from the folder beside this installation" in pulled.refused[0]
    [row] = await list_versions(store)
    assert (row.catalogue, row.package) == ("", service.digest)


def test_unreachable_is_a_refusal() -> None:
    assert issubclass(Unreachable, CatalogueRefused)


# -- laws ------------------------------------------------------------------------------------------------------


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_byte_that_somebody_changes_is_ever_believed(
    shop: Shop, node: Node, tmp_path: Path, data: st.DataObject
) -> None:
    """Whatever is changed in the catalogue or in what was seen of it: the right packages, or a refusal in words."""
    [right] = _right(shop)
    catalogue, seen = tmp_path / "changed", tmp_path / "seen" / NAME
    for place in (catalogue, seen):
        shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(shop.folder.path, catalogue)
    shutil.copytree(node.catalogues / NAME, seen)
    changed = Node(tmp_path / "seen", Source(NAME, str(catalogue)), node.http)
    if data.draw(st.booleans(), label="seen before"):
        changed.look()
    files = sorted(
        path
        for place in (catalogue, seen)
        for path in place.rglob("*.json")
        if path.name != "source.json" and not path.is_symlink()
    )
    path = data.draw(st.sampled_from(files), label="file")
    raw = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1), label="at")
    raw[at] = data.draw(st.integers(0, 255), label="byte")
    how = data.draw(st.sampled_from(["change", "cut", "insert"]), label="how")
    path.write_bytes(
        {"change": bytes(raw), "cut": bytes(raw[:at]), "insert": bytes(raw[: at + 1] + raw[at:])}[how]
    )
    try:
        result = changed.look()
    except CatalogueRefused:
        return
    assert [one.files for one in result.new] in ([right], [])
    assert result.new or result.refused


def _right(shop: Shop) -> list[dict[str, str]]:
    released = shop.folder.released()
    assert released is not None
    return [versions.read_target(shop.folder, one) for one in released.targets.signed.targets.values()]
