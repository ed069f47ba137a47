"""Tests and intervals of a mixed model's fixed effects and of contrasts of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import P_TOO_SMALL, FloatArray, check_between, read_floats
from toolkit.stats.mixed import MixedFit
from toolkit.stats.mixed_degrees import FixedInference, count_degrees

REFERENCES = {
    "satterthwaite": (
        "df = 2 v^2 / (g' A g); Fai & Cornelius (1996), J. Stat. Comput. Simul. 54, 363-378; agrees with R "
        "lmerTest 3.1-3"
    ),
    "kenward_roger": (
        "adjusted covariance and df of Kenward & Roger (1997), Biometrics 53, 983-997; agrees with R pbkrtest 0.5.2"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedEffect:
    """One fixed effect or contrast of a mixed model; None stands where there is no result.

    Attributes
    ----------
    name : str
        Coefficient or contrast.
    status : {"ok", "undefined"}
        Whether there is a test.
    reason : str
        Why not; "" when "ok".
    estimate, std_error : float
        In units of the outcome per unit of the column.
    df, df_method : float or None, str
        Degrees of freedom and how they are counted: "satterthwaite" or "kenward_roger".
    statistic, p_value : float or None
        t for an effect of zero, and its two-sided p.
    conf_low, conf_high : float or None
        Interval for the effect.
    conf_level : float
        Level of the interval, 0 to 1.
    standardised, standardised_low, standardised_high : float or None
        The effect and its limits in units of the total standard deviation, the square root of the sum of all
        intercept variances and the residual variance, which is taken as known.
    n : int
        Rows.
    n_groups : int
        Groups of the factor with the fewest.
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
    standardised: float | None
    standardised_low: float | None
    standardised_high: float | None
    n: int
    n_groups: int
    warnings: tuple[str, ...]
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JointTest:
    """An F test of several contrasts at once.

    Attributes
    ----------
    statistic : float
        F; by Kenward and Roger it is scaled.
    df_num, df_den : float
        Degrees of freedom.
    p_value : float
        Upper tail.
    mean_square, sum_squares : float
        F before scaling times the residual variance, and that times `df_num`.
    df_method : str
        "satterthwaite" or "kenward_roger".
    reference : str
        Formula and source.
    """

    statistic: float
    df_num: int
    df_den: float
    p_value: float
    mean_square: float
    sum_squares: float
    df_method: str
    reference: str


def estimate_effects(
    inference: FixedInference,
    contrasts: ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    conf_level: float = 0.95,
) -> tuple[FixedEffect, ...]:
    """Test each coefficient, or each contrast, against zero.

    Parameters
    ----------
    inference : FixedInference
        From `prepare_inference`.
    contrasts : array_like, shape (m, p), or None
        One contrast of the coefficients per row; None takes every coefficient.
    names : sequence of str or None
        Names of the contrasts.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    tuple of FixedEffect
        One per row of `contrasts`.

    Raises
    ------
    UsageError
        Contrasts of another width, a contrast of zeros, a level out of bounds.

    Examples
    --------
    >>> from toolkit.stats.mixed import fit_mixed
    >>> from toolkit.stats.mixed_degrees import prepare_inference
    >>> from toolkit.stats.mixed_terms import RandomTerm
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> fit = fit_mixed([1, 2, 4, 3, 6, 7], {"wave": [0, 1, 0, 1, 0, 1]}, random=[hosts])
    >>> wave = estimate_effects(prepare_inference(fit))[1]
    >>> round(wave.estimate, 4), round(wave.df, 4), round(wave.p_value, 4)
    (0.3333, 2.0, 0.6667)
    """
    fit = inference.fit
    problems = ProblemLog()
    check_between(conf_level, name="conf_level", low=0, high=1, log=problems)
    matrix = np.eye(len(fit.names)) if contrasts is None else _read_contrasts(contrasts, fit=fit, log=problems)
    labels = list(fit.names) if names is None and contrasts is None else list(names or [])
    labels = labels or [f"contrast {place + 1}" for place in range(matrix.shape[0])]
    if len(labels) != matrix.shape[0]:
        problems.add(f"holds {len(labels)} names", column="names", allowed=f"{matrix.shape[0]}, one per contrast")
    problems.raise_as(UsageError)
    return tuple(
        _test_one(inference, row, name=label, conf_level=conf_level) for row, label in zip(matrix, labels, strict=True)
    )


def _read_contrasts(contrasts: ArrayLike, *, fit: MixedFit, log: ProblemLog) -> FloatArray:
    matrix = read_floats(contrasts, name="contrasts", ndim=2, log=log)
    if not log.problems and matrix.shape[1] != len(fit.names):
        log.add(f"has {matrix.shape[1]} columns", column="contrasts", allowed=f"{len(fit.names)}, one per coefficient")
    elif not log.problems and (np.isnan(matrix).any() or not np.all(np.any(matrix != 0, axis=1))):
        log.add("holds a row of zeros or a missing value", column="contrasts", allowed="numbers, not all of them zero")
    return matrix


def _test_one(inference: FixedInference, contrast: FloatArray, *, name: str, conf_level: float) -> FixedEffect:
    fit = inference.fit
    scale = float(fit.engine.moments.columns.scale[-1])
    own = scale * (contrast @ fit.engine.moments.columns.back)
    estimate = float(contrast @ fit.coefficients)
    variance = float(own @ inference.adjusted @ own)
    df, _ = count_degrees(inference, own[None, :])
    usable = variance > 0 and df is not None and df > 0
    std_error = sqrt(max(variance, 0.0))
    total = sqrt(sum(part.variance for part in fit.variances if not part.other and part.name in {"(Intercept)", ""}))
    low = high = statistic = p_value = None
    warnings: list[str] = []
    if usable and df is not None:
        statistic = estimate / std_error
        half = float(stats.t.isf((1 - conf_level) / 2, df)) * std_error
        low, high = estimate - half, estimate + half
        p_value = min(1.0, 2 * float(stats.t.sf(abs(statistic), df)))
        warnings += [P_TOO_SMALL] if p_value == 0 else []
    return FixedEffect(
        name=name,
        status="ok" if usable else "undefined",
        reason="" if usable else "the groups are too few for degrees of freedom above zero",
        estimate=estimate,
        std_error=std_error,
        df=df if usable else None,
        df_method=inference.df_method,
        statistic=statistic,
        p_value=p_value,
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        standardised=estimate / total,
        standardised_low=None if low is None else low / total,
        standardised_high=None if high is None else high / total,
        n=fit.n,
        n_groups=min(fit.n_groups.values()),
        warnings=tuple(warnings),
        reference=REFERENCES[inference.df_method],
    )


def run_joint_test(inference: FixedInference, contrasts: ArrayLike) -> JointTest:
    """Test several contrasts at once by F.

    Parameters
    ----------
    inference : FixedInference
        From `prepare_inference`.
    contrasts : array_like, shape (m, p)
        Contrasts of the coefficients; repeated directions count once.

    Returns
    -------
    JointTest
        F, its degrees of freedom and p.

    Raises
    ------
    UsageError
        Contrasts of another width or of zeros only.

    References
    ----------
    Kuznetsova, A., Brockhoff, P. B. & Christensen, R. H. B. (2017). lmerTest package: tests in linear mixed
    effects models. Journal of Statistical Software, 82(13).

    Examples
    --------
    >>> from toolkit.stats.mixed import fit_mixed
    >>> from toolkit.stats.mixed_degrees import prepare_inference
    >>> from toolkit.stats.mixed_terms import RandomTerm
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> fit = fit_mixed([1, 2, 4, 3, 6, 7], {"wave": [0, 1, 0, 1, 0, 1]}, random=[hosts])
    >>> round(run_joint_test(prepare_inference(fit), [[0, 1]]).statistic, 4)
    0.25
    """
    fit = inference.fit
    problems = ProblemLog()
    matrix = _read_contrasts(contrasts, fit=fit, log=problems)
    problems.raise_as(UsageError)
    columns = fit.engine.moments.columns
    scale = float(columns.scale[-1])
    # An orthonormal basis of the contrasts' directions: repeated rows must not count twice.
    _, sizes, basis = np.linalg.svd(matrix, full_matrices=False)
    basis = basis[sizes > 1e-10 * sizes[0]]
    own, values = scale * basis @ columns.back, basis @ fit.coefficients
    q = basis.shape[0]
    plain_statistic = float(values @ np.linalg.solve(own @ inference.adjusted @ own.T, values)) / q
    df, scaling = count_degrees(inference, own)
    statistic, df = plain_statistic * scaling, inf if df is None else df
    return JointTest(
        statistic=statistic,
        df_num=q,
        df_den=df,
        p_value=float(stats.f.sf(statistic, q, df)),
        mean_square=plain_statistic * fit.sigma**2,
        sum_squares=plain_statistic * fit.sigma**2 * q,
        df_method=inference.df_method,
        reference=REFERENCES[inference.df_method],
    )
