from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from toolkit.core.shipped import shipped_path
from toolkit.instruments import Choice, Instrument, load_instrument
from toolkit.instruments.checks import check_instrument

Make = Callable[..., Instrument]


def found(form: Instrument, folder: Path | None = None) -> list[tuple[str, str]]:
    """Return level and column of each remark; all of them say what to do."""
    remarks = check_instrument(form, folder=folder)
    assert all(remark.problem.what and remark.problem.mend and remark.problem.file for remark in remarks)
    return [(remark.level, remark.problem.column) for remark in remarks]


def answers(*labels: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(name=f"c{number}", labels={code: label for code in ("en", "it", "sv", "ro")})
        for number, label in enumerate(labels)
    )


def test_sound_forms_have_nothing_to_say(small_form: Instrument, rich_form: Instrument) -> None:
    assert found(small_form) == []
    labels = {code: code for code in rich_form.languages}
    items = tuple(replace(item, labels=labels) if item.name == "word" else item for item in rich_form.items)
    assert found(replace(rich_form, items=items)) == []


@pytest.mark.parametrize(
    "name",
    sorted(path.name for path in shipped_path("surveys", "instruments").iterdir() if (path / "survey.csv").is_file()),
)
def test_shipped_forms_have_no_problem(name: str) -> None:
    folder = shipped_path("surveys", "instruments", name)
    assert [remark for remark in check_instrument(load_instrument(folder)) if remark.level == "problem"] == []


CONDITIONS = [
    ({"relevant": "${nobody} = 1"}, [("problem", "relevant")]),
    ({"constraint": "${nobody} = 1"}, [("problem", "constraint")]),
    ({"relevant": "${late} = 1"}, [("warning", "relevant")]),
    ({"relevant": "${first} = 1", "waves": ("post",)}, [("problem", "relevant")]),
    ({"relevant": "${first} = 1", "waves": ("pre",)}, []),
    ({"relevant": "string-length(${both}) > 2"}, [("warning", "relevant")]),
    ({"constraint": ". > 2"}, []),
]


@pytest.mark.parametrize(("change", "expected"), CONDITIONS, ids=[str(change) for change, _ in CONDITIONS])
def test_conditions(make: Make, change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    form = make(
        {"type": "text", "name": "first", "waves": ("pre",)},
        {"type": "text", "name": "both"},
        {"type": "text", "name": "here", **change},
        {"type": "text", "name": "late"},
    )
    assert found(form) == expected


@pytest.mark.parametrize(("name", "warned"), [("a" * 15, False), ("a" * 16, True), ("then_a", True)])
def test_names_that_tools_refuse(make: Make, name: str, warned: bool) -> None:
    assert found(make({"type": "text", "name": name})) == [("warning", "name")] * warned


@pytest.mark.parametrize(("code", "warned"), [("abcde", False), ("abcdef", True), ("a_b", True)])
def test_codes_that_tools_refuse(make: Make, code: str, warned: bool) -> None:
    choice = replace(answers("Yes")[0], name=code)
    form = make({"type": "select_one", "name": "q", "list_name": "l", "choices": (choice,)})
    assert found(form) == [("warning", "name")] * warned


SEVERAL = [
    (("Bread", "Bread, cheese"), "problem"),
    (("Bread, cheese", "Bread, cheese and ham"), "problem"),
    (("Bread", "Cheese; bread"), "problem"),
    (("Bread", "Cheese; ham"), "warning"),
    (("Bread", "Breadcrumbs"), ""),
    (("Bread", "Cheese, or ham"), ""),
]


@pytest.mark.parametrize(("labels", "level"), SEVERAL)
def test_answers_that_cannot_be_told_apart_in_one_cell(make: Make, labels: tuple[str, ...], level: str) -> None:
    row = {"name": "q", "list_name": "l", "choices": answers(*labels)}
    levels = {each for each, _ in found(make({"type": "select_multiple", **row}))}
    assert levels == ({level} if level else set())
    assert found(make({"type": "select_one", **row})) == []


@pytest.mark.parametrize(
    ("text", "level"), [("a\x07b", "problem"), ("Hello ${name}", "warning"), ("two\nlines", "warning"), ("fine", "")]
)
def test_texts_that_no_form_shows(make: Make, text: str, level: str) -> None:
    labels = {"en": text, "it": "b", "sv": "c", "ro": "d"}
    expected = [(level, "label::English (en)")] if level else []
    assert found(make({"type": "text", "name": "q", "labels": labels})) == expected
    choices = (replace(answers("x")[0], labels=labels),)
    assert found(make({"type": "select_one", "name": "q", "list_name": "l", "choices": choices})) == expected


def test_one_question_in_two_waves_has_the_same_answers(make: Make) -> None:
    same = {"type": "select_one", "labels": {code: "How?" for code in ("en", "it", "sv", "ro")}}
    early = {**same, "name": "a", "waves": ("pre",), "list_name": "l", "choices": answers("Well", "Badly")}
    later = {**same, "name": "b", "waves": ("post",), "list_name": "l", "choices": answers("Well", "Badly")}
    assert found(make(early, later)) == []
    assert found(make(early, {**later, "list_name": "k", "choices": answers("Well")})) == [("problem", "type")]


def test_two_columns_with_one_title(make: Make) -> None:
    same = {"type": "text", "labels": {"en": "How?", "it": "b", "sv": "c", "ro": "d"}}
    other = {**same, "labels": {"en": "how? ", "it": "bb", "sv": "cc", "ro": "dd"}}
    assert found(make({**same, "name": "a"}, {**other, "name": "b"})) == [("warning", "label::English (en)")]


def test_languages_that_are_not_there(small_form: Instrument) -> None:
    assert found(replace(small_form, languages=("en", "it", "sv"))) == [("warning", "label::Română (ro)")]


def test_rows_are_named_where_the_folder_is_known(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shipped_path("surveys", "instruments", "participant"), tmp_path / "mine"))
    with (folder / "survey.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[4][rows[0].index("relevant")] = "${nobody} = 1"
    with (folder / "survey.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    (remark,) = check_instrument(load_instrument(folder), folder=folder)
    assert (remark.problem.file, remark.problem.row, remark.problem.column) == ("participant/survey.csv", 5, "relevant")
