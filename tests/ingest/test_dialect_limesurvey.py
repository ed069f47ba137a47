"""LimeSurvey: every way of heading a column, converted ticks, questions that were not shown, archives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest

from toolkit.core.errors import InputError
from toolkit.ingest import ExportDeclaration, Responses, read_export, tidy
from toolkit.instruments import Choice, Instrument, Item

Declare = Callable[..., ExportDeclaration]
OWN = ["id", "submitdate", "lastpage", "startlanguage", "seed"]
OWN_TEXTS = ["Response ID", "Date submitted", "Last page", "Start language", "Seed"]
SENT = ["2026-02-01 10:00:00", "3", "en", "77"]


def quoted(*rows: list[str], mark: str = ";") -> str:
    lines = (mark.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "\ufeff" + "\r\n".join(lines) + "\r\n\r\n"


@pytest.fixture
def form(small_form: Instrument) -> Instrument:
    tasks = Item(
        name="tasks",
        type="select_multiple",
        labels={"en": "Your tasks?"},
        waves=("pre",),
        role="context",
        choices=(
            Choice(name="SQ001", labels={"en": "Bread, cakes"}),
            Choice(name="SQ002", labels={"en": "Till"}),
            Choice(name="SQ003", labels={"en": "Stock"}),
            Choice(name="other", labels={"en": "Other"}),
        ),
    )
    return replace(small_form, items=(small_form.item("m1"), small_form.item("m2"), tasks), scales=())


def tidied(declaration: ExportDeclaration) -> Responses:
    return tidy(read_export(declaration), declaration.instrument)


TICKS = ["tasks[SQ001]", "tasks[SQ002]", "tasks[SQ003]", "tasks[other]"]


@pytest.mark.parametrize("mark", [";", ","])
@pytest.mark.parametrize(
    "heading",
    [
        [[*OWN, "m1", "m2", *TICKS]],
        [
            [*OWN_TEXTS, "I am glad.", "I am glum."]
            + [f"Your tasks? [{option}]" for option in ("Bread, cakes", "Till", "Stock", "Other")]
        ],
        [
            [f"{code}. {text}" for code, text in zip(OWN, OWN_TEXTS, strict=True)]
            + ["m1. I am glad. Really", "m2. I am glum."]
            + [f"{code}. Your tasks? [x, y]" for code in TICKS]
        ],
        [
            ["ID risposta", "Data di invio", "Ultima pagina", "Lingua iniziale", "Seme", "I am glad.", "Sono triste."]
            + [f"Your tasks? [{option}]" for option in ("Bread, cakes", "Till", "Stock", "Other")]
        ],
        [
            [*OWN, "m1", "m2", *TICKS],
            [*OWN_TEXTS, "I am glad.", "I am glum."]
            + [f"Your tasks? [{option}]" for option in ("Bread, cakes", "Till", "Stock", "Other")],
        ],
        [
            [*OWN_TEXTS, "I am glad.", "I am glum.", "Your tasks?", "", "", ""],
            ["", "", "", "", "", "", "", "Bread, cakes", "Till", "Stock", "Other"],
        ],
        [[*OWN, "m1", "m2", *(tick.replace("[", "_").rstrip("]") for tick in TICKS)]],
    ],
    ids=["codes", "texts", "codes and texts", "localised texts", "codes above texts", "two rows", "codes with _"],
)
def test_every_kind_of_heading(declare: Declare, form: Instrument, heading: list[list[str]], mark: str) -> None:
    answers = [
        ["1", *SENT, "Agree", "a2", "Y", "", "Y", "own\nwords"],
        ["2", "", "1", "it", "78", "", "", "", "", "", ""],
    ]
    declaration = declare(quoted(*heading, *answers, mark=mark), instrument=form)
    raw = read_export(declaration)
    assert raw.platform == "limesurvey"
    assert raw.frame.to_numpy().tolist() == answers
    assert raw.table.partial is not None
    assert raw.table.partial.tolist() == [False, True]
    responses = tidy(raw, form)
    assert responses.frame["m1"].tolist()[0] == 4.0
    assert responses.frame["m2"].tolist()[0] == 2.0
    assert responses.frame["tasks"].fillna("").tolist() == ["SQ001 SQ003 other", ""]
    assert responses.reasons["tasks"].tolist() == ["", "blank"]
    assert not any("left out" in note and not note.endswith(": Seme.") for note in responses.notes)


def test_yes_and_no_converted_to_one_and_two(declare: Declare, form: Instrument) -> None:
    rows = [["1", *SENT, "a1", "a1", "1", "2", "", ""], ["2", *SENT, "a1", "a1", "2", "2", "2", ""]]
    raw = read_export(declare(quoted([*OWN, "m1", "m2", *TICKS], *rows), instrument=form))
    assert [raw.table.reasons[header].tolist() for header in TICKS[:3]] == [["", ""], ["", ""], ["not shown", ""]]
    responses = tidy(raw, form)
    assert responses.frame["tasks"].fillna("").tolist() == ["SQ001", ""]
    assert responses.reasons["tasks"].tolist() == ["", "nothing ticked"]


def test_not_shown_is_not_skipped(declare: Declare, form: Instrument) -> None:
    texts = [*OWN_TEXTS, "I am glad.", "I am glum."]
    responses = tidied(declare(quoted(texts, ["1", *SENT, "N/A", ""]), instrument=form))
    assert responses.reasons[["m1", "m2"]].to_numpy().tolist() == [["not shown", "blank"]]
    listed = replace(form.item("m1"), choices=(*form.item("m1").choices, Choice(name="na", labels={"en": "N/A"})))
    chosen = replace(form, items=(listed, form.item("m2")))
    responses = tidied(declare(quoted(texts, ["1", *SENT, "N/A", ""]), instrument=chosen))
    assert responses.reasons["m1"].tolist() == [""]


def test_vv_files(declare: Declare, form: Instrument) -> None:
    best = Item(name="best", type="text", labels={"en": "Best?"}, waves=("pre",))
    form = replace(form, items=(*form.items, best))
    codes = [*OWN, "m1", "m2", "tasks_SQ001", "tasks_SQ002", "best"]
    texts = ["Response ID", "Date submitted", "Last page", "Language", "Seed", "Glad", "Glum", "Bread", "Till", "Best?"]
    hidden = "{question_not_shown}"
    row = ["1", *SENT, "a4", hidden, hidden, hidden, "one{newline}two{tab}{quote}x{quote}"]
    declaration = declare("\n".join("\t".join(cells) for cells in (texts, codes, row)) + "\n", instrument=form)
    responses = tidied(declaration)
    assert responses.frame[["m1", "best"]].to_numpy().tolist() == [[4.0, 'one\ntwo\t"x"']]
    assert responses.reasons[["m2", "tasks"]].to_numpy().tolist() == [["not shown", "not shown"]]


def test_no_responses_yet(declare: Declare, form: Instrument) -> None:
    header = [*OWN, "m1", "m2", *TICKS]
    with pytest.raises(InputError, match="a header and 0 answers"):
        read_export(declare(quoted(header, [""] * len(header)), instrument=form))


def test_markup_in_headings_and_choices(declare: Declare, form: Instrument) -> None:
    header = [*OWN, "<b>I am glad.</b>", "I am&nbsp;glum."]
    responses = tidied(declare(quoted(header, ["1", *SENT, "<i>Agree</i>", "Strongly&nbsp;agree"]), instrument=form))
    assert responses.frame[["m1", "m2"]].to_numpy().tolist() == [[4.0, 5.0]]


LSS = """<?xml version="1.0" encoding="UTF-8"?>
<document><LimeSurveyDocType>Survey</LimeSurveyDocType><DBVersion>{version}</DBVersion>
<questions><rows>
<row><qid><![CDATA[5]]></qid><title>mood</title>{mood}</row>
<row><qid>56</qid><title>tasks</title>{tasks}</row>
</rows></questions>
<subquestions><rows>
<row><qid>61</qid><parent_qid>5</parent_qid><title>m1</title>{m1}</row>
<row><qid>62</qid><parent_qid>5</parent_qid><title>m2</title>{m2}</row>
<row><qid>63</qid><parent_qid>56</parent_qid><title>SQ001</title>{bread}</row>
</rows></subquestions>
<answers><rows>
<row><aid>1</aid><qid>5</qid><code>X1</code>{low}</row><row><aid>2</aid><qid>5</qid><code>X2</code>{high}</row>
</rows></answers>{tables}</document>"""
WORDS = {
    "mood": "How are you?",
    "tasks": "Your tasks?",
    "m1": "I am glad.",
    "m2": "I am glum.",
    "bread": "Bread, cakes",
}


def structure(*, old: bool) -> str:
    numbers = {"mood": "5", "tasks": "56", "m1": "61", "m2": "62", "bread": "63"}
    if old:
        texts = {name: f"<question><![CDATA[<p>{text}</p>]]></question>" for name, text in WORDS.items()}
        low, high = "<answer>Strongly disagree</answer>", "<answer>Strongly agree</answer>"
        return LSS.format(version=366, **texts, low=low, high=high, tables="")
    rows = "".join(f"<row><qid>{numbers[name]}</qid><question>{text}</question></row>" for name, text in WORDS.items())
    labels = "".join(
        f"<row><aid>{number}</aid><answer>{text}</answer></row>"
        for number, text in ((1, "Strongly disagree"), (2, "Strongly agree"))
    )
    tables = f"<question_l10ns><rows>{rows}</rows></question_l10ns><answer_l10ns><rows>{labels}</rows></answer_l10ns>"
    return LSS.format(version=640, **dict.fromkeys(WORDS, ""), low="", high="", tables=tables)


def archive(structure: str, fields: list[str], cells: list[str]) -> bytes:
    names = "".join(f"<fieldname>{field}</fieldname>" for field in ["id", "submitdate", *fields])
    row = "<id>1</id><submitdate>2026-02-01 10:00:00</submitdate>" + "".join(
        f"<{'_' if field[0].isdigit() else ''}{field}><![CDATA[{cell}]]></{'_' if field[0].isdigit() else ''}{field}>"
        for field, cell in zip(fields, cells, strict=True)
    )
    answers = f"<document><responses><fields>{names}</fields><rows><row>{row}</row></rows></responses></document>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.writestr("survey_123.lss", structure)
        target.writestr("survey_123_responses.lsr", answers)
    return buffer.getvalue()


@pytest.mark.parametrize("old", [True, False], ids=["texts beside questions", "texts in tables of their own"])
@pytest.mark.parametrize(
    "fields", [["123X4X5m1", "123X4X5m2", "123X4X56SQ001"], ["Q5_S61", "Q5_S62", "Q56_S63"]], ids=["old", "new"]
)
def test_archives(declare: Declare, form: Instrument, fields: list[str], old: bool) -> None:
    raw = read_export(declare(archive(structure(old=old), fields, ["X1", "X2", "Y"]), instrument=form))
    assert raw.platform == "limesurvey"
    assert list(raw.frame) == ["id", "submitdate", "mood[m1]", "mood[m2]", "tasks[SQ001]"]
    assert raw.table.texts["mood[m1]"] == "How are you? [I am glad.]"
    responses = tidy(raw, form)
    assert responses.frame[["m1", "m2", "tasks"]].to_numpy().tolist() == [[1.0, 5.0, "SQ001"]]


def test_a_structure_file_says_what_codes_mean(declare: Declare, form: Instrument, tmp_path: object) -> None:
    content = quoted([*OWN, "mood[m1]", "mood[m2]"], ["1", *SENT, "X1", "X2"])
    with pytest.raises(InputError, match="none of the form's choices"):
        tidied(declare(content, instrument=form))
    declaration = declare(content, instrument=form)
    key = declaration.path.parent / "survey.lss"
    key.write_text(structure(old=True), encoding="utf-8")
    assert tidied(replace(declaration, key=key)).frame[["m1", "m2"]].to_numpy().tolist() == [[1.0, 5.0]]
    key.write_text("no survey", encoding="utf-8")
    with pytest.raises(InputError, match=r"survey\.lss: the file is no XML of LimeSurvey"):
        read_export(replace(declaration, key=key))


def test_entities_in_an_archive_are_refused(declare: Declare, form: Instrument) -> None:
    hostile = '<!DOCTYPE d [<!ENTITY a "b">]>' + structure(old=True)
    with pytest.raises(InputError, match="DOCTYPE or entities"):
        read_export(declare(archive(hostile, ["123X4X5m1"], ["X1"]), instrument=form))
