"""LimeSurvey's XML: the structure of a survey (.lss), and the answers beside it in an archive (.lsa)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from toolkit.core.errors import ProblemLog
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.matching import strip_markup

MAX_XML = 200_000_000
_FIELD = re.compile(r"_?(\d+)X(\d+)X(\d+)(.*)", re.S)
_NEW_FIELD = re.compile(r"Q(\d+)((?:_[SC]\d+)*)(other|comment)?(?:#(\d))?")
_NEW_PART = re.compile(r"_[SC](\d+)")

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A survey's columns, the labels of its codes, and its answers where there are any.

    Parameters
    ----------
    headers, texts : list of str
        Code and question text of each column; empty for a structure alone.
    rows : list of list of str
        The answers.
    labels : mapping of str to mapping of str to str
        Header -> code -> label.
    """

    headers: list[str]
    texts: list[str]
    rows: list[list[str]]
    labels: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Structure:
    questions: Mapping[str, Row]
    subquestions: Mapping[str, list[Row]]
    answers: Mapping[str, dict[str, str]]
    parts: Mapping[str, Row]


def responses_member(members: Mapping[str, bytes]) -> str:
    """Return the name of the file of answers in an archive, or ""."""
    return next((name for name in sorted(members) if name.lower().endswith("_responses.lsr")), "")


def read_archive_answers(members: Mapping[str, bytes], *, name: str, log: ProblemLog) -> Archive | None:
    """Return the answers of an archive, or None after noting why they cannot be read.

    Parameters
    ----------
    members : mapping of str to bytes
        Files of the archive.
    name : str
        Name of the archive, for messages.
    log : ProblemLog
        Takes what is wrong.
    """
    member = responses_member(members)
    structure_name = next((each for each in sorted(members) if each.lower().endswith(".lss")), "")
    responses = _parse(members.get(member, b""), place=f"{name}/{member}", log=log)
    structure = _parse(members.get(structure_name, b""), place=f"{name}/{structure_name}", log=log)
    if responses is None or structure is None:
        return None
    known = _structure(structure)
    fields = [field.text or "" for field in responses.iterfind("./responses/fields/fieldname")]
    found = [dict(_cells(row)) for row in responses.iterfind("./responses/rows/row")]
    if not fields:
        fields = list(dict.fromkeys(tag for row in found for tag in row))
    named = [_name_field(field, known) for field in fields]
    keys = [field if any(field in row for row in found) else f"_{field}" for field in fields]
    return Archive(
        headers=[header for header, _ in named],
        texts=[text for _, text in named],
        rows=[[row.get(key, "") for key in keys] for row in found],
        labels=_labels(known),
    )


def read_key(declaration: ExportDeclaration, *, log: ProblemLog) -> Archive | None:
    """Return the labels of a survey's structure file (.lss) where the study declares one as key."""
    path = declaration.key
    if path is None:
        return None
    try:
        content = path.read_bytes()[: MAX_XML + 1]
    except OSError:
        log.add("the key cannot be read", file=path.name, mend="correct its path under key in study.yaml")
        return None
    root = _parse(content, place=path.name, log=log)
    return Archive(headers=[], texts=[], rows=[], labels=_labels(_structure(root))) if root is not None else None


def _parse(content: bytes, *, place: str, log: ProblemLog) -> ElementTree.Element | None:
    mend = "export it from LimeSurvey again"
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        log.add("the file declares a DOCTYPE or entities of its own", file=place, mend=mend)
        return None
    if len(content) > MAX_XML:
        log.add("the file is larger than any survey", file=place, mend=mend)
        return None
    try:
        return ElementTree.fromstring(content.decode("utf-8-sig"))
    except (ElementTree.ParseError, ValueError):
        log.add("the file is no XML of LimeSurvey, or damaged", file=place, mend=mend)
        return None


def _cells(row: ElementTree.Element) -> list[tuple[str, str]]:
    return [(cell.tag, cell.text or "") for cell in row]


def _section(root: ElementTree.Element, name: str) -> list[dict[str, str]]:
    return [dict(_cells(row)) for row in root.iterfind(f"./{name}/rows/row")]


def _structure(root: ElementTree.Element) -> _Structure:
    """Read questions and answers; their texts stand beside them, or since 2020 in tables of their own."""
    texts: dict[str, str] = {}
    for row in _section(root, "question_l10ns"):
        texts.setdefault(row.get("qid", ""), row.get("question", ""))
    shown: dict[str, str] = {}
    for row in _section(root, "answer_l10ns"):
        shown.setdefault(row.get("aid", ""), row.get("answer", ""))
    questions: dict[str, Row] = {}
    parts: dict[str, Row] = {}
    subquestions: dict[str, list[Row]] = {}
    for row in _section(root, "questions"):
        questions.setdefault(row.get("qid", ""), _with_text(row, texts))
    for row in _section(root, "subquestions"):
        if row.get("qid", "") not in parts:
            parts[row.get("qid", "")] = _with_text(row, texts)
            subquestions.setdefault(row.get("parent_qid", ""), []).append(parts[row.get("qid", "")])
    answers: dict[str, dict[str, str]] = {}
    for row in _section(root, "answers"):
        label = strip_markup(row.get("answer", "") or shown.get(row.get("aid", ""), "")).strip()
        answers.setdefault(row.get("qid", ""), {}).setdefault(row.get("code", ""), label)
    return _Structure(questions, subquestions, answers, parts)


def _with_text(row: Row, texts: Mapping[str, str]) -> Row:
    text = row.get("question", "") or texts.get(row.get("qid", ""), "")
    return {**row, "question": strip_markup(text).strip()}


def _name_field(field: str, known: _Structure) -> tuple[str, str]:
    """Return code and text of a column; LimeSurvey's own columns keep their name."""
    if match := _NEW_FIELD.fullmatch(field):
        question = known.questions.get(match[1])
        if question is not None:
            rows = [known.parts.get(number, {}) for number in _NEW_PART.findall(match[2])]
            codes = [row.get("title", "") for row in rows]
            shown = " ".join(row.get("question", "") for row in rows)
            suffix = "_".join(codes) + (match[3] or "")
            return _join(question, suffix, shown or suffix)
    match = _FIELD.fullmatch(field)
    if not match:
        return field, ""
    # A question's number and the code of its part stand without a mark between them: try every way to part them.
    rest = match[3] + match[4]
    for end in range(len(match[3]), 0, -1):
        question, suffix = known.questions.get(rest[:end]), rest[end:]
        if question is None:
            continue
        named = {row.get("title", ""): row.get("question", "") for row in known.subquestions.get(rest[:end], [])}
        code = re.sub(r"(?:comment|other|_.*|#\d)$", "", suffix)
        if not suffix or suffix in named or code in named or suffix in ("other", "comment", "othercomment"):
            return _join(question, suffix, named.get(suffix, named.get(code, suffix)))
    return field.lstrip("_"), ""


def _join(question: Row, suffix: str, shown: str) -> tuple[str, str]:
    code, text = question.get("title", ""), question.get("question", "")
    return (f"{code}[{suffix}]", f"{text} [{shown}]") if suffix else (code, text)


def _labels(known: _Structure) -> dict[str, dict[str, str]]:
    """Return header -> code -> label; in an array every row has the labels of its question."""
    found = {}
    for number, labels in known.answers.items():
        code = known.questions.get(number, {}).get("title", "")
        if code:
            found[code] = labels
            for row in known.subquestions.get(number, []):
                found[f"{code}[{row.get('title', '')}]"] = labels
    return found
