"""Table: what a dialect makes of an export, every cell still the text that stood there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = Literal["scores", "codes", "ids"]

PREVIEWS = "test answers entered in the survey tool's preview"
NOT_SHOWN = "not shown"
UNTICKED = frozenset({"", "0", "n", "no", "false", "unchecked", "not selected"})
TICKED = frozenset({"1", "y", "yes", "true", "checked", "selected"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One column of a question with several answers: the option that it holds.

    Parameters
    ----------
    header : str
        Header of the column in the table.
    names : tuple of str
        What the platform calls the option: its code, its label. The first that is a choice of the form counts.
    unticked, ticked : frozenset of str
        Texts (small letters) that mean that the option was not chosen, or was.
    written : bool
        Whether respondents write into the column themselves ("Other, please say"): any text ticks it.
    """

    header: str
    names: tuple[str, ...]
    unticked: frozenset[str] = UNTICKED
    ticked: frozenset[str] = TICKED
    written: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Rows that are no answers, by the platform's own marks.

    Parameters
    ----------
    reason : str
        Why they are set aside; stands in the ledger.
    rows : ndarray of bool
        One flag per row of the table.
    """

    reason: str
    rows: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The answers of one file as text, and how its platform means them.

    Parameters
    ----------
    frame : DataFrame
        One row per answer row, one text column per header; headers are unique.
    rows : ndarray of int
        Spreadsheet row number of each frame row.
    texts : mapping of str to str
        Header -> question text that the platform shows above the column, where it does.
    names : mapping of str to tuple of str
        Header -> other names of the same column, such as the row of a grid or a short name in brackets.
    reasons : mapping of str to ndarray of str
        Header -> per row why there is no answer ("not shown", a declared missing code), or "".
    numbers : {"scores", "codes", "ids"}
        What a bare number in a question with choices is: its score, a code that its author chose, or a number
        that the platform gave. Only scores are read without more being known.
    value_labels : mapping of str to mapping of str to str
        Header -> code -> label, where the file brings them.
    options : mapping of str to tuple of Option
        Header of a question with several answers -> one column per option, where it is split.
    separators : str
        Characters that may stand between several answers in one cell.
    own : frozenset of str
        Headers that the platform adds.
    asides : tuple of Aside
        Rows that are no answers.
    partial : ndarray of bool or None
        Rows that were not submitted to the end; None where the file does not say.
    submission : str
        Header of the platform's own id of a submission, or "".
    date_order : str
        Order of day, month and year where the platform fixes it ("ymd", "dmy", "mdy"), or "".
    seconds : ndarray of float or None
        Seconds from start to end of each answer, nan where that is not known; None where no column tells.
    notes : tuple of str
        What an evaluator should know of the file.
    """

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    texts: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: Mapping[str, npt.NDArray[np.object_]] = field(default_factory=dict)
    numbers: Numbers = "scores"
    value_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    options: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    separators: str = ",;|\n"
    own: frozenset[str] = frozenset()
    asides: tuple[Aside, ...] = ()
    partial: npt.NDArray[np.bool_] | None = None
    submission: str = ""
    date_order: str = ""
    seconds: npt.NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()

    def keep(self, mask: npt.NDArray[np.bool_]) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
        """Return the frame and the row numbers where `mask` holds."""
        return self.frame[mask].reset_index(drop=True), self.rows[mask]

    def reasons_of(self, mask: npt.NDArray[np.bool_]) -> Mapping[str, npt.NDArray[np.object_]]:
        """Return the reasons of the rows where `mask` holds."""
        return {header: reasons[mask] for header, reasons in self.reasons.items()}
