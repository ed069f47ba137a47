"""Stata: codes and labels, tagged missing values, dates, files of every release, encodings, damage."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from toolkit.core.errors import InputError
from toolkit.ingest import ExportDeclaration, Responses, read_export
from toolkit.instruments import Instrument, Item

Declared = Callable[..., ExportDeclaration]
Tidied = Callable[..., Responses]
FormOf = Callable[..., Instrument]
Make = Callable[..., bytes]

SEED = 20260201
DAMAGES = 300
AGREEMENT = {1: "Strongly agree", 2: "Agree", 3: "Neither agree nor disagree", 4: "Disagree", 5: "Strongly disagree"}


@pytest.fixture
def dta(tmp_path: Path) -> Make:
    """Return a function that makes a .dta file."""

    def make(columns: dict[str, list[Any]], **more: Any) -> bytes:
        path = tmp_path / "made.dta"
        pyreadstat.write_dta(pd.DataFrame(columns), path, **more)
        return path.read_bytes()

    return make


@pytest.mark.parametrize("version", [8, 10, 12, 13, 14, 15])
def test_labels_and_tagged_missing_values_in_files_of_every_release(
    dta: Make, declared: Declared, tidied: Tidied, form_of: FormOf, version: int
) -> None:
    form = form_of("code", "m1", "h1")
    content = dta(
        {"code": ["007", "a", "b", "c"], "m1": [2, "a", "z", 5], "h1": [3.0, None, 0.0, 7.0]},
        version=version,
        variable_value_labels={"m1": AGREEMENT | {"a": "Prefer not to say"}},
        missing_user_values={"m1": ["a", "z"]},
    )
    raw = read_export(declared(content, name="a.dta", instrument=form))
    assert raw.platform == "stata"
    # The letter "a" in a column of text is an answer; in a column of numbers it is the missing value .a.
    assert raw.frame.to_numpy().tolist() == [["007", "2", "3"], ["a", ".a", ""], ["b", ".z", "0"], ["c", "5", "7"]]
    responses = tidied(content, name="a.dta", instrument=form)
    assert responses.frame["m1"].tolist()[::3] == [4.0, 1.0]
    assert responses.reasons["m1"].tolist() == ["", "declined", "marked missing .z", ""]
    assert responses.reasons["h1"].tolist() == ["", "blank", "", ""]


def test_all_letters_of_tagged_missing_values(dta: Make, tidied: Tidied, form_of: FormOf) -> None:
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    content = dta({"h1": [3, *letters]}, missing_user_values={"h1": letters})
    reasons = tidied(content, name="a.dta", instrument=form_of("h1")).reasons["h1"].tolist()
    assert reasons == ["", *(f"marked missing .{letter}" for letter in letters)]


def test_a_file_of_release_5(declared: Declared, form_of: FormOf) -> None:
    def text(value: str, width: int) -> bytes:
        return value.encode().ljust(width, b"\0")

    head = struct.pack("<BBBBHi", 105, 2, 1, 0, 2, 3) + text("old", 32) + text("01 Jan 1999 10:00", 18)
    variables = b"b\x83" + text("m1", 9) + text("code", 9) + bytes(6) + text("%8.0g", 12) + text("%4s", 12) + bytes(18)
    labels = text("I am glad", 32) + bytes(32) + bytes(3)
    data = b"".join(struct.pack("<b", code) + text(name, 4) for code, name in ((4, "p1"), (127, "p2"), (1, "p3")))
    raw = read_export(declared(head + variables + labels + data, name="a.dta", instrument=form_of("code", "m1")))
    assert raw.platform == "stata"
    assert raw.frame.to_numpy().tolist() == [["4", "p1"], ["", "p2"], ["1", "p3"]]
    assert raw.table.texts["m1"] == "I am glad"


@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_dates_and_texts_as_another_writer_makes_them(
    tidied: Tidied, declared: Declared, form_of: FormOf, version: int
) -> None:
    frame = pd.DataFrame(
        {
            "started": [datetime(2026, 2, 3), datetime(1999, 12, 31)],
            "stamp": [datetime(2026, 2, 3, 9, 30, 15), datetime(1950, 1, 1)],
            "month": [datetime(2026, 2, 1), datetime(2026, 3, 1)],
            "host": ["Bakery", "x" * 200],
        }
    )
    buffer = io.BytesIO()
    frame.to_stata(
        buffer, version=version, write_index=False, convert_dates={"started": "td", "stamp": "tc", "month": "tm"}
    )
    form = form_of("started", "host")
    raw = read_export(declared(buffer.getvalue(), name="a.dta", instrument=form))
    assert raw.frame.to_numpy().tolist() == [
        ["2026-02-03", "2026-02-03 09:30:15", "793", "Bakery"],
        ["1999-12-31", "1950-01-01 00:00:00", "794", "x" * 200],
    ]
    assert any("column month: times were left as the numbers" in note for note in raw.table.notes)
    responses = tidied(buffer.getvalue(), name="a.dta", instrument=form)
    assert responses.frame["started"].tolist() == ["2026-02-03", "1999-12-31"]


def test_texts_beyond_2045_letters(dta: Make, declared: Declared, form_of: FormOf) -> None:
    raw = read_export(declared(dta({"host": ["é" * 3000, "x"]}), name="a.dta", instrument=form_of("host")))
    assert raw.frame["host"].tolist() == ["é" * 3000, "x"]


@pytest.mark.parametrize(("encoding", "told"), [("cp1252", False), ("mac_roman", True)])
def test_older_releases_name_no_encoding(dta: Make, tidied: Tidied, form_of: FormOf, encoding: str, told: bool) -> None:
    content = dta({"m1": [4, 5]}, version=12, variable_value_labels={"m1": {4: "H#ller med", 5: "H#ller helt med"}})
    content = content.replace(b"H#ller", "Håller".encode(encoding))
    responses = tidied(content, name="a.dta", instrument=form_of("m1"))
    assert responses.frame["m1"].tolist() == [4.0, 5.0]
    assert any(f"decoded as {encoding}" in note for note in responses.notes) is told


def test_several_answers_in_columns(dta: Make, tidied: Tidied, form_of: FormOf, tasks: Item) -> None:
    content = dta(
        {"tasks_1": [1.0, 0.0, None, "r"], "tasks_2": [0.0, 0.0, None, "r"]},
        missing_user_values={"tasks_1": ["r"], "tasks_2": ["r"]},
        column_labels={"tasks_1": "What did you do? - Bread", "tasks_2": "Till work"},
    )
    responses = tidied(content, name="a.dta", instrument=form_of(tasks))
    assert responses.frame["tasks"].tolist()[0] == "bread"
    assert responses.reasons["tasks"].tolist() == ["", "nothing ticked", "blank", "marked missing .r"]


def test_single_precision_is_given_as_it_is_stored(declared: Declared, form_of: FormOf) -> None:
    buffer = io.BytesIO()
    pd.DataFrame({"h1": pd.Series([0.1, 3.0], dtype="float32")}).to_stata(buffer, write_index=False)
    raw = read_export(declared(buffer.getvalue(), name="a.dta", instrument=form_of("h1")))
    assert raw.frame["h1"].tolist() == ["0.10000000149011612", "3"]


@pytest.mark.parametrize("name", ["haven_notes.dta", "haven_tagged-na-double.dta", "missing_test.dta"])
def test_a_file_cut_anywhere_is_refused_or_read_whole(
    declared: Declared, form_of: FormOf, exports: Path, name: str
) -> None:
    content = (exports / "stata" / name).read_bytes()
    whole = read_export(declared(content, name="a.dta", instrument=form_of("code")))
    refused = 0
    for length in range(11, len(content), 17):
        try:
            raw = read_export(declared(content[:length], name="a.dta", instrument=form_of("code")))
        except InputError as error:
            assert "damaged" in str(error) or "0 answers" in str(error)
            refused += 1
        else:
            assert raw.frame.equals(whole.frame)
    assert refused > 40


def test_labels_that_were_cut_off_are_missed(dta: Make, declared: Declared, form_of: FormOf) -> None:
    columns: dict[str, list[Any]] = {"m1": [1, 2], "h1": [3, 4]}
    old = dta(columns, version=12, variable_value_labels={"m1": AGREEMENT})
    cut = read_export(declared(old[:-60], name="a.dta", instrument=form_of("m1")))
    assert "column m1: the labels of its codes are not in the file" in " ".join(cut.table.notes)
    assert not cut.table.value_labels
    assert not read_export(declared(old, name="a.dta", instrument=form_of("m1"))).table.notes
    new = dta(columns, variable_value_labels={"m1": AGREEMENT})
    with pytest.raises(InputError, match="breaks off before its end"):
        read_export(declared(new[:-60], name="a.dta", instrument=form_of("m1")))


def test_a_header_that_counts_more_answers_than_there_are_bytes(dta: Make, declared: Declared, form_of: FormOf) -> None:
    content = dta({"m1": [1.0]})
    start = content.index(b"<N>") + 3
    broken = content[:start] + struct.pack("<Q", 1 << 40) + content[start + 8 :]
    with pytest.raises(InputError, match="speaks of more answers than it has room for"):
        read_export(declared(broken, name="a.dta", instrument=form_of("m1")))


def test_another_file_declared_as_one(declared: Declared, form_of: FormOf) -> None:
    with pytest.raises(InputError, match="this is no Stata file"):
        read_export(declared("m1\nAgree\n", name="a.dta", instrument=form_of("m1"), platform="stata"))


def test_damage_anywhere_is_refused_or_read(declared: Declared, form_of: FormOf, exports: Path) -> None:
    dice = random.Random(SEED)
    sources = [path.read_bytes() for path in sorted((exports / "stata").glob("*.dta"))]
    form, refused = form_of("code"), 0
    for _ in range(DAMAGES):
        content = bytearray(dice.choice(sources))
        content[dice.randrange(11, len(content))] = dice.randrange(256)
        try:
            read_export(declared(bytes(content), name="a.dta", instrument=form))
        except InputError:
            refused += 1
    assert 0 < refused < DAMAGES
