"""The column glossary: the only source of output column names, kinds, units and meanings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import pandas as pd

from toolkit.core.errors import Problem, ToolkitError

Kind = Literal["text", "integer", "number", "truth"]

_PANDAS_TYPES: Mapping[Kind, str] = MappingProxyType(
    {"text": "str", "integer": "Int64", "number": "float64", "truth": "boolean"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column that may stand in a table the toolkit gives out.

    Parameters
    ----------
    name : str
        Name in every frame and file.
    kind : {"text", "integer", "number", "truth"}
        What its cells hold.
    unit : str
        Unit, or "" where there is none.
    meaning : str
        What it says, in one sentence.
    label : str
        Short heading for readers.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    label: str

    @property
    def dtype(self) -> str:
        """Return the pandas dtype of the column."""
        return _PANDAS_TYPES[self.kind]


_COLUMNS = (
    Column("outcome", "text", "", "Scale that was measured, by its name in the instrument.", "Outcome"),
    Column("role", "text", "", "primary or secondary, as the analysis plan declares it.", "Role"),
    Column("population", "text", "", "Whom the row is about: programme, or group=value.", "Who"),
    Column("estimator", "text", "", "What was estimated.", "Figure"),
    Column("wave", "text", "", "Wave of the survey, where the row is about one wave.", "Wave"),
    Column("instrument", "text", "", "Instrument that the answers belong to.", "Form"),
    Column("rule", "text", "", "main, or sensitivity: another minimum of answered items.", "Scoring rule"),
    Column("min_items", "integer", "items", "Items that had to be answered for a score.", "Items needed"),
    Column("estimate", "number", "see unit", "Point estimate; a change is later minus earlier.", "Estimate"),
    Column("unit", "text", "", "Unit of the estimate and its interval.", "Unit"),
    Column("std_error", "number", "see unit", "Standard error of the estimate.", "Standard error"),
    Column("statistic", "number", "", "Test statistic.", "t"),
    Column("df", "number", "", "Degrees of freedom.", "df"),
    Column("df_method", "text", "", "Where the degrees of freedom come from.", "df from"),
    Column("p_value", "number", "probability", "Two-sided p-value, not adjusted.", "p"),
    Column("p_holm", "number", "probability", "p-value adjusted by Holm within its family.", "p (Holm)"),
    Column("conf_level", "number", "probability", "Level of the interval.", "Level"),
    Column("conf_low", "number", "see unit", "Lower limit of the interval.", "From"),
    Column("conf_high", "number", "see unit", "Upper limit of the interval.", "To"),
    Column("pi_low", "number", "see unit", "Lower prediction limit for a further site.", "New site from"),
    Column("pi_high", "number", "see unit", "Upper prediction limit for a further site.", "New site to"),
    Column("n", "integer", "people", "People (or answers, for one wave) the estimate rests on.", "n"),
    Column("n_missing", "integer", "people", "People left out because a score is missing.", "Left out"),
    Column("missing_reasons", "text", "", "Why they were left out, with counts.", "Why left out"),
    Column("n_sites", "integer", "sites", "Sites that were pooled.", "Sites"),
    Column("tau2", "number", "unit squared", "Variance between sites (REML), never negative.", "tau²"),
    Column("i2", "number", "per cent", "Share of variation that lies between sites.", "I² (%)"),
    Column("improvement", "text", "", "yes, no or unclear, by the scale's declared better side.", "Improvement"),
    Column("standardiser", "text", "", "What a standardised figure was divided by.", "Divided by"),
    Column("method", "text", "", "How estimate and interval were computed.", "Method"),
    Column("notes", "text", "", "Checks, warnings and reasons for what is absent.", "Notes"),
    Column("reference", "text", "", "Formula and source.", "Source"),
    Column("scale_low", "number", "points", "Lowest score the scale allows.", "Scale from"),
    Column("scale_high", "number", "points", "Highest score the scale allows.", "Scale to"),
    Column("finding_id", "text", "", "Stable name of a finding.", "Finding"),
    Column("direction", "text", "", "higher, lower, unclear or too_few.", "Direction"),
    Column("planned", "truth", "", "Whether the analysis plan declares the outcome primary.", "Planned"),
    Column("nesta", "integer", "level", "Level on Nesta's standards of evidence.", "Nesta"),
    Column("maryland", "integer", "level", "Level on the Maryland scale.", "Maryland"),
    Column("grade_reason", "text", "", "Why the level is what it is, and what would lift it.", "Why this level"),
    Column("step", "text", "", "Step of the account of rows.", "Step"),
    Column("reason", "text", "", "Why rows were set aside.", "Reason"),
    Column("count", "integer", "rows", "Rows set aside.", "Set aside"),
    Column("n_in", "integer", "rows", "Rows before the step.", "Before"),
    Column("n_out", "integer", "rows", "Rows after the step.", "Remaining"),
    Column("source_rows", "text", "", "file:row of the rows set aside.", "Rows"),
    Column("view", "text", "", "Whose money is counted: host_cash, host_economic or social.", "View"),
    Column("component", "text", "", "Line, driver or scenario that the row is about.", "Part"),
    Column("p10", "number", "see unit", "10th percentile over draws; of a driver, the net benefit there.", "p10"),
    Column("p50", "number", "see unit", "Median over draws.", "p50"),
    Column("p90", "number", "see unit", "90th percentile over draws; of a driver, the net benefit there.", "p90"),
    Column("variance_share", "number", "share", "Share of the variance of the net benefit.", "Share of variance"),
    Column(
        "break_even", "number", "factor", "Multiple of the figure at which nothing is gained or lost.", "Break-even"
    ),
    Column("n_hosts", "integer", "hosts", "Hosts the figure rests on.", "Hosts"),
    Column("definition", "text", "", "How the figure is defined.", "Definition"),
    Column("shown", "truth", "", "Whether the audience may see the row's figures.", "Shown"),
    Column("band", "text", "", "What stands in place of figures that may not be shown.", "Instead"),
)

GLOSSARY: Mapping[str, Column] = MappingProxyType({column.name: column for column in _COLUMNS})


def glossary_table() -> str:
    """Return the glossary as a Markdown table, for docs/columns.md.

    Examples
    --------
    >>> glossary_table().splitlines()[0]
    '| column | kind | unit | meaning |'
    """
    rows = [f"| `{each.name}` | {each.kind} | {each.unit} | {each.meaning} |" for each in _COLUMNS]
    return "\n".join(["| column | kind | unit | meaning |", "|---|---|---|---|", *rows])


def conform_frame(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return `frame` with exactly `columns`, in order, each of its glossary kind.

    Parameters
    ----------
    frame : DataFrame
        Any grain; absent columns are an error.
    columns : sequence of str
        Names from `GLOSSARY`.

    Raises
    ------
    ToolkitError
        A column is not in the glossary, is missing, or is one too many.

    Examples
    --------
    >>> conform_frame(pd.DataFrame({"n": [3], "outcome": ["ls"]}), ["outcome", "n"]).dtypes.astype(str).tolist()
    ['str', 'Int64']
    """
    problems = [
        Problem(what="the column is not in the glossary", column=str(name))
        for name in dict.fromkeys((*columns, *frame.columns))
        if name not in GLOSSARY
    ]
    problems += [Problem(what="the column is missing", column=name) for name in columns if name not in frame]
    problems += [
        Problem(what="the column is not declared for this table", column=str(name))
        for name in frame
        if name in GLOSSARY and name not in columns
    ]
    if problems:
        raise ToolkitError(problems)
    return frame[list(columns)].astype({name: GLOSSARY[name].dtype for name in columns})
