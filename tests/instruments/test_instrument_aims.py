"""docs/instruments.md says where each aim of the programme is measured; here it is held to that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from toolkit.instruments import load_instrument, load_slots

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "instruments.md").read_text(encoding="utf-8")
HOME = ROOT / "surveys" / "instruments"
AIMS = {
    "Professional development",
    "Personal development",
    "Knowledge of social enterprise",
    "Wish to work in social enterprise",
    "Employment after the placement",
    "Knowledge, skills and mindset of social enterprise in the curriculum",
    "EU values",
    "Distance between colleges and the sector",
    "Accreditation",
    "Growth of hosts",
    "Internationalisation of hosts",
    "Wish to work or travel in the European social-enterprise network",
    "Use of the ambassadors' stories",
    "Productivity and what hosting costs and returns",
    "Community benefit",
    "Placement quality and safety",
    "Unwanted effects",
    "Response shift",
    "Dose and format",
    "Brokering effort and cost",
    "Pathways",
    "Formats",
    "Barriers",
    "Quality assurance",
    "Safeguarding",
    "Matching",
    "Certification",
    "International readiness",
    "Regulation",
    "Labour-market fit",
    "Information and guidance",
    "Health and wellbeing",
    "Innovation",
}


def rows_of(heading: str) -> list[list[str]]:
    section = TEXT.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


ROWS = rows_of("What measures each aim")


def names_in(cell: str) -> list[str]:
    """Names of a cell such as ``wc1-wc7, ls``."""
    names = []
    for part in cell.replace("`", "").split(", "):
        match = re.fullmatch(r"([a-z]+)(\d+)-\1(\d+)", part)
        names += [f"{match[1]}{n}" for n in range(int(match[2]), int(match[3]) + 1)] if match else [part]
    return names


def test_every_aim_is_measured_and_no_other_is_claimed() -> None:
    assert {aim for aim, _, _ in ROWS} == AIMS


@pytest.mark.parametrize(("aim", "instrument", "items"), ROWS, ids=[f"{a} / {i}" for a, i, _ in ROWS])
def test_items_exist_and_are_answered(aim: str, instrument: str, items: str) -> None:
    form = load_instrument(HOME / instrument.strip("`"))
    assert all(form.item(name).holds_answer for name in names_in(items)), aim


def test_table_of_instruments_counts_right() -> None:
    told = {}
    for name, waves, counts, scales, _ in rows_of("Instruments"):
        told[name.strip("`")] = (waves, counts, scales)
    found = {}
    for folder in sorted(path for path in HOME.iterdir() if (path / "survey.csv").exists()):
        form = load_instrument(folder)
        counts = ", ".join(str(len(form.items_in_wave(wave))) for wave in form.waves)
        found[folder.name] = (", ".join(form.waves), counts, str(len(form.scales)))
    assert told == found


def test_table_of_slots_is_complete() -> None:
    rows = [row for row in rows_of("Slots for published scales") if len(row) == 4 and row[1].isdigit()]
    told = {row[0].strip("`"): (int(row[1]), row[2]) for row in rows}
    slots = load_slots(HOME / "slots")
    assert told == {s.name: (len(s.items), f"{s.score_range[0]:g} to {s.score_range[1]:g}") for s in slots}
