"""Problems of one row of a file."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.core.errors import ProblemLog


@dataclass(frozen=True, slots=True)
class RowLog:
    """Notes problems of one row, whose place is known.

    Parameters
    ----------
    log : ProblemLog
        Takes the problems.
    file : str
        Name of the file.
    row : int
        Row as a spreadsheet counts it.
    """

    log: ProblemLog
    file: str
    row: int

    def add(self, what: str, *, column: str, allowed: str = "", mend: str = "") -> None:
        """Note one problem; the arguments are those of `Problem`."""
        self.log.add(what, file=self.file, row=self.row, column=column, allowed=allowed, mend=mend)
