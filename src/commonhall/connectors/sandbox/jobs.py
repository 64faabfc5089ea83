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


@dataclass(slots=True)
class Update:
    """A change of a job's status that somebody made in the sandbox."""

    id: str
    status: str
    note: str
    at: str
    pushed: bool = False


@dataclass(slots=True)
class Job:
    """One case as the back office has it."""

    id: str
    reference: str
    protocol: str
    service: str
    council: str
    summary: str
    received_at: str
    details: list[list[str]]
    updates_url: str | None = None
    keys: list[str] = field(default_factory=list)
    times: int = 0
    updates: list[Update] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Where the job stands."""
        return self.updates[-1].status if self.updates else CaseStatus.OPEN.value


class Jobs:
    """All jobs. The same reference by the same protocol is one job, however often it is sent."""

    def __init__(self, journal: Path | None, clock: Callable[[], datetime]) -> None:
        self._journal = journal
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._by_reference: dict[tuple[str, str], str] = {}
        if journal is not None:
            journal.parent.mkdir(parents=True, exist_ok=True)
            for line in journal.read_text("utf-8").splitlines() if journal.exists() else []:
                self._replay(line)

    def _replay(self, line: str) -> None:
        try:
            entry = json.loads(line)
        except ValueError:
            # Only the last line can be cut short, by a crash before it was acknowledged.
            return
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
        with self._journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"do": do, **entry}, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def now(self) -> str:
        """The moment, as both protocols write it."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def accept(self, entry: dict[str, Any], key: str) -> Job:
        """Take a case; the journal has it before this returns."""
        whole = {**entry, "key": key, "received_at": self.now()}
        self._write("accept", whole)
        return self._accept(whole)

    def _accept(self, entry: dict[str, Any]) -> Job:
        key = entry.pop("key")
        place = (entry["protocol"], entry["reference"])
        known = self._by_reference.get(place)
        if known is None:
            known = f"{len(self._jobs) + 1:05d}"
            self._by_reference[place] = known
            self._jobs[known] = Job(id=known, **entry)
        job = self._jobs[known]
        job.times += 1
        if key not in job.keys:
            job.keys.append(key)
        return job

    def update(self, job: Job, status: CaseStatus, note: str) -> Update:
        """Change a job's status."""
        number = len(job.updates) + 1
        entry = {
            "job": job.id,
            "id": f"{job.id}-{number}",
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

    def pushed(self, job: Job, update: Update) -> None:
        """Note that an update has reached the other side."""
        entry = {"job": job.id, "id": update.id}
        self._write("pushed", entry)
        self._pushed(entry)

    def _pushed(self, entry: dict[str, Any]) -> None:
        for update in self._jobs[entry["job"]].updates:
            if update.id == entry["id"]:
                update.pushed = True

    def get(self, job_id: str) -> Job | None:
        """A job by its number."""
        return self._jobs.get(job_id)

    def all(self) -> list[Job]:
        """Every job, newest first."""
        return list(reversed(self._jobs.values()))

    def to_push(self) -> list[tuple[Job, Update]]:
        """Updates of jobs that came by webhook and have not reached the other side yet, oldest first."""
        return [
            (job, update)
            for job in self._jobs.values()
            if job.protocol == "webhook" and job.updates_url
            for update in job.updates
            if not update.pushed
        ]

    def as_data(self) -> list[dict[str, Any]]:
        """Every job as plain data, for tests and tools."""
        return [{**asdict(job), "status": job.status} for job in self.all()]
