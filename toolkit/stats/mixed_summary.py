"""What a mixed model says beyond its coefficients: shares of variance, group effects, residuals, influence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from scipy import stats

from toolkit.core.errors import Problem, UsageError
from toolkit.stats.arrays import FloatArray
from toolkit.stats.groups import IntArray, find_parents, sum_by_group
from toolkit.stats.mixed import MixedFit
from toolkit.stats.mixed_likelihood import take_apart
from toolkit.stats.mixed_terms import RandomTerm, covariances, label_terms

OUTLYING = 3.0
LARGE_SHIFT = 1.0
STRONG_SKEW = 1.0
FEWEST_FOR_SHAPE = 8

R2_REFERENCE = (
    "var(X b) and the mean variance of Z u against their sum with sigma^2; Nakagawa & Schielzeth (2013), Methods Ecol. "
    "Evol. 4, 133-142; for slopes Johnson (2014), Methods Ecol. Evol. 5, 944-946"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedVariance:
    """Shares of variance of a mixed model; None stands where there is no result.

    Attributes
    ----------
    marginal : float
        Share of the fixed part, 0 to 1.
    conditional : float
        Share of the fixed and random parts together, 0 to 1.
    icc : mapping of str to float
        For each grouping factor, the share of its intercepts in all random variance; empty with slopes.
    icc_reason : str
        Why there is no ICC; "" when there is.
    fixed, random, residual : float
        Variances, in squared units of the outcome.
    reference : str
        Formula and source.
    """

    marginal: float
    conditional: float
    icc: Mapping[str, float]
    icc_reason: str
    fixed: float
    random: float
    residual: float
    reference: str = R2_REFERENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualCheck:
    """How the residuals and group effects of a mixed model look; None stands where there is no result.

    Attributes
    ----------
    status : {"ok", "undefined"}
        Whether there are residuals to look at.
    skewness, excess_kurtosis : float
        Of the conditional residuals; 0 and 0 for a normal distribution.
    n_outlying : int
        Residuals beyond three residual standard deviations.
    expected_outlying : float
        How many a normal distribution would give.
    effects_skewness : mapping of str to (float or None)
        Of the group effects of each term; None below eight groups or without variance.
    trend : float
        Correlation of absolute residual and fitted value: near 0 when the spread is even.
    warnings : tuple of str
        What stands out, in words.
    """

    status: Literal["ok", "undefined"]
    skewness: float
    excess_kurtosis: float
    n_outlying: int
    expected_outlying: float
    effects_skewness: Mapping[str, float | None]
    trend: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupInfluence:
    """What the coefficients would be without each group, the variances held.

    Attributes
    ----------
    group : str
        Grouping factor.
    codes : numpy.ndarray of int, shape (m,)
        Groups that have rows.
    coefficients : numpy.ndarray, shape (m, p)
        Coefficients without the group; NaN where the rest cannot estimate them.
    shifts : numpy.ndarray, shape (m, p)
        Change against the fit, in standard errors.
    undefined : int
        Groups without which the coefficients cannot be estimated.
    largest_group, largest_shift : int or None, float
        The group whose absence moves a coefficient most, and by how many standard errors.
    warnings : tuple of str
        What stands out, in words.
    """

    group: str
    codes: IntArray
    coefficients: FloatArray
    shifts: FloatArray
    undefined: int
    largest_group: int | None
    largest_shift: float
    warnings: tuple[str, ...]


def explain_variance(fit: MixedFit) -> ExplainedVariance:
    """Compute marginal and conditional R2 and the intraclass correlations.

    Parameters
    ----------
    fit : MixedFit
        The model.

    Returns
    -------
    ExplainedVariance
        Shares and their parts.

    Notes
    -----
    The variance of the fixed part is that of ``X b`` over the rows, with n - 1. With slopes the random variance is
    the mean of ``z' Psi z`` over the rows, and an ICC would change with the covariate, so that there is none.

    Examples
    --------
    >>> from toolkit.stats.mixed import fit_mixed
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> explained = explain_variance(fit_mixed([1, 2, 4, 3, 6, 7], {}, random=[hosts]))
    >>> round(explained.icc["host"], 4), round(explained.marginal, 4)
    (0.9241, 0.0)
    """
    columns = fit.engine.moments.columns
    residual = fit.sigma**2
    varying = [place for place, column in enumerate(columns.raw[:-1]) if column is not None]
    linear = np.zeros(columns.n)
    for place in varying:
        column = columns.raw[place]
        if column is not None:
            linear += column * fit.coefficients[place]
    fixed = float(np.var(linear, ddof=1)) if varying else 0.0
    psi = covariances(fit.theta, sizes=fit.engine.sizes)
    shares = [_mean_variance(term, relative) * residual for term, relative in zip(fit.random, psi, strict=True)]
    random = sum(shares)
    total = fixed + random + residual
    slopes = not all(term.is_intercept for term in fit.random)
    return ExplainedVariance(
        marginal=fixed / total,
        conditional=(fixed + random) / total,
        icc={}
        if slopes
        else {term.group: share / (random + residual) for term, share in zip(fit.random, shares, strict=True)},
        icc_reason="with random slopes the share of groups changes with the covariate" if slopes else "",
        fixed=fixed,
        random=random,
        residual=residual,
    )


def _mean_variance(term: RandomTerm, relative: FloatArray) -> float:
    if term.is_intercept:
        return float(relative[0, 0])
    z = np.column_stack([np.ones(term.codes.size) if column is None else column for column in term.columns])
    return float(np.einsum("ni,ij,nj->", z, relative, z)) / term.codes.size


def predict_effects(fit: MixedFit) -> dict[str, FloatArray]:
    """Return the best linear unbiased predictions of the group effects.

    Parameters
    ----------
    fit : MixedFit
        The model.

    Returns
    -------
    dict of str to numpy.ndarray
        For each term, by grouping factor (a second term of one factor gets ".1" behind it, as in lme4): shape
        (levels, columns), zero for a code without rows, in units of the outcome per unit of the column.

    Notes
    -----
    ``Psi Z' V^-1 (y - X b)``: group means drawn towards the fixed part, the more the fewer their rows.

    References
    ----------
    Robinson, G. K. (1991). That BLUP is a good thing. Statistical Science, 6, 15-32.

    Examples
    --------
    >>> from toolkit.stats.mixed import fit_mixed
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> predict_effects(fit_mixed([1, 2, 4, 3, 6, 7], {}, random=[hosts]))["host"].ravel().round(3).tolist()
    [-2.241, -0.32, 2.561]
    """
    weighted = _weighted_residuals(fit)
    moments = fit.engine.moments
    found: dict[str, FloatArray] = {}
    psi = covariances(fit.optimum.theta, sizes=fit.engine.sizes)
    labels = label_terms(moments.terms)
    for term, label, relative, stretch in zip(moments.terms, labels, psi, fit.stretch, strict=True):
        found[label] = moments.group_totals(term, weighted) @ relative / stretch
    return found


def conditional_residuals(fit: MixedFit) -> FloatArray:
    """Return outcome minus fixed part minus group effects, shape (n,), in units of the outcome.

    Examples
    --------
    >>> from toolkit.stats.mixed import fit_mixed
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> conditional_residuals(fit_mixed([1, 2, 4, 3, 6, 7], {}, random=[hosts])).round(3).tolist()
    [-0.592, 0.408, 0.487, -0.513, -0.395, 0.605]
    """
    return _weighted_residuals(fit)


def _weighted_residuals(fit: MixedFit) -> FloatArray:
    """``V^-1 (y - X b)`` with V relative to the residual variance, which is what is left given the group effects."""
    engine = fit.engine
    psi = covariances(fit.optimum.theta, sizes=engine.sizes)
    pieces = take_apart(engine.moments, psi)
    columns = engine.moments.columns
    marginal = columns.combine(np.append(-pieces.coefficients, 1.0)) * float(columns.scale[-1])
    return engine.moments.apply_inverse(psi, marginal)


def check_residuals(fit: MixedFit) -> ResidualCheck:
    """Look at conditional residuals and group effects for what the model assumes of them.

    Parameters
    ----------
    fit : MixedFit
        The model.

    Returns
    -------
    ResidualCheck
        Figures, and words for what stands out.

    Examples
    --------
    >>> from toolkit.stats.mixed import fit_mixed
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> check_residuals(fit_mixed([1, 2, 4, 3, 6, 7], {}, random=[hosts])).n_outlying
    0
    """
    residuals = conditional_residuals(fit)
    columns = fit.engine.moments.columns
    outcome = columns.combine(np.append(np.zeros(columns.p), 1.0)) * float(columns.scale[-1])
    fitted = outcome - residuals
    skewness = float(stats.skew(residuals))
    outlying = int(np.sum(np.abs(residuals) > OUTLYING * fit.sigma))
    expected = 2 * float(stats.norm.sf(OUTLYING)) * fit.n
    spread = float(fitted.std())
    sizes = np.abs(residuals)
    trend = float(np.corrcoef(sizes, fitted)[0, 1]) if spread > 0 and float(sizes.std()) > 0 else 0.0
    shapes = {name: _shape(effects[:, 0]) for name, effects in predict_effects(fit).items()}
    warnings = []
    if abs(skewness) > STRONG_SKEW:
        warnings.append(f"residuals are skewed ({skewness:.1f}): look for a floor or ceiling of the scale")
    if outlying > 3 * expected + 3:
        warnings.append(f"{outlying} residuals lie beyond three standard deviations; about {expected:.0f} are expected")
    if abs(trend) * sqrt(fit.n) > OUTLYING and abs(trend) > 0.2:
        warnings.append("the spread of the residuals changes with the fitted value")
    return ResidualCheck(
        status="ok",
        skewness=skewness,
        excess_kurtosis=float(stats.kurtosis(residuals)),
        n_outlying=outlying,
        expected_outlying=expected,
        effects_skewness=shapes,
        trend=trend,
        warnings=tuple(warnings),
    )


def _shape(effects: FloatArray) -> float | None:
    present = effects[effects != 0]
    return float(stats.skew(present)) if present.size >= FEWEST_FOR_SHAPE else None


def measure_influence(fit: MixedFit, *, group: str) -> GroupInfluence:
    """Compute the coefficients without each group in turn, the variances held at their estimates.

    Parameters
    ----------
    fit : MixedFit
        The model.
    group : str
        Grouping factor; rows of different groups must share no other random effect.

    Returns
    -------
    GroupInfluence
        Exact generalised least squares without the group, given the variances; one pass over the rows.

    Raises
    ------
    UsageError
        An unknown factor, or groups that share another random effect.

    References
    ----------
    Nieuwenhuis, R., te Grotenhuis, M. & Pelzer, B. (2012). influence.ME: tools for detecting influential data in
    mixed effects models. The R Journal, 4(2), 38-47.

    Examples
    --------
    >>> from toolkit.stats.mixed import fit_mixed
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> influence = measure_influence(fit_mixed([1, 2, 4, 3, 6, 7], {}, random=[hosts]), group="host")
    >>> influence.coefficients.ravel().round(3).tolist()
    [5.0, 4.0, 2.5]
    """
    chosen = _find_group(fit, group)
    engine = fit.engine
    psi = covariances(fit.optimum.theta, sizes=engine.sizes)
    _, cross = engine.moments.evaluate(psi)
    columns = engine.moments.columns
    width = columns.p + 1
    held = np.flatnonzero(np.bincount(chosen.codes, minlength=chosen.levels))
    parts = np.empty((held.size, width, width))
    eye = np.eye(width)
    rows = [columns.combine(eye[place]) for place in range(width)]
    for place in range(width):
        weighted = engine.moments.apply_inverse(psi, rows[place])
        for other in range(width):
            totals = sum_by_group(weighted * rows[other], chosen.codes, levels=chosen.levels)
            parts[:, place, other] = totals[held]
    rest = cross - parts
    conditions = np.linalg.cond(rest[:, :-1, :-1])
    usable = conditions < 1e12
    solved = np.full((held.size, columns.p), np.nan)
    if usable.any():
        solved[usable] = np.linalg.solve(rest[usable, :-1, :-1], rest[usable, :-1, -1:])[:, :, 0]
    scale = float(columns.scale[-1])
    coefficients = columns.origin + scale * solved @ columns.back.T
    shifts = (coefficients - fit.coefficients) / fit.std_errors
    sizes = np.where(np.isnan(shifts), -1.0, np.abs(shifts)).max(axis=1)
    top = int(np.argmax(sizes))
    warnings = []
    if not usable.all():
        warnings.append(f"without {int(np.sum(~usable))} of the {held.size} groups a coefficient cannot be estimated")
    if sizes[top] > LARGE_SHIFT:
        warnings.append(f"without one group a coefficient moves by {sizes[top]:.1f} standard errors")
    return GroupInfluence(
        group=group,
        codes=held,
        coefficients=coefficients,
        shifts=shifts,
        undefined=int(np.sum(~usable)),
        largest_group=int(held[top]) if usable.any() else None,
        largest_shift=max(float(sizes[top]), 0.0),
        warnings=tuple(warnings),
    )


def _find_group(fit: MixedFit, group: str) -> RandomTerm:
    named = {term.group: term for term in fit.random}
    if group not in named:
        raise UsageError(Problem(what=f"names no grouping factor: {group}", column="group", allowed=", ".join(named)))
    chosen = named[group]
    for term in fit.random:
        if find_parents(term.codes, chosen.codes, levels=term.levels) is None:
            raise UsageError(
                Problem(
                    what=f"has groups that share effects of {term.group}, so that none can be left out alone",
                    column=f"group, {group}",
                    allowed="the coarsest factor of nested ones",
                )
            )
    return chosen
