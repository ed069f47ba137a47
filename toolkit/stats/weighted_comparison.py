"""An effect on the treated against a comparison group weighted to look like them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import BoolArray, FloatArray, check_between, check_choice, name_positions, read_floats
from toolkit.stats.logistic import LogisticFit, fit_logistic
from toolkit.stats.proportions import check_binary
from toolkit.stats.results import EffectSize, Estimate, undefined
from toolkit.stats.weights import effective_size, entropy_weights

WeightMethod: TypeAlias = Literal["entropy", "odds"]

# Standardised differences above this call for a warning; a weight above this share rests on one person.
LARGE_DIFFERENCE = 0.1
LARGE_SHARE = 0.2

ENTROPY_REFERENCE = (
    "weights nearest to equal ones that give the comparison the treated people's means; Hainmueller (2012), Polit. "
    "Anal. 20, 25-46"
)
ODDS_REFERENCE = (
    "weights p / (1 - p) from a logistic propensity score; Rosenbaum & Rubin (1983), Biometrika 70, 41-55; Hirano, "
    "Imbens & Ridder (2003), Econometrica 71, 1161-1189"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    """How alike the groups are in one covariate.

    Attributes
    ----------
    covariate : str
        Its name.
    mean_treated, mean_control, mean_weighted : float
        Means of the treated, of the comparison, and of the comparison with weights.
    difference_before, difference_after : float or None
        Standardised mean difference, treated less comparison, over the SD of the treated; None when that is 0.
    pooled_before, pooled_after : float or None
        The same over the root of the mean of the two variances before weighting.
    """

    covariate: str
    mean_treated: float
    mean_control: float
    mean_weighted: float
    difference_before: float | None
    difference_after: float | None
    pooled_before: float | None
    pooled_after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedComparison(Estimate):
    """Effect on the treated with a weighted comparison group; `estimate` is the weighted difference of means.

    Attributes
    ----------
    method : {"entropy", "odds"}
        Entropy balancing, or the odds of a propensity score.
    unweighted : float or None
        Difference of means without weights.
    weights : tuple of float
        Of the comparison people in the order given; they sum to 1.
    effective_n : float or None
        ``sum(w)^2 / sum(w^2)``: how many equally weighted people the comparison is worth.
    largest_weight : float or None
        Largest share of one comparison person, 0 to 1.
    balance : tuple of BalanceRow
        One per covariate.
    score_coefficients : tuple of float
        Of the propensity score, the constant first.
    overlap : tuple of float or None
        Smallest and largest fitted chance of treatment shared by both groups.
    n_treated, n_control : int
        People in each group.
    """

    method: WeightMethod
    unweighted: float | None = None
    weights: tuple[float, ...] = ()
    effective_n: float | None = None
    largest_weight: float | None = None
    balance: tuple[BalanceRow, ...] = ()
    score_coefficients: tuple[float, ...] = ()
    overlap: tuple[float, float] | None = None
    n_treated: int = 0
    n_control: int = 0


def compare_weighted(
    outcome: ArrayLike,
    treated: ArrayLike,
    *,
    covariates: ArrayLike,
    names: Sequence[str],
    method: WeightMethod = "entropy",
    conf_level: float = 0.95,
) -> WeightedComparison:
    """Estimate the effect on the treated against a weighted comparison group.

    Parameters
    ----------
    outcome : array_like
        One value per person; NaN is missing.
    treated : array_like
        1 for people in the programme, 0 for the comparison.
    covariates : array_like
        One row per person, one column per covariate, no constant; NaN is missing.
    names : sequence of str
        One per covariate.
    method : {"entropy", "odds"}
        Entropy balancing of the means, or odds of a logistic propensity score.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    WeightedComparison
        Weighted and unweighted difference, balance table, effective sample size, largest weight, overlap.

    Raises
    ------
    UsageError
        Values other than 0 and 1 in `treated`, unequal lengths, covariates that explain one another.

    Notes
    -----
    Entropy balancing minimises ``log sum exp(-l'(x - mean_treated))`` by Newton; it has no solution when the
    treated means lie outside the comparison's range, which is said. The standard error takes the weights as
    known; it usually errs on the wide side for entropy balancing.

    References
    ----------
    Hainmueller (2012), Polit. Anal. 20, 25-46; Hirano, Imbens & Ridder (2003), Econometrica 71, 1161-1189.

    Examples
    --------
    >>> result = compare_weighted([5, 6, 7, 3, 4, 6, 7], [1, 1, 1, 0, 0, 0, 0],
    ...                           covariates=[[2], [3], [4], [1], [2], [4], [5]], names=["age"])
    >>> round(result.estimate, 3), round(result.balance[0].difference_after, 9) + 0.0
    (1.0, 0.0)
    """
    y, arm, x, missing = _read(outcome, treated, covariates=covariates, names=names, method=method)
    check = ProblemLog()
    check_between(conf_level, name="conf_level", low=0, high=1, log=check)
    check.raise_as(UsageError)
    in_treated, in_control = arm == 1, arm == 0
    n1, n0 = int(in_treated.sum()), int(in_control.sum())
    score = _score(arm, x, names=names) if min(n1, n0) else None
    reference = ENTROPY_REFERENCE if method == "entropy" else ODDS_REFERENCE
    weights, why = _weights(x[in_control], x[in_treated].mean(axis=0) if n1 else None, score, in_control, method=method)
    if weights is None:
        return WeightedComparison(
            name="effect on the treated, weighted comparison",
            reason=undefined(why),
            conf_level=conf_level,
            n=n1 + n0,
            n_missing=missing,
            method=method,
            unweighted=float(y[in_treated].mean() - y[in_control].mean()) if min(n1, n0) else None,
            n_treated=n1,
            n_control=n0,
            reference=reference,
        )
    return _comparison(
        y, x, in_treated, weights, score, names=tuple(names), method=method, missing=missing, conf_level=conf_level
    )


def _read(
    outcome: ArrayLike, treated: ArrayLike, *, covariates: ArrayLike, names: Sequence[str], method: str
) -> tuple[FloatArray, FloatArray, FloatArray, dict[str, int]]:
    log = ProblemLog()
    y = read_floats(outcome, name="outcome", ndim=1, log=log)
    arm = read_floats(treated, name="treated", ndim=1, log=log)
    x = read_floats(covariates, name="covariates", ndim=2, log=log)
    check_binary(arm, name="treated", log=log)
    check_choice(method, name="method", allowed=("entropy", "odds"), log=log)
    if not log.problems and not y.size == arm.size == x.shape[0]:
        log.add(
            f"there are {y.size} outcomes, {arm.size} group values and {x.shape[0]} rows of covariates",
            column="outcome, treated, covariates",
            allowed="one of each per person",
        )
    if not log.problems and len(names) != x.shape[1]:
        log.add(f"there are {len(names)} names for {x.shape[1]} covariates", column="names", allowed="one per column")
    if not log.problems and np.isnan(arm).any():
        log.add(f"is missing at {name_positions(np.isnan(arm))}", column="treated", allowed="0 or 1 for everybody")
    log.raise_as(UsageError)
    no_outcome, no_covariate = np.isnan(y), np.isnan(x).any(axis=1)
    keep = ~no_outcome & ~no_covariate
    missing = {
        "outcome missing": int(no_outcome.sum()),
        "a covariate missing": int(np.sum(no_covariate & ~no_outcome)),
    }
    return y[keep], arm[keep], x[keep], missing


def _score(arm: FloatArray, x: FloatArray, *, names: Sequence[str]) -> LogisticFit:
    return fit_logistic(arm, np.column_stack([np.ones(arm.size), x]), names=["(Intercept)", *names])


def _weights(
    controls: FloatArray,
    targets: FloatArray | None,
    score: LogisticFit | None,
    in_control: BoolArray,
    *,
    method: WeightMethod,
) -> tuple[FloatArray | None, str]:
    if targets is None or score is None or controls.shape[0] == 0:
        return None, "a group has nobody with all values"
    if method == "entropy":
        weights = entropy_weights(controls, targets)
        return weights, "no weights give the comparison the means of the treated: the groups do not overlap"
    if score.separated:
        return None, "the covariates tell the groups apart perfectly: nobody in the comparison is alike"
    chance = score.fitted[in_control]
    odds = chance / (1 - chance)
    return odds / odds.sum(), ""


def _comparison(
    y: FloatArray,
    x: FloatArray,
    in_treated: BoolArray,
    weights: FloatArray,
    score: LogisticFit | None,
    *,
    names: tuple[str, ...],
    method: WeightMethod,
    missing: dict[str, int],
    conf_level: float,
) -> WeightedComparison:
    first, second = y[in_treated], y[~in_treated]
    n1, n0 = int(first.size), int(second.size)
    balance = tuple(_balance_row(name, x[:, place], in_treated, weights) for place, name in enumerate(names))
    estimate = float(first.mean() - weights @ second)
    ess = effective_size(weights)
    var1 = float(first.var(ddof=1)) / n1 if n1 > 1 else float("nan")
    var0 = float(weights**2 @ (second - weights @ second) ** 2) * (ess / (ess - 1) if ess > 1 else float("nan"))
    error = sqrt(var1 + var0) if np.isfinite(var1 + var0) and var1 + var0 > 0 else None
    df = None
    if error is not None:
        df = (var1 + var0) ** 2 / (var1**2 / (n1 - 1) + var0**2 / (ess - 1))
    half = None if error is None or df is None else float(stats.t.isf((1 - conf_level) / 2, df)) * error
    sd = float(first.std(ddof=1)) if n1 > 1 else 0.0
    return WeightedComparison(
        name="effect on the treated, weighted comparison",
        interval_reason="" if half is not None else "a group is too small, or worth one person only: no interval",
        estimate=estimate,
        std_error=error,
        df=df,
        df_method="Welch-Satterthwaite with the effective size of the comparison",
        statistic=None if error is None else estimate / error,
        p_value=None if error is None or df is None else min(1.0, 2 * float(stats.t.sf(abs(estimate) / error, df))),
        p_method="t test",
        conf_low=None if half is None else estimate - half,
        conf_high=None if half is None else estimate + half,
        conf_level=conf_level,
        interval_method="t interval, weights taken as known",
        n=n1 + n0,
        n_missing=missing,
        effects=(
            EffectSize(
                name="d_treated",
                definition="weighted difference of means / SD of the treated",
                estimate=estimate / sd if sd > 0 else None,
                conf_low=None if half is None or sd == 0 else (estimate - half) / sd,
                conf_high=None if half is None or sd == 0 else (estimate + half) / sd,
                conf_level=conf_level,
                interval_method="t interval over the SD",
                reason="" if sd > 0 else undefined("the treated do not vary"),
            ),
        ),
        checks=(f"effective size of the comparison: {ess:.1f} of {n0}", f"largest weight: {weights.max():.1%} of all"),
        warnings=_weight_warnings(balance, weights, score),
        method=method,
        unweighted=float(first.mean() - second.mean()),
        weights=tuple(float(weight) for weight in weights),
        effective_n=ess,
        largest_weight=float(weights.max()),
        balance=balance,
        score_coefficients=() if score is None else tuple(float(value) for value in score.coefficients),
        overlap=None if score is None else _overlap(score.fitted, in_treated),
        n_treated=n1,
        n_control=n0,
        reference=ENTROPY_REFERENCE if method == "entropy" else ODDS_REFERENCE,
    )


def _balance_row(name: str, column: FloatArray, in_treated: BoolArray, weights: FloatArray) -> BalanceRow:
    first, second = column[in_treated], column[~in_treated]
    mean1, mean0, weighted = float(first.mean()), float(second.mean()), float(weights @ second)
    var1 = float(first.var(ddof=1)) if first.size > 1 else 0.0
    var0 = float(second.var(ddof=1)) if second.size > 1 else 0.0
    sd, pooled = sqrt(var1), sqrt((var1 + var0) / 2)
    return BalanceRow(
        covariate=name,
        mean_treated=mean1,
        mean_control=mean0,
        mean_weighted=weighted,
        difference_before=(mean1 - mean0) / sd if sd > 0 else None,
        difference_after=(mean1 - weighted) / sd if sd > 0 else None,
        pooled_before=(mean1 - mean0) / pooled if pooled > 0 else None,
        pooled_after=(mean1 - weighted) / pooled if pooled > 0 else None,
    )


def _overlap(fitted: FloatArray, in_treated: BoolArray) -> tuple[float, float] | None:
    low = max(float(fitted[in_treated].min()), float(fitted[~in_treated].min()))
    high = min(float(fitted[in_treated].max()), float(fitted[~in_treated].max()))
    return (low, high) if low <= high else None


def _weight_warnings(
    balance: tuple[BalanceRow, ...], weights: FloatArray, score: LogisticFit | None
) -> tuple[str, ...]:
    found = []
    apart = [row.covariate for row in balance if row.difference_after and abs(row.difference_after) > LARGE_DIFFERENCE]
    if apart:
        found.append(f"still apart by more than {LARGE_DIFFERENCE} SD after weighting: {', '.join(apart)}")
    if float(weights.max()) > LARGE_SHARE:
        found.append(f"one comparison person carries more than {LARGE_SHARE:.0%} of the weight")
    if score is not None and score.separated:
        found.append("the covariates tell the groups apart perfectly: the propensity score is no guide here")
    found.append("weights mend only differences in the covariates given; what was not measured may still differ")
    return tuple(found)
