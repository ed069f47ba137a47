"""Least squares with cluster-robust errors: CR0 to CR3, with degrees of freedom for few clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import P_TOO_SMALL, FloatArray, check_between
from toolkit.stats.groups import IntArray, grams_by_group, number_groups, sum_by_group
from toolkit.stats.mixed_columns import Columns, read_columns

Correction: TypeAlias = Literal["CR0", "CR1", "CR1S", "CR2", "CR3"]

DEPENDENT = 1e-12
"""A cluster that fixes a coefficient alone has a leverage of 1; beyond this it is taken out of the correction."""

FEW_DF = 4.0

REFERENCE = (
    "b +/- t(df) * se; CR2 of Bell & McCaffrey (2002), Surv. Methodol. 28, 169-181, with the Satterthwaite df of "
    "Pustejovsky & Tipton (2018), J. Bus. Econ. Stat. 36, 672-683; agrees with R clubSandwich 0.5.8"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustEffect:
    """One coefficient or contrast with its cluster-robust error; None stands where there is no result.

    Attributes
    ----------
    name : str
        Coefficient or contrast.
    status : {"ok", "undefined"}
        Whether there is an interval.
    reason : str
        Why not; "" when "ok".
    estimate, std_error : float
        In units of the outcome per unit of the column.
    df, df_method : float or None, str
        Degrees of freedom and how they are counted.
    statistic, p_value : float or None
        t for an effect of zero, and its two-sided p.
    conf_low, conf_high : float or None
        Interval for the effect.
    conf_level : float
        Level of the interval, 0 to 1.
    standardised, standardised_low, standardised_high : float
        The effect and its limits in units of the residual standard deviation, which is taken as known.
    n, n_clusters : int
        Rows and clusters.
    correction : str
        "CR0" to "CR3".
    warnings : tuple of str
        What a reader must know while the result stays valid.
    reference : str
        Formula and source.
    """

    name: str
    status: Literal["ok", "undefined"]
    reason: str
    estimate: float
    std_error: float
    df: float | None
    df_method: str
    statistic: float | None
    p_value: float | None
    conf_low: float | None
    conf_high: float | None
    conf_level: float
    standardised: float
    standardised_low: float | None
    standardised_high: float | None
    n: int
    n_clusters: int
    correction: str
    warnings: tuple[str, ...]
    reference: str = REFERENCE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusteredFit:
    """A least-squares fit and the sums by cluster that its robust errors are made of.

    Attributes
    ----------
    names : tuple of str
        Coefficients.
    coefficients : numpy.ndarray, shape (p,)
        Least squares, in units of the outcome per unit of the column.
    columns : Columns
        Centred and scaled columns; `inverse`, `grams` and `scores` are in their units.
    inverse : numpy.ndarray, shape (p, p)
        ``(X'X)^-1``.
    grams : numpy.ndarray, shape (m, p, p)
        ``X'X`` of each cluster.
    scores : numpy.ndarray, shape (m, p)
        ``X'e`` of each cluster.
    codes : numpy.ndarray, shape (n,)
        Cluster of each row.
    residual_sd : float
        With n - p degrees of freedom, in units of the outcome.
    n, n_clusters : int
        Rows and clusters.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    columns: Columns
    inverse: FloatArray
    grams: FloatArray
    scores: FloatArray
    codes: IntArray
    residual_sd: float
    n: int
    n_clusters: int


def fit_clustered(
    outcome: ArrayLike,
    fixed: Mapping[str, ArrayLike],
    *,
    cluster: ArrayLike,
    intercept: bool = True,
) -> ClusteredFit:
    """Fit by least squares and add up what cluster-robust errors need.

    Parameters
    ----------
    outcome : array_like, shape (n,)
        One value per row, complete.
    fixed : mapping of str to array_like
        Columns by name, without the intercept; complete.
    cluster : array_like, shape (n,)
        Cluster of each row, as numbers or text.
    intercept : bool
        Whether the model has an intercept.

    Returns
    -------
    ClusteredFit
        For `estimate_robust` and `bootstrap_wild`.

    Raises
    ------
    UsageError
        One cluster, fewer clusters than coefficients, missing values, unequal lengths, columns that do not vary
        or repeat each other.

    Examples
    --------
    >>> fit = fit_clustered([1, 2, 4, 3, 6, 8], {"wave": [0, 1, 0, 1, 0, 1]}, cluster=list("aabbcc"))
    >>> fit.coefficients.round(4).tolist(), fit.n_clusters
    ([3.6667, 0.6667], 3)
    """
    log = ProblemLog()
    columns = read_columns(outcome, fixed, intercept=intercept, log=log)
    codes, clusters = number_groups(cluster, name="cluster", n=columns.n, log=log)
    if not log.problems and clusters < 2:
        log.add(
            "holds one cluster: an interval over clusters has 0 degrees of freedom",
            column="cluster",
            allowed="two clusters or more",
            mend="report the result as of this one cluster only",
        )
    elif not log.problems and clusters < columns.p:
        log.add(
            f"holds {clusters} clusters for {columns.p} coefficients",
            column="cluster",
            allowed=f"{columns.p} clusters or more",
            mend="leave columns out of the model",
        )
    log.raise_as(UsageError)
    gram = columns.gram
    inverse = np.asarray(np.linalg.inv(gram[:-1, :-1]), dtype=np.float64)
    solved = inverse @ gram[:-1, -1]
    design = scaled_design(columns)
    residual = columns.combine(np.append(-solved, 1.0))
    scores = np.column_stack([sum_by_group(column * residual, codes, levels=clusters) for column in design.T])
    scale = float(columns.scale[-1])
    rss = float(np.dot(residual, residual))
    return ClusteredFit(
        names=columns.names,
        coefficients=columns.origin + scale * (columns.back @ solved),
        columns=columns,
        inverse=inverse,
        grams=grams_by_group(design, codes, levels=clusters),
        scores=scores,
        codes=codes,
        residual_sd=scale * sqrt(rss / (columns.n - columns.p)),
        n=columns.n,
        n_clusters=clusters,
    )


def scaled_design(columns: Columns) -> FloatArray:
    """Return the centred and scaled fixed columns as a matrix, shape (n, p).

    Examples
    --------
    >>> columns = read_columns([1, 2, 4], {"wave": [0, 1, 2]}, intercept=True, log=ProblemLog())
    >>> scaled_design(columns)[:, 1].round(4).tolist()
    [-1.2247, 0.0, 1.2247]
    """
    eye = np.eye(columns.p + 1)
    return np.column_stack([columns.combine(eye[place]) for place in range(columns.p)])


def estimate_robust(
    fit: ClusteredFit,
    contrasts: ArrayLike | None = None,
    *,
    names: tuple[str, ...] | None = None,
    correction: Correction = "CR2",
    conf_level: float = 0.95,
) -> tuple[RobustEffect, ...]:
    """Estimate coefficients or contrasts with cluster-robust errors and few-cluster degrees of freedom.

    Parameters
    ----------
    fit : ClusteredFit
        From `fit_clustered`.
    contrasts : array_like, shape (m, p), or None
        One contrast per row; None takes every coefficient.
    names : tuple of str or None
        Names of the contrasts.
    correction : {"CR0", "CR1", "CR1S", "CR2", "CR3"}
        CR2 is unbiased when rows are alike and independent; CR3 is close to the jackknife; CR1 scales by
        m / (m - 1) and CR1S as Stata does.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    tuple of RobustEffect
        One per contrast.

    Raises
    ------
    UsageError
        An unknown correction, contrasts of another width, a level out of bounds.

    Notes
    -----
    With ``H`` the leverage of a cluster's rows, CR2 multiplies its residuals by ``(I - H)^(-1/2)``. All is done
    on ``X'X`` and ``X'e`` of the clusters, so that its cost grows with clusters only.

    References
    ----------
    Pustejovsky, J. E. & Tipton, E. (2018). Small-sample methods for cluster-robust variance estimation and
    hypothesis testing in fixed effects models. Journal of Business & Economic Statistics, 36, 672-683.

    Examples
    --------
    >>> fit = fit_clustered([1, 2, 4, 3, 6, 8], {"wave": [0, 1, 0, 1, 0, 1]}, cluster=list("aabbcc"))
    >>> wave = estimate_robust(fit)[1]
    >>> round(wave.std_error, 4), round(wave.df, 4)
    (0.8819, 2.0)
    """
    log = ProblemLog()
    if correction not in get_args(Correction):
        log.add("is not known", column="correction", allowed=", ".join(get_args(Correction)))
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    p = len(fit.names)
    matrix = np.eye(p) if contrasts is None else np.asarray(contrasts, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != p or not np.isfinite(matrix).all():
        log.add(f"has the shape {matrix.shape}", column="contrasts", allowed=f"rows of {p} finite numbers")
    elif not np.all(np.any(matrix != 0, axis=1)):
        log.add("holds a row of zeros", column="contrasts", allowed="numbers, not all of them zero")
    labels = fit.names if contrasts is None else tuple(names or ())
    if not log.problems and contrasts is not None:
        labels = labels or tuple(f"contrast {place + 1}" for place in range(matrix.shape[0]))
        if len(labels) != matrix.shape[0]:
            log.add(f"holds {len(labels)} names", column="names", allowed=f"{matrix.shape[0]}, one per contrast")
    log.raise_as(UsageError)
    adjustments = _adjustments(fit, correction)
    return tuple(
        _estimate_one(fit, row, name=label, adjustments=adjustments, correction=correction, conf_level=conf_level)
        for row, label in zip(matrix, labels, strict=True)
    )


def _adjustments(fit: ClusteredFit, correction: Correction) -> FloatArray:
    """Matrix of each cluster that turns ``c`` into its adjusted row weights, shape (m, p, p)."""
    values, vectors = np.linalg.eigh(fit.inverse)
    root = (vectors * np.sqrt(values)) @ vectors.T
    if correction in {"CR0", "CR1", "CR1S"}:
        m, n, p = fit.n_clusters, fit.n, len(fit.names)
        factor = {"CR0": 1.0, "CR1": m / (m - 1), "CR1S": m * (n - 1) / ((m - 1) * (n - p))}[correction]
        return np.broadcast_to(sqrt(factor) * fit.inverse, fit.grams.shape)
    leverage, turned = np.linalg.eigh(root @ fit.grams @ root)
    free = 1 - leverage
    power = -0.5 if correction == "CR2" else -1.0
    factors = np.where(free > DEPENDENT, np.where(free > DEPENDENT, free, 1.0) ** power, 0.0)
    return np.asarray(root @ (turned * factors[:, None, :]) @ turned.transpose(0, 2, 1) @ root)


def _estimate_one(
    fit: ClusteredFit,
    contrast: FloatArray,
    *,
    name: str,
    adjustments: FloatArray,
    correction: Correction,
    conf_level: float,
) -> RobustEffect:
    scale = float(fit.columns.scale[-1])
    own = contrast @ fit.columns.back
    weights = adjustments @ own
    parts = np.einsum("mi,mi->m", weights, fit.scores)
    std_error = scale * sqrt(float(parts @ parts))
    df = _satterthwaite(fit, weights)
    estimate = float(contrast @ fit.coefficients)
    usable = std_error > DEPENDENT * fit.residual_sd * sqrt(float(own @ fit.inverse @ own)) and df is not None
    low = high = statistic = p_value = None
    warnings: list[str] = []
    if usable and df is not None:
        statistic = estimate / std_error
        half = float(stats.t.isf((1 - conf_level) / 2, df)) * std_error
        low, high = estimate - half, estimate + half
        p_value = min(1.0, 2 * float(stats.t.sf(abs(statistic), df)))
        warnings += [P_TOO_SMALL] if p_value == 0 else []
        if df < FEW_DF:
            warnings.append(
                f"{df:.1f} degrees of freedom: below {FEW_DF:g} the interval may be too narrow; see the wild bootstrap"
            )
    sd = fit.residual_sd
    return RobustEffect(
        name=name,
        status="ok" if usable else "undefined",
        reason="" if usable else "one cluster alone carries this effect: nothing to compare it with between clusters",
        estimate=estimate,
        std_error=std_error,
        df=df if usable else None,
        df_method="Satterthwaite, rows alike and independent",
        statistic=statistic,
        p_value=p_value,
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        standardised=estimate / sd,
        standardised_low=None if low is None else low / sd,
        standardised_high=None if high is None else high / sd,
        n=fit.n,
        n_clusters=fit.n_clusters,
        correction=correction,
        warnings=tuple(warnings),
    )


def _satterthwaite(fit: ClusteredFit, weights: FloatArray) -> float | None:
    """Squared trace over trace of square of the variance estimator's matrix, from p by p sums."""
    carried = np.einsum("mij,mj->mi", fit.grams, weights)
    own = np.einsum("mi,mi->m", weights, carried)
    lost = np.einsum("mi,ij,mj->m", carried, fit.inverse, carried)
    pooled = carried.T @ carried @ fit.inverse
    bottom = float(own @ own - 2 * own @ lost + np.trace(pooled @ pooled))
    top = float(own.sum() - lost.sum()) ** 2
    return top / bottom if bottom > DEPENDENT**2 * float(own @ own) and top > 0 else None
