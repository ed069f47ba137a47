from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from toolkit.core.errors import InputError
from toolkit.instruments import LANGUAGES, Slot, load_slot, load_slots

HOME = Path(__file__).parents[2] / "surveys" / "instruments" / "slots"
SHAPES = {
    # items, points of an answer, scoring, factor, range, reversed, wellbeing
    "caas": (12, (1, 5), "mean", 1.0, (1.0, 5.0), (), False),
    "gse": (10, (1, 4), "sum", 1.0, (10.0, 40.0), (), False),
    "rosenberg": (10, (0, 3), "sum", 1.0, (0.0, 30.0), (3, 5, 8, 9, 10), False),
    "rothwell": (16, (1, 5), "mean", 1.0, (1.0, 5.0), (), False),
    "swemwbs": (7, (1, 5), "sum", 1.0, (7.0, 35.0), (), True),
    "who5": (5, (0, 5), "sum", 4.0, (0.0, 100.0), (), True),
}
# The owners' table; copies with 25.99 at a sum of 29 circulate.
SWEMWBS = {
    7: 7.00, 8: 9.51, 9: 11.25, 10: 12.40, 11: 13.33, 12: 14.08, 13: 14.75, 14: 15.32, 15: 15.84, 16: 16.36,
    17: 16.88, 18: 17.43, 19: 17.98, 20: 18.59, 21: 19.25, 22: 19.98, 23: 20.73, 24: 21.54, 25: 22.35, 26: 23.21,
    27: 24.11, 28: 25.03, 29: 26.02, 30: 27.03, 31: 28.13, 32: 29.31, 33: 30.70, 34: 32.55, 35: 35.00,
}  # fmt: skip
Spoil = Callable[[list[list[str]]], None]


@pytest.fixture(scope="module")
def slots() -> dict[str, Slot]:
    return {slot.name: slot for slot in load_slots(HOME)}


def put(row: int, column: int, text: str) -> Spoil:
    def spoil(rows: list[list[str]]) -> None:
        rows[row - 1][column] = text

    return spoil


def drop(row: int) -> Spoil:
    def spoil(rows: list[list[str]]) -> None:
        del rows[row - 1]

    return spoil


def field(name: str, text: str) -> Spoil:
    def spoil(rows: list[list[str]]) -> None:
        next(row for row in rows if row[0] == name)[1] = text

    return spoil


def spoil_file(folder: Path, name: str, spoil: Spoil) -> None:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    spoil(rows)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def test_shapes(slots: dict[str, Slot]) -> None:
    found = {
        slot.name: (
            len(slot.items),
            (slot.answer_min, slot.answer_max),
            slot.scoring,
            slot.factor,
            slot.score_range,
            tuple(number for number, item in enumerate(slot.items, start=1) if item.reverse),
            bool(slot.referral),
        )
        for slot in slots.values()
    }
    assert found == SHAPES


def test_swemwbs_table_has_the_owners_29_values(slots: dict[str, Slot]) -> None:
    assert len(SWEMWBS) == 29
    assert dict(slots["swemwbs"].metric) == SWEMWBS
    assert slots["swemwbs"].min_items == 7
    assert all(not slot.metric for name, slot in slots.items() if name != "swemwbs")


def test_every_slot_says_all_that_a_result_needs(slots: dict[str, Slot]) -> None:
    for slot in slots.values():
        assert not slot.ship_items
        assert set(slot.labels) == set(slot.official_texts) == set(LANGUAGES)
        assert all((slot.mid_basis, slot.reliability_source, slot.licence, slot.attribution))
        assert all(text.where for text in slot.official_texts.values())
        assert set(slot.referral) in (set(), set(LANGUAGES))
        assert all("112" in note for note in slot.referral.values())
    assert slots["who5"].mid == 10.0
    assert (slots["gse"].norms[0].mean, slots["gse"].norms[0].sd, slots["gse"].norms[0].n) == (29.55, 5.32, 19120)
    assert not slots["gse"].norms[0].checked
    assert {item.subscale for item in slots["caas"].items} == set(slots["caas"].subscales)
    assert "all rights reserved" in slots["swemwbs"].attribution


def test_no_file_of_a_slot_has_a_place_for_the_wording_of_an_item() -> None:
    for path in HOME.glob("*/items.csv"):
        header, *rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        assert header == ["item", "reverse", "subscale"]
        assert all(" " not in cell for row in rows for cell in row)


def test_slots_are_frozen(slots: dict[str, Slot]) -> None:
    with pytest.raises(FrozenInstanceError):
        slots["gse"].name = "other"  # type: ignore[misc]
    for mapping in (slots["swemwbs"].metric, slots["caas"].subscales["concern"], slots["who5"].referral):
        with pytest.raises(TypeError):
            mapping["en"] = "x"  # type: ignore[index]


@pytest.mark.parametrize(
    ("slot", "file", "spoil", "column"),
    [
        ("gse", "slot.csv", field("name", "gs"), "name"),
        ("gse", "slot.csv", field("scoring", "average"), "scoring"),
        ("gse", "slot.csv", field("ship_items", "yes"), "ship_items"),
        ("gse", "slot.csv", field("licence", ""), "licence"),
        ("gse", "slot.csv", field("mid_basis", ""), "mid_basis"),
        ("gse", "slot.csv", field("range_max", "41"), "range_min"),
        ("gse", "slot.csv", field("answer_max", "1"), "answer_max"),
        ("gse", "slot.csv", field("min_items", "11"), "min_items"),
        ("gse", "slot.csv", field("min_items", "7.5"), "min_items"),
        ("gse", "slot.csv", field("alpha", "8.6"), "alpha"),
        ("gse", "slot.csv", field("mid", "31"), "mid"),
        ("gse", "slot.csv", field("wellbeing", "yes"), "wellbeing"),
        ("who5", "slot.csv", field("wellbeing", "no"), "wellbeing"),
        ("gse", "slot.csv", field("title", ""), "title"),
        ("gse", "slot.csv", put(2, 0, "nam"), "field"),
        ("gse", "slot.csv", put(3, 0, "name"), "field"),
        ("gse", "slot.csv", drop(4), "field"),
        ("gse", "items.csv", put(3, 0, "gse1"), "item"),
        ("gse", "items.csv", put(3, 0, "gse_2"), "item"),
        ("gse", "items.csv", put(3, 1, "maybe"), "reverse"),
        ("gse", "items.csv", put(3, 2, "concern"), "subscale"),
        ("caas", "items.csv", put(3, 2, ""), "subscale"),
        ("caas", "labels.csv", put(2, 0, "totals"), "part"),
        ("caas", "labels.csv", put(3, 2, ""), "label::Italiano (it)"),
        ("gse", "texts.csv", drop(5), "language"),
        ("gse", "texts.csv", put(5, 1, ""), "where"),
        ("gse", "texts.csv", put(5, 0, "it"), "language"),
        ("gse", "norms.csv", put(2, 1, "2.9"), "mean"),
        ("gse", "norms.csv", put(2, 2, "16"), "sd"),
        ("gse", "norms.csv", put(2, 5, ""), "source"),
        ("gse", "norms.csv", put(2, 6, ""), "checked"),
        ("swemwbs", "metric.csv", drop(9), ""),
        ("swemwbs", "metric.csv", put(9, 0, "13"), "raw"),
        ("swemwbs", "metric.csv", put(24, 1, "99"), ""),
        ("swemwbs", "slot.csv", field("min_items", "6"), "scoring"),
        ("who5", "referral.csv", drop(5), "language"),
        ("who5", "referral.csv", put(3, 1, ""), "text"),
    ],
)
def test_faults_are_found(tmp_path: Path, slot: str, file: str, spoil: Spoil, column: str) -> None:
    folder = Path(shutil.copytree(HOME / slot, tmp_path / slot))
    spoil_file(folder, file, spoil)
    with pytest.raises(InputError) as caught:
        load_slot(folder)
    assert (f"{slot}/{file}", column) in {(problem.file, problem.column) for problem in caught.value.problems}


def test_all_faults_of_all_slots_are_told_at_once(tmp_path: Path) -> None:
    home = Path(shutil.copytree(HOME, tmp_path / "slots"))
    spoil_file(home / "gse", "slot.csv", field("licence", ""))
    spoil_file(home / "gse", "items.csv", put(3, 1, "maybe"))
    (home / "who5" / "norms.csv").unlink()
    with pytest.raises(InputError) as caught:
        load_slots(home)
    told = [(problem.file, problem.column) for problem in caught.value.problems]
    assert told == [("gse/items.csv", "reverse"), ("gse/slot.csv", "licence"), ("who5/norms.csv", "")]


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        load_slot(tmp_path / "none")
