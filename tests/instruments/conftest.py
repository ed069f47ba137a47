from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

Sheets = dict[str, list[list[str]]]

SURVEY_HEADER = (
    "type|name|label::English (en)|label::Italiano (it)|hint::English (en)|hint::Italiano (it)"
    "|scale|reverse|wave|role|range_min|range_max"
)
STATUSES = "translation_status::English (en)|translation_status::Italiano (it)"
# Cells are parted by | here, so an alias cell of these sheets holds one alias.
TINY = {
    "survey.csv": SURVEY_HEADER
    + """
select_one agree|m1|I am glad.|Sono contento.|||mood|no||outcome||
select_one agree|m2|I am glum.|Sono triste.|||mood|yes||outcome||
integer|h1|Hours on Monday|Ore di lunedì|||hours|no||outcome|0|7
integer|h2|Hours on Tuesday|Ore di martedì|||hours|no||outcome|0|7
text|word|One word|Una parola|No names.|Nessun nome.||||open||
select_one yesno|both|Both?|Entrambi?|||||post|||
""",
    "choices.csv": """
list_name|name|label::English (en)|label::Italiano (it)|score|missing_reason|alias
agree|a1|Low|Basso|1||
agree|a2|Middle|Medio|2||
agree|a3|High|Alto|3||3 - High
agree|pns|Skip|Salto||declined|
yesno|yes|Yes|Sì|||
yesno|no|No|No|||
""",
    "settings.csv": """
form_id|version|form_title::English (en)|form_title::Italiano (it)|default_language|waves|STATUSES
tiny|0.1|Tiny|Piccolo|English (en)|pre post|draft|reviewed by Anna Bianchi on 2026-02-01
""".replace("STATUSES", STATUSES),
    "scales.csv": """
scale|label::English (en)|label::Italiano (it)|min_items|scoring|better|licence|source
mood|Mood|Umore|1|mean|higher|CC BY 4.0|test
hours|Hours|Ore|2|sum|lower|CC BY 4.0|test
""",
}


@pytest.fixture
def sheets() -> Sheets:
    """A sound instrument in two languages, as rows of cells, to plant faults in."""
    return {name: [line.split("|") for line in text.strip().split("\n")] for name, text in TINY.items()}


@pytest.fixture
def write_sheets(tmp_path: Path) -> Callable[[Sheets], Path]:
    def write(sheets: Sheets) -> Path:
        folder = tmp_path / "tiny"
        folder.mkdir()
        for name, rows in sheets.items():
            with (folder / name).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(rows)
        return folder

    return write
