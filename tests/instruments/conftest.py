from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from toolkit.core.shipped import shipped_path
from toolkit.instruments import Choice, Instrument, Item, MissingReason, Scale, load_instrument

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


HOSTILE = "=1+1 <script>alert(1)</script>\t\"quoted\" 'single' {self.NAOK}\nsecond & last"
"""Whatever a target could take for a formula, markup, a separator, an end of line or something to work out."""


def speak(text: str) -> dict[str, str]:
    return {code: f"{text} {code}" for code in ("en", "it", "sv", "ro")}


def make_choice(name: str, text: str = "", *, score: float | None = None, reason: MissingReason = "") -> Choice:
    return Choice(name=name, labels=speak(text or f"Answer {name}"), score=score, missing_reason=reason)


AGREE = (
    make_choice("a1", score=1),
    make_choice("a2", score=2),
    make_choice("a3", score=3),
    make_choice("pns", reason="declined"),
)
YES_NO = (make_choice("yes", "Yes"), make_choice("no", "No"))
PLACES = (make_choice("bar"), make_choice("farm"), make_choice("shop"))


def make_form(*rows: dict[str, Any], status: Mapping[str, str] | None = None) -> Instrument:
    """Return a form in four languages from what its rows have beyond a name, a text and all waves."""
    waves = ("pre", "post")
    items = tuple(
        Item(**{"waves": waves, "labels": speak(row["name"]) if row.get("name") else {}, "name": "", **row})
        for row in rows
    )
    scaled = tuple(item.name for item in items if item.scale)
    scale = Scale(
        name="mood",
        labels=speak("Mood"),
        items=scaled,
        min_items=1,
        scoring="mean",
        better="higher",
        licence="CC0",
        source="made up for tests",
    )
    return Instrument(
        name="made",
        version="1",
        titles=speak("Made"),
        languages=("en", "it", "sv", "ro"),
        waves=waves,
        items=items,
        scales=(scale,) if scaled else (),
        sha256="0" * 64,
        translation_status=status or {},
    )


@pytest.fixture
def make() -> Callable[..., Instrument]:
    return make_form


@pytest.fixture
def hostile() -> str:
    return HOSTILE


@pytest.fixture
def rich_form() -> Instrument:
    """A form with everything a form can hold: pages, a grid, conditions, several answers, numbers, hostile texts."""
    scored = {"type": "select_one", "list_name": "agree", "choices": AGREE, "scale": "mood", "role": "outcome"}
    return make_form(
        {"type": "select_one", "name": "work", "list_name": "yesno", "choices": YES_NO, "required": True},
        {"type": "begin_group", "name": "page", "relevant": "${work} = 'yes'"},
        {"type": "note", "name": "stem"},
        {**scored, "name": "m1"},
        {**scored, "name": "m2", "reverse": True},
        {**scored, "name": "m3"},
        {"type": "end_group"},
        {"type": "select_multiple", "name": "where", "list_name": "places", "choices": PLACES},
        {"type": "text", "name": "why", "role": "open", "relevant": "selected(${where}, 'farm') and ${m1} != 'a1'"},
        {"type": "integer", "name": "days", "range_min": 0.0, "range_max": 7.0, "hints": speak("Whole days")},
        {"type": "decimal", "name": "pay", "range_min": 0.5, "waves": ("post",)},
        {"type": "date", "name": "start", "required": True},
        {"type": "text", "name": "word", "labels": speak(HOSTILE), "hints": speak(HOSTILE)},
    )


@pytest.fixture
def small_form() -> Instrument:
    return load_instrument(Path(__file__).parents[1] / "forms" / "small")


@pytest.fixture
def participant_form() -> Instrument:
    return load_instrument(shipped_path("surveys", "instruments", "participant"))
