from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import DisclosureError
from toolkit.disclosure import MIN_PEOPLE, Audience, SuppressionPlan, plan_release, strictest_plan

AUDIENCES: tuple[Audience, ...] = ("public", "partner", "internal")


@pytest.mark.parametrize(
    ("audience", "n", "shown"),
    [
        ("public", 9, False),
        ("public", 10, True),
        ("partner", 9, False),
        ("partner", 10, True),
        ("internal", 4, False),
        ("internal", 5, True),
        ("public", 0, False),
    ],
)
def test_the_smallest_group(audience: Audience, n: int, shown: bool) -> None:
    plan = plan_release({"country=it": n}, audience=audience)
    assert plan.allows("country=it") is shown
    assert plan.min_people == MIN_PEOPLE[audience]
    assert not plan.allows("country=xx")


@pytest.mark.parametrize("audience", AUDIENCES)
def test_groups_for_internal_reports_only(audience: Audience) -> None:
    counts = {"programme": 90, "host=a && b": 50, "country=it & host=c": 40, "country=it": 40}
    plan = plan_release(counts, audience=audience, internal_groups=["host"])
    internal = audience == "internal"
    assert dict(plan.shown) == {
        "programme": True,
        "country=it": True,
        "host=a && b": internal,
        "country=it & host=c": internal,
    }


def test_without_a_plan_the_strictest_rule_holds() -> None:
    plan = strictest_plan()
    assert (plan.audience, plan.min_people, plan.planned) == ("internal", 10, False)
    assert plan.allows("country=xx")
    handed_on = SuppressionPlan.from_json(plan.to_json())
    assert not handed_on.allows("programme")


@given(
    counts=st.dictionaries(st.sampled_from(["programme", "country=it", "country=se", "host=ș"]), st.integers(0, 30)),
    audience=st.sampled_from(AUDIENCES),
)
def test_a_plan_survives_being_handed_on(counts: dict[str, int], audience: Audience) -> None:
    plan = plan_release(counts, audience=audience)
    again = SuppressionPlan.from_json(plan.to_json())
    assert again == plan
    assert again.sha256 == plan.sha256
    assert plan_release(dict(reversed(counts.items())), audience=audience).sha256 == plan.sha256


@pytest.mark.parametrize(
    "changed",
    [
        {"min_people": 9},
        {"min_people": 0},
        {"min_people": "10"},
        {"min_people": 10.5},
        {"min_people": float("inf")},
        {"min_people": True},
        {"audience": "press"},
        {"audience": ["public"]},
        {"audience": "internal", "min_people": 4},
        {"shown": {"country=it": "false"}},
        {"shown": {"country=it": 0}},
        {"shown": ["country=it"]},
        {"shown": None},
    ],
)
def test_a_plan_that_is_spoilt_or_too_open_is_refused(changed: dict[str, Any]) -> None:
    content = json.loads(plan_release({"country=it": 9}, audience="public").to_json())
    with pytest.raises(DisclosureError, match="the release plan handed to the notebook") as caught:
        SuppressionPlan.from_json(json.dumps({**content, **changed}))
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "{", "[" * 100_000, '"public"'])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(DisclosureError):
        SuppressionPlan.from_json(text)
