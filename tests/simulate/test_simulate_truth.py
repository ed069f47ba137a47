from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from toolkit.core.errors import UsageError
from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance
from toolkit.ingest import Responses
from toolkit.instruments import Choice, Instrument, Item, Scale
from toolkit.measure import score
from toolkit.simulate import Cohort, expected_change, model_scale, simulate_cohort
from toolkit.simulate.latent import ABILITY_SD, NOISE_SD
from toolkit.stats import paired_mean

SEEDS = 200
# 2.0 standard deviations either side of 190, the number expected to hold among 200 intervals of 95%.
FEWEST_HELD, MOST_HELD = 184, 196
LARGE = 200_000
# A mean of a large sample leaves 4 standard errors once in 16,000 times; the seed is fixed.
STANDARD_ERRORS = 4
# Sums of a few normal probabilities, by two programs: rounding only.
ROUNDING = 1e-12


def score_complete(cohort: Cohort, wave: str) -> dict[str, np.ndarray]:
    """Scores of the cohort before drop-out, by the scoring that a study uses."""
    answers = cohort.answers[wave]
    points: dict[str, object] = {"wave": wave, "file": "", "row": np.arange(len(answers))}
    for item in cohort.instrument.items_in_wave(wave):
        if item.scale and item.choices:
            scores = {choice.name: choice.score for choice in item.choices}
            points[item.name] = answers[item.name].map(scores).to_numpy(dtype=np.float64)
        else:
            points[item.name] = answers[item.name].to_numpy()
    responses = Responses(
        frame=pd.DataFrame(points),
        reasons=pd.DataFrame(),
        instrument=cohort.instrument,
        notes=(),
        ledger=Ledger(),
        provenance=Provenance(inputs={}, instruments={}),
    )
    return {rule.scale: values.to_numpy() for rule, values in score(responses).values.items()}


def test_intervals_hold_the_truth(form: Instrument) -> None:
    held = dict.fromkeys((scale.name for scale in form.scales), 0)
    for seed in range(SEEDS):
        cohort = simulate_cohort(form, seed=seed)
        before, after = (score_complete(cohort, wave) for wave in form.waves)
        for name, truth in cohort.truth.items():
            change = paired_mean(before[name], after[name])
            assert change.n == len(cohort.people)
            assert change.conf_low is not None
            assert change.conf_high is not None
            held[name] += change.conf_low <= truth <= change.conf_high
    assert {name for name, count in held.items() if not FEWEST_HELD <= count <= MOST_HELD} == set(), held


def test_truth_is_the_mean_of_a_large_cohort(form: Instrument) -> None:
    cohort = simulate_cohort(form, seed=7, people=LARGE)
    before, after = (score_complete(cohort, wave) for wave in form.waves)
    for name, truth in cohort.truth.items():
        change = after[name] - before[name]
        standard_error = change.std(ddof=1) / sqrt(LARGE)
        assert abs(change.mean() - truth) < STANDARD_ERRORS * standard_error, name


def test_truth_has_the_declared_order(form: Instrument) -> None:
    truth = simulate_cohort(form, seed=0).truth
    assert truth["life_satisfaction"] == 0.0
    assert truth["sector_knowledge"] > truth["work_competences"] > truth["sector_intention"] > 0


def one_item(*, reverse: bool, scoring: str = "mean") -> Instrument:
    choices = tuple(Choice(name=f"a{n}", labels={"en": str(n)}, score=float(n)) for n in (1, 2, 3))
    item = Item(
        name="q",
        type="select_one",
        labels={"en": "Q"},
        waves=("pre", "post"),
        scale="s",
        reverse=reverse,
        choices=choices,
    )
    scale = Scale(
        name="s",
        labels={"en": "S"},
        items=("q",),
        min_items=1,
        scoring=scoring,  # type: ignore[arg-type]
        better="higher",
        licence="",
        source="",
    )
    return Instrument(
        name="f",
        version="1",
        titles={"en": "F"},
        languages=("en",),
        waves=("pre", "post"),
        items=(item,),
        scales=(scale,),
        sha256="",
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_truth_by_hand(reverse: bool) -> None:
    """Three answers: two cuts, a third of the way from the middle to either end of the span of 5."""
    phi = NormalDist(sigma=sqrt(ABILITY_SD**2 + NOISE_SD**2)).cdf
    cuts = (-5 / 6, 5 / 6)
    model = model_scale("s")

    def mean(latent: float) -> float:
        return 1 + sum(phi(latent - cut) for cut in cuts)

    low, high = -0.3, 0.5
    changes = [mean(model.level + place + model.shift) - mean(model.level + place) for place in (low, high)]
    expected = (3 * changes[0] + changes[1]) / 4
    found = expected_change(one_item(reverse=reverse), "s", places=np.array([low, high, low, low]))
    assert found == pytest.approx(expected, abs=ROUNDING)


def test_a_sum_counts_every_item(form: Instrument) -> None:
    scales = tuple(
        Scale(
            name=scale.name,
            labels=scale.labels,
            items=scale.items,
            min_items=scale.min_items,
            scoring="sum",
            better="higher",
            licence="",
            source="",
        )
        for scale in form.scales
    )
    summed = Instrument(
        name="f",
        version="1",
        titles={},
        languages=form.languages,
        waves=form.waves,
        items=form.items,
        scales=scales,
        sha256="",
    )
    places = np.array([0.0, 0.1])
    mean = expected_change(form, "work_competences", places=places)
    total = expected_change(summed, "work_competences", places=places)
    assert total == pytest.approx(7 * mean, abs=ROUNDING)


def test_unknown_scale_is_refused(form: Instrument) -> None:
    with pytest.raises(UsageError, match="work_competences"):
        expected_change(form, "work_competence", places=np.zeros(1))
