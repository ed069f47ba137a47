"""Which program wrote a file, told from its structure."""

from __future__ import annotations

import json
from collections.abc import Collection

from toolkit.core.errors import ProblemLog
from toolkit.ingest.declaration import Platform, clean_header

QUALTRICS_COLUMNS = frozenset(
    "StartDate EndDate Status IPAddress Progress Finished RecordedDate ResponseId RecipientLastName "
    "RecipientFirstName RecipientEmail ExternalReference LocationLatitude LocationLongitude "
    "DistributionChannel UserLanguage".split()
) | {"Duration (in seconds)"}
QUALTRICS_HEADER_ROWS = 3
LEGACY_ROW_2 = frozenset({"ResponseID", "ResponseSet", "Finished"})
PLAIN_HEADER_ROWS = 1


def detect_platform(
    rows: list[list[str]], *, declared: Platform, expected: Collection[str], name: str, log: ProblemLog
) -> tuple[str, str] | None:
    """Return the platform and the evidence for it, or None after noting why it is not clear.

    Parameters
    ----------
    rows : list of list of str
        First rows of the file.
    declared : {"auto", "qualtrics", "plain"}
        What the study says.
    expected : collection of str
        Headers that the study's columns and the instrument would explain.
    name : str
        File name for messages.
    log : ProblemLog
        Takes what is wrong.

    Examples
    --------
    >>> detect_platform([["code", "wc1"], ["A", "4"]], declared="auto", expected={"code", "wc1"},
    ...                 name="pre.csv", log=ProblemLog())
    ('plain', '2 of 2 headers in row 1 are known')
    """
    header = [clean_header(cell) for cell in rows[0]]
    import_ids = len(rows) > 2 and bool(rows[2]) and all(_is_import_id(cell) for cell in rows[2])
    fixed = sorted(QUALTRICS_COLUMNS & set(header))
    known = sum(cell in expected for cell in header)
    if import_ids and {"ResponseId", "Finished"} <= set(header):
        if declared == "plain":
            log.add(
                "declared as plain, but row 3 holds Qualtrics ImportIds",
                file=name,
                row=3,
                mend="declare platform: qualtrics, or auto",
            )
            return None
        return "qualtrics", f"row 3 holds ImportIds and row 1 has {len(fixed)} Qualtrics columns"
    if len(rows) > 1 and set(rows[1]) >= LEGACY_ROW_2:
        log.add(
            "rows 1 and 2 are the header of Qualtrics' legacy export, which is not read",
            file=name,
            row=2,
            allowed="a Qualtrics CSV with its three header rows",
            mend="export it again from Data & Analysis as CSV, without the legacy format",
        )
        return None
    if declared == "qualtrics" or len(fixed) > 3:
        log.add(
            f"row 3 does not hold Qualtrics ImportIds (row 1 has {len(fixed)} Qualtrics columns)",
            file=name,
            row=3,
            allowed="a Qualtrics CSV with its three header rows",
            mend="export it again from Data & Analysis as CSV with the three header rows kept",
        )
        return None
    if known:
        return "plain", f"{known} of {len(header)} headers in row 1 are known"
    log.add(
        "it is not clear which program wrote this file: row 3 holds no Qualtrics ImportIds, and no header in "
        "row 1 is an item of the form",
        file=name,
        row=1,
        allowed="a Qualtrics CSV, or a plain CSV whose headers are item names",
        mend="declare platform: plain and map the headers under columns in study.yaml",
    )
    return None


def _is_import_id(cell: str) -> bool:
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "ImportId" in value
