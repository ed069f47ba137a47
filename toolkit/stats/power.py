"""Power, sample size and the smallest effect a design can see, for paired, two-arm and clustered designs."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, sqrt

from scipy import optimize, stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import check_between, check_count
from toolkit.stats.noncentral import noncentral_t_cdf

LARGEST_EFFECT = 1e3
LARGEST_N = 1e9


def paired_power(n: float, *, effect: float, alpha: float = 0.05) -> float:
    """Return the power of a two-sided paired t test.

    Parameters
    ----------
    n : float
        Complete pairs, 2 or more; a fraction only inside a search for n.
    effect : float
        True d_z: mean change over the SD of the changes.
    alpha : float
        Level of the test, above 0 and below 1.

    Returns
    -------
    float
        Probability to reject no change, 0 to 1.

    Raises
    ------
    UsageError
        A value out of bounds.

    Notes
    -----
    ``P(|T| > t(1 - alpha/2, n-1))`` with T noncentral t, noncentrality ``effect sqrt(n)``. Say before the study
    what it can see; power computed from the effect found says nothing beyond p.

    References
    ----------
    Cohen (1988). Statistical Power Analysis for the Behavioral Sciences, chapter 2. Erlbaum.

    Examples
    --------
    >>> round(paired_power(25, effect=0.5), 4)
    0.6697
    """
    _check(n=n, effect=effect, alpha=alpha)
    return _two_sided_power(effect * sqrt(n), n - 1, alpha=alpha)


def group_power(n_treated: float, n_control: float, *, effect: float, alpha: float = 0.05) -> float:
    """Return the power of a two-sided t test between two groups.

    Parameters
    ----------
    n_treated, n_control : float
        People in each group, 2 or more.
    effect : float
        True difference of means over the common SD.
    alpha : float
        Level of the test, above 0 and below 1.

    Returns
    -------
    float
        Probability to reject no difference, 0 to 1.

    Raises
    ------
    UsageError
        A value out of bounds.

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, chapter 2.

    Examples
    --------
    >>> round(group_power(20, 40, effect=0.6), 4)
    0.5771
    """
    _check(n=n_treated, effect=effect, alpha=alpha)
    _check(n=n_control, effect=effect, alpha=alpha)
    noncentrality = effect / sqrt(1 / n_treated + 1 / n_control)
    return _two_sided_power(noncentrality, n_treated + n_control - 2, alpha=alpha)


def pairs_needed(effect: float, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return how many complete pairs give a wanted power; round up.

    Parameters
    ----------
    effect : float
        d_z to be seen, other than zero.
    power : float
        Wanted power, above `alpha` and below 1.
    alpha : float
        Level of the test, above 0 and below 1.

    Returns
    -------
    float
        Pairs, not yet rounded up; 2 where even two pairs give that power.

    Raises
    ------
    UsageError
        A value out of bounds.

    Examples
    --------
    >>> round(pairs_needed(0.3), 2)
    89.15
    """
    _check_search(effect, power=power, alpha=alpha)
    return _solve_n(lambda n: paired_power(n, effect=effect, alpha=alpha) - power)


def group_size_needed(effect: float, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return how many people in each of two equal groups give a wanted power; round up.

    Parameters
    ----------
    effect : float
        Difference of means over the common SD, other than zero.
    power : float
        Wanted power, above `alpha` and below 1.
    alpha : float
        Level of the test, above 0 and below 1.

    Returns
    -------
    float
        People in each group, not yet rounded up; 2 where two give that power.

    Raises
    ------
    UsageError
        A value out of bounds.

    Examples
    --------
    >>> round(group_size_needed(0.5), 2)
    63.77
    """
    _check_search(effect, power=power, alpha=alpha)
    return _solve_n(lambda n: group_power(n, n, effect=effect, alpha=alpha) - power)


def smallest_paired_effect(n: int, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return the smallest d_z that a paired t test of `n` pairs sees with a wanted power.

    Parameters
    ----------
    n : int
        Complete pairs, 2 or more.
    power : float
        Wanted power, above `alpha` and below 1.
    alpha : float
        Level of the test, above 0 and below 1.

    Returns
    -------
    float
        d_z, above zero.

    Raises
    ------
    UsageError
        A value out of bounds.

    Examples
    --------
    >>> round(smallest_paired_effect(30), 4)
    0.5292
    """
    _check_search(1.0, power=power, alpha=alpha)
    _check(n=n, effect=1.0, alpha=alpha)
    return _solve_effect(lambda effect: paired_power(n, effect=effect, alpha=alpha) - power)


def smallest_group_effect(n_treated: int, n_control: int, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return the smallest standardised difference that two groups show with a wanted power.

    Parameters
    ----------
    n_treated, n_control : int
        People in each group, 2 or more.
    power : float
        Wanted power, above `alpha` and below 1.
    alpha : float
        Level of the test, above 0 and below 1.

    Returns
    -------
    float
        Difference of means over the common SD, above zero.

    Raises
    ------
    UsageError
        A value out of bounds.

    Examples
    --------
    >>> round(smallest_group_effect(64, 64), 3)
    0.499
    """
    _check_search(1.0, power=power, alpha=alpha)
    _check(n=min(n_treated, n_control), effect=1.0, alpha=alpha)
    return _solve_effect(lambda effect: group_power(n_treated, n_control, effect=effect, alpha=alpha) - power)


def design_effect(cluster_size: float, *, icc: float) -> float:
    """Return by how much clustering inflates the variance of a mean: ``1 + (m - 1) icc``.

    Parameters
    ----------
    cluster_size : float
        People per host, 1 or more.
    icc : float
        Intraclass correlation, 0 to 1.

    Returns
    -------
    float
        1 or more.

    Raises
    ------
    UsageError
        A value out of bounds.

    References
    ----------
    Kish (1965). Survey Sampling, section 5.4. Wiley.

    Examples
    --------
    >>> round(design_effect(10, icc=0.05), 2)
    1.45
    """
    log = ProblemLog()
    if cluster_size != 1:
        check_between(cluster_size, name="cluster_size", low=1, high=LARGEST_N, log=log)
    if icc not in (0, 1):
        check_between(icc, name="icc", low=0, high=1, log=log)
    log.raise_as(UsageError)
    return 1 + (cluster_size - 1) * icc


def smallest_clustered_effect(
    clusters_per_arm: int, cluster_size: float, *, icc: float, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Return the smallest standardised difference that whole hosts in two arms show with a wanted power.

    Parameters
    ----------
    clusters_per_arm : int
        Hosts in each arm, 2 or more.
    cluster_size : float
        People per host, 1 or more.
    icc : float
        Intraclass correlation of the outcome in hosts, 0 to 1.
    power : float
        Wanted power, above 0.5 and below 1.
    alpha : float
        Level of the two-sided test, above 0 and below 1.

    Returns
    -------
    float
        Difference of means over the total SD, above zero.

    Raises
    ------
    UsageError
        A value out of bounds.

    Notes
    -----
    ``(t(1 - alpha/2) + t(power)) sqrt(2 deff / (J m))`` with 2J - 2 degrees of freedom.

    References
    ----------
    Bloom (1995). Minimum detectable effects. Eval. Rev., 19, 547-556.

    Examples
    --------
    >>> round(smallest_clustered_effect(10, 10, icc=0.05), 4)
    0.5046
    """
    log = ProblemLog()
    check_count(clusters_per_arm, name="clusters_per_arm", low=2, log=log)
    check_between(power, name="power", low=0.5, high=1, log=log)
    check_between(alpha, name="alpha", low=0, high=1, log=log)
    log.raise_as(UsageError)
    df = 2 * clusters_per_arm - 2
    variance = 2 * design_effect(cluster_size, icc=icc) / (clusters_per_arm * cluster_size)
    return float(stats.t.isf(alpha / 2, df) + stats.t.ppf(power, df)) * sqrt(variance)


def round_up(n: float) -> int:
    """Return a sample size as whole people.

    Examples
    --------
    >>> round_up(63.7656)
    64
    """
    return ceil(n - 1e-9)


def _two_sided_power(noncentrality: float, df: float, *, alpha: float) -> float:
    critical = float(stats.t.isf(alpha / 2, df))
    above = noncentral_t_cdf(-critical, df, noncentrality=-noncentrality)
    return min(1.0, above + noncentral_t_cdf(-critical, df, noncentrality=noncentrality))


def _solve_n(excess: Callable[[float], float]) -> float:
    low, high = 2.0, 4.0
    if excess(low) >= 0:
        return low
    while excess(high) < 0:
        high *= 2
        if high > LARGEST_N:
            raise UsageError(f"more than {LARGEST_N:g} people would be needed. Allowed: a larger effect")
    return float(optimize.brentq(excess, high / 2 if high > 4 else low, high, xtol=1e-10, rtol=1e-13))


def _solve_effect(excess: Callable[[float], float]) -> float:
    high = 1.0
    while excess(high) < 0:
        high *= 2
    return float(optimize.brentq(excess, 1e-12, high, xtol=1e-12, rtol=1e-13))


def _check(*, n: float, effect: float, alpha: float) -> None:
    log = ProblemLog()
    if n != 2:
        check_between(n, name="n", low=2, high=LARGEST_N, log=log)
    check_between(effect, name="effect", low=-LARGEST_EFFECT, high=LARGEST_EFFECT, log=log)
    check_between(alpha, name="alpha", low=0, high=1, log=log)
    log.raise_as(UsageError)


def _check_search(effect: float, *, power: float, alpha: float) -> None:
    log = ProblemLog()
    check_between(abs(effect), name="effect", low=0, high=LARGEST_EFFECT, log=log)
    check_between(alpha, name="alpha", low=0, high=1, log=log)
    if not log.problems:
        check_between(power, name="power", low=alpha, high=1, log=log)
    log.raise_as(UsageError)
