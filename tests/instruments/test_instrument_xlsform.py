from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from toolkit.core.errors import InputError, Problem
from toolkit.instruments import load_instrument

Sheets = dict[str, list[list[str]]]
Write = Callable[[Sheets], Path]
Place = tuple[str, int | None, str]

EN, IT, SV = "English (en)", "Italiano (it)", "Svenska (sv)"

# file, row, column, what is written there, and column of the problem where it is another one
CELL_FAULTS = [
    ("survey", 2, "type", "select_on agree", ""),
    ("survey", 2, "type", "", ""),
    ("survey", 2, "type", "select_one", ""),
    ("survey", 2, "type", "select_one agre", ""),
    ("survey", 7, "type", "select_multiple yesno or_other", ""),
    ("survey", 6, "type", "text yesno", ""),
    ("survey", 6, "type", "begin_group", ""),
    ("survey", 6, "type", "end_group", ""),
    ("survey", 6, "type", "calculate", ""),
    ("survey", 2, "name", "M1", ""),
    ("survey", 2, "name", "1m", ""),
    ("survey", 2, "name", "m" * 33, ""),
    ("survey", 2, "name", "", ""),
    ("survey", 3, "name", "m1", ""),
    ("survey", 2, f"label::{EN}", "", ""),
    ("survey", 2, f"label::{IT}", "-", ""),
    ("survey", 6, f"hint::{IT}", "", ""),
    ("survey", 6, "scale", "mood", "type"),
    ("survey", 2, "scale", "moood", ""),
    ("survey", 4, "scale", "mood", ""),
    ("survey", 6, "reverse", "yes", ""),
    ("survey", 7, "reverse", "yes", ""),
    ("survey", 2, "reverse", "true", ""),
    ("survey", 2, "wave", "pre pots", ""),
    ("survey", 2, "role", "outcomes", ""),
    ("survey", 4, "range_min", "7", ""),
    ("survey", 4, "range_min", "8", ""),
    ("survey", 4, "range_min", "", ""),
    ("survey", 4, "range_max", "", ""),
    ("survey", 4, "range_max", "7,5", ""),
    ("survey", 4, "range_max", "nan", ""),
    ("survey", 4, "range_max", "9" * 400, ""),
    ("survey", 5, "range_max", "8", "scale"),
    ("survey", 2, "range_max", "5", ""),
    ("choices", 2, "list_name", "", ""),
    ("choices", 6, "list_name", "Yes no", ""),
    ("choices", 2, "name", "1", ""),
    ("choices", 2, "name", "a 1", ""),
    ("choices", 3, "name", "a1", ""),
    ("choices", 3, f"label::{EN}", "", ""),
    ("choices", 3, f"label::{EN}", " LOW\u00a0 ", ""),
    ("choices", 3, f"label::{IT}", "Low", ""),
    ("choices", 3, f"label::{EN}", "a1", ""),
    ("choices", 3, "alias", "middling|ｌｏｗ", ""),
    ("choices", 3, "score", "", ""),
    ("choices", 3, "score", "two", ""),
    ("choices", 3, "score", "2.5", ""),
    ("choices", 4, "score", "4", ""),
    ("choices", 4, "score", "2", ""),
    ("choices", 5, "score", "9", ""),
    ("choices", 5, "missing_reason", "declned", ""),
    ("settings", 2, "form_id", "Tiny form", ""),
    ("settings", 2, "version", "", ""),
    ("settings", 2, f"form_title::{IT}", "", ""),
    ("settings", 2, "default_language", SV, ""),
    ("settings", 2, "default_language", "en", ""),
    ("settings", 2, "waves", "", ""),
    ("settings", 2, "waves", "pre pre", ""),
    ("settings", 2, "waves", "pre,post", ""),
    ("settings", 2, f"translation_status::{EN}", "done", ""),
    ("settings", 2, f"translation_status::{IT}", "reviewed by on 2026-02-01", ""),
    ("settings", 2, f"translation_status::{IT}", "reviewed by Anna Bianchi on 2026-02-30", ""),
    ("scales", 2, "scale", "Mood", ""),
    ("scales", 3, "scale", "mood", ""),
    ("scales", 2, "scale", "temper", ""),
    ("scales", 2, f"label::{EN}", "", ""),
    ("scales", 2, "min_items", "", ""),
    ("scales", 2, "min_items", "0", ""),
    ("scales", 2, "min_items", "3", ""),
    ("scales", 2, "min_items", "1.5", ""),
    ("scales", 2, "min_items", "²", ""),
    ("scales", 2, "scoring", "average", ""),
    ("scales", 2, "better", "", ""),
    ("scales", 2, "better", "up", ""),
    ("scales", 2, "licence", "", ""),
    ("scales", 2, "source", "", ""),
]


def put(sheets: Sheets, file: str, row: int, column: str, text: str) -> None:
    rows = sheets[f"{file}.csv"]
    rows[row - 1][rows[0].index(column)] = text


def drop_column(sheets: Sheets, file: str, column: str) -> None:
    rows = sheets[f"{file}.csv"]
    position = rows[0].index(column)
    for row in rows:
        del row[position]


def add_column(sheets: Sheets, file: str, column: str) -> None:
    rows = sheets[f"{file}.csv"]
    rows[0].append(column)
    for row in rows[1:]:
        row.append("x")


def problems_of(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        load_instrument(folder)
    return caught.value.problems


def places(problems: tuple[Problem, ...]) -> set[Place]:
    return {(problem.file, problem.row, problem.column) for problem in problems}


def test_sound_instrument_loads(sheets: Sheets, write_sheets: Write) -> None:
    tiny = load_instrument(write_sheets(sheets))
    assert (tiny.name, tiny.version, tiny.languages, tiny.waves) == (
        "tiny",
        "0.1",
        ("en", "it"),
        ("pre", "post"),
    )
    assert tiny.titles == {"en": "Tiny", "it": "Piccolo"}
    assert tiny.item("both").waves == ("post",)
    assert tiny.item("m1").waves == ("pre", "post")
    assert tiny.item("word").hints == {"en": "No names.", "it": "Nessun nome."}
    assert tiny.scale("mood").items == ("m1", "m2")
    assert tiny.item("m1").choices[2].aliases == ("3 - High",)
    assert [item.name for item in tiny.items if item.reverse] == ["m2"]


@pytest.mark.parametrize(("file", "row", "column", "text", "found_in"), CELL_FAULTS)
def test_fault_in_a_cell_is_found(
    sheets: Sheets, write_sheets: Write, file: str, row: int, column: str, text: str, found_in: str
) -> None:
    put(sheets, file, row, column, text)
    problems = problems_of(write_sheets(sheets))
    assert (f"tiny/{file}.csv", row, found_in or column) in places(problems)
    assert all(problem.what and problem.mend for problem in problems)


def test_single_fault_is_named_once(sheets: Sheets, write_sheets: Write) -> None:
    put(sheets, "scales", 2, "better", "hihger")
    (problem,) = problems_of(write_sheets(sheets))
    assert problem == Problem(
        what="hihger is not known",
        file="tiny/scales.csv",
        row=2,
        column="better",
        allowed="higher, lower",
        mend="did you mean higher?",
    )


@pytest.mark.parametrize("file", ["survey", "choices", "settings", "scales"])
def test_missing_file_is_found_and_says_no_more(sheets: Sheets, write_sheets: Write, file: str) -> None:
    del sheets[f"{file}.csv"]
    problems = problems_of(write_sheets(sheets))
    assert places(problems) == {(f"tiny/{file}.csv", None, "")}


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("survey", "type"),
        ("survey", "name"),
        ("survey", "reverse"),
        ("survey", "scale"),
        ("survey", "wave"),
        ("survey", "range_max"),
        ("choices", "list_name"),
        ("choices", "missing_reason"),
        ("choices", f"label::{IT}"),
        ("settings", "waves"),
        ("settings", f"form_title::{IT}"),
        ("scales", "better"),
        ("scales", "scale"),
    ],
)
def test_missing_column_is_found(sheets: Sheets, write_sheets: Write, file: str, column: str) -> None:
    drop_column(sheets, file, column)
    assert (f"tiny/{file}.csv", 1, column) in places(problems_of(write_sheets(sheets)))


@pytest.mark.parametrize(("wrong", "right"), [("label::Romana (ro)", "label::Română (ro)"), ("requird", "required")])
def test_unknown_column_names_the_nearest(sheets: Sheets, write_sheets: Write, wrong: str, right: str) -> None:
    add_column(sheets, "survey", wrong)
    (problem,) = problems_of(write_sheets(sheets))
    assert (problem.row, problem.column, problem.mend) == (1, wrong, f"did you mean {right}?")


@pytest.mark.parametrize("column", ["name", ""])
def test_repeated_and_nameless_columns_are_found(sheets: Sheets, write_sheets: Write, column: str) -> None:
    add_column(sheets, "choices", column)
    assert places(problems_of(write_sheets(sheets))) == {("tiny/choices.csv", 1, column)}


@pytest.mark.parametrize("change", ["longer", "shorter"])
def test_ragged_row_is_found(sheets: Sheets, write_sheets: Write, change: str) -> None:
    row = sheets["survey.csv"][5]
    sheets["survey.csv"][5] = [*row, ""] if change == "longer" else row[:-1]
    assert places(problems_of(write_sheets(sheets))) == {("tiny/survey.csv", 6, "")}


def test_rows_are_counted_over_blank_lines_and_line_breaks_in_cells(sheets: Sheets, write_sheets: Write) -> None:
    put(sheets, "survey", 2, f"label::{EN}", "I am\nglad.")
    put(sheets, "survey", 4, "role", "outcom")
    sheets["survey.csv"].insert(2, [])
    assert places(problems_of(write_sheets(sheets))) == {("tiny/survey.csv", 5, "role")}


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (b"", 1),
        (b"\xef\xbb\xbf", 1),
        (b"scale;min_items;scoring\nmood;1;mean\n", 1),
        (b"scale,min_items\nmood,caf\xe9\n", 2),
        (b'scale,min_items\nmood,1\n"hours" x,2\n', 3),
        (b'scale,min_items\nmood,"1\n', 2),
    ],
)
def test_unreadable_file_is_found(sheets: Sheets, write_sheets: Write, content: bytes, row: int) -> None:
    folder = write_sheets(sheets)
    (folder / "scales.csv").write_bytes(content)
    assert places(problems_of(folder)) == {("tiny/scales.csv", row, "")}


@pytest.mark.parametrize("count", [0, 2])
def test_settings_have_one_row(sheets: Sheets, write_sheets: Write, count: int) -> None:
    sheets["settings.csv"][1:] = sheets["settings.csv"][1:] * count
    row = 3 if count else 2
    assert ("tiny/settings.csv", row, "") in places(problems_of(write_sheets(sheets)))


def test_byte_order_mark_and_surplus_spaces_do_no_harm(sheets: Sheets, write_sheets: Write) -> None:
    put(sheets, "survey", 2, "scale", " mood\u00a0")
    folder = write_sheets(sheets)
    survey = folder / "survey.csv"
    survey.write_bytes(b"\xef\xbb\xbf" + survey.read_bytes())
    assert load_instrument(folder).item("m1").scale == "mood"


def test_empty_language_is_not_offered(sheets: Sheets, write_sheets: Write) -> None:
    for file, prefix in [
        ("survey", "label"),
        ("choices", "label"),
        ("scales", "label"),
        ("settings", "form_title"),
    ]:
        for row in range(2, len(sheets[f"{file}.csv"]) + 1):
            put(sheets, file, row, f"{prefix}::{IT}", "-" if row % 2 else "")
    tiny = load_instrument(write_sheets(sheets))
    assert tiny.languages == ("en",)
    assert set(tiny.item("m1").labels) == {"en"}


def test_no_language_at_all_is_found(sheets: Sheets, write_sheets: Write) -> None:
    for file, prefix in [
        ("survey", "label"),
        ("choices", "label"),
        ("scales", "label"),
        ("settings", "form_title"),
    ]:
        for language in (EN, IT):
            drop_column(sheets, file, f"{prefix}::{language}")
    assert ("tiny/survey.csv", 1, "") in places(problems_of(write_sheets(sheets)))


def test_partly_filled_language_is_a_problem_in_every_blank_cell(sheets: Sheets, write_sheets: Write) -> None:
    rows = sheets["scales.csv"]
    rows[0].append(f"label::{SV}")
    rows[1].append("Humör")
    rows[2].append("")
    found = places(problems_of(write_sheets(sheets)))
    assert ("tiny/scales.csv", 3, f"label::{SV}") in found
    assert ("tiny/survey.csv", 1, f"label::{SV}") in found


def test_list_of_missing_answers_only_is_found(sheets: Sheets, write_sheets: Write) -> None:
    for row in (6, 7):
        put(sheets, "choices", row, "missing_reason", "declined")
    assert places(problems_of(write_sheets(sheets))) == {("tiny/survey.csv", 7, "type")}


def test_groups_may_be_untitled_and_repeat_their_name_at_the_end(sheets: Sheets, write_sheets: Write) -> None:
    width = len(sheets["survey.csv"][0])
    for position, kind in ((1, "begin_group"), (7, "end_group")):
        sheets["survey.csv"].insert(position, [kind, "block"] + [""] * (width - 2))
    tiny = load_instrument(write_sheets(sheets))
    assert [item.type for item in tiny.items][:: len(tiny.items) - 2] == ["begin_group", "end_group"]
    assert tiny.item("block").type == "begin_group"
    assert "block" not in [item.name for item in tiny.items_in_wave("pre")]


def test_all_planted_faults_are_found_at_once(sheets: Sheets, write_sheets: Write) -> None:
    planted: set[Place] = set()
    for file, row, column, text in [
        ("survey", 2, "reverse", "maybe"),
        ("survey", 3, f"label::{IT}", ""),
        ("survey", 5, "range_max", "9"),
        ("survey", 6, "wave", "later"),
        ("survey", 7, "name", "Both"),
        ("choices", 3, f"label::{EN}", "low"),
        ("choices", 4, "score", "7"),
        ("choices", 7, "name", "yes"),
        ("settings", 2, f"translation_status::{IT}", "fine"),
        ("scales", 2, "better", ""),
        ("scales", 3, "min_items", "5"),
    ]:
        put(sheets, file, row, column, text)
        planted.add((f"tiny/{file}.csv", row, "scale" if column == "range_max" else column))
    add_column(sheets, "scales", "colour")
    planted.add(("tiny/scales.csv", 1, "colour"))
    sheets["choices.csv"].append(["yesno"])
    planted.add(("tiny/choices.csv", 8, ""))
    problems = problems_of(write_sheets(sheets))
    assert places(problems) == planted
    assert len(problems) == len(planted)


def test_no_message_holds_the_path(sheets: Sheets, write_sheets: Write, tmp_path: Path) -> None:
    put(sheets, "scales", 2, "better", "")
    assert str(tmp_path) not in str(problems_of(write_sheets(sheets)))


def test_hash_follows_the_content_of_all_four_files(sheets: Sheets, write_sheets: Write) -> None:
    folder = write_sheets(sheets)
    hashes = [load_instrument(folder).sha256]
    assert load_instrument(folder).sha256 == hashes[0]
    for name in sheets:
        (folder / name).write_bytes((folder / name).read_bytes() + b"\r\n")
        hashes.append(load_instrument(folder).sha256)
    assert len(set(hashes)) == 1 + len(sheets)
    assert all(len(digest) == 64 for digest in hashes)
