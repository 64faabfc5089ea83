"""The sandbox's jobs: kept in memory, and in a journal that is on disk before anything is acknowledged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commonhall.engine.back_office import CaseStatus


class JournalBroken(Exception):  # noqa: N818
    """The journal has a line that cannot be read, with others after it."""


@dataclass(slots=True)
class Update:
    """A change of a job's status that somebody made in the sandbox.

    `pushed` is set once the other side has answered for good, and `push_answer` is then its status code.
    """

    id: str
    status: str
    note: str
    at: str
    pushed: bool = False
    push_answer: int | None = None


@dataclass(slots=True)
class Job:
    """One case as the back office has it. Times are written YYYY-MM-DDThh:mm:ssZ.

    `keys` are the idempotency keys under which it came, `times` how often it was sent.
    """

    id: str
    reference: str
    protocol: str
    service: str
    council: str
    summary: str
    received_at: str
    details: list[list[str]]
    place: dict[str, str] = field(default_factory=dict)
    updates_url: str | None = None
    keys: list[str] = field(default_factory=list)
    times: int = 0
    updates: list[Update] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Where the job stands."""
        return self.updates[-1].status if self.updates else CaseStatus.OPEN.value


class Jobs:
    """All jobs. What comes again under the same key, by the same protocol for the same council, is one job.

    An Open311 request without a key is known by its reference.
    """

    def __init__(self, journal: Path | None, clock: Callable[[], datetime]) -> None:
        self._journal = journal
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._by_key: dict[tuple[str, str, str], str] = {}
        self._by_reference: dict[tuple[str, str, str], str] = {}
        if journal is not None:
            journal.parent.mkdir(parents=True, exist_ok=True)
            if journal.exists():
                self._read(journal)

    def _read(self, journal: Path) -> None:
        """Take up a journal. Its last line may be cut short, by a crash before it was acknowledged: it goes."""
        whole = journal.read_bytes()
        end = whole.rfind(b"\n") + 1
        for number, line in enumerate(whole[:end].split(b"\n")[:-1], 1):
            try:
                self._replay(json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise JournalBroken(
                    f"{journal.name} line {number} is not an entry of the sandbox's journal:"
                    " put it right, or name another file"
                ) from None
        if end < len(whole):
            os.truncate(journal, end)

    def _replay(self, entry: dict[str, Any]) -> None:
        match entry.pop("do"):
            case "accept":
                self._accept(entry)
            case "update":
                self._update(entry)
            case "pushed":
                self._pushed(entry)

    def _write(self, do: str, entry: dict[str, Any]) -> None:
        if self._journal is None:
            return
        with self._journal.open("ab") as file:
            file.write(json.dumps({"do": do, **entry}).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def now(self) -> str:
        """The moment, as both protocols write it."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def accept(self, entry: dict[str, Any], key: str | None) -> Job:
        """Take a case; the journal has it before this returns."""
        whole = {**entry, "key": key, "received_at": self.now()}
        self._write("accept", whole)
        return self._accept(whole)

    def _accept(self, entry: dict[str, Any]) -> Job:
        key = entry.pop("key")
        whose = (entry["protocol"], entry["council"])
        by_reference = (*whose, entry["reference"])
        known = self._by_key.get((*whose, key)) if key else self._by_reference.get(by_reference)
        if known is None:
            known = f"{len(self._jobs) + 1:05d}"
            self._jobs[known] = Job(id=known, **entry)
            self._by_reference.setdefault(by_reference, known)
        job = self._jobs[known]
        job.times += 1
        if key and key not in job.keys:
            job.keys.append(key)
            self._by_key[(*whose, key)] = known
        return job

    def update(self, job: Job, status: CaseStatus, note: str) -> Update:
        """Change a job's status."""
        entry = {
            "job": job.id,
            "id": f"{job.id}-{len(job.updates) + 1}",
            "status": status.value,
            "note": note,
            "at": self.now(),
        }
        self._write("update", entry)
        return self._update(entry)

    def _update(self, entry: dict[str, Any]) -> Update:
        job = self._jobs[entry.pop("job")]
        job.updates.append(Update(**entry))
        return job.updates[-1]

    def pushed(self, job: Job, update: Update, answer: int) -> None:
        """Note that the other side has answered for good, and how."""
        entry = {"job": job.id, "id": update.id, "answer": answer}
        self._write("pushed", entry)
        self._pushed(entry)

    def _pushed(self, entry: dict[str, Any]) -> None:
        for update in self._jobs[entry["job"]].updates:
            if update.id == entry["id"]:
                update.pushed = True
                update.push_answer = entry.get("answer")

    def get(self, job_id: str) -> Job | None:
        """A job by its number."""
        return self._jobs.get(job_id)

    def all(self) -> list[Job]:
        """Every job, newest first."""
        return list(reversed(self._jobs.values()))

    def to_push(self) -> list[tuple[Job, Update]]:
        """For each job that came by webhook, the first update that the other side does not have yet."""
        found = []
        for job in self._jobs.values():
            if job.protocol == "webhook" and job.updates_url:
                waiting = next((update for update in job.updates if not update.pushed), None)
                if waiting is not None:
                    found.append((job, waiting))
        return found

    def as_data(self) -> list[dict[str, Any]]:
        """Every job as plain data, for tests and tools."""
        return [{**asdict(job), "status": job.status} for job in self.all()]
