"""Google Forms, Microsoft Forms, SurveyMonkey and EUSurvey: what tells them, and what they do to answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from toolkit.core.errors import InputError
from toolkit.ingest import ExportDeclaration, Responses, read_export, tidy
from toolkit.instruments import Choice, Instrument, Item

DATA = Path(__file__).parent / "data"
Declare = Callable[..., ExportDeclaration]

TASKS = Item(
    name="tasks",
    type="select_multiple",
    labels={"en": "Which tasks did you do?"},
    waves=("pre",),
    choices=(
        Choice(name="kitchen", labels={"en": "Kitchen"}),
        Choice(name="cold", labels={"en": "Kitchen, cold; or hot"}),
        Choice(name="till", labels={"en": "Till"}),
        Choice(name="other", labels={"en": "Other"}),
    ),
)


def workbook(*rows: list[object], title: str = "Sheet1") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def quoted(*rows: list[str]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


@pytest.fixture
def form(small_form: Instrument) -> Instrument:
    return replace(small_form, items=(small_form.item("m1"), TASKS), scales=())


def tidied(declaration: ExportDeclaration) -> Responses:
    return tidy(read_export(declaration), declaration.instrument)


# Google Forms


@pytest.mark.parametrize(
    ("heading", "stamp"),
    [
        ("Timestamp", "2/1/2026 10:00:00"),
        ("Informazioni cronologiche", "12/02/2026 19.07.17"),
        ("Tidstämpel", "2026-02-01 10:00:00"),
        ("Marcaj de timp", "01.02.2026 10:00:00"),
        ("Horodateur", "01/02/2026 10:00:00"),
        ("Zeitstempel", "01.02.2026 10:00:00"),
        ("Timestamp", "2/1/2026, 10:00:00 AM"),
    ],
)
def test_google_linked_sheet(declare: Declare, form: Instrument, heading: str, stamp: str) -> None:
    rows = [[heading, "Mood [I am glad.]", "Which tasks did you do?"], [stamp, "Agree", "Kitchen, cold; or hot, Till"]]
    raw = read_export(declare(quoted(*rows), instrument=form))
    assert raw.platform == "google_forms"
    assert raw.frame.to_numpy().tolist() == rows[1:]
    responses = tidy(raw, form)
    assert responses.frame[["m1", "tasks"]].to_numpy().tolist() == [[4.0, "cold till"]]
    assert not any("left out" in note for note in responses.notes)


def test_google_own_csv(declare: Declare, form: Instrument) -> None:
    rows = [
        ["Whatever it is called", "I am glad.", "Which tasks did you do?"],
        ["2022/06/22 11:07:29 AM AST", "Agree", "Kitchen, cold; or hot;Till"],
        ["2022/06/22 1:07:29 PM GMT+2", "4", "Kitchen;Kitchen, cold; or hot"],
    ]
    raw = read_export(declare(quoted(*rows), instrument=form))
    assert raw.platform == "google_forms"
    assert tidy(raw, form).frame["tasks"].tolist() == ["cold till", "kitchen cold"]


def test_google_two_questions_of_one_name(declare: Declare, form: Instrument) -> None:
    rows = [["Timestamp", "I am glad.", "I am glad."], ["2/1/2026 10:00:00", "Agree", ""]]
    with pytest.raises(InputError, match=r"row 1, column I am glad\.: the header occurs 2 times"):
        read_export(declare(quoted(*rows), instrument=form))


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
@pytest.mark.parametrize("encoding", ["auto", "mac_roman"])
def test_line_ends_and_quotation_marks_of_an_old_mac(
    declare: Declare, small_form: Instrument, end: str, encoding: str
) -> None:
    asked = replace(small_form.item("m1"), labels={"en": "I know what “till float” means."})
    form = replace(small_form, items=(asked,), scales=())
    lines = ["Timestamp,Talking to custmers,I know what “till float” means.", "6/10/2014 9:00:00,Novice,Agree"]
    declaration = declare((end.join(lines) + end).encode("mac_roman"), instrument=form, encoding=encoding)
    raw = read_export(declaration)
    assert raw.rows.tolist() == [2]
    assert tidy(raw, form).frame["m1"].tolist() == [4.0]
    bare = replace(declaration, instrument=replace(small_form, items=(small_form.item("m1"),), scales=()))
    if encoding == "auto":
        with pytest.raises(InputError, match="declare encoding: " + ("mac_roman" if end == "\r" else "cp1252")):
            read_export(bare)


def test_a_retyped_question_is_suggested_and_waits_for_confirmation(declare: Declare, small_form: Instrument) -> None:
    asked = replace(small_form.item("m1"), labels={"en": "Talking to customers"})
    form = replace(small_form, items=(asked,), scales=())
    content = quoted(["Timestamp", "ATalking to custmers"], ["6/10/2014 9:00:00", "Agree"])
    with pytest.raises(InputError, match=r'write columns: \{m1: "ATalking to custmers"\}'):
        tidied(declare(content, instrument=form))
    confirmed = declare(content, instrument=form, columns={"m1": "ATalking to custmers"})
    assert tidied(confirmed).frame["m1"].tolist() == [4.0]


# Microsoft Forms

FIXED = ["ID", "Start time", "Completion time", "Email", "Name"]
START = datetime(2026, 2, 1, 12, 0)


def microsoft(*, headings: list[str] = FIXED) -> bytes:
    return workbook(
        [
            *headings,
            "Last modified time",
            "I am glad.\u00a0",
            "Which tasks did you do?",
            "Points - M",
            "When2",
        ],
        [2, START, datetime(2026, 1, 2, 12, 0), "anonymous", None, START, "Agree", "Kitchen;Till;", 1, "x"],
        [
            3,
            START,
            datetime(2026, 2, 1, 12, 1),
            "anonymous",
            None,
            None,
            "Strongly\u00a0agree",
            "Kitchen, cold; or hot;",
            1,
        ],
        [4, START, datetime(2026, 2, 1, 12, 2), "anonymous", None, None, "Agree", None, 1, None],
    )


@pytest.mark.parametrize(
    "headings",
    [FIXED, ["Id", *FIXED[1:]], ["ID", "Ora di inizio", "Ora di completamento", "Posta", "Nome"]],
)
def test_microsoft_forms(declare: Declare, form: Instrument, headings: list[str]) -> None:
    raw = read_export(declare(microsoft(headings=headings), instrument=form, name="Placement survey(1-3).xlsx"))
    assert raw.platform == "microsoft_forms"
    assert raw.frame.iloc[:, 0].tolist() == ["2", "3", "4"]
    assert set(raw.frame) - raw.table.own == {"I am glad.", "Which tasks did you do?", "When2"}
    assert raw.table.seconds is not None
    np.testing.assert_equal(raw.table.seconds, [np.nan, 60.0, 120.0])
    responses = tidy(raw, form)
    assert responses.frame["m1"].tolist() == [4.0, 5.0, 4.0]
    assert responses.frame["tasks"].fillna("").tolist() == ["kitchen till", "cold", ""]
    assert any("1 answer(s) were completed before they were started (row 2)" in note for note in responses.notes)
    assert any("start at 2: 1 earlier answer(s) were deleted" in note for note in responses.notes)


def test_a_file_name_that_counts_other_answers(declare: Declare, form: Instrument) -> None:
    responses = tidied(declare(microsoft(), instrument=form, name="Placement survey(1-57).xlsx"))
    assert any("counts 1 to 57, the file holds 3" in note for note in responses.notes)


# SurveyMonkey


def test_a_real_surveymonkey_file_cell_by_cell(declare: Declare) -> None:
    content = (DATA / "surveymonkey" / "starwars_head.csv").read_bytes()
    rows = list(csv.reader(io.StringIO(content.decode("cp1252"), newline="")))
    raw = read_export(declare(content, encoding="cp1252"))
    assert raw.platform == "surveymonkey"
    assert raw.frame.shape == (len(rows) - 2, 38)
    assert raw.frame.to_numpy().tolist() == rows[2:]
    assert "18-29" in set(raw.frame["Age"])
    question = rows[0][3]
    assert [option.names[0] for option in raw.table.options[question]] == [cell.strip() for cell in rows[1][3:9]]


def monkey(*rows: list[str]) -> str:
    first = ["Respondent ID", "Collector ID", "Start Date", "I am glad.", "Which tasks did you do?", "", "", ""]
    second = ["", "", "", "Response", "Kitchen", "Kitchen, cold; or hot", "Till", "Other (please specify)"]
    return quoted(first, second, *rows)


def test_surveymonkey_options(declare: Declare, form: Instrument) -> None:
    content = monkey(
        ["114670000001", "1", "02/13/2026 10:00:00 AM", "Agree", "Kitchen", "", "Till", "sweeping"],
        ["114670000002", "1", "02/13/2026 10:00:00 AM", "Disagree", "", "", "", ""],
    )
    responses = tidied(declare(content, instrument=form))
    assert responses.frame["tasks"].fillna("").tolist() == ["kitchen till other", ""]
    assert responses.reasons["tasks"].tolist() == ["", "blank"]
    assert responses.frame["m1"].tolist() == [4.0, 2.0]


@pytest.mark.parametrize("damaged", ["1.1467E+11", "1,1467E+11", "114670000000.0"])
def test_ids_that_a_spreadsheet_damaged(declare: Declare, form: Instrument, damaged: str) -> None:
    content = monkey(*([damaged, "1", "", "Agree", "Kitchen", "", "", f"task {row}"] for row in range(30)))
    with pytest.raises(InputError, match="not unique and in scientific notation or with decimals") as caught:
        read_export(declare(content, instrument=form))
    assert len(caught.value.problems) == 1


def test_surveymonkey_condensed(declare: Declare, form: Instrument) -> None:
    heading = ["Respondent ID", "Collector ID", "I am glad.", "Which tasks did you do?"]
    rows = [heading, ["114670000001", "1", "Agree", "Till, Kitchen"]]
    raw = read_export(declare(quoted(*rows), instrument=form))
    assert raw.platform == "surveymonkey"
    assert tidy(raw, form).frame["tasks"].tolist() == ["kitchen till"]


def test_a_grid_of_surveymonkey(declare: Declare, form: Instrument) -> None:
    form = replace(form, items=(form.item("m1"),))
    heading = [["Respondent ID", "Collector ID", "Your mood", ""], ["", "", "I am glad.", "I am other."]]
    rows = [*heading, ["1146700001", "1", "Agree", "x"]]
    assert tidied(declare(quoted(*rows), instrument=form)).frame["m1"].tolist() == [4.0]


# EUSurvey

ID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
OWN = ["Invitation Number", "Contribution Id", "User Name", "Creation Date", "Last Update", "Languages"]


@pytest.mark.parametrize(
    "own", [OWN, ["Numero d'invito", "Id contributo", "Utente", "Data di creazione", "Ultimo aggiornamento", "Lingue"]]
)
@pytest.mark.parametrize("heading", ["I am glad.", "Mood: I am glad.", "Glad? (m1)"])
def test_eusurvey(declare: Declare, form: Instrument, own: list[str], heading: str) -> None:
    rows = [
        ["Alias", "placement"],
        ["Export Date", datetime(2026, 2, 1)],
        [],
        [heading, "Which tasks did you do?", *own],
        ["Agree", "Kitchen; Till", None, ID, "Anonymous", START, START, "EN"],
        [None, " and a text", None, None, None, None, None, None],
        ["Disagree", None, None, ID.replace("1", "2"), "Anonymous", START, START, "EN"],
    ]
    rows[4][1] = "Kitchen; Till"
    rows[5][1] = "; Kitchen, cold; or hot"
    raw = read_export(declare(workbook(*rows, title="Content"), instrument=form))
    assert raw.platform == "eusurvey"
    assert raw.rows.tolist() == [5, 7]
    responses = tidy(raw, form)
    assert responses.frame["m1"].tolist() == [4.0, 2.0]
    assert responses.frame["tasks"].fillna("").tolist() == ["kitchen cold till", ""]
    assert any("1 row(s) continued a long text" in note for note in responses.notes)
    assert not any("left out" in note for note in responses.notes)


def test_eusurvey_without_heading(declare: Declare, form: Instrument) -> None:
    with pytest.raises(InputError, match="the heading of an EUSurvey export was not found"):
        read_export(declare(workbook(["m1"], ["Agree"], title="Content"), instrument=form, platform="eusurvey"))


def test_eusurvey_over_two_sheets(declare: Declare, form: Instrument) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(["x"], [], ["I am glad."], ["Agree"], title="Content")))
    more = book.create_sheet("Content1")
    for row in (["x"], [], ["Which tasks did you do?", *OWN], ["Till", None, ID, "Anonymous", START, START, "EN"]):
        more.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    responses = tidied(declare(buffer.getvalue(), instrument=form))
    assert responses.frame[["m1", "tasks"]].to_numpy().tolist() == [[4.0, "till"]]
    more.append(["Till"])
    buffer = io.BytesIO()
    book.save(buffer)
    with pytest.raises(InputError, match="different numbers of rows: Content 4, Content1 5"):
        read_export(declare(buffer.getvalue(), instrument=form))
