"""Reliability and completeness per wave."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from toolkit.core.errors import UsageError
from toolkit.evaluate import AnalysisPlan, estimate_completeness, estimate_reliability
from toolkit.measure import Scores, ScoringRule

NONE = None
MOOD, STRICT, IDLE, LIFE = (
    ScoringRule("mood", 2),
    ScoringRule("mood", 3, "sensitivity"),
    ScoringRule("idle", 1),
    ScoringRule("life", 1),
)
PLAN = AnalysisPlan(primary=("mood",), secondary=("life", "idle"))
WAVES = ["pre"] * 5 + ["post"] * 3
ITEMS: dict[str, list[float | None]] = {
    "m1": [1, 2, 4, 5, NONE, 1, 2, NONE],
    "m2": [2, 2, 5, 4, 3, 1, 3, NONE],
    "m3": [1, 3, 4, 5, 3, 2, 2, 1],
    "h1": [0, 1, 2, 3, 4, 5, 5, 5],
    "h2": [0, 1, 2, 3, 4, 5, 5, 5],
    "ls": [0, 1, 2, 3, 4, 5, 6, 7],
}
VALUES: dict[ScoringRule, list[float | None]] = {
    MOOD: [4 / 3, 7 / 3, 13 / 3, 14 / 3, 3, 4 / 3, 7 / 3, NONE],
    STRICT: [4 / 3, 7 / 3, 13 / 3, 14 / 3, NONE, 4 / 3, 7 / 3, NONE],
    IDLE: [0, 2, 4, 6, 8, 10, 10, 10],
    LIFE: [0, 1, 2, 3, 4, 5, 6, 7],
}


def test_alpha_is_that_of_the_complete_rows_of_a_wave(make_scores: Callable[..., Scores]) -> None:
    frame = estimate_reliability(make_scores(WAVES, ITEMS, VALUES), plan=PLAN).frame
    assert frame[["wave", "outcome"]].to_numpy().tolist() == [
        ["pre", "mood"],
        ["pre", "idle"],
        ["post", "mood"],
        ["post", "idle"],
    ]
    mood = frame.iloc[0]
    complete = np.array([ITEMS[name][:4] for name in ("m1", "m2", "m3")], dtype=float)
    alpha = 3 / 2 * (1 - complete.var(axis=1, ddof=1).sum() / complete.sum(axis=0).var(ddof=1))
    assert mood["estimate"] == pytest.approx(alpha)
    assert mood["conf_low"] < alpha < mood["conf_high"]
    assert mood[["n", "n_missing", "missing_reasons"]].tolist() == [4, 1, "an item unanswered: 1"]
    assert frame.loc[1, "estimate"] == pytest.approx(1.0)
    idle_after = frame.iloc[3]
    assert pd.isna(idle_after["estimate"])
    assert idle_after["notes"] != ""


def test_completeness_counts_every_answer_to_the_wave(make_scores: Callable[..., Scores]) -> None:
    frame = estimate_completeness(make_scores(WAVES, ITEMS, VALUES), plan=PLAN).frame
    mood = frame[frame["outcome"] == "mood"]
    assert mood[["wave", "rule", "estimate", "n", "n_missing"]].to_numpy().tolist() == [
        ["pre", "main", 1.0, 5, 0],
        ["pre", "sensitivity", 0.8, 5, 1],
        ["post", "main", pytest.approx(2 / 3), 3, 1],
        ["post", "sensitivity", pytest.approx(2 / 3), 3, 1],
    ]
    assert (frame["missing_reasons"] == "fewer items answered than needed").sum() == 3
    assert len(frame) == 8


def test_a_wave_nobody_answered_has_no_row(make_scores: Callable[..., Scores]) -> None:
    scores = make_scores([], {name: [] for name in ITEMS}, {rule: [] for rule in VALUES})
    assert estimate_completeness(scores, plan=PLAN).frame.empty
    assert estimate_reliability(scores, plan=PLAN).frame.empty


def test_an_unknown_outcome_is_refused(make_scores: Callable[..., Scores]) -> None:
    with pytest.raises(UsageError, match="moods"):
        estimate_reliability(make_scores(WAVES, ITEMS, VALUES), plan=AnalysisPlan(primary=("moods",)))
