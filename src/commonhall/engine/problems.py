"""Problems in a service or an adoption: values, all collected, each with its place and its remedy."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong, where (1-based line and column), and what to do about it.

    `about` is the same place as a path into the file's data, for whoever shows a form instead of the file.
    """

    file: str
    line: int
    column: int
    message: str
    remedy: str = ""
    about: tuple[str | int, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        """`file:line:column: what is wrong - what to do`."""
        remedy = f" - {self.remedy}" if self.remedy else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{remedy}"


class ServiceRefused(Exception):  # noqa: N818
    """A package or an adoption has problems; carries every one of them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
