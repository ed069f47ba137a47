"""choose_shown: what is hidden, and that an attacker who adds and subtracts finds no small population."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.disclosure import choose_shown
from toolkit.evaluate import count_populations, split_population

RESIDUAL = 1e-8  # rounding of a projection of zeros and ones


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({"programme": 9}, {"programme"}),
        ({"programme": 60, "country=it": 30, "country=se": 30}, set()),
        ({"programme": 60, "country=it": 53, "country=se": 7}, {"country=it", "country=se"}),
        # Two small groups that are together large enough hide each other.
        ({"programme": 40, "country=it": 30, "country=se": 5, "country=ro": 5}, {"country=se", "country=ro"}),
        ({"programme": 39, "c=it": 30, "c=se": 5, "c=ro": 4}, {"c=it", "c=se", "c=ro"}),
        # Three people who name no country come out as all less the countries.
        ({"programme": 33, "country=it": 20, "country=se": 10}, {"country=se"}),
        ({}, set()),
    ],
)
def test_what_is_hidden(counts: dict[str, int], hidden: set[str]) -> None:
    shown = choose_shown(counts, least=10)
    assert {name for name, is_shown in shown.items() if not is_shown} == hidden


def test_a_crossing_and_the_group_it_equals_are_hidden_together() -> None:
    counts = {"programme": 32, "country=it": 32, "host=a": 20, "host=b": 12}
    counts |= {"country=it & host=a": 20, "country=it & host=b": 12}
    shown = choose_shown({**counts, "host=b": 7, "country=it & host=b": 7, "programme": 27, "country=it": 27}, least=10)
    assert [name for name, is_shown in shown.items() if is_shown] == ["country=it", "programme"]
    # Hosts that only internal reports may show do not close the country that has no other.
    only = {"programme": 60, "country=it": 20, "country=se": 40, "host=a": 20, "country=it & host=a": 20}
    shown = choose_shown(only, least=10, withheld=["host=a", "country=it & host=a"])
    assert [name for name, is_shown in shown.items() if is_shown] == ["country=it", "country=se", "programme"]


def members(cells: pd.DataFrame, name: str) -> np.ndarray:
    """Return which cells of the full crossing are in a population, as zeros and ones."""
    inside = np.ones(len(cells))
    for group, value in split_population(name).items():
        inside *= (cells[group] == value).to_numpy(dtype=float)
    return inside


@given(
    table=st.lists(st.integers(0, 25), min_size=9, max_size=9),
    nowhere=st.integers(0, 12),
    least=st.sampled_from([5, 10]),
)
def test_no_sum_of_shown_populations_is_a_small_one(table: list[int], nowhere: int, least: int) -> None:
    pairs = [pair for pair, n in zip(product("abc", "xyz"), table, strict=True) for _ in range(n)]
    people = pd.DataFrame([*pairs, *([(None, None)] * nowhere)], columns=["country", "cohort"], dtype=object)
    counts = count_populations(people, ["country", "cohort"])
    shown = choose_shown(counts, least=least)
    sizes = people.value_counts(dropna=False)
    cells = sizes.index.to_frame(index=False)
    seen = [members(cells, name) for name in counts if shown[name]]
    for name, n in counts.items():
        if 0 < n < least and seen:
            target = members(cells, name)
            weights = np.linalg.lstsq(np.array(seen).T, target, rcond=None)[0]
            assert np.abs(np.array(seen).T @ weights - target).max() > RESIDUAL
    for one, other in combinations(seen, 2):
        if (one - other >= 0).all():
            assert not 0 < (one - other) @ sizes.to_numpy() < least


@given(st.integers(0, 400))
def test_hosts_within_countries(seed: int) -> None:
    rng = np.random.default_rng(seed)
    host = rng.integers(0, 12, 80)
    people = pd.DataFrame({"country": [f"c{k % 4}" for k in host], "host": [f"h{k}" for k in host]})
    counts = count_populations(people, ["country", "host"])
    shown = choose_shown(counts, least=5)
    assert shown["programme"]
    for country in people["country"].unique():
        if shown[f"country={country}"]:
            inside = {name: n for name, n in counts.items() if name.startswith(f"country={country} & ")}
            rest = counts[f"country={country}"] - sum(n for name, n in inside.items() if shown[name])
            assert rest == 0 or rest >= 5
