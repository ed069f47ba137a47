"""Qualtrics: real files, numeric exports with their form file, split answers, previews and repeats."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from toolkit.core.errors import InputError
from toolkit.ingest import ExportDeclaration, read_export, tidy

DATA = Path(__file__).parent / "data" / "qualtrics"
Declare = Callable[..., ExportDeclaration]
Write = Callable[..., str]


@pytest.mark.parametrize(("name", "header_rows", "phantom"), [("sample_de.csv", 3, 0), ("sample_legacy.csv", 2, 1)])
def test_real_files_cell_by_cell(declare: Declare, name: str, header_rows: int, phantom: int) -> None:
    content = (DATA / name).read_bytes()
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    raw = read_export(declare(content))
    assert raw.platform == "qualtrics"
    width = len(rows[0]) - phantom
    assert raw.frame.to_numpy().tolist() == [row[:width] for row in rows[header_rows:]]
    assert list(raw.table.texts.values()) == [text.strip() for text in rows[1][:width]]
    if not phantom:
        assert list(raw.frame) == rows[0]


def form_file(path: Path) -> Path:
    """The rotated ids of a seven-point question: 9 2 4 5 6 7 8 stand for 1 to 7."""
    order = ["9", "2", "4", "5", "6", "7", "8"]
    labels = ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"]
    choices = {number: {"Display": f"<b>{label}</b>"} for number, label in zip(order, labels, strict=False)}
    recoded = {str(number): {"Display": label} for number, label in enumerate(labels, start=1)}
    questions = [
        {"QuestionID": "QID1", "DataExportTag": "m1", "Selector": "SAVR", "Choices": choices},
        {
            "QuestionID": "QID2",
            "DataExportTag": "m2",
            "Selector": "SAVR",
            "Choices": recoded,
            "RecodeValues": {"1": "21", "2": "22", "3": "23", "4": "24", "5": "25"},
        },
    ]
    elements = [{"Element": "BL"}, *({"Element": "SQ", "Payload": question} for question in questions)]
    path.write_text(json.dumps({"SurveyEntry": {}, "SurveyElements": elements}))
    return path


def test_numbers_are_ids_and_only_the_form_file_tells_their_labels(
    declare: Declare, qualtrics: Write, tmp_path: Path
) -> None:
    content = qualtrics({"m1": "9", "m2": "21"}, {"m1": "6", "m2": "25"}, {"m1": "4", "m2": "23"})
    content = content.replace('""ImportId"":""m1""', '""ImportId"":""QID1""')
    content = content.replace('""ImportId"":""m2""', '""ImportId"":""QID2""')
    declaration = declare(content, qsf=form_file(tmp_path / "form.qsf"))
    responses = tidy(read_export(declaration), declaration.instrument)
    assert responses.frame["m1"].tolist() == [1.0, 5.0, 3.0]
    assert responses.frame["m2"].tolist() == [1.0, 5.0, 3.0]
    bare = declare(content)
    with pytest.raises(InputError, match="numbers in this file are not known to be scores"):
        tidy(read_export(bare), bare.instrument)


@pytest.mark.parametrize("text", ["", "{}", '{"SurveyElements": 3}', '{"SurveyElements": [{"Element": "SQ"}]}'])
def test_a_form_file_that_is_none(declare: Declare, qualtrics: Write, tmp_path: Path, text: str) -> None:
    path = tmp_path / "form.qsf"
    path.write_text(text)
    with pytest.raises(InputError, match=r"form\.qsf: the Qualtrics form file cannot be read"):
        read_export(declare(qualtrics({}), qsf=path))


def test_a_number_in_the_form_that_is_no_choice_of_ours(declare: Declare, qualtrics: Write, tmp_path: Path) -> None:
    content = qualtrics({"m1": "31"}).replace('""ImportId"":""m1""', '""ImportId"":""QID1""')
    declaration = declare(content, qsf=form_file(tmp_path / "form.qsf"))
    with pytest.raises(InputError, match="row 4, column m1"):
        tidy(read_export(declaration), declaration.instrument)


def test_seen_but_unanswered_is_a_reason_once_declared(declare: Declare, qualtrics: Write) -> None:
    declaration = declare(qualtrics({"m1": "-99"}), missing=frozenset({"-99"}))
    responses = tidy(read_export(declaration), declaration.instrument)
    assert responses.reasons.at[0, "m1"] == "marked missing"


def test_partial_and_repeated_submissions(declare: Declare, qualtrics: Write) -> None:
    same = {"ResponseId": "R_1"}
    content = qualtrics(same, same, {"ResponseId": "R_2", "Finished": "False"})
    raw = read_export(declare(content, partial="set_aside"))
    assert [(line.reason[:8], line.count, line.n_out) for line in raw.ledger.lines] == [
        ("test ans", 0, 3),
        ("the same", 1, 2),
        ("answers ", 1, 1),
    ]
    assert raw.rows.tolist() == [4]
    assert read_export(declare(content)).rows.tolist() == [4, 6]
    with pytest.raises(InputError, match="row 5, column ResponseId: the id of this submission stands above"):
        read_export(declare(qualtrics(same, {**same, "m1": "Disagree"})))
