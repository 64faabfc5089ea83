"""Publishing: what may be published, who must sign it, and what lies in the folder afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Delegations, Root, Targets

from commonhall.catalogue.packages import changelog_entry
from commonhall.catalogue.publishing import keys, reviewing, signing, versions
from commonhall.catalogue.publishing.folder import Folder
from commonhall.catalogue.publishing.terms import Terms
from commonhall.catalogue.refusals import CatalogueRefused
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.reader import digest_of
from tests.catalogue.catalogues import NOW, TOOLS, Shop, key, open_shop, package, public


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A published catalogue without packages."""
    return open_shop(tmp_path / "catalogue")


def propose(shop: Shop, made: Path) -> versions.Reviewed | None:
    return versions.publish(made, shop.folder, TOOLS, NOW)


def test_a_published_package_is_one_file_under_its_content(shop: Shop, tmp_path: Path) -> None:
    made = package(tmp_path)
    shop.publish(made)
    [file] = (shop.folder.targets / "packages" / "allotment").iterdir()
    content = json.loads(file.read_bytes())
    assert content["service.yaml"] == (made / "service.yaml").read_text("utf-8")
    released = shop.folder.released()
    assert released is not None
    target = released.targets.signed.targets["packages/allotment/1.2.0.json"]
    assert file.name == f"{target.hashes['sha256']}.1.2.0.json"
    assert target.custom == {
        "service": "allotment",
        "version": "1.2.0",
        "digest": digest_of(content),
        "weight": "first",
        "changelog": "What 1.2.0 brings.",
        "published_at": "2026-03-10T09:00:00+00:00",
    }
    assert not shop.folder.pending.exists()


def test_a_package_with_problems_is_not_published(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(ServiceRefused, match=r"allotment-1\.2\.0/service\.yaml"):
        propose(shop, package(tmp_path, longest="max: 250, colour: red"))
    assert not shop.folder.waiting()


def test_a_published_version_never_changes(shop: Shop, tmp_path: Path) -> None:
    made = package(tmp_path)
    shop.publish(made)
    assert propose(shop, made) is None
    with pytest.raises(CatalogueRefused, match=r"allotment 1\.2\.0 is published already, with other content"):
        propose(shop, package(tmp_path / "other", question="question: Where do you live?"))


@pytest.mark.parametrize(
    ("version", "changed", "least"),
    [
        ("1.2.1", {"longest": "max: 100"}, "2.0.0"),
        ("1.2.0", {"question": "question: Where do you live?"}, None),
        ("1.2.1", {"question": "question: Where do you live?"}, None),
    ],
)
def test_a_version_number_tells_how_much_changed(
    shop: Shop, tmp_path: Path, version: str, changed: dict[str, str], least: str | None
) -> None:
    shop.publish(package(tmp_path / "old", "1.1.9" if version == "1.2.0" else "1.2.0"))
    made = package(tmp_path / "new", version, **changed)
    if least is None:
        reviewed = propose(shop, made)
        assert reviewed is not None
        assert reviewed.weight == "wording"
    else:
        with pytest.raises(CatalogueRefused, match=f"it must be {least} or higher, for pages.size"):
            propose(shop, made)


def test_a_repair_of_an_old_version_is_compared_with_the_one_it_repairs(shop: Shop, tmp_path: Path) -> None:
    shop.publish(package(tmp_path / "one", "1.2.0"))
    shop.publish(package(tmp_path / "two", "2.0.0", longest="max: 100"))
    reviewed = propose(shop, package(tmp_path / "three", "1.2.1", question="question: Where do you live?"))
    assert reviewed is not None
    assert (reviewed.follows, reviewed.weight) == ("1.2.0", "wording")


def test_a_changelog_must_say_something_about_the_version(shop: Shop, tmp_path: Path) -> None:
    made = package(tmp_path)
    (made / "CHANGELOG.md").write_text("# Changes\n\n## 1.2.0\n\n## 1.1.0\n\nMore sites.\n", "utf-8")
    with pytest.raises(CatalogueRefused, match=r"does not say what allotment 1\.2\.0 changes"):
        propose(shop, made)


def test_of_a_changelog_only_the_version_s_own_part_is_told() -> None:
    text = "# Changes\n\n## 11.2.0\n\nno\n\n## [1.2.0] - March\n\nMore.\n\n### Fixed\n\nLess.\n\n## 1.1.0\n\nno\n"
    assert changelog_entry(text, "1.2.0") == "More.\n\n### Fixed\n\nLess."


def test_one_signature_of_two_publishes_nothing(shop: Shop, tmp_path: Path) -> None:
    propose(shop, package(tmp_path))
    signing.sign(shop.folder, shop.ada)
    signing.sign(shop.folder, shop.ada)
    assert signing.wanted(shop.folder) == [signing.Wanted("targets", 1, ("ben", "cyd"))]
    with pytest.raises(CatalogueRefused, match="1 more signature needed, of ben, cyd"):
        signing.release(shop.folder, shop.online, NOW)
    released = shop.folder.released()
    assert released is not None
    assert released.targets.signed.targets == {}
    signing.sign(shop.folder, shop.cyd)
    signing.release(shop.folder, shop.online, NOW)


def test_the_next_maintainer_checks_what_the_first_proposed(shop: Shop, tmp_path: Path) -> None:
    propose(shop, package(tmp_path))
    [reviewed] = reviewing.review(shop.folder, TOOLS, NOW)
    assert (reviewed.service.id, reviewed.service.version, reviewed.weight) == ("allotment", "1.2.0", "first")
    [file] = (shop.folder.pending / "targets" / "packages" / "allotment").iterdir()
    file.write_bytes(file.read_bytes().replace(b"allotment", b"allotmemt"))
    with pytest.raises(CatalogueRefused, match="is not what was listed"):
        reviewing.review(shop.folder, TOOLS, NOW)


def test_a_maintainer_is_told_of_a_published_version_that_a_proposal_would_change(
    shop: Shop, tmp_path: Path
) -> None:
    shop.publish(package(tmp_path / "one"))
    propose(shop, package(tmp_path / "two", "1.2.1", question="question: Where do you live?"))
    waiting = shop.folder.waiting().targets
    assert waiting is not None
    del waiting.signed.targets["packages/allotment/1.2.0.json"]
    waiting.to_file(str(shop.folder.pending / "targets.json"))
    with pytest.raises(CatalogueRefused, match=r"would change or drop packages/allotment/1\.2\.0\.json"):
        reviewing.review(shop.folder, TOOLS, NOW)
    assert signing.withdraw(shop.folder)
    assert not shop.folder.waiting()


@pytest.mark.parametrize(
    ("smuggle", "why"),
    [
        (lambda root, targets: setattr(targets, "version", 1_000), "has number 1000 for its targets where 2"),
        (lambda root, targets: setattr(root, "version", 9), "has number 9 for its root where 2"),
        (
            lambda root, targets: setattr(targets, "expires", NOW + timedelta(days=9_000)),
            "would have its targets believed until 2050",
        ),
        (
            lambda root, targets: setattr(root, "expires", NOW + timedelta(days=9_000)),
            "would have its root believed until 2050",
        ),
        (lambda root, targets: setattr(targets, "delegations", Delegations({}, {})), "a delegation"),
        (lambda root, targets: root.add_key(public(key("eve")), "targets"), "who are not among its signers"),
        (lambda root, targets: root.add_key(public(key("eve")), "snapshot"), "who are not among its signers"),
        (
            lambda root, targets: setattr(root.roles["targets"], "threshold", 1),
            "who are not among its signers",
        ),
        (lambda root, targets: setattr(root, "consistent_snapshot", False), "files change under readers"),
    ],
)
def test_a_maintainer_is_told_of_what_a_proposal_smuggles_in(
    shop: Shop, smuggle: Callable[[Root, Targets], None], why: str
) -> None:
    signing.propose_root(shop.folder, NOW)
    assert reviewing.review(shop.folder, TOOLS, NOW) == []
    waiting = shop.folder.waiting()
    assert waiting.root is not None
    assert waiting.targets is not None
    smuggle(waiting.root.signed, waiting.targets.signed)
    waiting.root.to_file(str(shop.folder.pending / "root.json"))
    waiting.targets.to_file(str(shop.folder.pending / "targets.json"))
    with pytest.raises(CatalogueRefused, match=why):
        reviewing.review(shop.folder, TOOLS, NOW)


def test_signers_are_told_by_name_and_digest(shop: Shop) -> None:
    dee = key("dee")
    assert signing.signers_change(shop.folder) == []
    signing.propose_root(shop.folder, NOW, add=[public(dee)], remove=["ada"], threshold=3)
    [said] = signing.signers_change(shop.folder)
    assert said.startswith("from now on 3 of ben (")
    assert f"dee ({dee.public_key.keyid[:8]})" in said
    with pytest.raises(CatalogueRefused, match=r"two maintainers have the same name \(ben, ben, cyd\)"):
        signing.propose_root(shop.folder, NOW, add=[public(key("ben"))], remove=["ada"])


def test_two_proposals_are_signed_together(shop: Shop, tmp_path: Path) -> None:
    propose(shop, package(tmp_path / "one"))
    signing.sign(shop.folder, shop.ada)
    propose(shop, package(tmp_path / "two", "1.2.1", question="question: Where do you live?"))
    assert signing.wanted(shop.folder)[0].missing == 2
    shop.release()
    released = shop.folder.released()
    assert released is not None
    assert len(released.targets.signed.targets) == 2


def test_a_stranger_s_signature_counts_nowhere(shop: Shop, tmp_path: Path) -> None:
    propose(shop, package(tmp_path))
    for stranger in (key("eve"), shop.online):
        with pytest.raises(CatalogueRefused, match="is no maintainer's of this catalogue"):
            signing.sign(shop.folder, stranger)
    signing.sign(shop.folder, shop.ada)
    signing.sign(shop.folder, shop.ben)
    with pytest.raises(CatalogueRefused, match="is not the publishing machine's"):
        signing.release(shop.folder, key("eve"), NOW)


@pytest.mark.parametrize(("threshold", "online"), [(0, False), (4, False), (2, True)])
def test_a_catalogue_that_could_never_be_signed_or_hangs_on_one_machine_is_not_made(
    tmp_path: Path, threshold: int, online: bool
) -> None:
    people = [key("ada"), key("ben"), key("cyd")]
    machine = people[0] if online else key("online")
    with pytest.raises(CatalogueRefused, match=r"never sign|a maintainer's, too"):
        signing.create(
            Folder(tmp_path), [public(one) for one in people], threshold, public(machine), Terms(), NOW
        )


def test_a_catalogue_is_made_once(shop: Shop) -> None:
    with pytest.raises(CatalogueRefused, match="is a catalogue already"):
        signing.create(shop.folder, [public(shop.ada)], 1, public(shop.online), Terms(), NOW)


def test_renewing_says_for_longer_that_this_is_the_newest(shop: Shop) -> None:
    later = NOW + timedelta(days=3)
    signing.refresh(shop.folder, shop.online, later)
    found = {one.role: (one.version, one.expires) for one in signing.expiries(shop.folder)}
    assert found == {
        "timestamp": (2, later + timedelta(days=7)),
        "snapshot": (1, NOW + timedelta(days=30)),
        "targets": (1, NOW + timedelta(days=365)),
        "root": (1, NOW + timedelta(days=730)),
    }
    much_later = NOW + timedelta(days=16)
    signing.refresh(shop.folder, shop.online, much_later)
    assert {one.role: one.version for one in signing.expiries(shop.folder)} == {
        "timestamp": 3,
        "snapshot": 2,
        "targets": 1,
        "root": 1,
    }


def test_terms_are_the_catalogue_s_own(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "catalogue", terms=Terms(timestamp=1, snapshot=2, targets=3, root=4))
    signing.propose_root(shop.folder, NOW)
    shop.release()
    found = {one.role: (one.version, (one.expires - NOW).days) for one in signing.expiries(shop.folder)}
    assert found == {"timestamp": (2, 1), "snapshot": (2, 2), "targets": (2, 3), "root": (2, 4)}


def test_a_maintainer_leaves_and_another_comes(shop: Shop, tmp_path: Path) -> None:
    dee = key("dee")
    signing.propose_root(shop.folder, NOW, add=[public(dee)], remove=["ada"])
    assert [(one.role, one.missing) for one in signing.wanted(shop.folder)] == [("root", 2), ("targets", 2)]
    signing.sign(shop.folder, dee)
    signing.sign(shop.folder, shop.ben)
    assert [(one.role, one.missing) for one in signing.wanted(shop.folder)] == [("root", 1), ("targets", 0)]
    signing.sign(shop.folder, shop.ada)
    signing.release(shop.folder, shop.online, NOW)
    propose(shop, package(tmp_path))
    with pytest.raises(CatalogueRefused, match="'ada' is no maintainer's"):
        signing.sign(shop.folder, shop.ada)
    shop.release(signers=[shop.cyd, dee])
    with pytest.raises(
        CatalogueRefused, match=r"'eve' is not a maintainer of this catalogue; .*: ben, cyd, dee"
    ):
        signing.propose_root(shop.folder, NOW, remove=["eve"])


def test_a_folder_that_somebody_changed_is_not_built_on(shop: Shop, tmp_path: Path) -> None:
    made = package(tmp_path)
    for name in ("timestamp.json", "1.snapshot.json", "1.targets.json"):
        path = shop.folder.metadata / name
        right = path.read_text()
        path.write_text(right.replace('"expires":"202', '"expires":"203'))
        with pytest.raises(CatalogueRefused, match=f"{re.escape(name)} is not signed by those who may"):
            propose(shop, made)
        path.write_text(right)
    path.write_text("{}")
    with pytest.raises(CatalogueRefused, match="cannot be read as a list of its kind"):
        propose(shop, made)
    path.unlink()
    with pytest.raises(CatalogueRefused, match="is missing: this catalogue is not whole"):
        propose(shop, made)
    with pytest.raises(CatalogueRefused, match="is not a catalogue: make one"):
        versions.publish(made, Folder(tmp_path / "nowhere"), TOOLS, NOW)


def test_a_key_is_encrypted_its_owner_s_alone_and_never_written_over(tmp_path: Path) -> None:
    path = keys.make_key(tmp_path / "keys", "ada", "correct horse battery")
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in path.read_bytes()
    signer = keys.load_signer(path, "correct horse battery")
    assert keys.load_public(path.with_suffix(".pub")).keyid == signer.public_key.keyid
    assert keys.name_of(signer.public_key) == "ada"
    with pytest.raises(CatalogueRefused, match="a key is never written over"):
        keys.make_key(tmp_path / "keys", "ada", "correct horse battery")


@pytest.mark.parametrize("passphrase", ["", "wrong horse battery"])
def test_a_key_opens_with_its_own_passphrase_only(tmp_path: Path, passphrase: str) -> None:
    path = keys.make_key(tmp_path, "ada", "correct horse battery")
    with pytest.raises(CatalogueRefused, match=r"ada\.key cannot be opened: the passphrase is wrong"):
        keys.load_signer(path, passphrase)
    with pytest.raises(CatalogueRefused, match="is no public key in PEM"):
        keys.load_public(path)
    with pytest.raises(CatalogueRefused, match="cannot be read"):
        keys.load_signer(tmp_path / "ben.key", passphrase)


def test_a_key_is_not_made_where_everybody_reads(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(CatalogueRefused, match="which everybody can read"):
        keys.make_key(shop.folder.path / "keys", "ada", "correct horse battery")
    with pytest.raises(CatalogueRefused, match="fewer than 12 characters"):
        keys.make_key(tmp_path, "ada", "short")
    with pytest.raises(CatalogueRefused, match="cannot name a key"):
        keys.make_key(tmp_path, "../ada", "correct horse battery")
