"""A part of a report: what a reader sees, and what the runner reads from the notebook."""

from __future__ import annotations

import base64
import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

TABLE_MIME = "application/vnd.sivsen.table+json"
FINDINGS_MIME = "application/vnd.sivsen.findings+json"

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class ReportPart:
    """Something a notebook cell shows.

    Parameters
    ----------
    html : str
        What the reader sees.
    mime : str
        MIME type of `data`, or "" where there is none.
    data : mapping or None
        The same, machine-readable, at full precision.
    """

    html: str
    mime: str = ""
    data: Mapping[str, Any] | None = None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str | Mapping[str, Any]]:
        bundle: dict[str, str | Mapping[str, Any]] = {"text/html": self.html, "text/plain": "[report part]"}
        if self.mime and self.data is not None:
            bundle[self.mime] = self.data
        return bundle


def frame_records(frame: pd.DataFrame) -> list[list[Any]]:
    """Return the cells of a frame as JSON values, row by row: full precision, None where there is nothing."""
    return [[_plain(value) for value in row] for row in frame.astype(object).itertuples(index=False)]


def frame_csv(frame: pd.DataFrame) -> str:
    r"""Return a frame as CSV at full precision; text that a spreadsheet would compute is made harmless.

    Examples
    --------
    >>> frame_csv(pd.DataFrame({"outcome": ["=1+1"], "estimate": [-0.5]}))
    "outcome,estimate\r\n'=1+1,-0.5\r\n"
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([str(name) for name in frame.columns])
    writer.writerows([[_csv_cell(value) for value in row] for row in frame_records(frame)])
    return buffer.getvalue()


def csv_link(frame: pd.DataFrame, *, name: str, words: str) -> str:
    """Return a paragraph whose link downloads a frame as CSV from inside the page."""
    content = base64.b64encode(("\ufeff" + frame_csv(frame)).encode()).decode()
    return (
        f'<p class="download"><a download="{name}.csv" href="data:text/csv;charset=utf-8;base64,{content}">'
        f"{words}</a></p>"
    )


def table_data(frame: pd.DataFrame, *, name: str, caption: str) -> dict[str, Any]:
    """Return a frame as the JSON object that the runner reads back."""
    columns: Sequence[str] = [str(column) for column in frame.columns]
    return {"name": name, "caption": caption, "columns": columns, "rows": frame_records(frame)}


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if hasattr(value, "item") else value


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return repr(value) if isinstance(value, float) else value
