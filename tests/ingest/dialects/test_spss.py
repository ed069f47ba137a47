"""SPSS: codes and labels, declared missing values, dates, encodings, long texts, sets of answers, damage."""

from __future__ import annotations

import struct
from collections.abc import Callable
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

AGREEMENT = {
    1.0: "Strongly disagree",
    2.0: "Disagree",
    3.0: "Neither agree nor disagree",
    4.0: "Agree",
    5.0: "Strongly agree",
}
REVERSED = {6.0 - code: label for code, label in AGREEMENT.items()}
END_OF_DICTIONARY = struct.pack("<ii", 999, 0)
UTF8_RECORD = struct.pack("<4i", 7, 20, 1, 5) + b"UTF-8"


@pytest.fixture
def sav(tmp_path: Path) -> Make:
    """Return a function that makes a .sav file."""

    def make(columns: dict[str, list[Any]], **more: Any) -> bytes:
        path = tmp_path / "made.sav"
        pyreadstat.write_sav(pd.DataFrame(columns), path, **more)
        return path.read_bytes()

    return make


def in_code_page(content: bytes, *, page: int, swap: dict[bytes, bytes]) -> bytes:
    """Take the name of the encoding out of a file, name a code page instead, and swap texts of equal length."""
    assert UTF8_RECORD in content
    content = content.replace(UTF8_RECORD, b"")
    start = content.index(struct.pack("<4i", 7, 3, 4, 8))
    content = content[: start + 44] + struct.pack("<i", page) + content[start + 48 :]
    for old, new in swap.items():
        assert len(old) == len(new) and old in content
        content = content.replace(old, new)
    return content


def test_the_label_counts_and_not_the_code(sav: Make, tidied: Tidied, form_of: FormOf) -> None:
    form = form_of("code", "m1")
    columns = {"code": ["p1", "p2"], "M1": [2.0, 4.0]}
    for labels, scores in ((AGREEMENT, [2.0, 4.0]), (REVERSED, [4.0, 2.0])):
        content = sav(columns, variable_value_labels={"M1": labels})
        assert tidied(content, name="a.sav", instrument=form).frame["m1"].tolist() == scores
    with pytest.raises(InputError, match="row 1, column M1: the answer is a number, and numbers in this file"):
        tidied(sav(columns), name="a.sav", instrument=form)
    bare = tidied(sav(columns), name="a.sav", instrument=form, numbers="scores")
    assert bare.frame["m1"].tolist() == [2.0, 4.0]


def test_the_waves_of_a_study_whose_labels_are_reversed(tidied: Tidied, form_of: FormOf, sav: Make) -> None:
    form, means = form_of("m1"), []
    for labels, codes in ((AGREEMENT, [2.0, 3, 2, 3, 2, 3]), (REVERSED, [2.0, 1, 2, 1, 2, 2])):
        content = sav({"m1": codes}, variable_value_labels={"m1": labels})
        means.append(tidied(content, name="a.sav", instrument=form).frame["m1"].mean())
    assert means[1] - means[0] == pytest.approx(11.0 / 6.0, abs=1e-12)


def test_declared_missing_values_keep_their_code_and_get_a_reason(
    sav: Make, declared: Declared, tidied: Tidied, form_of: FormOf
) -> None:
    form = form_of("m1", "h1", "host")
    content = sav(
        {"m1": [4.0, -1.0, -99.0, None], "h1": [3.0, 95.0, 99.0, -7.0], "host": ["Bakery", "XX", "NA", ""]},
        variable_value_labels={"m1": AGREEMENT | {-1.0: "Prefer not to say"}},
        missing_ranges={"m1": [-1.0, -99.0], "h1": [{"lo": 90, "hi": 99}, -7], "host": ["XX"]},
    )
    raw = read_export(declared(content, name="a.sav", instrument=form))
    assert raw.frame.to_numpy().tolist() == [
        ["4", "3", "Bakery"],
        ["-1", "95", "XX"],
        ["-99", "99", "NA"],
        ["", "-7", ""],
    ]
    responses = tidied(content, name="a.sav", instrument=form)
    assert responses.reasons["m1"].tolist() == ["", "declined", "marked missing -99", "blank"]
    assert responses.reasons["h1"].tolist() == ["", "marked missing 95", "marked missing 99", "marked missing -7"]
    assert responses.reasons["host"].tolist() == ["", "marked missing XX", "", "blank"]
    # Left unmasked, the codes would make the mean 46.5.
    assert responses.frame["h1"].mean() == 3.0


def test_dates_times_and_what_lies_outside_the_calendar(
    sav: Make, declared: Declared, tidied: Tidied, form_of: FormOf
) -> None:
    day = 13_995_763_200.0  # 2026-04-17 in seconds since 14 October 1582
    names = {"started": "DATE11", "a": "ADATE10", "b": "EDATE8", "c": "SDATE10", "d": "DATETIME20", "e": "TIME8"}
    columns: dict[str, list[Any]] = {name: [day, None] for name in names}
    columns["e"] = [3661.5, 100000.0]
    columns["d"] = [day + 3661.0, 1e13]
    content = sav(columns, variable_format=names)
    raw = read_export(declared(content, name="a.sav", instrument=form_of("started")))
    assert raw.frame.iloc[0].tolist() == ["2026-04-17"] * 4 + ["2026-04-17 01:01:01", "01:01:01.5"]
    assert raw.frame.iloc[1].tolist() == [""] * 4 + ["10000000000000", "27:46:40"]
    assert [note for note in raw.table.notes if "calendar" in note] == [
        "a.sav, column d: times outside the calendar were left as seconds."
    ]
    assert tidied(content, name="a.sav", instrument=form_of("started")).frame["started"].tolist()[0] == "2026-04-17"


def test_texts_beyond_255_letters_and_numbers_with_all_their_digits(
    sav: Make, declared: Declared, form_of: FormOf
) -> None:
    long = ["é" * 4000, "ordinary", ""]
    numbers = [0.1, 1e15 + 1.0, -0.0]
    raw = read_export(declared(sav({"host": long, "n": numbers}), name="a.sav", instrument=form_of("host")))
    assert raw.frame["host"].tolist() == long
    assert raw.frame["n"].tolist() == ["0.1", "1000000000000001", "0"]


def test_a_code_of_persons_that_a_number_cannot_hold_is_refused(sav: Make, tidied: Tidied, form_of: FormOf) -> None:
    with pytest.raises(InputError, match="scientific notation"):
        tidied(sav({"code": [1.2345678901234567e17]}), name="a.sav", instrument=form_of("code"))


@pytest.mark.parametrize("compress", [{"compress": True}, {"row_compress": True}, {}])
def test_every_packing(sav: Make, declared: Declared, form_of: FormOf, compress: dict[str, bool]) -> None:
    content = sav({"m1": [1.0, None, 3.0] * 50}, **compress)
    raw = read_export(declared(content, name="a.zsav", instrument=form_of("m1")))
    assert raw.platform == "spss"
    assert raw.frame["m1"].tolist() == ["1", "", "3"] * 50


@pytest.mark.parametrize(("page", "encoding", "told"), [(1252, "cp1252", False), (1252, "mac_roman", True)])
def test_the_encoding_is_the_one_that_shows_the_labels_of_the_form(
    sav: Make, tidied: Tidied, form_of: FormOf, page: int, encoding: str, told: bool
) -> None:
    content = in_code_page(
        sav({"m1": [4.0, 5.0]}, variable_value_labels={"m1": {4.0: "H#ller med", 5.0: "H#ller helt med"}}),
        page=page,
        swap={b"H#ller": "Håller".encode(encoding)},
    )
    responses = tidied(content, name="a.sav", instrument=form_of("m1"))
    assert responses.frame["m1"].tolist() == [4.0, 5.0]
    assert any(f"decoded as {encoding}" in note for note in responses.notes) is told
    by_hand = tidied(content, name="a.sav", instrument=form_of("m1"), encoding=encoding)
    assert by_hand.frame["m1"].tolist() == [4.0, 5.0]


def test_letters_that_are_not_in_the_named_encoding(sav: Make, declared: Declared, form_of: FormOf) -> None:
    content = sav({"host": ["caf#", "a longer text"]}).replace(b"caf#", b"caf\xe9")
    with pytest.raises(InputError, match=r"letters of the file cannot be read.*declare encoding"):
        read_export(declared(content, name="a.sav", instrument=form_of("host")))
    raw = read_export(declared(content, name="a.sav", instrument=form_of("host"), encoding="cp1252"))
    assert raw.frame["host"].tolist() == ["café", "a longer text"]


def test_several_answers_by_name_although_nought_is_declared_missing(
    sav: Make, tidied: Tidied, form_of: FormOf, tasks: Item
) -> None:
    labels = {"tasks_1": "Bread", "tasks_2": "Bread, and butter", "tasks_3": "Till work"}
    content = sav(
        {"tasks_1": [1.0, 0.0, 0.0, None], "tasks_2": [0.0, 1.0, 0.0, None], "tasks_3": [1.0, 0.0, 0.0, None]},
        variable_value_labels={name: {1.0: label} for name, label in labels.items()},
        missing_ranges={name: [0.0] for name in labels},
    )
    responses = tidied(content, name="a.sav", instrument=form_of(tasks))
    assert responses.frame["tasks"].tolist()[:2] == ["bread till", "butter"]
    assert responses.reasons["tasks"].tolist() == ["", "", "nothing ticked", "blank"]


@pytest.mark.parametrize(("counted", "values"), [("1", (1.0, 0.0)), ("2", (2.0, 1.0)), ("1", (1.0, 2.0))])
def test_a_set_of_answers_counts_the_value_it_names(
    sav: Make, tidied: Tidied, form_of: FormOf, tasks: Item, counted: str, values: tuple[float, float]
) -> None:
    yes, no = values
    content = sav(
        {"va": [yes, no, None], "vb": [no, no, None]},
        column_labels={"va": "Bread", "vb": "Till work"},
        variable_value_labels={name: {yes: "Yes", no: "No"} for name in ("va", "vb")},
    )
    text = f"$tasks=D1 {counted} 5 Tasks va vb\n".encode()
    record = struct.pack("<4i", 7, 7, 1, len(text)) + text
    content = content.replace(END_OF_DICTIONARY, record + END_OF_DICTIONARY, 1)
    responses = tidied(content, name="a.sav", instrument=form_of(tasks))
    assert responses.frame["tasks"].tolist()[0] == "bread"
    assert responses.reasons["tasks"].tolist() == ["", "nothing ticked", "blank"]


def test_a_file_cut_anywhere_is_refused(declared: Declared, form_of: FormOf, exports: Path) -> None:
    content = (exports / "spss" / "sample_missing.sav").read_bytes()
    for length in range(4, len(content), 13):
        with pytest.raises(InputError, match=r"a\.sav: the file is damaged or cut off.*export or download it again"):
            read_export(declared(content[:length], name="a.sav", instrument=form_of("code")))


def test_a_header_that_speaks_of_too_much(declared: Declared, form_of: FormOf, exports: Path) -> None:
    content = bytearray((exports / "spss" / "sample.sav").read_bytes())
    content[80:84] = struct.pack("<i", 2_000_000_000)
    with pytest.raises(InputError, match="more than 2 GB"):
        read_export(declared(bytes(content), name="a.sav", instrument=form_of("code")))


def test_no_answers_at_all(sav: Make, declared: Declared, form_of: FormOf) -> None:
    with pytest.raises(InputError, match="the file has a header and 0 answers"):
        read_export(declared(sav({"m1": pd.Series([], dtype="float64")}), name="a.sav", instrument=form_of("m1")))


def test_another_file_declared_as_one(declared: Declared, form_of: FormOf) -> None:
    with pytest.raises(InputError, match="this is no SPSS file"):
        read_export(declared("m1\nAgree\n", name="a.sav", instrument=form_of("m1"), platform="spss"))


def test_a_tick_that_is_declared_missing_is_no_tick(sav: Make, tidied: Tidied, form_of: FormOf, tasks: Item) -> None:
    content = sav(
        {"tasks_1": [1.0, -99.0], "tasks_3": [0.0, -99.0]},
        column_labels={"tasks_1": "Bread", "tasks_3": "Till work"},
        missing_ranges={"tasks_1": [-99.0], "tasks_3": [-99.0]},
    )
    responses = tidied(content, name="a.sav", instrument=form_of(tasks))
    assert responses.frame["tasks"].tolist()[0] == "bread"
    assert responses.reasons["tasks"].tolist() == ["", "marked missing -99"]
