"""A catalogue on a node: time to believe all of it, and to look whether anything is new.

The packages are small copies of one service, since what is measured is the signatures, digests and lists; reading the
packages themselves is the service language's measure. Time is CPU time of one process, the median of five goes; the
growth is printed as a ratio, which says more than milliseconds of one machine.
"""

from __future__ import annotations

import gc
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.micro import Row

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SERVICES, VERSIONS = 100, 5
GOES = 5


def measure(quick: bool) -> list[Row]:
    """Catalogues of a quarter and of all services, five versions each, signed by two of three maintainers."""
    services = SERVICES // 4 if quick else SERVICES
    rows: list[Row] = []
    whole: dict[int, float] = {}
    for count in (services // 4, services):
        with tempfile.TemporaryDirectory(prefix="commonhall-bench-") as folder:
            node = Node(Path(folder), count)
            what = f"{count} services × {VERSIONS} versions"
            whole[count] = node.timed(node.all_of_it)
            rows += [
                Row(f"believing {what}, all packages read", 1000 * whole[count], "CPU ms"),
                Row(f"believing the lists of {what}, seen before", 1000 * node.timed(node.lists), "CPU ms"),
                Row(f"the list of {what}", node.list_bytes / 1000, "kB"),
            ]
    ratio = whole[services] / whole[services // 4]
    rows.append(Row("believing 4 times the packages takes", ratio, "times as long", "about 4 (in line)"))
    return rows


class Node:
    """A catalogue in a folder, and a node that trusts its first root."""

    def __init__(self, folder: Path, services: int) -> None:
        import httpx2

        from commonhall.catalogue.fetching import Fetcher

        self.folder, self.seen = folder, folder / "node"
        place = make(folder / "catalogue", services)
        self.seen.mkdir()
        shutil.copy(place.metadata / "1.root.json", self.seen / "trusted-root.json")
        self.fetcher = Fetcher(str(place.path), httpx2.Client())
        self.list_bytes = (place.metadata / "2.targets.json").stat().st_size
        self.expected = services * VERSIONS

    def lists(self) -> Any:
        """Verify root, timestamp, snapshot and targets."""
        from commonhall.catalogue.verifying import believe

        return believe("bench", self.fetcher, self.seen, NOW)

    def all_of_it(self) -> None:
        """Verify the lists as on the first day, and every package."""
        shutil.rmtree(self.seen / "metadata", ignore_errors=True)
        believed = self.lists()
        got = [believed.get(target) for target in believed.targets.values()]
        if len(got) != self.expected:
            raise RuntimeError(f"{len(got)} packages of {self.expected}")

    def timed(self, work: Callable[[], object]) -> float:
        """CPU seconds: the median of some goes, after one that is not counted."""
        work()
        seconds = []
        for _ in range(GOES):
            gc.collect()
            begun = time.process_time()
            work()
            seconds.append(time.process_time() - begun)
        return statistics.median(seconds)


def make(path: Path, services: int) -> Any:
    """A catalogue, signed by two of its three maintainers."""
    from securesystemslib.signer import CryptoSigner, SSlibKey
    from tuf.api.metadata import Metadata, TargetFile

    from commonhall.catalogue.publishing import signing, versions
    from commonhall.catalogue.publishing.folder import Folder, write
    from commonhall.catalogue.publishing.keys import NAME_FIELD
    from commonhall.catalogue.publishing.terms import Terms
    from commonhall.engine.reader import digest_of

    def key(name: str) -> CryptoSigner:
        made = CryptoSigner.generate_ed25519()
        made.public_key.unrecognized_fields[NAME_FIELD] = name
        return made

    def public(signer: CryptoSigner) -> SSlibKey:
        return signer.public_key

    ada, ben, cyd, online = (key(name) for name in ("ada", "ben", "cyd", "online"))
    place = Folder(path)
    signing.create(place, [public(ada), public(ben), public(cyd)], 2, public(online), Terms(), NOW)
    for signer in (ada, ben):
        signing.sign(place, signer)
    signing.release(place, online, NOW)
    released = place.released()
    assert released is not None
    targets = released.targets.signed
    for number in range(services):
        for minor in range(VERSIONS):
            service, version = f"service-{number}", f"1.{minor}.0"
            files = {
                "service.yaml": f"id: {service}\nversion: {version}\n" + "# as long as a real one is\n" * 400
            }
            content = versions.content_of(files)
            target = TargetFile.from_data(versions.target_of(service, version), content, ["sha256"])
            target.unrecognized_fields["custom"] = {
                "service": service,
                "version": version,
                "digest": digest_of(files),
                "weight": "additive",
                "changelog": "What this version brings, in two sentences. The other one is as long.",
                "published_at": NOW.isoformat(),
            }
            targets.targets[target.path] = target
            parent, _, name = target.path.rpartition("/")
            write(place.targets / parent / f"{target.hashes['sha256']}.{name}", content)
    targets.version = 2
    pending = Metadata(targets)
    write(place.pending / "targets.json", pending.to_bytes())
    for signer in (ada, ben):
        signing.sign(place, signer)
    signing.release(place, online, NOW)
    return place
