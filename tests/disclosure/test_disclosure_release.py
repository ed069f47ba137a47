"""release: what passes the door, and that nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.estimates import ESTIMATE_COLUMNS, Estimates
from toolkit.core.glossary import GLOSSARY
from toolkit.core.ledger import LEDGER_COLUMNS, Ledger, LedgerLine
from toolkit.disclosure import (
    Audience,
    Released,
    SuppressionPlan,
    plan_release,
    release,
    round_people,
    strictest_plan,
    whole_population,
)
from toolkit.evaluate import FINDING_COLUMNS, Design, Findings, grade

Make = Callable[..., Estimates]

# What a hidden row may still say: what it is about, how it was done, and how strong the design is.
MAY_STAY = frozenset(
    "outcome role population wave rule min_items estimator unit standardiser method reference scale_low scale_high "
    "finding_id planned nesta maryland grade_reason".split()
)
PUBLIC = plan_release({"programme": 40, "country=it": 12, "country=se": 9}, audience="public")
INTERNAL = plan_release({"programme": 40, "country=it": 12, "country=se": 4}, audience="internal")


def findings_of(estimates: Estimates) -> Findings:
    return grade(estimates, design=Design(waves=("pre", "post")), study="s")


def one(released: Released) -> dict[Any, Any]:
    (row,) = released.frame.to_dict("records")
    return row


@pytest.mark.parametrize("kind", ["estimates", "findings"])
@pytest.mark.parametrize(
    ("plan", "population", "n", "shown"),
    [
        (PUBLIC, "programme", 10, True),
        (PUBLIC, "programme", 9, False),
        (PUBLIC, "programme", 0, False),
        (PUBLIC, "programme", None, False),
        (PUBLIC, "country=se", 40, False),
        (PUBLIC, "country=ro", 40, False),
        (INTERNAL, "programme", 5, True),
        (INTERNAL, "programme", 4, False),
        (INTERNAL, "country=se", 40, False),
        (strictest_plan(), "country=ro", 10, True),
        (strictest_plan(), "country=ro", 9, False),
    ],
)
def test_who_is_shown(
    make_estimates: Make, kind: str, plan: SuppressionPlan, population: str, n: int | None, shown: bool
) -> None:
    estimates = make_estimates({"population": population, "n": n})
    row = one(release(estimates if kind == "estimates" else findings_of(estimates), plan=plan))
    assert row["shown"] is shown
    assert (row["band"] == f"fewer than {plan.min_people}") != shown
    assert pd.isna(row["estimate"]) != shown
    if kind == "findings":
        assert row["direction"] == ("higher" if shown else "too_few")
        assert row["improvement"] == ("yes" if shown else "")


def planted(number: int) -> dict[str, Any]:
    """A row whose every column that is about people holds something that occurs nowhere else."""
    cells: dict[str, Any] = {}
    for place, name in enumerate(ESTIMATE_COLUMNS):
        if name in MAY_STAY:
            continue
        mark = 7_000_000 + 1000 * number + place
        cells[name] = {"text": f"PLANT{mark}", "integer": mark, "number": mark + 0.5, "truth": True}[
            GLOSSARY[name].kind
        ]
    return cells


@given(
    small=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    forbidden=st.lists(st.integers(10, 90), max_size=3),
    estimator=st.sampled_from(["mean_change", "pooled_change", "share_scored", "alpha"]),
)
def test_a_hidden_row_carries_no_figure_in_any_column(
    make_estimates: Make, small: list[int], forbidden: list[int], estimator: str
) -> None:
    rows = [{**planted(k), "n": n, "estimator": estimator} for k, n in enumerate(small)]
    rows += [
        {**planted(50 + k), "n": n, "population": "host=h", "estimator": estimator} for k, n in enumerate(forbidden)
    ]
    estimates = make_estimates(*rows)
    for noun, columns in ((estimates, ESTIMATE_COLUMNS), (findings_of(estimates), FINDING_COLUMNS)):
        released = release(noun, plan=PUBLIC)
        assert list(released.frame) == [*columns, "shown", "band"]
        assert not released.frame["shown"].any()
        text = released.frame.drop(columns="finding_id", errors="ignore").to_csv(index=False)
        assert "PLANT" not in text
        assert "700" not in text
        for name in columns:
            if name not in MAY_STAY | {"direction"}:
                assert (released.frame[name].isna() | (released.frame[name] == "")).all(), name


@pytest.mark.parametrize("kind", ["estimates", "findings"])
@pytest.mark.parametrize(
    ("plan", "lost", "banded"),
    [
        (PUBLIC, 0, True),
        (PUBLIC, 1, True),
        (PUBLIC, 9, True),
        (PUBLIC, 10, False),
        (INTERNAL, 4, True),
        (INTERNAL, 5, False),
        (PUBLIC, None, False),
    ],
)
def test_a_small_loss_is_banded(
    make_estimates: Make, kind: str, plan: SuppressionPlan, lost: int | None, banded: bool
) -> None:
    estimates = make_estimates({"n_missing": lost, "missing_reasons": "both missing: 30"})
    row = one(release(estimates if kind == "estimates" else findings_of(estimates), plan=plan))
    assert row["shown"] is True
    assert row["estimate"] == 0.3
    assert row["band"] == (f"fewer than {plan.min_people}" if banded else "")
    if banded or lost is None:
        assert pd.isna(row["n_missing"])
    else:
        assert row["n_missing"] == lost
    if kind == "estimates":
        assert row["missing_reasons"] == ("" if banded or plan.audience == "public" else "both missing: 30")


@pytest.mark.parametrize(("plan", "lost", "reasons"), [(PUBLIC, 40, ""), (INTERNAL, 36, "pre missing: 36")])
def test_people_left_out_are_exact_in_internal_reports_only(
    make_estimates: Make, plan: SuppressionPlan, lost: int, reasons: str
) -> None:
    row = one(release(make_estimates({"n_missing": 36, "missing_reasons": "pre missing: 36"}), plan=plan))
    assert (row["n"], row["n_missing"], row["missing_reasons"]) == (40, lost, reasons)


def test_reasons_that_name_a_few_people_are_left_out(make_estimates: Make) -> None:
    estimates = make_estimates({"n_missing": 36, "missing_reasons": "pre missing: 34; both missing: 2"})
    row = one(release(estimates, plan=INTERNAL))
    assert (row["n_missing"], row["missing_reasons"]) == (36, "")


@pytest.mark.parametrize(
    ("plan", "others", "shown"),
    [
        (PUBLIC, [53], [True, False]),
        (PUBLIC, [54], [True, True]),
        (PUBLIC, [44, 40], [True, True, False]),
        (PUBLIC, [44, 44, 34], [True, True, True, True]),
        (INTERNAL, [53], [True, True]),
    ],
)
def test_another_scoring_rule_with_nearly_the_same_people_is_hidden(
    make_estimates: Make, plan: SuppressionPlan, others: list[int], shown: list[bool]
) -> None:
    rows: list[dict[str, Any]] = [{"n": 54, "min_items": 3}]
    rows += [{"n": n, "rule": "sensitivity", "min_items": 4 + k} for k, n in enumerate(others)]
    released = release(make_estimates(*rows), plan=plan)
    assert released.frame["shown"].tolist() == shown
    assert released.frame["estimate"].notna().tolist() == shown


def test_a_change_is_withheld_and_the_answers_are_not(make_estimates: Make) -> None:
    counts = {"programme": 60, "country=it": 30, "country=se": 30}
    plan = plan_release(
        counts,
        audience="public",
        outcome_counts={"mood": {"programme": 38, "country=it": 30, "country=se": 8}},
    )
    estimates = make_estimates(
        {"population": "country=it"},
        {"population": "country=it", "outcome": "zest"},
        {"population": "country=it", "estimator": "alpha", "wave": "pre"},
    )
    assert release(estimates, plan=plan).frame["shown"].tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("n", "lost", "shown"),
    [(40, 12, True), (40, 30, True), (40, 9, False), (40, 31, False), (40, 40, False), (40, 0, False)],
)
def test_a_share_needs_enough_people_on_either_side(make_estimates: Make, n: int, lost: int, shown: bool) -> None:
    row = one(
        release(
            make_estimates({"estimator": "share_scored", "estimate": 1 - lost / n, "n": n, "n_missing": lost}),
            plan=PUBLIC,
        )
    )
    figures = [row["estimate"], row["n_missing"]]
    assert [pd.isna(figure) for figure in figures] == [not shown] * 2
    assert (row["band"] == "") == shown


def test_a_public_share_cannot_be_turned_into_a_count(make_estimates: Make) -> None:
    figures = {"estimator": "share_scored", "estimate": 29 / 43, "n": 43, "n_missing": 14}
    row = one(release(make_estimates(figures), plan=PUBLIC))
    assert (row["estimate"], row["n"], row["n_missing"]) == (0.67, 40, 10)
    exact = one(release(make_estimates(figures), plan=INTERNAL))
    assert {name: exact[name] for name in figures} == figures


def account(plan: SuppressionPlan, *counts: tuple[int, int]) -> pd.DataFrame:
    lines = [
        LedgerLine(
            step="linked", reason="why", count=count, n_in=n, n_out=n - count, source_rows=("pre.csv:7", "pre.csv:9")
        )
        for n, count in counts
    ]
    return release(Ledger(tuple(lines)), plan=plan).frame


@pytest.mark.parametrize("plan", [PUBLIC, strictest_plan(), plan_release({}, audience="partner")])
def test_a_public_account_bands_small_counts_and_names_no_row(plan: SuppressionPlan) -> None:
    frame = account(plan, (123, 3), (120, 0), (120, 9), (111, 10), (101, 64))
    assert list(frame) == [*LEDGER_COLUMNS, "shown", "band"]
    assert frame["count"].isna().tolist() == [True, True, True, False, False]
    assert frame["count"].tolist()[3:] == [10, 60]
    assert frame["shown"].tolist() == [False, False, False, True, True]
    assert frame["band"].tolist() == ["fewer than 10"] * 3 + [""] * 2
    assert frame["n_in"].tolist() == [120, 120, 120, 110, 100]
    assert frame["n_out"].tolist() == [120, 120, 110, 100, 40]
    assert (frame["source_rows"] == "").all()
    assert "pre.csv" not in frame.to_csv()


def test_an_internal_account_is_exact_and_names_rows() -> None:
    frame = account(INTERNAL, (123, 3), (120, 0))
    assert frame[["count", "n_in", "n_out"]].to_numpy().tolist() == [[3, 123, 120], [0, 120, 120]]
    assert frame["shown"].all()
    assert (frame["band"] == "").all()
    assert frame["source_rows"].tolist() == ["pre.csv:7; pre.csv:9"] * 2
    assert len(account(INTERNAL)) == len(account(PUBLIC)) == 0


@pytest.mark.parametrize(
    ("n", "audience", "text"),
    [
        (9, "public", "fewer than 10"),
        (10, "public", "about 10"),
        (14, "partner", "about 10"),
        (15, "public", "about 20"),
        (93, "public", "about 90"),
        (4, "internal", "fewer than 5"),
        (93, "internal", "93"),
    ],
)
def test_totals(n: int, audience: Audience, text: str) -> None:
    assert round_people(n, plan=plan_release({}, audience=audience)) == text
    if audience != "internal" and n >= 10:
        assert round_people(n, plan=strictest_plan()) == text


@given(total=st.integers(10, 500), part=st.integers(1, 9))
def test_rounded_totals_never_tell_a_small_part(total: int, part: int) -> None:
    def rounded(n: int) -> int:
        return int(round_people(n, plan=PUBLIC).split()[-1])

    if total - part >= PUBLIC.min_people:
        assert rounded(total) - rounded(total - part) in (0, 10)


@pytest.mark.parametrize(
    ("names", "whole"),
    [
        ([], "programme"),
        (["country=it", "programme", "host=a && b"], "programme"),
        (["country=it & host=h", "country=it", "country=it & host=g"], "country=it"),
    ],
)
def test_the_whole_is_what_the_others_are_parts_of(names: list[str], whole: str) -> None:
    assert whole_population(names) == whole


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        ({}, [0, 1, 2, 3]),
        ({"estimators": ["d_z"]}, [2]),
        ({"estimators": ["d_z", "mean_change"], "roles": ["primary"]}, [0, 1, 2]),
        ({"rules": ["sensitivity"]}, [3]),
        ({"whole": True}, [0, 2, 3]),
        ({"whole": False}, [1]),
        ({"whole": True, "roles": ["secondary"]}, [3]),
        ({"estimators": ["none"]}, []),
    ],
)
def test_some_of_the_rows(make_estimates: Make, wanted: dict[str, Any], rows: list[int]) -> None:
    estimates = make_estimates(
        {"n": 30},
        {"n": 31, "population": "country=it"},
        {"n": 32, "estimator": "d_z"},
        {"n": 43, "rule": "sensitivity", "role": "secondary"},
    )
    released = release(estimates, plan=PUBLIC)
    chosen = released.select(**wanted)
    assert chosen.frame["n"].tolist() == [[30, 31, 32, 43][row] for row in rows]
    assert (chosen.kind, chosen.plan) == ("estimates", PUBLIC)
    assert len(released.frame) == 4
