from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.ingest import Responses
from toolkit.instruments import Instrument
from toolkit.measure import ScoringRule, score

ROUNDING = 1e-12  # a mean of three whole numbers, and its mirror image

Make = Callable[[list[dict[str, Any]]], Responses]
answer = st.one_of(st.none(), st.integers(1, 5))
hour = st.one_of(st.none(), st.integers(0, 7))
filled = st.fixed_dictionaries({"m1": answer, "m2": answer, "m3": answer, "h1": hour, "h2": hour})


@pytest.mark.parametrize(
    ("rule", "cells", "expected"),
    [
        (ScoringRule("mood", 2), {"m1": 5, "m2": 1, "m3": 4}, 14 / 3),
        (ScoringRule("mood", 2), {"m1": 5, "m2": 2}, 4.5),
        (ScoringRule("mood", 2), {"m2": 5}, np.nan),
        (ScoringRule("mood", 1), {"m2": 5}, 1.0),
        (ScoringRule("mood", 3, "sensitivity"), {"m1": 5, "m2": 2}, np.nan),
        (ScoringRule("mood", 1), {}, np.nan),
        (ScoringRule("idle", 1), {"h1": 0, "h2": 7}, 7.0),
        (ScoringRule("idle", 1), {"h1": 3}, 6.0),
        (ScoringRule("idle", 2), {"h1": 3}, np.nan),
        (ScoringRule("life", 1), {"ls": 0}, 0.0),
    ],
)
def test_scores_by_hand(make_responses: Make, rule: ScoringRule, cells: dict[str, int], expected: float) -> None:
    scores = score(make_responses([{**cells}]), [rule])
    assert scores.rules == (rule,)
    assert scores.values[rule].tolist() == pytest.approx([expected], abs=ROUNDING, nan_ok=True)


def test_scores_carry_what_they_come_from(make_responses: Make) -> None:
    responses = make_responses([{"code": "A", "m2": 1}, {"code": "B", "m2": 4}])
    scores = score(responses)
    assert [(rule.scale, rule.min_items, rule.rule) for rule in scores.rules] == [
        ("mood", 2, "main"),
        ("idle", 1, "main"),
        ("life", 1, "main"),
    ]
    assert list(scores.items) == ["m1", "m2", "m3", "h1", "h2", "ls"]
    assert scores.items["m2"].tolist() == [5.0, 2.0]
    assert "m2" not in scores.people
    assert scores.people["code"].tolist() == ["A", "B"]
    assert (scores.notes, scores.ledger) == (responses.notes, responses.ledger)
    assert responses.frame["m2"].tolist() == [1.0, 4.0]


def test_rules_that_cannot_be_kept_are_refused_together(make_responses: Make) -> None:
    with pytest.raises(UsageError) as caught:
        score(make_responses([{}]), [ScoringRule("moods", 1), ScoringRule("mood", 0), ScoringRule("idle", 3)])
    assert [(problem.column, problem.allowed) for problem in caught.value.problems] == [
        ("moods", "mood, idle, life"),
        ("mood", "1 to 3"),
        ("idle", "1 to 2"),
    ]


def with_scale(responses: Responses, name: str, **changes: Any) -> Responses:
    form = responses.instrument
    scales = tuple(replace(scale, **changes) if scale.name == name else scale for scale in form.scales)
    return replace(responses, instrument=replace(form, scales=scales))


def test_a_factor_multiplies_the_score(make_responses: Make) -> None:
    rule = ScoringRule("idle", 1)
    scores = score(with_scale(make_responses([{"h1": 3, "h2": 2}, {}]), "idle", factor=4.0), [rule])
    assert scores.values[rule].tolist() == pytest.approx([20.0, np.nan], nan_ok=True)


def test_a_table_turns_the_sum_of_all_items_into_the_score(make_responses: Make) -> None:
    metric = {float(raw): raw + 0.25 for raw in range(15)}
    responses = with_scale(make_responses([{"h1": 3, "h2": 2}, {"h1": 7, "h2": 7}, {"h1": 3}]), "idle", metric=metric)
    rule = ScoringRule("idle", 2)
    assert score(responses, [rule]).values[rule].tolist() == pytest.approx([5.25, 14.25, np.nan], nan_ok=True)
    with pytest.raises(UsageError, match="for the sum of all"):
        score(responses, [ScoringRule("idle", 1)])


@given(rows=st.lists(filled, max_size=6), least=st.integers(1, 3))
def test_turning_every_answer_round_mirrors_the_score(
    make_responses: Make, small_form: Instrument, rows: list[dict[str, Any]], least: int
) -> None:
    rules = [ScoringRule("mood", least), ScoringRule("idle", min(least, 2))]
    ranges = {name: small_form.item(name).score_range for name in ("m1", "m2", "m3", "h1", "h2")}
    turned = [
        {name: None if value is None else sum(ranges[name]) - value for name, value in row.items()} for row in rows
    ]
    first, second = score(make_responses(rows), rules), score(make_responses(turned), rules)
    for rule in rules:
        low, high = small_form.scale_range(rule.scale)
        mirrored = low + high - first.values[rule]
        np.testing.assert_allclose(second.values[rule], mirrored, atol=ROUNDING * high, equal_nan=True)
        scored = first.values[rule].dropna()
        assert ((scored >= low - ROUNDING) & (scored <= high + ROUNDING)).all()
