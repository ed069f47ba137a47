"""Parameters: typed by their model and never guessed."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.run.parameters import NotebookParameters, check_parameters, parameters_cell, parse_parameters


def test_text_is_typed_by_the_model() -> None:
    given = {"confidence": "0.9", "seed": "007", "scope": "host=007", "language": "en"}
    assert parse_parameters(given) == {"confidence": 0.9, "seed": 7, "scope": "host=007", "language": "en"}


@pytest.mark.parametrize(
    "text", ["", "0.5", "1", "nan", "inf", "-0.9", "ninety", "0,9", "1e400"], ids=lambda text: text or "empty"
)
def test_no_text_outside_the_range_is_a_confidence(text: str) -> None:
    with pytest.raises(UsageError, match=r"'confidence' does not fit.*0\.5 to 1"):
        parse_parameters({"confidence": text})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("confidence", "0.9"),
        ("confidence", 1),
        ("confidence", None),
        ("confidence", float("nan")),
        ("seed", "7"),
        ("seed", 7.0),
        ("seed", True),
        ("seed", -1),
        ("scope", None),
        ("scope", ["country=IT"]),
        ("scope", "country"),
        ("scope", "country=IT\nhost=1"),
        ("study", 5),
        ("study", ""),
        ("language", "it"),
        ("language", None),
        ("release_plan", {}),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"the value of the parameter '{name}' does not fit"):
        check_parameters({name: value})


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("confidnce", "confidence"), ("Scope", "scope"), ("langauge", "language"), ("studdy", "study")],
)
def test_an_unknown_name_meets_its_nearest(name: str, nearest: str) -> None:
    for check in (check_parameters, parse_parameters):
        with pytest.raises(UsageError, match=rf"the parameter '{name}' is unknown.*did you mean {nearest}\?"):
            check({name: "x"})


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        check_parameters({"confidnce": 0.9, "seed": -1, "open": 2})
    assert len(caught.value.problems) == 3
    for name, problem in zip(("seed", "confidnce", "open"), caught.value.problems, strict=True):
        assert f"'{name}'" in problem.what


def test_only_what_was_given_comes_back() -> None:
    assert check_parameters({}) == {}
    assert check_parameters({"seed": None}) == {"seed": None}


def test_the_parameters_cell_holds_the_defaults() -> None:
    values = {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in ast.parse(parameters_cell()).body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
    assert values == {name: field.default for name, field in NotebookParameters.model_fields.items()}
    assert check_parameters(values) == values


PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()))


@given(st.dictionaries(st.one_of(st.sampled_from(list(NotebookParameters.model_fields)), st.text()), PLAIN))
def test_any_parameters_are_accepted_as_they_are_or_refused(given: dict[str, Any]) -> None:
    try:
        assert check_parameters(given) == given
    except UsageError as error:
        assert error.problems
