"""The back-translation sheet, parts of an instrument, gaps, several answers, and tables of sums and scores."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from toolkit.core.errors import InputError, UsageError
from toolkit.instruments import choice_lookup, keep_part, load_instrument
from toolkit.instruments.exports import back_translation_sheet

Sheets = dict[str, list[list[str]]]
Write = Callable[[Sheets], Path]


def put(sheets: Sheets, file: str, row: int, column: str, text: str) -> None:
    rows = sheets[f"{file}.csv"]
    rows[row - 1][rows[0].index(column)] = text


def add_columns(sheets: Sheets, file: str, columns: dict[str, list[str]]) -> None:
    for name, cells in columns.items():
        for row, cell in zip(sheets[f"{file}.csv"], [name, *cells], strict=True):
            row.append(cell)


def problem_places(folder: Path) -> set[tuple[str, int | None, str]]:
    with pytest.raises(InputError) as caught:
        load_instrument(folder)
    return {(problem.file, problem.row, problem.column) for problem in caught.value.problems}


def test_status_of_each_translation(sheets: Sheets, write_sheets: Write) -> None:
    tiny = load_instrument(write_sheets(sheets))
    assert tiny.translation_status == {"en": "draft", "it": "reviewed by Anna Bianchi on 2026-02-01"}
    assert tiny.draft_languages == ("en",)


def test_status_is_draft_where_nothing_is_said(sheets: Sheets, write_sheets: Write) -> None:
    sheets["settings.csv"] = [row[:-2] for row in sheets["settings.csv"]]
    assert load_instrument(write_sheets(sheets)).draft_languages == ("en", "it")


def test_back_translation_sheet_holds_every_text_once(sheets: Sheets, write_sheets: Write) -> None:
    put(sheets, "survey", 6, "label::Italiano (it)", "=Una parola")
    tiny = load_instrument(write_sheets(sheets))
    rows = list(csv.DictReader(back_translation_sheet(tiny, "it").removeprefix("\ufeff").splitlines()))
    assert list(rows[0]) == ["part", "name", "text", "back_translation", "remark"]
    assert not any(row["back_translation"] or row["remark"] for row in rows)
    texts = {(row["part"], row["name"]): row["text"] for row in rows}
    assert len(texts) == len(rows)
    assert texts["title", "tiny"] == "Piccolo"
    assert texts["hint", "word"] == "Nessun nome."
    assert texts["question", "word"] == "'=Una parola"
    assert texts["choice", "agree: a3"] == "Alto"
    assert texts["scale", "mood"] == "Umore"
    with pytest.raises(UsageError, match="Allowed: en, it"):
        back_translation_sheet(tiny, "sv")


def test_part_keeps_whole_scales_and_order(sheets: Sheets, write_sheets: Write) -> None:
    tiny = load_instrument(write_sheets(sheets))
    part = keep_part(tiny, items=["word", "m2", "m1"], waves=["post"])
    assert [item.name for item in part.items] == ["m1", "m2", "word"]
    assert [scale.name for scale in part.scales] == ["mood"]
    assert part.waves == part.items[0].waves == ("post",)
    assert keep_part(part, items=["m1", "m2", "word"], waves=["post"]) == part
    with pytest.raises(UsageError) as caught:
        keep_part(tiny, items=["m1", "wrod"], waves=["pots"])
    assert len(caught.value.problems) == 3


def test_several_answers_are_a_type_without_scores(sheets: Sheets, write_sheets: Write) -> None:
    put(sheets, "survey", 7, "type", "select_multiple yesno")
    item = load_instrument(write_sheets(sheets)).item("both")
    assert item.type == "select_multiple"
    assert [choice.name for choice in item.choices] == ["yes", "no"]
    assert choice_lookup(item)["sì"].name == "yes"
    assert item.score_range is None
    assert item.holds_answer


@pytest.mark.parametrize(
    ("row", "kind", "column"),
    [
        (7, "select_multiple agree", "type"),
        (7, "select_multiple", "type"),
        (7, "select_multiple yesn", "type"),
        (2, "select_multiple yesno", "type"),
    ],
)
def test_several_answers_cannot_be_scored(
    sheets: Sheets, write_sheets: Write, row: int, kind: str, column: str
) -> None:
    put(sheets, "survey", row, "type", kind)
    assert ("tiny/survey.csv", row, column) in problem_places(write_sheets(sheets))


def test_gaps_are_read_and_checked(sheets: Sheets, write_sheets: Write) -> None:
    sheets["slots.csv"] = [["slot", "after", "wave"], ["gse", "m2", ""], ["who5", "h2", "post"]]
    folder = write_sheets(sheets)
    tiny = load_instrument(folder)
    assert [(gap.slot, gap.after, gap.waves) for gap in tiny.gaps] == [
        ("gse", "m2", ("pre", "post")),
        ("who5", "h2", ("post",)),
    ]
    (folder / "slots.csv").write_text("slot,after,wave\ngse,m9,\ngse,,later\nG,m1,\n", encoding="utf-8")
    assert problem_places(folder) == {
        ("tiny/slots.csv", 2, "after"),
        ("tiny/slots.csv", 3, "slot"),
        ("tiny/slots.csv", 3, "after"),
        ("tiny/slots.csv", 3, "wave"),
        ("tiny/slots.csv", 4, "slot"),
    }


def test_factor_and_table_of_a_scale(sheets: Sheets, write_sheets: Write) -> None:
    put(sheets, "scales", 2, "scoring", "sum")
    put(sheets, "scales", 2, "min_items", "2")
    add_columns(sheets, "scales", {"factor": ["", "2.5"], "metric": ["2=2.0 3=2.9 4=3.5 5=4.4 6=6.0", ""]})
    tiny = load_instrument(write_sheets(sheets))
    assert tiny.scale_range("mood") == (2.0, 6.0)
    assert tiny.scale("mood").rescale(3.0) == 2.9
    assert tiny.scale_range("hours") == (0.0, 35.0)
    with pytest.raises(TypeError):
        tiny.scale("mood").metric[2.0] = 1.0  # type: ignore[index]
    assert hash(replace(tiny)) == hash(tiny)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("factor", "0"),
        ("factor", "-4"),
        ("factor", "four"),
        ("metric", "2=2.0 3=2.9 4=3.5 5=4.4"),
        ("metric", "2=2.0 3=2.9 4=3.5 5=3.4 6=6.0"),
        ("metric", "2=2.0 3=2.9 3=3.5 4=3.6 5=4.4 6=6.0"),
        ("metric", "2:2.0 3:2.9"),
    ],
)
def test_faults_in_factor_and_table_are_found(sheets: Sheets, write_sheets: Write, column: str, text: str) -> None:
    put(sheets, "scales", 2, "scoring", "sum")
    put(sheets, "scales", 2, "min_items", "2")
    add_columns(sheets, "scales", {column: [text, ""]})
    assert problem_places(write_sheets(sheets)) == {("tiny/scales.csv", 2, column)}


def test_a_table_needs_the_sum_of_all_items(sheets: Sheets, write_sheets: Write) -> None:
    add_columns(sheets, "scales", {"metric": ["2=2.0 3=2.9 4=3.5 5=4.4 6=6.0", ""]})
    assert ("tiny/scales.csv", 2, "metric") in problem_places(write_sheets(sheets))
