"""What every result of the room keeps: frozen, slotted, documented, finite, and plain Python numbers."""

from __future__ import annotations

import dataclasses
import math
import pickle

import numpy as np
import pytest

import toolkit.stats
from toolkit.stats import cronbach_alpha, paired_mean, pool_estimates, standardised_change

NAN = np.nan
PAIRS = [
    ([], []),
    ([NAN], [1]),
    ([1], [2]),
    ([1, 2], [2, 4]),
    ([1, 1, 1], [1, 1, 1]),
    ([1, 2, 3], [2, 3, 4]),
    ([3, 3, 3], [1, 2, 5]),
    ([1e100, 0, -1e100], [-1e100, 0, 1e99]),
    ([1e-150, 0, 2e-150], [0, 1e-150, 5e-150]),
    ([1, 2, 3, 4], [2, 2, 5, NAN]),
]
ITEMS = [
    np.empty((0, 0)),
    np.ones((3, 1)),
    np.ones((3, 3)),
    [[1, 5], [2, 4], [3, 3]],
    [[1, 1], [2, 2], [3, 3]],
    [[1, 2, 1], [2, 2, 3], [4, 3, NAN], [5, 5, 4]],
    [[1e100, 0], [-1e100, 1], [0, 1e99]],
    [[1e-170, 0], [0, 1e-170], [2e-170, 1e-170]],
]
SITES = [
    ([], []),
    ([1], [1]),
    ([1, 1], [1, 2]),
    ([1, 2], [1, 1]),
    ([1e100, -1e100, 0], [1e-100, 1, 1e100]),
    ([1, 1 + 1e-8, 1], [1e-100, 1, 1e100]),
    ([0, 100, 0, -100], [1e-9, 1e9, 1e-9, 1e9]),
]
RESULTS = [
    *(paired_mean(*pair) for pair in PAIRS),
    *(paired_mean(*pair, scale_range=1e-300) for pair in PAIRS),
    *(change for pair in PAIRS for change in standardised_change(*pair)),
    *(cronbach_alpha(items) for items in ITEMS),
    *(pool_estimates(*site) for site in SITES),
]


def numbers_in(value):
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers_in(part)]
    if isinstance(value, tuple):
        return [number for part in value for number in numbers_in(part)]
    return [] if value is None or isinstance(value, str) else [value]


@pytest.mark.parametrize("result", RESULTS)
def test_results_hold_plain_finite_numbers(result):
    for field in dataclasses.fields(result):
        for number in numbers_in(getattr(result, field.name)):
            assert type(number) in (int, float), field.name
            assert math.isfinite(number), field.name


@pytest.mark.parametrize("result", RESULTS)
def test_results_say_why_there_is_none(result):
    assert (result.status == "ok") == (result.reason == "")
    assert (result.conf_low is None) == (result.conf_high is None) == (result.status != "ok")
    assert result.reference


@pytest.mark.parametrize("result", RESULTS)
def test_results_are_frozen_and_travel(result):
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.estimate = 0.0
    assert not hasattr(result, "__dict__")
    assert pickle.loads(pickle.dumps(result)) == result


@pytest.mark.parametrize("kind", sorted({type(result) for result in RESULTS}, key=lambda kind: kind.__name__))
def test_every_field_is_documented(kind):
    heads = [line.split(":")[0] for line in kind.__doc__.splitlines() if " : " in line or ", " in line]
    documented = {name.strip() for head in heads for name in head.split(",")}
    for field in dataclasses.fields(kind):
        assert field.name in documented, field.name


def test_every_public_name_is_there_and_documented():
    for name in toolkit.stats.__all__:
        assert getattr(toolkit.stats, name).__doc__
