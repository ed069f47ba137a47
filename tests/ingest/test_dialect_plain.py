"""Plain tables: workbooks as text, labels in any spelling, ranges that became dates, several answers."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import openpyxl
import pytest

from toolkit.core.errors import InputError
from toolkit.ingest import ExportDeclaration, Responses, read_export, tidy
from toolkit.instruments import Choice, Instrument, Item

Declare = Callable[..., ExportDeclaration]


def workbook(*rows: list[object], title: str = "Answers") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def form_of(*items: Item, small_form: Instrument) -> Instrument:
    return replace(small_form, items=items, scales=())


def choices(*labels: str, scored: bool = False) -> tuple[Choice, ...]:
    return tuple(
        Choice(name=f"c{number}", labels={"en": label}, score=float(number) if scored else None)
        for number, label in enumerate(labels, start=1)
    )


def one(name: str, options: tuple[Choice, ...], **more: str) -> Item:
    return Item(
        name=name,
        type=more.get("type", "select_one"),
        labels={"en": f"Question {name}"},
        waves=("pre",),
        choices=options,
    )


def tidied(declaration: ExportDeclaration) -> Responses:
    return tidy(read_export(declaration), declaration.instrument)


def test_a_workbook_is_read_as_text(declare: Declare) -> None:
    content = workbook(
        ["code", "m1", "started", "h1"],
        ["0042", "NA", datetime(2026, 2, 3), 3],
        ["NA", 4, datetime(2026, 2, 3, 9, 30), True],
    )
    raw = read_export(declare(content, name="answers.xlsx"))
    assert raw.frame.to_numpy().tolist() == [
        ["0042", "NA", "2026-02-03", "3"],
        ["NA", "4", "2026-02-03 09:30:00", "TRUE"],
    ]
    assert raw.rows.tolist() == [2, 3]


def test_a_column_is_found_by_its_question_in_any_language_and_case(declare: Declare, small_form: Instrument) -> None:
    form = form_of(small_form.item("m1"), small_form.item("h1"), small_form=small_form)
    declaration = declare("JAG ÄR  GLAD\u00a0,Ore vuote di lunedì:\nHåller med,3\n", instrument=form)
    responses = tidied(declaration)
    assert responses.frame[["m1", "h1"]].to_numpy().tolist() == [[4.0, 3.0]]
    with pytest.raises(InputError, match="2 columns could hold m1"):
        tidied(declare("I am glad.,Sono contento.,h1\nAgree,Agree,3\n", instrument=form))


def test_anchors_mixed_in_one_column(declare: Declare, small_form: Instrument) -> None:
    form = form_of(small_form.item("m1"), small_form=small_form)
    cells = [
        "5 - Strongly agree\u00a0",
        "5",
        " strongly agree",
        "4.0",
        "Del tutto d'accordo",
        "Strongly Agree.",
        "<p>Strongly&nbsp;agree</p>",
        "Agree (4)",
    ]
    declaration = declare("m1\n" + "\n".join(cells) + "\n", instrument=form)
    assert tidied(declaration).frame["m1"].tolist() == [5.0, 5.0, 5.0, 4.0, 5.0, 5.0, 5.0, 4.0]
    with pytest.raises(InputError, match="row 2, column m1: the number beside the label is not the score"):
        tidied(declare("m1\n2 - Strongly agree\n", instrument=form))


def test_ranges_that_a_spreadsheet_made_dates_of(declare: Declare, small_form: Instrument) -> None:
    form = form_of(one("years", choices("0", "1-5", "6-20")), small_form=small_form)
    declaration = declare(workbook(["years"], ["5-Jan"], [datetime(2024, 1, 5)], ["1-5"], ["5-gen"]), instrument=form)
    responses = tidied(declaration)
    assert responses.frame["years"].tolist() == ["c2"] * 4
    assert sum("a date was read back as the range" in note for note in responses.notes) == 3
    with pytest.raises(InputError, match="row 2, column years"):
        tidied(declare("years\nFeb-50\n", instrument=form))
    both = form_of(one("years", choices("0", "1-5", "5-1")), small_form=small_form)
    with pytest.raises(InputError, match="row 2, column years"):
        tidied(declare("years\n5-Jan\n", instrument=both))


def test_words_that_look_missing(declare: Declare, small_form: Instrument) -> None:
    options = (
        Choice(name="none", labels={"en": "None"}),
        Choice(name="na", labels={"en": "N/A"}, missing_reason="not_applicable"),
    )
    form = form_of(one("help", options), small_form.item("country"), small_form=small_form)
    responses = tidied(declare("help,country\nNone,NA\nN/A,NA\n,NA\n", instrument=form))
    assert responses.reasons["help"].tolist() == ["", "not_applicable", "blank"]
    assert responses.frame["help"].tolist()[0] == "none"
    assert responses.frame["country"].tolist() == ["NA"] * 3
    with pytest.raises(InputError, match="row 2, column help: the answer is none of"):
        tidied(declare("help,country\nnan,NA\n", instrument=form))


def test_several_answers_are_matched_the_longest_first(declare: Declare, small_form: Instrument) -> None:
    options = choices("Bread", "Bread, and butter", "Till; money", "Other")
    form = form_of(one("tasks", options, type="select_multiple"), small_form=small_form)
    cells = ["Bread, and butter, Bread", "Till; money; Other;", '"Other, Bread"', "bread", "", "Bread|Other."]
    rows = [cell if cell.startswith('"') else f'"{cell}"' for cell in cells]
    responses = tidied(declare("tasks,x\n" + ",1\n".join(rows) + ",1\n", instrument=form))
    assert responses.frame["tasks"].tolist()[:4] == ["c1 c2", "c3 c4", "c1 c4", "c1"]
    assert responses.frame["tasks"].tolist()[5] == "c1 c4"
    assert responses.reasons["tasks"].tolist() == ["", "", "", "", "blank", ""]
    for wrong in ("Breadcrumbs", "Bread butter", "Bread, Cake", "Bread; " * 5000):
        with pytest.raises(InputError, match="row 2, column tasks"):
            tidied(declare(f'tasks,x\n"{wrong}",1\n', instrument=form))


def test_several_answers_in_columns(declare: Declare, small_form: Instrument) -> None:
    form = form_of(one("tasks", choices("Bread", "Till"), type="select_multiple"), small_form=small_form)
    responses = tidied(declare("tasks_c1,tasks_c2\n1,0\n0,0\nyes,Till\n,\n", platform="plain", instrument=form))
    assert responses.frame["tasks"].tolist()[::2] == ["c1", "c1 c2"]
    assert responses.reasons["tasks"].tolist() == ["", "nothing ticked", ""]
    with pytest.raises(InputError, match="row 2, column tasks_c1: the cell neither ticks the option nor leaves it"):
        tidied(declare("tasks_c1,tasks_c2\nmaybe,0\n", platform="plain", instrument=form))


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,54", "2"], [1.54, 2.0]),
        (["22.1", "3"], [22.1, 3.0]),
        (["1,234"], None),
        (["1.234,5"], None),
        (["1,5", "1.5"], None),
    ],
)
def test_decimal_marks_are_of_a_column(
    declare: Declare, small_form: Instrument, cells: list[str], values: list[float] | None
) -> None:
    item = Item(name="pay", type="decimal", labels={"en": "Pay"}, waves=("pre",))
    form = form_of(item, small_form=small_form)
    declaration = declare("pay;x\n" + ";1\n".join(cells) + ";1\n", instrument=form)
    if values is None:
        with pytest.raises(InputError, match="column pay: the answer is not a number"):
            tidied(declaration)
    else:
        assert tidied(declaration).frame["pay"].tolist() == values


def test_an_older_encoding_is_chosen_by_the_labels_it_shows(declare: Declare, small_form: Instrument) -> None:
    form = form_of(small_form.item("m1"), small_form=small_form)
    content = "m1;x\nHåller helt med;1\nHåller inte alls med;1\n"
    raw_notes = tidied(declare(content.encode("cp1252"), instrument=form))
    assert raw_notes.frame["m1"].tolist() == [5.0, 1.0]
    assert any("decoded as cp1252" in note for note in raw_notes.notes)
    with pytest.raises(InputError, match="cannot be read as utf-8"):
        read_export(declare("m1;x\nAgree;è\n".encode("cp1252"), instrument=form))


def test_birth_dates_with_two_digits_and_serial_numbers(declare: Declare, small_form: Instrument) -> None:
    item = Item(name="birth_date", type="date", labels={"en": "Born"}, waves=("pre",))
    form = form_of(small_form.item("code"), item, small_form=small_form)
    # Aged 14 to 35 on 1 February 2026.
    declared = {"instrument": form, "dates": "dmy", "date_windows": {"birth_date": ("1990-02-02", "2012-02-01")}}
    good = "code,birth_date\np1,12/03/05\np3,38423\np4,15/08/2008\n"
    assert tidied(declare(good, **declared)).frame["birth_date"].tolist() == ["2005-03-12", "2005-03-12", "2008-08-15"]
    with pytest.raises(InputError) as caught:
        tidied(declare("code,birth_date\np2,04/05/69\np5,01/01/0997\np6,29/02/2007\n", **declared))
    assert [problem.row for problem in caught.value.problems] == [2, 3, 4]
    with pytest.raises(InputError, match="order of day and month is not declared"):
        tidied(declare(good, instrument=form))


def test_codes_stay_text(declare: Declare, small_form: Instrument) -> None:
    form = form_of(small_form.item("code"), small_form.item("m1"), small_form=small_form)
    good = declare("code,m1\n007,4\n12345678901234567,4\n", instrument=form)
    assert tidied(good).frame["code"].tolist() == ["007", "12345678901234567"]
    with pytest.raises(InputError, match="scientific notation"):
        tidied(declare("code,m1\n1.1467E+11,4\n", instrument=form))
    with pytest.raises(InputError, match="differ by leading zeros only"):
        tidied(declare("code,m1\n007,4\n7,4\n", instrument=form))


def test_a_question_worded_anew_is_suggested_and_waits(declare: Declare, small_form: Instrument) -> None:
    item = one("talk", choices("Novice", "Expert"))
    form = form_of(replace(item, labels={"en": "Talking to customers"}), small_form.item("m1"), small_form=small_form)
    content = "ATalking to custmers,m1\nNovice,4\n"
    with pytest.raises(InputError, match=r'write columns: \{talk: "ATalking to custmers"\}'):
        tidied(declare(content, instrument=form))
    confirmed = declare(content, instrument=form, columns={"talk": "ATalking to custmers"})
    assert tidied(confirmed).frame["talk"].tolist() == ["c1"]
