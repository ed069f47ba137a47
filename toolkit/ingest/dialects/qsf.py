"""Qualtrics' form file (.qsf): which number of a numeric export stands for which choice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from toolkit.core.errors import ProblemLog
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.matching import strip_markup

MAX_QSF_BYTES = 50_000_000


def read_qsf(declaration: ExportDeclaration, ids: Mapping[str, str], *, log: ProblemLog) -> dict[str, dict[str, str]]:
    """Return header -> number -> label from the form file that the study declares.

    Parameters
    ----------
    declaration : ExportDeclaration
        Its `qsf` is the path of the form file.
    ids : mapping of str to str
        Header -> ImportId; "" where the export has none, and then the header is the question's export name.
    log : ProblemLog
        Takes what is wrong.

    Notes
    -----
    A numeric export holds recode values where the author set any, else the ids of the choices; ids follow no
    order once choices have been added or moved. Both lead to the label here, and only the label is used.
    """
    path = declaration.qsf
    if path is None:
        return {}
    try:
        content = path.read_bytes()[:MAX_QSF_BYTES]
        entries = json.loads(content.decode("utf-8-sig"))["SurveyElements"]
        questions = [entry["Payload"] for entry in entries if entry.get("Element") == "SQ"]
        labels = {question["QuestionID"]: _labels_of(question) for question in questions}
        tags = {str(question.get("DataExportTag", "")): question["QuestionID"] for question in questions}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        log.add(
            "the Qualtrics form file cannot be read",
            file=path.name,
            allowed="a .qsf file, as Tools > Import/Export > Export survey gives it",
            mend="export the form again, or export the answers as choice text",
        )
        return {}
    found = {}
    for header, import_id in ids.items():
        question = import_id.split("_")[0].split("-")[0] if import_id else tags.get(header, "")
        if question in labels and not import_id.endswith("_TEXT"):
            choices = labels[question]
            part = import_id.partition("_")[2]
            # A split question has a column per choice, 1 where it was ticked.
            found[header] = {"1": choices[part]} if part in choices and _is_split(questions, question) else choices
    return found


def _is_split(questions: list[dict[str, Any]], question_id: str) -> bool:
    return any(
        question["QuestionID"] == question_id and str(question.get("Selector", "")).startswith("MA")
        for question in questions
    )


def _labels_of(question: dict[str, Any]) -> dict[str, str]:
    """Return number in the export -> label; a matrix has its labels under Answers."""
    choices = question.get("Answers") or question.get("Choices") or {}
    if isinstance(choices, list):
        choices = {str(position): choice for position, choice in enumerate(choices, start=1)}
    recodes = question.get("RecodeValues") or {}
    if isinstance(recodes, list):
        recodes = {str(position): value for position, value in enumerate(recodes, start=1)}
    return {
        str(recodes.get(number, number)): strip_markup(str(choice["Display"])).strip()
        for number, choice in choices.items()
    }
