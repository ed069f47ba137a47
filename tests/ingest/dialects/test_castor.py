"""Castor: survey packages and records, coded gaps, sentinel dates, archives with lists beside the answers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from toolkit.core.errors import InputError
from toolkit.ingest import ExportDeclaration, Responses, read_export
from toolkit.instruments import Choice, Instrument, Item

Declared = Callable[..., ExportDeclaration]
Tidied = Callable[..., Responses]
FormOf = Callable[..., Instrument]

HEAD = '"record_id";"institute";"survey_name";"survey_instance_id";"progress";"completed_on";archived'


def surveys(questions: str, *rows: str, end: str = ";") -> str:
    """A survey export in which every survey is complete, with Castor's field too many."""
    lines = [f"{HEAD};{questions}"]
    lines += [
        f'{number};School;QOL;S{number};100;"22-06-2021 10:12:44";False;{row}{end}'
        for number, row in enumerate(rows, start=1)
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def sf12(form_of: FormOf) -> Instrument:
    scale = tuple(
        Choice(name=f"o{place}", labels={"en": label}, score=float(place))
        for place, label in enumerate(("Poor", "Fair", "Good", "Very good", "Excellent"), start=1)
    )
    often = tuple(
        Choice(name=f"t{place}", labels={"en": label}, score=float(place))
        for place, label in enumerate(("Rarely", "Sometimes", "Mostly"), start=1)
    )
    items = [
        Item(name=name, type="select_one", labels={"en": name}, waves=("pre",), choices=choices)
        for name, choices in (("SF12_1", scale), ("SF12_2", often), ("SF12_3", often), ("SF12_12", often))
    ]
    vas = Item(name="VAS", type="integer", labels={"en": "VAS"}, waves=("pre",), range_min=0, range_max=100)
    return form_of(*items, vas)


def test_the_completed_survey_of_the_real_files(tidied: Tidied, sf12: Instrument, exports: Path) -> None:
    for name in ("CastorQOLSurvey.csv", "CastorQOLSurvey - Archived.csv"):
        responses = tidied((exports / "castor" / name).read_bytes(), instrument=sf12)
        frame = responses.frame[["SF12_1", "SF12_2", "SF12_3", "SF12_12", "VAS"]]
        assert frame.to_numpy().tolist() == [[5.0, 3.0, 3.0, 1.0, 85.0]]


def test_every_coded_gap_has_its_reason(tidied: Tidied, form_of: FormOf) -> None:
    rows = [f"##USER_MISSING_{code}##;-{code};31-12-29{code};##USER_MISSING_{code}##" for code in range(95, 100)]
    form = form_of("m1", "h1", "started", "host")
    responses = tidied(surveys("m1;h1;started;host", *rows, "Agree;3;03-02-2026;Bakery"), instrument=form)
    told = ["measurement failed", "not applicable", "not asked", "asked but unknown", "not done", ""]
    for name in ("m1", "h1", "started", "host"):
        assert responses.reasons[name].tolist() == told
    assert responses.frame.loc[5, ["m1", "h1", "started", "host"]].tolist() == [4.0, 3.0, "2026-02-03", "Bakery"]


@pytest.mark.parametrize("cell", ["-95.0", "Missing (measurement failed)", "##USER_MISSING_95##"])
def test_other_spellings_of_a_gap(tidied: Tidied, form_of: FormOf, cell: str) -> None:
    assert tidied(surveys("h1", cell), instrument=form_of("h1")).reasons["h1"].tolist() == ["measurement failed"]


@pytest.mark.parametrize("cell", ["01-01-2996", "31-12-2996", "2996-12-31", "01-01-2996 00:00:00"])
def test_dates_far_ahead_are_gaps(tidied: Tidied, form_of: FormOf, cell: str) -> None:
    responses = tidied(surveys("started", cell), instrument=form_of("started"))
    assert responses.reasons["started"].tolist() == ["not applicable"]


def test_a_choice_or_a_column_that_is_no_question_keeps_its_number(declared: Declared, form_of: FormOf) -> None:
    choices = (Choice(name="cold", labels={"en": "-95"}), Choice(name="warm", labels={"en": "20"}))
    item = Item(name="room", type="select_one", labels={"en": "Room"}, waves=("pre",), choices=choices)
    raw = read_export(declared(surveys("room;depth", "-95;-95"), instrument=form_of(item)))
    assert not raw.table.reasons
    assert raw.frame[["room", "depth"]].to_numpy().tolist() == [["-95", "-95"]]


def test_several_answers_in_columns(tidied: Tidied, form_of: FormOf, tasks: Item) -> None:
    content = surveys("tasks#Bread;tasks#Bread, and butter;tasks#Till_work", "1;0;1", "0;1;0", "0;0;0", ";;")
    responses = tidied(content, instrument=form_of("code", tasks), columns={"code": "record_id"})
    assert responses.frame["tasks"].tolist()[:2] == ["bread till", "butter"]
    assert responses.reasons["tasks"].tolist() == ["", "", "nothing ticked", "blank"]


def test_a_survey_half_done_is_partial_and_one_not_opened_is_no_row_of_blanks(
    declared: Declared, form_of: FormOf
) -> None:
    content = surveys("m1;h1", "Agree;3") + (
        "2;School;QOL;S2;50;;False;Agree;;\n3;School;QOL;S3;0;;False;;;\n4;School;QOL;S4;100;22-06-2021;True;Agree;2;\n"
    )
    raw = read_export(declared(content, instrument=form_of("m1", "h1")))
    assert raw.rows.tolist() == [2, 3]
    assert [(line.reason, line.count) for line in raw.ledger.lines] == [
        ("archived in Castor", 1),
        ("surveys that were sent and not answered", 1),
    ]
    strict = read_export(declared(content, instrument=form_of("m1", "h1"), partial="set_aside"))
    assert strict.rows.tolist() == [2]


def test_a_field_too_many_that_holds_something_is_refused(declared: Declared, form_of: FormOf) -> None:
    with pytest.raises(InputError, match="row 2: the row has 10 cells and the header has 9"):
        read_export(declared(surveys("m1;h1", "Agree;3", end=";x"), instrument=form_of("m1", "h1")))


RECORDS = (
    '"Participant Id";"Participant Status";"Site Abbreviation";"Participant Creation Date";code;m1\n'
    "A1;Not Set;SCH;22-06-2021 10:00:00;007;Agree\nA2;Archived;SCH;22-06-2021 10:00:00;008;Agree\n"
)


def test_an_archive_with_lists_beside_the_answers(declared: Declared, form_of: FormOf) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("study_export.csv", RECORDS)
        packed.writestr("study_variablelist.csv", "Variable name;Field type\ncode;text\nm1;radio\n")
        packed.writestr("study_optiongroups.csv", "Option group;Value;Name\nagreement;1;Strongly disagree\n")
    raw = read_export(declared(buffer.getvalue(), name="study.zip", instrument=form_of("code", "m1")))
    assert raw.platform == "castor"
    assert raw.frame["code"].tolist() == ["007"]
    assert raw.ledger.lines[0].count == 1


def test_codes_are_no_scores_unless_that_is_declared(tidied: Tidied, form_of: FormOf) -> None:
    form = replace(form_of("m1"))
    with pytest.raises(InputError, match="declare numbers: scores"):
        tidied(surveys("m1", "4"), instrument=form)
    assert tidied(surveys("m1", "4"), instrument=form, numbers="scores").frame["m1"].tolist() == [4.0]


def test_a_study_export_with_gaps_in_every_option(
    declared: Declared, tidied: Tidied, form_of: FormOf, tasks: Item
) -> None:
    content = (
        "record_id;archived;institute;randomisation_group;randomisation_datetime;tasks#Bread;tasks#Till work;pay\n"
        "110001;False;School;;;1;0;2.5\n110002;False;School;;;-99;-99;-95.0\n110003;True;School;;;0;1;1\n"
    )
    pay = Item(name="pay", type="decimal", labels={"en": "Pay"}, waves=("pre",))
    responses = tidied(content, instrument=form_of(tasks, pay))
    assert read_export(declared(content, instrument=form_of(tasks, pay))).platform == "castor"
    assert responses.frame["tasks"].tolist()[0] == "bread"
    assert responses.reasons.loc[1].tolist() == ["not done", "measurement failed"]
    assert len(responses.frame) == 2


def test_a_report_export_names_its_parent(declared: Declared, form_of: FormOf) -> None:
    content = (
        '"record_id";institute;"created_on";"custom_name";"parent";archived;host\n'
        '1;School;"22-06-2021 05:58:13";"Visit";"No parent";False;;\n'
        '1;School;"22-06-2021 05:55:13";"Visit";"Follow-up";False;Bakery;\n'
    )
    raw = read_export(declared(content, instrument=form_of("host")))
    assert raw.platform == "castor"
    assert raw.frame["host"].tolist() == ["", "Bakery"]
