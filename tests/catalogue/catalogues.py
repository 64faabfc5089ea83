"""Catalogues for tests: three maintainers of whom two must sign, and a machine that publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from securesystemslib.signer import CryptoSigner, SSlibKey

from commonhall.catalogue.publishing import signing, versions
from commonhall.catalogue.publishing.folder import Folder
from commonhall.catalogue.publishing.keys import NAME_FIELD
from commonhall.catalogue.publishing.terms import Terms
from tests.engine.services import CALENDARS, edited, files

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
TOOLS = versions.Tools(CALENDARS)


def key(name: str) -> CryptoSigner:
    """A fresh key pair of somebody called so."""
    made = CryptoSigner.generate_ed25519()
    made.public_key.unrecognized_fields[NAME_FIELD] = name
    return made


@dataclass
class Shop:
    """A catalogue with everybody's keys at hand."""

    folder: Folder
    ada: CryptoSigner
    ben: CryptoSigner
    cyd: CryptoSigner
    online: CryptoSigner

    @property
    def root(self) -> bytes:
        """The first root, which nodes are given out of band."""
        return (self.folder.metadata / "1.root.json").read_bytes()

    def release(self, now: datetime = NOW, signers: Sequence[CryptoSigner] = ()) -> None:
        """Have what is pending signed by Ada and Ben (or by others) and published."""
        for signer in signers or (self.ada, self.ben):
            signing.sign(self.folder, signer)
        signing.release(self.folder, self.online, now)

    def publish(self, package: Path, now: datetime = NOW) -> None:
        """Check, sign and publish a package."""
        assert versions.publish(package, self.folder, TOOLS, now) is not None
        self.release(now)


def public(signer: CryptoSigner) -> SSlibKey:
    """Its public half."""
    return signer.public_key


def open_shop(path: Path, now: datetime = NOW, terms: Terms | None = None) -> Shop:
    """A published catalogue without packages."""
    shop = Shop(Folder(path), key("ada"), key("ben"), key("cyd"), key("online"))
    maintainers = [public(shop.ada), public(shop.ben), public(shop.cyd)]
    signing.create(shop.folder, maintainers, 2, public(shop.online), terms or Terms(), now)
    shop.release(now)
    return shop


def package(folder: Path, version: str = "1.2.0", **changed: str) -> Path:
    """The allotment service at a version, in a folder; `changed` are words of service.yaml: `old=new` pairs as given."""
    made = folder / f"allotment-{version}"
    made.mkdir(parents=True)
    for name, text in files().items():
        new = text
        if name == "service.yaml":
            new = edited(new, "version: 1.2.0", f"version: {version}") if version != "1.2.0" else new
            for old, instead in changed.items():
                new = edited(new, WORDS[old], instead)
        if name == "CHANGELOG.md":
            new = f"# Changes\n\n## {version}\n\nWhat {version} brings.\n"
        (made / name).write_text(new, "utf-8")
    return made


WORDS = {
    "question": "question: What is your address?",
    "longest": "max: 250",
    "site": "{id: site, type: radios, options: settings.sites}",
}
"""Words of the allotment's service.yaml that tests change."""
