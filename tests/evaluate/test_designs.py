"""Formulas and design frames: terms, coding and names as R has them; nothing of a formula is run as code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.core.errors import UsageError
from toolkit.evaluate.designs import build_design, marginal_contrasts
from toolkit.evaluate.formulas import read_formula
from toolkit.evaluate.groups import combine_groups, encode_groups
from toolkit.evaluate.mixed_models import fit_formula, run_term_tests, tabulate_effects


@pytest.fixture
def frame():
    rng = np.random.default_rng(4)
    n = 90
    data = pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "wave": np.tile([0, 1, 2], 30),
            "arm": rng.choice(["b", "a", "c"], n),
            "site": pd.Categorical(rng.choice(["S", "N"], n), categories=["S", "N", "W"]),
            "paid": rng.random(n) < 0.5,
            "age": rng.normal(22, 3, n),
            "host": np.repeat(np.arange(100, 109), 10),
            "pid": [f"p{place // 3}" for place in range(n)],
        }
    )
    return data


@pytest.mark.parametrize(
    ("right", "names"),
    [
        ("wave + age", ["wave", "age"]),
        ("C(wave)", ["wave1", "wave2"]),
        ("factor(wave)", ["factor(wave)1", "factor(wave)2"]),
        ("arm * site", ["armb", "armc", "siteN", "armb:siteN", "armc:siteN"]),
        ("site:wave + arm", ["armb", "armc", "siteS:wave", "siteN:wave"]),
        ("0 + arm + site", ["arma", "armb", "armc", "siteN"]),
        ("paid + log(age) + I(age^2)", ["paidTRUE", "log(age)", "I(age^2)"]),
        ("poly(age, 2)", ["poly(age, 2)1", "poly(age, 2)2"]),
        ("age * arm - age", ["armb", "armc", "age:arma", "age:armb", "age:armc"]),
        ("1", []),
    ],
)
def test_columns_have_the_names_r_gives_them(frame, right, names):
    assert list(build_design(f"y ~ {right} + (1 | host)", frame).fixed) == names


@pytest.mark.parametrize(
    ("random", "parts"),
    [
        ("(1 | host)", [("host", ["(Intercept)"])]),
        ("(wave | host)", [("host", ["(Intercept)", "wave"])]),
        ("(0 + wave | host)", [("host", ["wave"])]),
        ("(wave || host)", [("host", ["(Intercept)"]), ("host", ["wave"])]),
        ("(1 | host/pid)", [("host", ["(Intercept)"]), ("pid:host", ["(Intercept)"])]),
        ("(1 | arm) + (1 | pid:host)", [("arm", ["(Intercept)"]), ("pid:host", ["(Intercept)"])]),
    ],
)
def test_random_terms_are_read_as_lme4_does(frame, random, parts):
    design = build_design(f"y ~ age + {random}", frame)
    assert [(term.group, list(term.names)) for term in design.random] == parts


def test_first_factor_of_an_interaction_moves_fastest_and_products_are_right(frame):
    design = build_design("y ~ arm * site + (1 | host)", frame)
    expected = (frame["arm"] == "c") & (frame["site"] == "N")
    assert design.fixed["armc:siteN"].tolist() == expected.astype(float).tolist()


def test_orthogonal_polynomials_are_orthonormal(frame):
    design = build_design("y ~ poly(age, 2) + (1 | host)", frame)
    one, two = design.fixed.values()
    assert [one @ one, two @ two, one @ two, one.sum()] == pytest.approx([1, 1, 0, 0], abs=1e-12)
    assert np.corrcoef(one, frame["age"])[0, 1] == pytest.approx(1)


def test_missing_rows_are_counted_by_the_column_that_is_missing_first(frame):
    frame.loc[3, "y"] = np.nan
    frame.loc[[3, 4], "age"] = np.nan
    frame.loc[5, "pid"] = None
    design = build_design("y ~ age + (1 | pid)", frame)
    assert design.n_missing == {"y missing": 1, "age missing": 1, "pid missing": 1}
    assert design.n == len(frame) - 3
    assert design.outcome.size == design.n


def test_groups_within_groups_that_repeat_their_numbers_are_told_apart():
    hosts, people = encode_groups(pd.Series(list("aabb"))), encode_groups(pd.Series([1, 2, 1, 2]))
    combined = combine_groups([hosts, people])
    assert sorted(set(combined.codes.tolist())) == [0, 1, 2, 3]
    assert combined.labels == ["1:a", "2:a", "1:b", "2:b"]


def test_order_of_rows_and_frame_are_left_alone(frame):
    before = frame.copy()
    order = np.random.default_rng(1).permutation(len(frame))
    one = fit_formula("y ~ arm + (1 | host)", frame).fit
    two = fit_formula("y ~ arm + (1 | host)", frame.iloc[order]).fit
    assert two.coefficients == pytest.approx(one.coefficients, abs=1e-8)
    pd.testing.assert_frame_equal(frame, before)


def test_marginal_tests_of_a_balanced_design_average_over_the_other_factor():
    frame = pd.DataFrame({"y": range(24), "a": list("xxxyyy") * 4, "b": list("pqr") * 8, "g": np.repeat(range(4), 6)})
    contrasts = marginal_contrasts(build_design("y ~ a * b + (1 | g)", frame), frame)
    row = contrasts["a"][0] / contrasts["a"][0, 1]
    assert row == pytest.approx([0, 1, 0, 0, 1 / 3, 1 / 3], abs=1e-9)


def test_terms_and_coefficients_agree_for_a_single_column(frame):
    model = fit_formula("y ~ age + paid + (1 | host) + (1 | pid)", frame)
    effects = {effect.name: effect for effect in tabulate_effects(model, df_method="satterthwaite")}
    tests = run_term_tests(model, df_method="satterthwaite")
    assert tests["paid"].p_value == pytest.approx(effects["paidTRUE"].p_value, rel=1e-8)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("y", "one ~"),
        ("~ wave", "one ~"),
        ("y ~ wave + (1 | host", "not closed"),
        ("y ~ wave) + (1 | host)", "not opened"),
        ("y ~ wave + 1 | host", "outside brackets"),
        ("y ~ wave + ( | host)", "without effects"),
        ("y ~ wave + (0 | host)", "nothing varies"),
        ("y ~ wave + + (1 | hots)", "did you mean host"),
        ("y ~ wvae + (1 | host)", "did you mean wave"),
        ("y ~ log(arm) + (1 | host)", "is text"),
        ("y ~ __import__('os') + (1 | host)", "not known"),
        ("y ~ age.mean() + (1 | host)", "not known"),
        ("y ~ poly(age, 40) + (1 | host)", "degree of 1 to 9"),
        ("arm ~ age + (1 | host)", "is text"),
        ("y ~ age", "no random term"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(frame, formula, words):
    with pytest.raises(UsageError, match=words):
        fit_formula(formula, frame)


def test_a_factor_with_one_level_is_refused(frame):
    frame["arm"] = "a"
    with pytest.raises(UsageError, match=r"arm: has 1 level"):
        build_design("y ~ arm + (1 | host)", frame)


def test_formula_keeps_its_text():
    assert read_formula("y ~ wave + (1 | host)").text == "y ~ wave + (1 | host)"
