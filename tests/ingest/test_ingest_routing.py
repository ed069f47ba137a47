"""Routed away is not skipped: conditions of the form, of groups, and what they cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from toolkit.ingest import ExportDeclaration, read_export, tidy
from toolkit.ingest.routing import conditions, is_shown
from toolkit.instruments import Choice, Instrument, Item

Declare = Callable[..., ExportDeclaration]
YES_NO = (Choice(name="yes", labels={"en": "Yes"}), Choice(name="no", labels={"en": "No"}))
SCALE = tuple(Choice(name=f"a{n}", labels={"en": f"Level {n}"}, score=float(n)) for n in (1, 2, 3))


def item(name: str, kind: str, **more: object) -> Item:
    return Item(name=name, type=kind, labels={"en": f"Question {name}?"}, waves=("pre",), **more)  # type: ignore[arg-type]


@pytest.fixture
def form(small_form: Instrument) -> Instrument:
    items = (
        item("paid", "select_one", choices=YES_NO),
        item("level", "select_one", choices=SCALE),
        item("tasks", "select_multiple", choices=(Choice(name="till", labels={"en": "Till"}), *YES_NO), role="context"),
        item("age", "integer"),
        item("pay", "decimal", relevant="${paid} = 'yes'"),
        item("g", "begin_group", relevant="selected(${tasks}, 'till')"),
        item("sales", "text", relevant="${level} = 'a3' or ${age} >= 18"),
        Item(name="", type="end_group", labels={}, waves=()),
        item("odd", "text", relevant="count-selected(${tasks}) > 1"),
    )
    return replace(small_form, items=items, scales=())


def test_conditions_of_groups_hold_for_their_items(form: Instrument) -> None:
    assert conditions(form) == {
        "pay": ("${paid} = 'yes'",),
        "sales": ("selected(${tasks}, 'till')", "${level} = 'a3' or ${age} >= 18"),
        "odd": ("count-selected(${tasks}) > 1",),
    }


def test_routed_away_is_not_asked_and_asked_is_blank(declare: Declare, form: Instrument) -> None:
    rows = [
        "Yes,Level 1,Till,18,,,",
        "No,Level 3,Till,,,,",
        "No,Level 1,Till,17,,,",
        ",Level 3,,,,,",
        "No,Level 1,Till,9,2.5,,",
    ]
    content = "paid,level,tasks,age,pay,sales,odd\n" + "\n".join(rows) + "\n"
    responses = tidy(read_export(declare(content, instrument=form)), form)
    assert responses.reasons["pay"].tolist() == ["blank", *["not asked"] * 3, ""]
    assert responses.reasons["sales"].tolist() == ["blank", "blank", *["not asked"] * 3]
    assert responses.reasons["odd"].tolist() == ["blank"] * 5
    assert responses.frame["pay"].tolist()[4] == 2.5
    assert any("1 answer(s) to pay stand where the form asks none" in note for note in responses.notes)


def test_a_question_that_was_added_later(declare: Declare, form: Instrument) -> None:
    content = "paid,level,tasks\nYes,Level 1,Till\n"
    declaration = declare(content, instrument=form, not_asked=frozenset({"age", "pay", "sales", "odd"}))
    responses = tidy(read_export(declaration), form)
    assert set(responses.reasons[["age", "pay", "sales", "odd"]].to_numpy().ravel()) == {"not asked"}


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("${age} > 17 and ${paid} != 'no'", [True, False, False]),
        ("not(${paid} = 'yes') and (${age} <= 18 or ${age} = 30)", [False, False, True]),
        ("${level} != 'a3'", [False, True, True]),
        ('selected(${paid}, "yes")', [True, False, False]),
        ("selected(${tasks}, 'till') or selected(${tasks}, 'yes')", [True, True, False]),
        ("${paid} = ''", [False, True, False]),
        ("${age} = ''", [False, True, False]),
        ("${age} < 18", [False, False, False]),
    ],
)
def test_conditions(form: Instrument, condition: str, shown: list[bool]) -> None:
    answers = {
        "paid": np.array(["yes", None, "no"], dtype=object),
        "level": np.array([3.0, 1.0, np.nan]),
        "tasks": np.array(["till no", "yes", None], dtype=object),
        "age": np.array([30.0, np.nan, 18.0]),
    }
    found = is_shown(condition, answers, instrument=form)
    assert found is not None
    assert found.tolist() == shown


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "${nobody} = 'x'",
        "${paid} =",
        "${paid} = ${level}",
        "now() > 3",
        "${paid} 'yes'",
        "(${paid} = 'yes'",
        "${level} > 2",
        "${level} = 'a9'",
        "${paid} = 'yes' )",
        "%",
        "${age} ( 3",
    ],
)
def test_what_cannot_be_told_changes_nothing(form: Instrument, condition: str) -> None:
    answers = {"paid": np.array(["yes"], dtype=object), "level": np.array([3.0]), "age": np.array([1.0])}
    assert is_shown(condition, answers, instrument=form) is None
