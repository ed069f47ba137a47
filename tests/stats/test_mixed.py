"""Mixed models: against dense least squares, by hand, under changes of scale, and where there is no answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.stats.mixed import compare_nested, fit_mixed
from toolkit.stats.mixed_degrees import prepare_inference
from toolkit.stats.mixed_inference import estimate_effects, run_joint_test
from toolkit.stats.mixed_profile import profile_intervals
from toolkit.stats.mixed_summary import (
    check_residuals,
    conditional_residuals,
    explain_variance,
    measure_influence,
    predict_effects,
)
from toolkit.stats.mixed_terms import RandomTerm

# The same likelihood by two ways of adding up: rounding only.
SAME_CRITERION = 1e-9
# Minima of a flat function agree to half the digits of its value.
SAME_OPTIMUM = 1e-6


def term(codes, *, group="host", columns=(None,), names=("(Intercept)",)):
    codes = np.asarray(codes)
    return RandomTerm(group=group, codes=codes, levels=int(codes.max()) + 1, columns=columns, names=names)


def survey(seed, *, hosts=7, people=40, loss=0.2):
    rng = np.random.default_rng(seed)
    host = rng.integers(0, hosts, people)
    person, wave = np.tile(np.arange(people), 2), np.repeat([0.0, 1.0], people)
    kept = rng.random(2 * people) > loss
    person, wave = person[kept], wave[kept]
    age = rng.normal(22, 3, people)[person]
    y = 3 + 0.3 * wave + rng.normal(0, 0.5, hosts)[host[person]] + rng.normal(0, 0.6, people)[person]
    return y + rng.normal(0, 0.5, y.size), {"wave": wave, "age": age}, host[person], person


def dense_criterion(y, fixed, fit, *, reml=True):
    """The criterion and coefficients from V written out row by row."""
    x = np.column_stack([np.ones(y.size), *fixed.values()])
    v, start = np.eye(y.size), 0
    for part in fit.random:
        q = len(part.columns)
        factor = np.zeros((q, q))
        for column in range(q):
            for row in range(column, q):
                factor[row, column] = fit.theta[start]
                start += 1
        z = np.column_stack([np.ones(y.size) if c is None else c for c in part.columns])
        v += (part.codes[:, None] == part.codes) * (z @ factor @ factor.T @ z.T)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    beta = np.linalg.solve(information, x.T @ inverse @ y)
    rest = y - x @ beta
    df = y.size - x.shape[1] if reml else y.size
    rss = rest @ inverse @ rest
    value = np.linalg.slogdet(v)[1] + df * (1 + np.log(2 * np.pi * rss / df))
    return value + (np.linalg.slogdet(information)[1] if reml else 0), beta, inverse, rest


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("kind", ["host", "nested", "three levels", "slope", "apart", "crossed", "slope and crossed"])
def test_sums_give_what_the_dense_matrix_gives(kind, method):
    y, fixed, host, person = survey(3)
    wave = fixed["wave"]
    other = np.random.default_rng(9).integers(0, 5, y.size)
    random = {
        "host": [term(host)],
        "nested": [term(host), term(person, group="person")],
        "three levels": [term(host % 3, group="region"), term(host), term(person, group="person")],
        "slope": [term(host, columns=(None, wave), names=("(Intercept)", "wave"))],
        "apart": [term(host), term(host, columns=(wave,), names=("wave",))],
        "crossed": [term(host), term(other, group="rater")],
        "slope and crossed": [
            term(host, columns=(None, wave), names=("(Intercept)", "wave")),
            term(other, group="rater"),
        ],
    }[kind]
    fit = fit_mixed(y, fixed, random=random, method=method)
    value, beta, inverse, rest = dense_criterion(y, fixed, fit, reml=method == "reml")
    assert fit.criterion == pytest.approx(value, rel=SAME_CRITERION)
    assert fit.coefficients == pytest.approx(beta, rel=1e-8)
    assert conditional_residuals(fit) == pytest.approx(inverse @ rest, abs=1e-8)
    # No step in any direction is lower.
    for place in range(fit.theta.size):
        for step in (-1e-3, 1e-3):
            theta = fit.optimum.theta.copy()
            theta[place] += step
            assert fit.engine.value(theta) >= fit.criterion - SAME_CRITERION


def test_balanced_groups_by_hand():
    # Host means 1.5, 3.5, 6.5: mean square between 38/3, within 0.5; (38/3 - 0.5) / 2 between hosts.
    fit = fit_mixed([1, 2, 4, 3, 6, 7], {}, random=[term([0, 0, 1, 1, 2, 2])])
    assert fit.variances[0].variance == pytest.approx((38 / 3 - 0.5) / 2)
    assert fit.variances[1].variance == pytest.approx(0.5)
    assert fit.coefficients[0] == pytest.approx(23 / 6)
    effect = estimate_effects(prepare_inference(fit))[0]
    assert effect.std_error == pytest.approx(np.sqrt(38 / 3 / 6))
    assert effect.df == pytest.approx(2)


@given(
    seed=st.integers(0, 50),
    shift=st.sampled_from([0.0, -40.0, 1e6]),
    scale=st.sampled_from([1e-3, 1.0, 250.0]),
)
@settings(max_examples=25, deadline=None)
def test_units_and_order_do_not_matter(seed, shift, scale):
    y, fixed, host, person = survey(seed)
    order = np.random.default_rng(seed).permutation(y.size)
    plain = fit_mixed(y, fixed, random=[term(host), term(person, group="person")])
    moved = fit_mixed(
        (shift + scale * y)[order],
        {name: column[order] for name, column in fixed.items()},
        random=[term(person[order], group="person"), term(host[order])],
    )
    # A shift of a million takes six digits off the outcome itself.
    digits = 1e-6 if abs(shift) < 1e5 else 1e-3
    assert moved.coefficients[1:] == pytest.approx(scale * plain.coefficients[1:], rel=digits, abs=1e-7 * scale)
    assert [part.variance for part in moved.variances] == pytest.approx(
        [scale**2 * part.variance for part in plain.variances], rel=digits, abs=1e-6 * scale**2
    )


def test_zero_variance_is_zero_and_said():
    y = np.tile([1.0, 2.0, 3.0, 4.0], 5)
    fit = fit_mixed(y, {}, random=[term(np.repeat(np.arange(5), 4))])
    assert fit.variances[0].variance == 0
    assert fit.singular
    assert "is zero" in fit.warnings[0]
    assert predict_effects(fit)["host"] == pytest.approx(np.zeros((5, 1)))


def test_joint_test_of_one_contrast_is_the_square_of_t():
    y, fixed, host, _ = survey(5)
    for df_method in ("satterthwaite", "kenward_roger"):
        inference = prepare_inference(fit_mixed(y, fixed, random=[term(host)]), df_method=df_method)
        effect, joint = estimate_effects(inference)[1], run_joint_test(inference, [[0, 1, 0]])
        assert joint.statistic == pytest.approx(effect.statistic**2, rel=1e-9)
        assert joint.df_den == pytest.approx(effect.df, rel=1e-9)
        assert joint.p_value == pytest.approx(effect.p_value, rel=1e-8)


def test_profile_limits_raise_the_deviance_by_the_quantile():
    y, fixed, host, _ = survey(8)
    fit = fit_mixed(y, fixed, random=[term(host)], method="ml")
    limits = {interval.name: interval for interval in profile_intervals(fit)}
    for end in (limits["wave"].conf_low, limits["wave"].conf_high):
        held = fit_mixed(y - end * fixed["wave"], {"age": fixed["age"]}, random=[term(host)], method="ml")
        assert held.criterion - fit.criterion == pytest.approx(3.841459, abs=1e-5)
    assert limits["sigma"].conf_low < fit.variances[-1].sd < limits["sigma"].conf_high


def test_influence_is_what_leaving_the_group_out_gives():
    y, fixed, host, _ = survey(11)
    fit = fit_mixed(y, fixed, random=[term(host)])
    influence = measure_influence(fit, group="host")
    for place, code in enumerate(influence.codes):
        kept = host != code
        ratio = fit.theta[0] ** 2
        v = np.eye(int(kept.sum())) + ratio * (host[kept][:, None] == host[kept])
        x = np.column_stack([np.ones(int(kept.sum())), *(column[kept] for column in fixed.values())])
        solved = np.linalg.solve(v, x)
        beta = np.linalg.solve(x.T @ solved, solved.T @ y[kept])
        assert influence.coefficients[place] == pytest.approx(beta, rel=1e-7)


def test_shares_of_variance_and_residuals():
    y, fixed, host, person = survey(2)
    explained = explain_variance(fit_mixed(y, fixed, random=[term(host), term(person, group="person")]))
    assert 0 < explained.marginal < explained.conditional < 1
    assert set(explained.icc) == {"host", "person"}
    slopes = [term(host, columns=(None, fixed["wave"]), names=("(Intercept)", "wave"))]
    assert explain_variance(fit_mixed(y, fixed, random=slopes)).icc_reason
    skewed = np.exp(np.random.default_rng(1).normal(0, 1.2, y.size))
    assert any("skewed" in words for words in check_residuals(fit_mixed(skewed, {}, random=[term(host)])).warnings)


def test_likelihood_ratio_needs_two_fits_by_ml():
    y, fixed, host, _ = survey(2)
    full = fit_mixed(y, fixed, random=[term(host)], method="ml")
    smaller = fit_mixed(y, {}, random=[term(host)], method="ml")
    statistic, df = compare_nested(full, smaller)
    assert statistic > 0
    assert df == 2
    with pytest.raises(UsageError, match="ML"):
        compare_nested(fit_mixed(y, fixed, random=[term(host)]), smaller)


@pytest.mark.parametrize(
    ("y", "fixed", "codes", "words"),
    [
        ([], {}, [], "0 rows"),
        ([1.0], {}, [0], "1 rows"),
        ([1.0, 2.0], {}, [0, 1], "cannot be told from the residual"),
        ([1.0, 2.0, 4.0], {}, [0, 0, 0], "one group"),
        ([1.0, 2.0, 4.0], {}, [0, 1, 2], "cannot be told from the residual"),
        ([3.0] * 6, {}, [0, 0, 1, 1, 2, 2], "outcome: does not vary"),
        ([1.0, 1, 2, 2, 5, 5], {}, [0, 0, 1, 1, 2, 2], "residual variance is zero"),
        ([1.0, np.nan, 2, 2, 5, 6], {}, [0, 0, 1, 1, 2, 2], "missing at position 2"),
        ([1.0, np.inf, 2, 2, 5, 6], {}, [0, 0, 1, 1, 2, 2], "infinite"),
        ([1.0, 2, 2, 3, 5, 6], {"a": [1, 1, 1, 1, 1, 1]}, [0, 0, 1, 1, 2, 2], "a: does not vary"),
        ([1.0, 2, 2, 3, 5, 6], {"a": [0, 1] * 3, "b": [1, 0] * 3}, [0, 0, 1, 1, 2, 2], "combination"),
        ([1.0, 2, 2, 3, 5, 6], {"a": [0, 1]}, [0, 0, 1, 1, 2, 2], "2 values and the outcome has 6"),
        (
            [1.0, 2, 2, 3, 5, 6],
            {"a": [0, 0, 1, 1, 0, 0], "b": [0, 0, 0, 0, 1, 1]},
            [0, 0, 1, 1, 2, 2],
            "3 groups for 3 coefficients",
        ),
    ],
)
def test_what_cannot_be_estimated_is_refused_with_its_name(y, fixed, codes, words):
    codes = np.array(codes, dtype=int)
    random = [RandomTerm(group="host", codes=codes, levels=int(codes.max(initial=0)) + 1)]
    with pytest.raises(ValueError, match=words) as caught:
        fit_mixed(y, fixed, random=random)
    assert isinstance(caught.value, UsageError)
    assert "Allowed" in str(caught.value)


def test_wrong_arguments_are_named():
    y, fixed, host, _ = survey(2)
    with pytest.raises(UsageError, match="random"):
        fit_mixed(y, fixed, random=[])
    with pytest.raises(UsageError, match="method"):
        fit_mixed(y, fixed, random=[term(host)], method="bayes")
    with pytest.raises(UsageError, match="exactly as"):
        fit_mixed(y, fixed, random=[term(host), term(host + 1, group="twin")])
    fit = fit_mixed(y, fixed, random=[term(host)], method="ml")
    with pytest.raises(UsageError, match="REML"):
        prepare_inference(fit, df_method="kenward_roger")
    with pytest.raises(UsageError, match="contrasts"):
        estimate_effects(prepare_inference(fit), [[0, 0, 0]])
    with pytest.raises(UsageError, match="conf_level"):
        profile_intervals(fit, conf_level=95)
    with pytest.raises(UsageError, match="group"):
        measure_influence(fit, group="hots")
