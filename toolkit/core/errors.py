"""One root for every error the toolkit raises, and the problems that an error carries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

MAX_PROBLEMS_PRINTED = 50
MAX_NAME_PRINTED = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: what, where, what is allowed, how to mend it.

    Parameters
    ----------
    what : str
        What was found. Never holds an answer or a personal value.
    file : str
        Name of the file as the evaluator knows it, or "" where there is none.
    row : int or None
        Row as a spreadsheet counts it: the first row of the file is 1.
    column : str
        Column, key or parameter name, or "".
    allowed : str
        What would be accepted.
    mend : str
        What to do about it.

    Examples
    --------
    >>> print(Problem(what="the answer is out of scale", file="pre.csv", row=7, column="wc1",
    ...               allowed="1 to 5", mend="correct the cell"))
    pre.csv, row 7, column wc1: the answer is out of scale. Allowed: 1 to 5. To mend: correct the cell.
    """

    what: str
    file: str = ""
    row: int | None = None
    column: str = ""
    allowed: str = ""
    mend: str = ""

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                _one_line(self.file),
                f"row {self.row}" if self.row is not None else "",
                f"column {_one_line(self.column)}" if self.column else "",
            )
            if part
        )
        text = f"{place}: {self.what}" if place else self.what
        if self.allowed:
            text += f". Allowed: {self.allowed}"
        if self.mend:
            text += f". To mend: {self.mend}"
        return text if text.endswith("?") else text.rstrip(".") + "."


def _one_line(name: str) -> str:
    """Make a name from a file safe to print: no marks that steer a terminal, no line breaks, not endless."""
    shown = "".join(mark if mark.isprintable() else "\ufffd" for mark in name)
    return shown if len(shown) <= MAX_NAME_PRINTED else shown[: MAX_NAME_PRINTED - 1] + "…"


class ToolkitError(Exception):
    """Root of every error the toolkit raises on purpose.

    Parameters
    ----------
    problems : str, Problem or iterable of Problem
        What is wrong; all of it at once.
    """

    exit_code: ClassVar[int] = 6

    def __init__(self, problems: str | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(what=problems)
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.text())

    def text(self) -> str:
        """Return every problem on a line of its own, the first 50 and the total."""
        lines = [str(problem) for problem in self.problems[:MAX_PROBLEMS_PRINTED]]
        hidden = len(self.problems) - len(lines)
        if hidden > 0:
            lines.append(f"... and {hidden} more; {len(self.problems)} problems in all.")
        return "\n".join(lines)


class ReportError(ToolkitError):
    """A report could not be made; others may have been."""

    exit_code = 1


class UsageError(ToolkitError, ValueError):
    """A command, parameter or argument was wrong; a ValueError, so that callers of plain Python can catch it."""

    exit_code = 2


class InputError(ToolkitError):
    """A study, instrument or export was wrong."""

    exit_code = 3


class DisclosureError(ToolkitError):
    """Showing this would go against the disclosure rules or a consent."""

    exit_code = 4


class StorageError(ToolkitError):
    """Reading or writing failed, or the place to write to is not allowed."""

    exit_code = 5


class LockedError(ToolkitError):
    """Another run is writing to the same folder."""

    exit_code = 75


@dataclass(slots=True)
class ProblemLog:
    """Gathers problems so that they are raised once, together.

    Examples
    --------
    >>> log = ProblemLog()
    >>> log.add("the header occurs twice", file="pre.csv", column="wc1", mend="rename one of them")
    >>> log.raise_as(InputError)
    Traceback (most recent call last):
    toolkit.core.errors.InputError: pre.csv, column wc1: the header occurs twice. To mend: rename one of them.
    """

    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        what: str,
        *,
        file: str = "",
        row: int | None = None,
        column: str = "",
        allowed: str = "",
        mend: str = "",
    ) -> None:
        """Note one problem; the arguments are those of `Problem`."""
        self.problems.append(Problem(what=what, file=file, row=row, column=column, allowed=allowed, mend=mend))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Note problems that another log or error carries."""
        self.problems.extend(problems)

    def raise_as(self, error: type[ToolkitError]) -> None:
        """Raise `error` with every problem noted so far; do nothing when there is none."""
        if self.problems:
            raise error(self.problems)
