from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.core.shipped import shipped_path
from toolkit.instruments import Instrument, load_instrument
from toolkit.simulate import example_form, simulate_cohort
from toolkit.simulate.places import COUNTRIES, place_people

FORM = example_form(load_instrument(shipped_path("surveys", "instruments", "participant")))
MANY = 20_000
# Shares of 20,000 people: 4 standard errors of a share are at most 0.015.
SHARE_TOLERANCE = 0.015


def test_shape_of_the_programme(form: Instrument) -> None:
    people = simulate_cohort(form, seed=1).people
    assert len(people) == 120
    assert people["country"].value_counts().to_dict() == {"uk": 33, "it": 30, "ro": 30, "se": 27}
    assert sorted(people["host"].unique()) == sorted(f"{c}{n}" for c in COUNTRIES for n in (1, 2, 3))
    assert (people["host"].str[:2] == people["country"]).all()
    assert people["host"].value_counts().nunique() > 3
    assert people["code"].is_unique
    assert people["code"].str.fullmatch("[2-9A-HJ-NP-Z]{6}|007426").all()
    assert people["code"].iloc[0] == "007426"


def test_cohort_before_dropout_is_complete_and_in_range(form: Instrument) -> None:
    cohort = simulate_cohort(form, seed=2)
    for wave, answers in cohort.answers.items():
        assert list(answers) == [item.name for item in form.items_in_wave(wave)]
        assert not answers.isna().any(axis=None)
        for item in form.items_in_wave(wave):
            allowed = {choice.name for choice in item.choices if not choice.is_missing}
            assert not allowed or set(answers[item.name]) <= allowed
        assert answers["ls"].between(0, 10).all()
    before, after = cohort.answers.values()
    pd.testing.assert_frame_equal(before[["code", "country", "host"]], after[["code", "country", "host"]])


def test_reversed_items_are_answered_on_the_mirrored_side(form: Instrument) -> None:
    answers = simulate_cohort(form, seed=3, people=MANY).answers["pre"]
    points = answers[["wc3", "wc4", "wc5"]].apply(lambda column: column.str[1:].astype(float))
    correlation = points.corr()
    assert correlation.loc["wc3", "wc5"] > 0.2
    assert correlation.loc["wc3", "wc4"] < -0.2


def test_same_seed_same_cohort_and_dropout_leaves_the_answers(form: Instrument) -> None:
    first, again = (simulate_cohort(form, seed=4) for _ in range(2))
    fuller = simulate_cohort(form, seed=4, dropout=0.0)
    other = simulate_cohort(form, seed=5)
    for wave in form.waves:
        pd.testing.assert_frame_equal(first.answers[wave], again.answers[wave])
        pd.testing.assert_frame_equal(first.observed[wave], again.observed[wave])
        pd.testing.assert_frame_equal(first.answers[wave], fuller.answers[wave])
        assert not first.answers[wave].equals(other.answers[wave])
    assert len(fuller.observed["post"]) == 120


@pytest.mark.parametrize("dropout", [0.0, 0.2, 0.5])
def test_dropout_share_and_direction(form: Instrument, dropout: float) -> None:
    cohort = simulate_cohort(form, seed=6, people=MANY, dropout=dropout)
    answered = cohort.answers["pre"].index.isin(cohort.observed["post"].index)
    assert 1 - answered.mean() == pytest.approx(dropout, abs=SHARE_TOLERANCE)
    if dropout:
        level = cohort.answers["pre"]["sk1"].str[1:].astype(float)
        assert level[~answered].mean() < level[answered].mean()


def test_what_is_handed_in_is_what_was_answered(form: Instrument) -> None:
    cohort = simulate_cohort(form, seed=7, people=2000)
    for wave, observed in cohort.observed.items():
        agreed = observed[observed["consent"] == "yes"]
        complete = cohort.answers[wave].loc[agreed.index]
        told = agreed.notna() & ~agreed.astype(object).eq("pns").fillna(False).astype(bool)
        assert (agreed.astype(object) == complete.astype(object)).where(told, True).all(axis=None)
        refused = observed[observed["consent"] == "no"]
        assert len(refused) > 0
        assert refused.drop(columns="consent").isna().all(axis=None)
        missing = 1 - told[["wc1", "sk1", "si1"]].mean(axis=None)
        assert missing == pytest.approx(0.03, abs=SHARE_TOLERANCE)
        assert not agreed["country"].isna().any()
    newcomers = set(cohort.observed["post"].index) - set(cohort.observed["pre"].index)
    assert 0 < len(newcomers) < 0.05 * 2000


@settings(max_examples=25, deadline=None)
@given(people=st.integers(4, 400), hosts=st.integers(4, 40))
def test_everyone_is_placed_with_a_host_of_one_country(people: int, hosts: int) -> None:
    if people < hosts:
        with pytest.raises(UsageError, match="at least one per host"):
            place_people(people, hosts)
        return
    placing = place_people(people, hosts)
    assert len(placing.hosts) == len(placing.countries) == len(placing.levels) == people
    assert len(set(placing.hosts)) == hosts
    assert len(set(zip(placing.hosts, placing.countries, placing.levels, strict=True))) == hosts


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**63), people=st.integers(4, 40))
def test_small_cohorts_of_any_seed(seed: int, people: int) -> None:
    cohort = simulate_cohort(FORM, seed=seed, people=people, hosts=4)
    assert cohort.people["code"].is_unique
    assert cohort.truth["life_satisfaction"] == 0.0
    assert all(len(frame) <= people for frame in cohort.observed.values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 0, "dropout": 0.6}, "0 to 0.5"),
        ({"seed": 0, "dropout": float("nan")}, "0 to 0.5"),
        ({"seed": 0, "hosts": 3}, "4 or more"),
        ({"seed": 0, "people": 11}, "at least one per host"),
    ],
)
def test_impossible_requests_are_refused(form: Instrument, arguments: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        simulate_cohort(form, **arguments)


def test_everything_a_form_lacks_is_told_at_once(form: Instrument) -> None:
    bare = replace(form, waves=("pre",), items=tuple(item for item in form.items if item.name != "code"))
    with pytest.raises(UsageError) as caught:
        simulate_cohort(bare, seed=0)
    told = {problem.column for problem in caught.value.problems}
    assert {"waves", "code"} <= told


def test_cohort_is_frozen(form: Instrument) -> None:
    cohort = simulate_cohort(form, seed=0)
    with pytest.raises(FrozenInstanceError):
        cohort.seed = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        cohort.truth["life_satisfaction"] = 1.0  # type: ignore[index]


def test_levels_differ_and_average_out_within_a_country() -> None:
    placing = place_people(12, 12)
    for code, country in COUNTRIES.items():
        levels = placing.levels[placing.countries == code]
        assert len(set(levels)) == 3
        assert np.mean(levels) == pytest.approx(country.level)
