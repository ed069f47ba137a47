"""Social return: closed forms, parts that add up, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import InputError, UsageError
from toolkit.roi.sroi import SocialOutcome, compute_social_return, wellby_proxy

DRAWS = 500
SHARE = st.floats(0, 1)


def exact(value: float) -> tuple[float, float, float]:
    return (value, value, value)


WORK = SocialOutcome(
    name="work", stakeholder="student", quantity=exact(10), proxy=exact(500), source="own survey", licence="CC0"
)


@given(years=st.integers(1, 8), rate=st.floats(0, 0.2))
def test_with_all_shares_zero_it_is_the_discounted_sum(years: int, rate: float) -> None:
    found = compute_social_return([replace(WORK, duration=years)], inputs=1000, rate=rate, n_draws=DRAWS)
    assert found.present_value == pytest.approx(sum(5000 / (1 + rate) ** t for t in range(1, years + 1)))
    at_once = compute_social_return([replace(WORK, duration=years)], inputs=1000, rate=0.0, n_draws=DRAWS)
    assert at_once.ratio == pytest.approx(5 * years)


@given(shares=st.tuples(SHARE, SHARE, SHARE, SHARE), years=st.integers(1, 5), rate=st.floats(0, 0.2))
def test_the_formula_and_parts_that_add_up(shares: tuple[float, float, float, float], years: int, rate: float) -> None:
    names = ("deadweight", "displacement", "attribution", "drop_off")
    outcome = replace(WORK, duration=years, **{name: exact(share) for name, share in zip(names, shares, strict=True)})
    other = replace(WORK, name="other", proxy=exact(-20))
    found = compute_social_return([outcome, other], inputs=700, rate=rate, n_draws=DRAWS)
    kept = 5000 * math.prod(1 - share for share in shares[:3])
    first = sum(kept * (1 - shares[3]) ** (t - 1) / (1 + rate) ** t for t in range(1, years + 1))
    assert found.parts[0].present_value == pytest.approx(first, abs=1e-6)
    for part in found.parts:
        assert sum(part.steps.values()) == pytest.approx(part.present_value, abs=1e-6)
    assert sum(part.present_value for part in found.parts) == pytest.approx(found.present_value, abs=1e-6)
    assert found.ratio == pytest.approx(found.present_value / 700)


def test_deadweight_is_not_taken_off_a_comparison_twice() -> None:
    outcome = replace(WORK, deadweight=exact(0.4), change_from="comparison")
    found = compute_social_return([outcome], inputs=1000, rate=0.0, n_draws=DRAWS)
    assert found.ratio == 5
    assert "deadweight set to zero" in found.notes[0]


def test_ranges_give_an_interval_and_a_sensitivity() -> None:
    outcome = replace(WORK, quantity=(5, 10, 15), deadweight=(0.1, 0.2, 0.5))
    found = compute_social_return([outcome], inputs=1000, rate=0.035)
    assert found.p10 is not None and found.p90 is not None
    assert found.p10 < (found.ratio or 0) < found.p90
    assert [name for name, _, _ in found.sensitivity] == ["work: quantity", "work: deadweight"]
    assert found.probability == 1.0


def test_wellby(published: Callable[[str], Any]) -> None:
    case = published("wellby_workplace")
    given_ = case["inputs"]
    change = exact(given_["change_life_satisfaction"])
    for years, wanted in (
        (1, case["recomputed"]["value_per_person_year"]),
        (2, case["recomputed"]["two_years_undiscounted"]),
    ):
        outcome = wellby_proxy(change, people=given_["people"], scale_low=0, scale_high=10, years=years)
        assert outcome.proxy[1] == given_["wellby_gbp"]
        assert compute_social_return([outcome], inputs=1, rate=0.0).present_value == pytest.approx(wanted)
    low, high = case["recomputed"]["range_low_high"]
    assert [outcome.proxy[0] * 0.2, outcome.proxy[2] * 0.2] == pytest.approx([low, high])
    loss = wellby_proxy((-0.3, -0.2, -0.1), people=1, scale_low=0, scale_high=10)
    assert compute_social_return([loss], inputs=1, rate=0.0).present_value == pytest.approx(-2600)


@pytest.mark.parametrize("scale", [(1, 7), (0, 100), (1, 10), (1, 5)])
def test_no_wellby_from_another_scale(scale: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="life satisfaction from 0 to 10"):
        wellby_proxy(exact(0.2), people=1, scale_low=scale[0], scale_high=scale[1])


def test_everything_wrong_is_told_at_once() -> None:
    bad = replace(WORK, deadweight=(0.2, 0.5, 1.2), quantity=(3, 2, 4), source="", duration=0)
    with pytest.raises(InputError) as caught:
        compute_social_return([bad, WORK], inputs=1, rate=0.0)
    for words in ("deadweight lies outside 0 to 1", "not in order", "no source", "lasts 0 years", "stands twice"):
        assert words in str(caught.value)


def test_without_inputs_there_is_no_ratio() -> None:
    found = compute_social_return([WORK], inputs=0, rate=0.0)
    assert found.ratio is None
    assert found.reason
    assert compute_social_return([], inputs=100, rate=0.0).ratio == 0
