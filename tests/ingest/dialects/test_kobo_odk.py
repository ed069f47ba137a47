"""KoboToolbox and ODK: groups, labels or names, repeats, joined and split answers, marks of older exports."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import openpyxl
import pytest

from toolkit.core.errors import InputError
from toolkit.ingest import ExportDeclaration, Responses, read_export
from toolkit.instruments import Instrument, Item

Declared = Callable[..., ExportDeclaration]
Tidied = Callable[..., Responses]
FormOf = Callable[..., Instrument]
OWN = ";_id;_uuid;_submission_time;_validation_status;_index"


def kobo(header: str, *rows: str) -> str:
    """Kobo's CSV: semicolons, every cell quoted, its own columns at the end."""
    lines = [header + OWN]
    lines += [f"{row};{number};u{number};2026-02-01T09:00:00;;{number}" for number, row in enumerate(rows, start=1)]
    return "\r\n".join(";".join(f'"{cell}"' for cell in line.split(";")) for line in lines) + "\r\n"


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def archive(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, text in members.items():
            packed.writestr(f"{name}.csv", text)
    return buffer.getvalue()


@pytest.mark.parametrize("mark", ["/", "-", ":"])
def test_a_question_is_found_behind_its_groups(declared: Declared, tidied: Tidied, form_of: FormOf, mark: str) -> None:
    form = form_of("code", "m1", "h1")
    content = kobo(f"survey{mark}code;survey{mark}mood block{mark}m1;h1", "007;a4;3")
    raw = read_export(declared(content, instrument=form))
    assert raw.platform == "kobo_odk"
    assert list(raw.frame)[:3] == [f"survey{mark}code", f"survey{mark}mood block{mark}m1", "h1"]
    responses = tidied(content, instrument=form)
    assert responses.frame[["code", "m1", "h1"]].to_numpy().tolist() == [["007", 4.0, 3.0]]
    assert not any("left out" in note for note in responses.notes)


def test_labels_for_headers_and_answers_in_any_language(tidied: Tidied, form_of: FormOf, tasks: Item) -> None:
    form = form_of("m1", tasks)
    content = kobo(
        "Block/Jag är glad.;Vad gjorde du?;Vad gjorde du?/Bread;Vad gjorde du?/Bread, and butter",
        "Håller med;Bread, and butter Bread;1;1",
    )
    responses = tidied(content, instrument=form)
    assert responses.frame[["m1", "tasks"]].to_numpy().tolist() == [[4.0, "bread butter"]]


def test_the_same_question_in_two_groups_is_not_guessed(tidied: Tidied, form_of: FormOf) -> None:
    with pytest.raises(InputError, match=r"2 columns could hold m1.*a/m1, b/m1"):
        tidied(kobo("a/m1;b/m1", "a4;a5"), instrument=form_of("m1"))


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("g/tasks", ["till bread", "butter", ""]),
        (
            "g/tasks;g/tasks/bread;g/tasks/butter;g/tasks/till;g/tasks/none",
            ["till bread;1;0;1;0", "butter;0;1;0;0", ";;;;"],
        ),
        ("g/tasks/till;g/tasks/bread;g/tasks/butter;g/tasks/none", ["1;1;0;0", "0;0;1;0", ";;;"]),
        (
            "g/tasks/till;g/tasks/bread;g/tasks/butter;g/tasks/none",
            ["True;True;False;False", "False;False;True;False", "n/a;n/a;n/a;n/a"],
        ),
    ],
)
def test_several_answers_joined_split_and_both(
    tidied: Tidied, form_of: FormOf, tasks: Item, header: str, rows: list[str]
) -> None:
    responses = tidied(kobo(f"code;{header}", *(f"p;{row}" for row in rows)), instrument=form_of("code", tasks))
    assert responses.frame["tasks"].tolist()[:2] == ["bread till", "butter"]
    assert responses.reasons["tasks"].tolist()[2] == "blank"


def test_na_of_an_older_export_is_blank_and_in_a_text_it_is_an_answer(tidied: Tidied, form_of: FormOf) -> None:
    form = form_of("code", "m1", "h1", "best")
    form = replace(form, items=tuple(replace(item, waves=("pre",)) for item in form.items))
    responses = tidied(kobo("code;m1;h1;best", "p;n/a;n/a;n/a"), instrument=form)
    assert responses.reasons.loc[0, ["m1", "h1"]].tolist() == ["blank", "blank"]
    assert responses.frame.loc[0, "best"] == "n/a"


def test_an_apostrophe_before_a_formula_sign_is_taken_off_and_told(tidied: Tidied, form_of: FormOf) -> None:
    item = Item(name="temp", type="decimal", labels={"en": "Temperature"}, waves=("pre",))
    responses = tidied(kobo("temp", "'-3.5", "2"), instrument=form_of(item))
    assert responses.frame["temp"].tolist() == [-3.5, 2.0]
    assert any("apostrophe before 1 answer" in note for note in responses.notes)


def test_a_date_with_offset_is_read_whatever_the_offset(tidied: Tidied, form_of: FormOf) -> None:
    stamps = ["2026-02-03", "2026-02-03T10:00:00.000+01:00", "2026-02-03T10:00:00.000+02", "2026-02-03T10:00:00Z"]
    responses = tidied(kobo("started", *stamps), instrument=form_of("started"))
    assert responses.frame["started"].tolist() == ["2026-02-03"] * 4


def test_a_submission_twice(declared: Declared, form_of: FormOf) -> None:
    content = kobo("m1", "a4", "a5").replace('"u2"', '"u1"')
    with pytest.raises(InputError, match="row 3, column _uuid: the id of this submission stands above"):
        read_export(declared(content, instrument=form_of("m1")))


MAIN = [["code", "m1", "_id", "_uuid", "_submission_time", "_index"], ["p1", "a4", 10, "u1", "2026-02-01", 1]]
SECOND = ["p2", "a2", 11, "u2", "2026-02-01", 2]
REPEAT = [
    ["day/h1", "_index", "_parent_table_name", "_parent_index", "_submission__id", "_submission__uuid"],
    ["3", 1, "Form", 2, 11, "u2"],
    ["4", 2, "Form", 1, 10, "u1"],
    ["5", 3, "Form", 1, 10, "u1"],
]


def test_the_sheet_of_the_form_is_read_and_repeats_are_counted(declared: Declared, form_of: FormOf) -> None:
    raw = read_export(
        declared(workbook(Form=[*MAIN, SECOND], days=REPEAT), name="a.xlsx", instrument=form_of("code", "m1"))
    )
    assert raw.frame["m1"].tolist() == ["a4", "a2"]
    assert any("left out: days (3 rows)" in note for note in raw.table.notes)


def test_a_question_of_a_repeat_asks_for_its_sheet_and_brings_the_submission_along(
    declared: Declared, tidied: Tidied, form_of: FormOf, small_form: Instrument
) -> None:
    form = replace(form_of("code", "m1", "h1"), scales=small_form.scales)
    content = workbook(Form=[*MAIN, SECOND], days=REPEAT)
    with pytest.raises(InputError, match=r"stand in the sheet of a repeated group .h1.*declare sheet: days"):
        read_export(declared(content, name="a.xlsx", instrument=form))
    responses = tidied(content, name="a.xlsx", instrument=form, sheet="days")
    assert responses.frame[["code", "m1", "h1"]].to_numpy().tolist() == [
        ["p2", 2.0, 3.0],
        ["p1", 4.0, 4.0],
        ["p1", 4.0, 5.0],
    ]
    lost = workbook(Form=MAIN, days=REPEAT)
    with pytest.raises(InputError, match="row 2, column _parent_index: the row belongs to a submission that is not"):
        read_export(declared(lost, name="a.xlsx", instrument=form, sheet="days"))


def test_an_odk_archive_with_repeats_in_repeats(tidied: Tidied, form_of: FormOf) -> None:
    members = {
        "form": "SubmissionDate,about-code,about-m1,meta-instanceID,KEY,ReviewState\n"
        "2026-02-01T09:00:00Z,p1,a4,uuid:1,uuid:1,\n2026-02-01T09:10:00Z,p2,a2,uuid:2,uuid:2,rejected\n",
        "form-week": "theme,PARENT_KEY,KEY\nsales,uuid:1,uuid:1/week[1]\nbaking,uuid:2,uuid:2/week[1]\n",
        "form-week-day": "h1,PARENT_KEY,KEY\n3,uuid:2/week[1],uuid:2/week[1]/day[1]\n4,uuid:1/week[1],x\n",
    }
    content = archive(**members)
    form = form_of("code", "m1", "h1")
    responses = tidied(content, name="form.zip", instrument=form, sheet="form-week-day.csv")
    assert responses.frame[["code", "m1", "h1"]].to_numpy().tolist() == [["p2", 2.0, 3.0], ["p1", 4.0, 4.0]]
    whole = tidied(content, name="form.zip", instrument=form_of("code", "m1"))
    assert whole.frame["code"].tolist() == ["p1", "p2"]
    assert any("1 submission(s) rejected" in note for note in whole.notes)


def test_numbers_that_the_author_chose_are_no_scores(tidied: Tidied, form_of: FormOf) -> None:
    with pytest.raises(InputError, match=r"row 2, column m1.*declare numbers: scores"):
        tidied(kobo("m1", "4"), instrument=form_of("m1"))
    assert tidied(kobo("m1", "4"), instrument=form_of("m1"), numbers="scores").frame["m1"].tolist() == [4.0]


def test_own_columns_that_have_a_header_and_no_cells(declared: Declared, form_of: FormOf) -> None:
    content = "SubmissionDate,m1,KEY,SubmitterName,Status\n2026-02-01,a4,uuid:1,flora\n2026-02-01,a5,uuid:2,flora\n"
    raw = read_export(declared(content, instrument=form_of("m1")))
    assert raw.frame["Status"].tolist() == ["", ""]
    assert any("have a header and no cells" in note for note in raw.table.notes)
    ragged = content.replace("uuid:2,flora", "uuid:2")
    with pytest.raises(InputError, match="row 2: the row has 4 cells and the header has 5"):
        read_export(declared(ragged, instrument=form_of("m1")))


def test_the_sheet_of_a_repeat_by_itself(declared: Declared, form_of: FormOf) -> None:
    raw = read_export(declared("h1,PARENT_KEY,KEY\n3,uuid:1,uuid:1/day[1]\n", instrument=form_of("h1")))
    assert raw.platform == "kobo_odk"
    assert raw.frame["h1"].tolist() == ["3"]


def test_a_choice_that_was_taken_out_and_never_ticked(tidied: Tidied, form_of: FormOf, tasks: Item) -> None:
    content = kobo("g/tasks/bread;g/tasks/old", "1;0", "0;0")
    assert tidied(content, instrument=form_of(tasks)).frame["tasks"].tolist()[0] == "bread"
    with pytest.raises(InputError, match="column g/tasks/old: the option of this column is none of the form's choices"):
        tidied(kobo("g/tasks/bread;g/tasks/old", "1;1"), instrument=form_of(tasks))
