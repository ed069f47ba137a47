"""Jisc Online Surveys: codes with a key, labels under numbered questions, routed questions, the SPSS file."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from toolkit.core.errors import InputError
from toolkit.ingest import ExportDeclaration, Responses, read_export
from toolkit.instruments import Choice, Instrument, Item

Declared = Callable[..., ExportDeclaration]
Tidied = Callable[..., Responses]
FormOf = Callable[..., Instrument]

LIKELY = ("Very Unlikely", "Unlikely", "Likely", "Very Likely")
TICKS = {"Dogs": 8, "Cats": 9, "Parrots": 10, "Monkeys": 5, "Whales": 6}
FURTHER = [Path(folder) for folder in os.environ.get("SIVSEN_EXPORTS", "").split(os.pathsep) if folder]
JISC_SAV = [path for folder in FURTHER for path in folder.rglob("*jisc*/export.sav")]


def question(name: str, *labels: str, text: str = "", many: bool = False, scored: bool = False) -> Item:
    choices = tuple(
        Choice(name=f"c{place}", labels={"en": label}, score=float(place) if scored else None)
        for place, label in enumerate(labels, start=1)
    )
    kind = "text" if not labels else "select_multiple" if many else "select_one"
    return Item(name=name, type=kind, labels={"en": text or name}, waves=("pre",), choices=choices)


@pytest.fixture
def pets(form_of: FormOf) -> Instrument:
    return form_of(
        question("fav", *TICKS, text="Favourite pet (multiple choice single answer)"),
        question("likes", *TICKS, text="All pets you like (multiple answer)", many=True),
        question("age", text="Age (single line text with restrictions)"),
        question("colour", "Red", "Blue", "Green", "Yellow", text="Route A question"),
        question("when", text="Significant date in your life (date)"),
        question("pkg", *LIKELY, text="Write an R Package", scored=True),
    )


CODED = {"fav": "Q2", "likes": "Q3", "age": "Q5", "colour": "Q8", "when": "Q10", "pkg": "Q14_1_a"}


def ticks(responses: Responses) -> dict[str, int]:
    names = {f"c{place}": label for place, label in enumerate(TICKS, start=1)}
    chosen = [names[name] for cell in responses.frame["likes"] for name in cell.split()]
    return {label: chosen.count(label) for label in TICKS}


@pytest.mark.parametrize("kind", ["coded.csv", "coded.xlsx", "labelled.csv", "labelled.xls"])
def test_every_export_of_one_survey_says_the_same(tidied: Tidied, pets: Instrument, exports: Path, kind: str) -> None:
    folder = exports / "jisc"
    declared = {"key": folder / "key.csv", "columns": CODED} if kind.startswith("coded") else {}
    responses = tidied((folder / kind).read_bytes(), name=kind, instrument=pets, **declared)
    check_pets(responses)


def check_pets(responses: Responses) -> None:
    frame = responses.frame
    assert len(frame) == 13
    assert ticks(responses) == TICKS
    assert frame["age"].fillna("").tolist() == ["25", "150", "05", "35", "2", "", "", "", "56", "33", "12", "25", "1"]
    assert frame["colour"].notna().sum() == 6
    # Code 1 stands for "Very Likely": the label leads to the score, not the number.
    assert frame["pkg"].notna().sum() == 12
    assert frame["pkg"].mean() == pytest.approx(5.0 / 3.0, abs=1e-12)


def test_codes_and_key_make_the_labels_in_every_cell(declared: Declared, exports: Path, form_of: FormOf) -> None:
    folder = exports / "jisc"
    raw = read_export(declared((folder / "coded.csv").read_bytes(), instrument=form_of("code"), key=folder / "key.csv"))
    labels, options = raw.table.value_labels, raw.table.options
    assert set(options) == {"Q3"}
    made = []
    for _, row in raw.frame.iterrows():
        cells = []
        for header in raw.frame:
            if header == "URN" or str(header).startswith("Q3_"):
                if header == "Q3_1":
                    cells.append(",".join(option.names[0] for option in options["Q3"] if row[option.header] == "1"))
                continue
            cells.append(labels.get(str(header), {}).get(row[header], row[header]))
        made.append(cells)
    with (folder / "labelled.csv").open(newline="", encoding="utf-8") as file:
        assert made == list(csv.reader(file))[1:]


@pytest.mark.skipif(not JISC_SAV, reason="SIVSEN_EXPORTS names no folder with Jisc's SPSS export")
@pytest.mark.parametrize("path", JISC_SAV, ids=lambda path: path.parent.name)
def test_the_spss_export_of_the_same_survey(tidied: Tidied, pets: Instrument, path: Path) -> None:
    # SPSS is told that 0 is missing, also where it says that a box was left.
    check_pets(tidied(path.read_bytes(), name="export.sav", instrument=pets, columns=CODED))


def test_codes_without_a_key_are_refused(tidied: Tidied, pets: Instrument, exports: Path) -> None:
    content = (exports / "jisc" / "coded.csv").read_bytes()
    with pytest.raises(InputError, match=r"column Q14_1_a: the answer is a number"):
        tidied(content, instrument=pets, columns=CODED)


@pytest.mark.parametrize("kind", ["tsv", "xlsx"])
def test_a_key_of_another_kind(tidied: Tidied, pets: Instrument, exports: Path, tmp_path: Path, kind: str) -> None:
    with (exports / "jisc" / "key.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    key = tmp_path / f"key.{kind}"
    if kind == "tsv":
        key.write_text("".join("\t".join(row) + "\n" for row in rows))
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(key)
    check_pets(tidied((exports / "jisc" / "coded.csv").read_bytes(), instrument=pets, columns=CODED, key=key))


def test_a_key_that_is_none(declared: Declared, exports: Path, form_of: FormOf, tmp_path: Path) -> None:
    key = tmp_path / "key.csv"
    key.write_text("a,b\nc,d\n")
    with pytest.raises(InputError, match=r"key\.csv: the key holds no codes"):
        read_export(declared((exports / "jisc" / "coded.csv").read_bytes(), instrument=form_of("code"), key=key))


def test_no_answer_is_blank_unless_it_is_a_choice(tidied: Tidied, form_of: FormOf, small_form: Instrument) -> None:
    form = form_of("m1", "h1", question("said", "Yes", "No answer"))
    content = "1. I am glad.,2. Idle hours on Monday,3. said\nAgree,No answer,No answer\nNo answer,3,Yes\n"
    responses = tidied(content, instrument=form)
    assert responses.reasons["m1"].tolist() == ["", "blank"]
    assert responses.reasons["h1"].tolist() == ["blank", ""]
    assert responses.frame["said"].tolist() == ["c2", "c1"]


@pytest.mark.parametrize("number", ["8.a.", "8.1.", "8.1.a.", "12."])
def test_numbers_before_a_question(tidied: Tidied, form_of: FormOf, number: str) -> None:
    content = f"1. Your code,{number} I am glad.\n007,Agree\n"
    responses = tidied(content, instrument=form_of("code", "m1"))
    assert responses.frame[["code", "m1"]].to_numpy().tolist() == [["007", 4.0]]


def test_parts_of_one_name_are_told_apart(declared: Declared, form_of: FormOf) -> None:
    raw = read_export(declared("1. Rate,1.1. Red,1.2. Red,2. Why\n,1,2,x\n", instrument=form_of("code")))
    assert raw.platform == "jisc"
    assert raw.frame.to_numpy().tolist() == [["", "1", "2", "x"]]


def test_dates_have_the_day_first(tidied: Tidied, form_of: FormOf) -> None:
    responses = tidied(
        "1. First day,2. Your code\n03/02/2026,a\n26/04/2018 00:00,b\n", instrument=form_of("started", "code")
    )
    assert responses.frame["started"].tolist() == ["2026-02-03", "2018-04-26"]


def test_a_plain_table_with_a_numbered_header_is_none_of_theirs(declared: Declared, form_of: FormOf) -> None:
    raw = read_export(declared("code,m1,1. More\na,Agree,x\n", instrument=form_of("code", "m1")))
    assert raw.platform == "plain"
    assert isinstance(raw.frame, pd.DataFrame)
