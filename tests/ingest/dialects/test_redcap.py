"""REDCap: checkboxes, events, repeated forms, forms never opened, labels and raw codes, the data dictionary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from toolkit.core.errors import InputError
from toolkit.ingest import ExportDeclaration, Responses, read_export
from toolkit.ingest.dialects.redcap_dictionary import parse_choices
from toolkit.instruments import Choice, Instrument, Item

Declared = Callable[..., ExportDeclaration]
Tidied = Callable[..., Responses]
FormOf = Callable[..., Instrument]

DICTIONARY = (
    '"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",'
    '"Choices, Calculations, OR Slider Labels"\n'
    'record_id,survey,,text,"Record ID",\n'
    'm1,survey,,radio,"I am glad.","5, Strongly disagree | 4, Disagree | 3, Neither agree nor disagree | 2, Agree'
    ' | 1, Strongly agree | -99, Prefer not to say"\n'
    'consent,survey,,yesno,"<b>I take part.</b>",\n'
    'tasks,survey,,checkbox,"What did you do?",'
    '"1, Bread | 2, Bread, and butter | -1, Till work | NO, Nothing (of these)"\n'
)


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    path = tmp_path / "dictionary.csv"
    path.write_text(DICTIONARY)
    return path


def test_codes_get_their_labels_from_the_dictionary(
    tidied: Tidied, form_of: FormOf, tasks: Item, dictionary: Path
) -> None:
    form = form_of("m1", "consent", tasks)
    content = (
        "record_id,m1,consent,tasks___1,tasks___2,tasks____1,tasks___no,survey_complete\n"
        "1,2,1,1,0,1,0,2\n2,-99,0,0,1,0,0,2\n3,1,1,0,0,0,1,2\n"
    )
    responses = tidied(content, instrument=form, key=dictionary)
    # The author gave 2 to "Agree": the label counts, never the number.
    assert responses.frame["m1"].tolist()[::2] == [4.0, 5.0]
    assert responses.reasons["m1"].tolist() == ["", "declined", ""]
    assert responses.frame["consent"].tolist() == ["yes", "no", "yes"]
    assert responses.frame["tasks"].tolist() == ["bread till", "butter", "none"]
    with pytest.raises(InputError, match="column m1: the answer is a number"):
        tidied(content, instrument=form_of("m1"))


def test_a_code_of_the_form_with_capitals_or_a_minus(tidied: Tidied, form_of: FormOf) -> None:
    choices = tuple(Choice(name=name, labels={"en": f"Option {name}"}) for name in ("1", "-1", "A"))
    item = Item(name="jobs", type="select_multiple", labels={"en": "Jobs"}, waves=("pre",), choices=choices)
    content = "record_id,jobs___1,jobs____1,jobs___a,f_complete\n1,1,0,0,2\n2,0,1,0,2\n3,0,0,1,2\n4,0,0,0,2\n"
    responses = tidied(content, instrument=form_of(item))
    assert responses.frame["jobs"].tolist()[:3] == ["1", "-1", "A"]
    assert responses.reasons["jobs"].tolist() == ["", "", "", "nothing ticked"]


@pytest.mark.parametrize(("key", "message"), [("x,y\n1,2\n", "is no data dictionary"), (None, "cannot be read")])
def test_a_dictionary_that_is_none(
    declared: Declared, form_of: FormOf, tmp_path: Path, key: str | None, message: str
) -> None:
    path = tmp_path / "key.csv"
    if key is not None:
        path.write_text(key)
    with pytest.raises(InputError, match=rf"key\.csv.*{message}"):
        read_export(declared("record_id,m1,f_complete\n1,a4,2\n", instrument=form_of("m1"), key=path))


def test_lists_of_choices() -> None:
    assert parse_choices("1, Yes, often|2,No | -99, <i>Other</i>") == {"1": "Yes, often", "2": "No", "-99": "Other"}
    assert parse_choices("[a]+[b]") == {}


def test_a_form_never_opened_is_not_a_form_passed_over(tidied: Tidied, form_of: FormOf, tasks: Item) -> None:
    boxes = ",".join(f"tasks___{name}" for name in ("bread", "butter", "till", "none"))
    content = (
        f"record_id,h1,h2,first_complete,survey_timestamp,m1,{boxes},second_complete\n"
        "1,3,4,2,2026-02-01 10:00:00,a4,1,0,0,0,2\n"
        "2,3,4,2,,,0,0,0,0,0\n"
        "3,3,4,2,2026-02-01 10:00:00,,0,0,0,0,2\n"
        "4,3,4,2,[not completed],,0,0,0,0,0\n"
    )
    form = form_of("h1", "m1", tasks)
    responses = tidied(content, instrument=form)
    assert responses.frame["h1"].tolist() == [3.0] * 4
    assert responses.reasons["m1"].tolist() == ["", "not shown", "blank", "blank"]
    assert responses.reasons["tasks"].tolist() == ["", "not shown", "nothing ticked", "nothing ticked"]
    kept = tidied(content, instrument=form, partial="set_aside")
    assert kept.frame["row"].tolist() == [2, 4]
    assert [line.count for line in kept.ledger.lines] == [0, 2]


EVENTS = (
    "record_id,redcap_event_name,age,m1,survey_complete\n"
    "p1,intake_arm_1,20,a2,2\np1,start_arm_1,,a4,2\np2,intake_arm_1,21,a1,2\np2,start_arm_1,,,0\n"
)


def test_events_are_waves(tidied: Tidied, declared: Declared, form_of: FormOf) -> None:
    form = form_of("code", "m1")
    with pytest.raises(InputError, match=r"answered in 2 events.*intake_arm_1, start_arm_1.*wave_column"):
        read_export(declared(EVENTS, instrument=form, columns={"code": "record_id"}))
    responses = tidied(
        EVENTS,
        instrument=form,
        columns={"code": "record_id"},
        layout="long",
        wave_column="redcap_event_name",
        waves={"pre": "intake_arm_1", "post": "start_arm_1"},
    )
    assert responses.frame[["code", "wave", "m1"]].to_numpy().tolist()[:3] == [
        ["p1", "pre", 2.0],
        ["p2", "pre", 1.0],
        ["p1", "post", 4.0],
    ]
    assert responses.reasons["m1"].tolist() == ["", "", "", "not shown"]


def test_an_event_that_asks_nothing_of_ours_is_no_second_wave(declared: Declared, form_of: FormOf) -> None:
    content = EVENTS.replace(",,a4,2", ",25,,0")
    raw = read_export(declared(content, instrument=form_of("code", "m1"), columns={"code": "record_id"}))
    assert len(raw.frame) == 4


REPEATED = (
    "record_id,redcap_repeat_instrument,redcap_repeat_instance,age,about_complete,m1,h1,survey_complete\n"
    "1,,,20,2,,,\n1,survey,1,,,a4,3,2\n1,survey,2,,,a5,2,2\n2,,,21,2,,,\n2,visit,1,,,,,\n"
)


def test_rows_of_other_repeated_forms_are_set_aside_by_name(declared: Declared, form_of: FormOf) -> None:
    raw = read_export(declared(REPEATED, instrument=form_of("m1", "h1")))
    assert raw.rows.tolist() == [3, 4]
    assert [(line.count, line.n_out) for line in raw.ledger.lines] == [(2, 3), (1, 2)]
    assert ["not repeated" in line.reason or "visit" in line.reason for line in raw.ledger.lines] == [True, True]


def test_questions_in_rows_of_two_kinds_are_refused(declared: Declared, form_of: FormOf) -> None:
    age = Item(name="age", type="integer", labels={"en": "Age"}, waves=("pre",))
    with pytest.raises(InputError, match=r"rows of 2 kinds.*not repeated: age; survey: h1, m1"):
        read_export(declared(REPEATED, instrument=form_of("m1", "h1", age)))


def test_an_export_of_labels(tidied: Tidied, form_of: FormOf, tasks: Item) -> None:
    content = (
        '"Record ID","Event Name","Complete?","I am glad.","What did you do? (choice=Bread)",'
        '"What did you do? (choice=Bread, and butter)","What did you do? (choice=Nothing (of these))","Complete?"\n'
        "1,Start,Complete,Agree,Checked,Unchecked,Unchecked,Complete\n"
        '2,Start,Complete,"Strongly agree",Unchecked,Unchecked,Checked,Complete\n'
        "3,Start,Complete,,Unchecked,Unchecked,Unchecked,Incomplete\n"
    )
    responses = tidied(content, instrument=form_of("m1", tasks))
    assert responses.frame["m1"].tolist()[:2] == [4.0, 5.0]
    assert responses.frame["tasks"].tolist()[:2] == ["bread", "none"]
    assert responses.reasons.loc[2].tolist() == ["not shown", "not shown"]


def test_decimal_marks_are_told_per_column(tidied: Tidied, form_of: FormOf, exports: Path) -> None:
    items = [
        Item(name=name, type="decimal", labels={"en": name.title()}, waves=("pre",))
        for name in ("height", "weight", "bmi")
    ]
    content = (exports / "redcap" / "decimal-comma.csv").read_bytes()
    frame = tidied(content, instrument=form_of(*items)).frame
    assert frame["height"].tolist() == [1.54, 1.84, 1.95, 1.61]
    assert frame["weight"].tolist() == [52.3, 92.3, 123.4, 45.9]
    assert frame["bmi"].tolist() == [22.1, 27.3, 32.5, 17.7]


def test_ids_with_letters_after_many_rows_stay_text(declared: Declared, form_of: FormOf) -> None:
    rows = "".join(f"{number:04},a4,2\n" for number in range(2400)) + "NCL08185,a4,2\n"
    raw = read_export(declared("record_id,m1,survey_complete\n" + rows, instrument=form_of("m1")))
    assert raw.frame["record_id"].tolist()[0] == "0000"
    assert raw.frame["record_id"].tolist()[-1] == "NCL08185"


def test_columns_of_missing_data_codes_are_passed_over_until_one_is_ticked(
    tidied: Tidied, form_of: FormOf, tasks: Item
) -> None:
    content = "record_id,tasks___bread,tasks___till,tasks____99,tasks___nask,f_complete\n1,1,0,0,0,2\n2,0,0,0,0,2\n"
    responses = tidied(content, instrument=form_of(tasks))
    assert responses.frame["tasks"].tolist()[0] == "bread"
    assert not any("left out: tasks" in note for note in responses.notes)
    with pytest.raises(InputError, match="column tasks____99: the option of this column is none of the form's choices"):
        tidied(content.replace("0,0,0,0,2", "0,0,1,0,2"), instrument=form_of(tasks))
