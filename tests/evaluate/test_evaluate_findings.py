"""Grades, directions and names of findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from toolkit.core.estimates import Estimates
from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance
from toolkit.evaluate import AnalysisPlan, Design, estimate_change, estimate_pooled_change, grade, grade_design
from toolkit.measure import Panel, ScoringRule

MOOD, LIFE = ScoringRule("mood", 2), ScoringRule("life", 1)
PLAN = AnalysisPlan(primary=("mood",), secondary=("life",))
TWO_WAVES = Design(waves=("pre", "post"))


@pytest.mark.parametrize(
    ("waves", "nesta", "maryland", "words"),
    [
        ((), 1, 0, "no change was measured"),
        (("pre",), 1, 0, "no change was measured"),
        (("pre", "post"), 2, 1, "there is no comparison group"),
        (("pre", "post", "later"), 2, 1, "its cause was not"),
    ],
)
def test_the_grade_of_one_group(waves: tuple[str, ...], nesta: int, maryland: int, words: str) -> None:
    level = grade_design(Design(waves=waves))
    assert (level.nesta, level.maryland) == (nesta, maryland)
    assert words in level.reason


def change(**cells: Any) -> dict[str, Any]:
    sound = {
        "outcome": "mood",
        "role": "primary",
        "population": "programme",
        "rule": "main",
        "estimator": "mean_change",
        "estimate": 0.3,
        "conf_level": 0.95,
        "conf_low": 0.1,
        "conf_high": 0.5,
        "p_value": 0.01,
        "p_holm": 0.02,
        "n": 20,
        "improvement": "yes",
    }
    return {**sound, **cells}


def graded(*records: dict[str, Any], study: str = "s") -> pd.DataFrame:
    estimates = Estimates.from_records(records, ledger=Ledger(), provenance=Provenance())
    return grade(estimates, design=TWO_WAVES, study=study).frame


@pytest.mark.parametrize(
    ("cells", "direction", "improvement"),
    [
        ({}, "higher", "yes"),
        ({"conf_low": -0.5, "conf_high": -0.1, "improvement": "no"}, "lower", "no"),
        ({"conf_low": -0.5, "conf_high": -0.1, "improvement": "yes"}, "lower", "yes"),
        ({"conf_low": -0.1, "improvement": "unclear"}, "unclear", "unclear"),
        ({"conf_low": 0.0, "improvement": "unclear"}, "unclear", "unclear"),
        ({"p_holm": 0.06}, "unclear", "unclear"),
        ({"p_holm": 0.06, "conf_level": 0.9}, "higher", "yes"),
        ({"p_holm": 0.02, "conf_level": 0.99}, "unclear", "unclear"),
        ({"p_holm": None, "role": "secondary"}, "higher", "yes"),
        ({"conf_low": None, "conf_high": None, "p_holm": None, "improvement": "unclear"}, "unclear", "unclear"),
    ],
)
def test_the_direction_needs_the_interval_and_the_family(
    cells: dict[str, Any], direction: str, improvement: str
) -> None:
    (row,) = graded(change(**cells)).to_dict("records")
    assert (row["direction"], row["improvement"]) == (direction, improvement)
    assert row["planned"] == (cells.get("role", "primary") == "primary")
    assert (row["nesta"], row["maryland"]) == (2, 1)


def test_only_changes_of_the_main_rule_become_findings() -> None:
    rows = [change(), change(estimator="pooled_change"), change(estimator="d_z"), change(rule="sensitivity")]
    assert graded(*rows)["estimator"].tolist() == ["mean_change", "pooled_change"]
    assert graded().empty


@pytest.mark.parametrize(
    "other",
    [{"outcome": "life"}, {"population": "country=it"}, {"estimator": "pooled_change"}, {"role": "secondary"}],
)
def test_a_name_belongs_to_one_finding(other: dict[str, str]) -> None:
    first, second = graded(change(), change(**other))["finding_id"]
    assert first != second
    assert first != graded(change(), study="t")["finding_id"][0]
    assert first == graded(change(estimate=9.0, n=3, conf_low=2.0))["finding_id"][0]


def findings(make_panel: Callable[..., Panel], people: pd.DataFrame) -> pd.DataFrame:
    panel = make_panel(
        {MOOD: people["mood"], LIFE: people["life"]},
        {MOOD: people["mood_after"], LIFE: people["life_after"]},
        country=people["country"].tolist(),
        host=people["host"].tolist(),
    )
    estimates = estimate_change(panel, plan=PLAN, by=["country"]).join(
        estimate_pooled_change(panel, plan=PLAN, site="host")
    )
    frame = grade(estimates, design=TWO_WAVES, study="s").frame
    return frame.set_index("finding_id").sort_index()


def cohort() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    n = 40
    frame = pd.DataFrame({name: rng.uniform(1, 5, n) for name in ("mood", "mood_after", "life", "life_after")})
    return frame.assign(country=["it", "it", "se", "ro"] * 10, host=[f"h{k % 4}" for k in range(n)])


def test_the_order_of_rows_changes_nothing(make_panel: Callable[..., Panel]) -> None:
    people = cohort()
    shuffled = people.sample(frac=1, random_state=3).reset_index(drop=True)
    assert_frame_equal(findings(make_panel, people), findings(make_panel, shuffled))


def test_a_further_country_changes_its_own_figures_and_the_wholes(make_panel: Callable[..., Panel]) -> None:
    people = cohort()
    before = findings(make_panel, people[people["country"] != "ro"].reset_index(drop=True))
    after = findings(make_panel, people)
    new = after.index.difference(before.index)
    assert set(after.loc[new, "population"]) == {"country=ro"}
    assert before.index.difference(after.index).empty
    same = after.loc[before.index]
    assert same["population"].tolist() == before["population"].tolist()
    whole = before["population"] == "programme"
    assert whole.any()
    assert_frame_equal(same[~whole], before[~whole])
    assert (same.loc[whole, "estimate"] != before.loc[whole, "estimate"]).all()
    assert (same.loc[whole, "n"] > before.loc[whole, "n"]).all()
