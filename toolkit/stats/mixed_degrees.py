"""Degrees of freedom of a mixed model's fixed effects: Satterthwaite, and Kenward and Roger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from toolkit.core.errors import UsageError
from toolkit.stats.arrays import FloatArray
from toolkit.stats.mixed import MixedFit
from toolkit.stats.mixed_likelihood import REAL_STEP, gradient_of, hessian_of, take_apart
from toolkit.stats.mixed_terms import Numbers, covariances, lower_positions

DfMethod: TypeAlias = Literal["auto", "satterthwaite", "kenward_roger"]

FEW_GROUPS = 30
"""Below this many groups the correction of Kenward and Roger to the standard error is worth its cost."""

POSITIVE = 1e-8
SAME_DF = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixedInference:
    """All that tests of a fit's fixed effects need, computed once.

    Attributes
    ----------
    fit : MixedFit
        The model.
    df_method : {"satterthwaite", "kenward_roger"}
        How degrees of freedom are counted.
    plain : numpy.ndarray, shape (p, p)
        Covariance of the scaled coefficients at the estimated variances.
    adjusted : numpy.ndarray, shape (p, p)
        The covariance that standard errors come from.
    slopes : numpy.ndarray, shape (k, p, p)
        Derivatives of the covariance (Satterthwaite) or of ``X'V^-1 X`` (Kenward-Roger) by the variances.
    weights : numpy.ndarray, shape (k, k)
        Covariance of the variance parameters.
    """

    fit: MixedFit
    df_method: Literal["satterthwaite", "kenward_roger"]
    plain: FloatArray
    adjusted: FloatArray
    slopes: FloatArray
    weights: FloatArray


def choose_df_method(fit: MixedFit, df_method: DfMethod) -> Literal["satterthwaite", "kenward_roger"]:
    """Return the method that "auto" stands for: Kenward-Roger by REML with fewer than 30 groups.

    Examples
    --------
    >>> from toolkit.stats.mixed import fit_mixed
    >>> from toolkit.stats.mixed_terms import RandomTerm
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> choose_df_method(fit_mixed([1, 2, 4, 3, 6, 7], {}, random=[hosts]), "auto")
    'kenward_roger'
    """
    if df_method not in get_args(DfMethod):
        raise UsageError(f"df_method is not known. Allowed: {', '.join(get_args(DfMethod))}")
    if df_method == "kenward_roger" and fit.method == "ml":
        raise UsageError("Kenward-Roger needs a fit by REML; this one is by ML. Allowed: method = 'reml'")
    if df_method == "auto":
        few = min(fit.n_groups.values()) < FEW_GROUPS
        return "kenward_roger" if few and fit.method == "reml" else "satterthwaite"
    return df_method


def prepare_inference(fit: MixedFit, *, df_method: DfMethod = "auto") -> FixedInference:
    """Compute what tests of a fit's fixed effects need.

    Parameters
    ----------
    fit : MixedFit
        The model.
    df_method : {"auto", "satterthwaite", "kenward_roger"}
        "auto" takes Kenward-Roger for a fit by REML with fewer than 30 groups in a factor.

    Returns
    -------
    FixedInference
        For `estimate_effects` and `run_joint_test`.

    Raises
    ------
    UsageError
        An unknown method, or Kenward-Roger for a fit by ML.

    Notes
    -----
    Satterthwaite: the covariance of (theta, sigma) is twice the inverse of the deviance's second derivatives,
    its directions without curvature left out. Kenward-Roger: first and second derivatives of ``X'V^-1 X`` and
    of ``log|V|`` by the variances give the matrices P and Q and the expected information.

    Examples
    --------
    >>> from toolkit.stats.mixed import fit_mixed
    >>> from toolkit.stats.mixed_terms import RandomTerm
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> fit = fit_mixed([1, 2, 4, 3, 6, 7], {"wave": [0, 1, 0, 1, 0, 1]}, random=[hosts])
    >>> prepare_inference(fit).df_method
    'kenward_roger'
    """
    chosen = choose_df_method(fit, df_method)
    return _satterthwaite(fit) if chosen == "satterthwaite" else _kenward_roger(fit)


def _relative_sigma(fit: MixedFit) -> float:
    return fit.sigma / float(fit.engine.moments.columns.scale[-1])


def _satterthwaite(fit: MixedFit) -> FixedInference:
    engine, sigma = fit.engine, _relative_sigma(fit)
    at = np.append(fit.optimum.theta, sigma)

    def deviance(values: Numbers) -> Any:
        pieces = take_apart(engine.moments, covariances(values[:-1], sizes=engine.sizes))
        own = values[-1] ** 2
        found = pieces.logdet + engine.df * np.log(2 * pi * own) + pieces.rss / own
        return found + pieces.logdet_fixed if engine.method == "reml" else found

    def information(values: Numbers) -> Numbers:
        psi = covariances(values[:-1], sizes=engine.sizes)
        return np.asarray(take_apart(engine.moments, psi).information / values[-1] ** 2)

    values, vectors = np.linalg.eigh(hessian_of(deviance, at))
    kept = values > POSITIVE * max(1.0, float(values[-1]))
    weights = 2 * (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    plain = np.linalg.inv(information(at))
    slopes = -plain @ gradient_of(information, at) @ plain
    return FixedInference(
        fit=fit, df_method="satterthwaite", plain=plain, adjusted=plain, slopes=slopes, weights=weights
    )


def _kenward_roger(fit: MixedFit) -> FixedInference:
    engine, sigma2 = fit.engine, _relative_sigma(fit) ** 2
    relative = covariances(fit.optimum.theta, sizes=engine.sizes)
    positions = [(term, row, column) for term, q in enumerate(engine.sizes) for row, column in lower_positions(q)]
    at = np.append([relative[term][row, column] for term, row, column in positions], 1.0) * sigma2
    steps = np.append(_covariance_steps(fit, positions, relative), REAL_STEP) * sigma2

    def unpack(values: Numbers) -> list[Numbers]:
        psi = [np.zeros((q, q), dtype=values.dtype) for q in engine.sizes]
        for value, (term, row, column) in zip(values[:-1] / values[-1], positions, strict=True):
            psi[term][row, column] = psi[term][column, row] = value
        return psi

    def both(values: Numbers) -> Numbers:
        logdet, cross = engine.moments.evaluate(unpack(values))
        total = logdet + fit.n * np.log(values[-1])
        return np.asarray(np.append((cross[:-1, :-1] / values[-1]).ravel(), total))

    p, k = len(fit.names), at.size
    first, second = gradient_of(both, at), hessian_of(both, at, steps=steps)
    slopes, bends = first[:, :-1].reshape(k, p, p), second[..., :-1].reshape(k, k, p, p) / 2
    plain = np.linalg.inv(both(at)[:-1].reshape(p, p))
    turned = plain @ slopes
    information = (
        -second[..., -1] - 2 * np.einsum("ij,rsji->rs", plain, bends) + np.einsum("rij,sji->rs", turned, turned)
    )
    weights = 2 * _invert(information)
    inner = np.einsum("rs,rsij->ij", weights, bends) - np.einsum("rs,rij,sjk->ik", weights, slopes, turned)
    adjusted = plain + 2 * plain @ inner @ plain
    return FixedInference(
        fit=fit,
        df_method="kenward_roger",
        plain=plain,
        adjusted=(adjusted + adjusted.T) / 2,
        slopes=slopes,
        weights=weights,
    )


def _invert(information: FloatArray) -> FloatArray:
    """Inverse on the scale of a unit diagonal, where a direction without information shows."""
    unit = np.sqrt(np.abs(np.diag(information)))
    scaled = np.linalg.pinv(information / np.outer(unit, unit), rcond=1e-10, hermitian=True)
    return np.asarray(scaled / np.outer(unit, unit))


def _covariance_steps(
    fit: MixedFit, positions: Sequence[tuple[int, int, int]], relative: Sequence[FloatArray]
) -> list[float]:
    """Return steps that keep V positive also where a variance is zero: a share of psi plus one over the group size."""
    found = []
    for term, row, column in positions:
        largest = float(np.bincount(fit.random[term].codes).max())
        sizes = [float(relative[term][place, place]) + 1 / largest for place in (row, column)]
        found.append(REAL_STEP * sqrt(sizes[0] * sizes[1]))
    return found


def count_degrees(inference: FixedInference, own: FloatArray) -> tuple[float | None, float]:
    """Return the degrees of freedom of contrasts, and what F is multiplied by.

    Parameters
    ----------
    inference : FixedInference
        From `prepare_inference`.
    own : numpy.ndarray, shape (q, p)
        Contrasts of the centred and scaled coefficients, linearly independent.

    Returns
    -------
    tuple of (float or None) and float
        None when there are none above zero.

    Examples
    --------
    >>> from toolkit.stats.mixed import fit_mixed
    >>> from toolkit.stats.mixed_terms import RandomTerm
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> fit = fit_mixed([1, 2, 4, 3, 6, 7], {}, random=[hosts])
    >>> round(count_degrees(prepare_inference(fit), np.eye(1))[0], 6)
    2.0
    """
    if inference.df_method == "satterthwaite":
        return _satterthwaite_df(inference, own), 1.0
    return _kenward_roger_df(inference, own)


def _satterthwaite_df(inference: FixedInference, own: FloatArray) -> float | None:
    values, vectors = np.linalg.eigh(own @ inference.adjusted @ own.T)
    q = own.shape[0]
    turned = vectors.T @ own
    slopes = np.einsum("qi,kij,qj->qk", turned, inference.slopes, turned)
    noise = np.einsum("qk,kl,ql->q", slopes, inference.weights, slopes)
    if np.any(noise <= 0):
        return None
    dfs = np.asarray(2 * values**2 / noise, dtype=np.float64)
    if q == 1 or float(np.ptp(dfs)) < SAME_DF * float(dfs.max()):
        return float(dfs.mean())
    if np.any(dfs <= 2):
        return 2.0
    expected = float(np.sum(dfs / (dfs - 2)))
    return float(2 * expected / (expected - q))


def _kenward_roger_df(inference: FixedInference, own: FloatArray) -> tuple[float | None, float]:
    """Count as Kenward and Roger (1997), section 3."""
    plain, q = inference.plain, own.shape[0]
    inner = own.T @ np.linalg.solve(own @ plain @ own.T, own)
    parts = inner @ plain @ inference.slopes @ plain
    traces = np.einsum("rii->r", parts)
    first = float(traces @ inference.weights @ traces)
    second = float(np.einsum("rs,rij,sji->", inference.weights, parts, parts))
    if second <= 0:
        return None, 1.0
    b = (first + 6 * second) / (2 * q)
    g = ((q + 1) * first - (q + 4) * second) / ((q + 2) * second)
    bottom = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / bottom, (q - g) / bottom, (q + 2 - g) / bottom
    v0, v1, v2 = 1 + c1 * b, 1 - c2 * b, 1 - c3 * b
    mean = 1 - second / q
    ratio = mean / v1 if abs(v1) > 1e-14 or abs(mean) > 1e-14 else 1.0
    rho = ratio**2 * (v0 if abs(v0) > 1e-10 else 0.0) / v2 / q
    df = 4 + (q + 2) / (q * rho - 1)
    scaling = 1.0 if abs(df - 2) < 1e-2 else df * mean / (df - 2)
    return df, scaling
