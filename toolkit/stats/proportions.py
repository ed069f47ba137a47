"""Shares of people and their difference between groups: Wilson, exact and Newcombe intervals."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_between, check_count, name_positions, read_floats
from toolkit.stats.results import Estimate, undefined

# Below this many people a share is told as a count, never as a percentage.
FEWEST_FOR_PERCENT = 10

WILSON = "Wilson (1927), J. Am. Stat. Assoc. 22, 209-212"
EXACT = "Clopper & Pearson (1934), Biometrika 26, 404-413"
REFERENCE = f"Wilson score interval; {WILSON}; exact interval, {EXACT}"
NEWCOMBE = (
    "difference of two shares, limits from the two Wilson intervals; Newcombe (1998), Stat. Med. 17, 873-890 "
    "(method 10)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(Estimate):
    """A share of people, 0 to 1.

    Attributes
    ----------
    count : int
        People with the status, of `n`.
    in_ten : str
        The share in words for readers: a count where there are few people, else "in 10 people".
    exact_low, exact_high : float or None
        Clopper-Pearson limits, which never cover too rarely.
    """

    count: int = 0
    in_ten: str = ""
    exact_low: float | None = None
    exact_high: float | None = None


def wilson_interval(count: int, n: int, *, conf_level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's limits for a share.

    Parameters
    ----------
    count : int
        People with the status, 0 to `n`.
    n : int
        People, 1 or more.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    tuple of float
        Lower and upper limit, 0 to 1; never of zero width.

    Raises
    ------
    UsageError
        Counts that are not whole, `count` above `n`, a level out of bounds.

    Notes
    -----
    ``(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)``.

    References
    ----------
    Wilson (1927). Probable inference, the law of succession, and statistical inference. J. Am. Stat. Assoc., 22,
    209-212.

    Examples
    --------
    >>> low, high = wilson_interval(0, 12)
    >>> low, round(high, 4)
    (0.0, 0.2425)
    """
    _check_counts(count, n, conf_level=conf_level)
    z = float(stats.norm.isf((1 - conf_level) / 2))
    share = count / n
    centre = share + z * z / (2 * n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At the ends the formula is 0 or 1 but for rounding.
    low = 0.0 if count == 0 else (centre - half) / scale
    high = 1.0 if count == n else (centre + half) / scale
    return low, high


def estimate_share(status: ArrayLike, *, conf_level: float = 0.95) -> Share:
    """Estimate the share of people with a status.

    Parameters
    ----------
    status : array_like
        1 for people with the status, 0 for those without; NaN is missing.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    Share
        The share with Wilson's interval, the exact limits and the words for it.

    Raises
    ------
    UsageError
        Values other than 0, 1 and NaN; a level out of bounds.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212; Clopper & Pearson (1934), Biometrika 26, 404-413.

    Examples
    --------
    >>> result = estimate_share([1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    >>> result.estimate, result.in_ten
    (0.25, '2 to 3 in 10 people')
    """
    log = ProblemLog()
    values = read_floats(status, name="status", ndim=1, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    check_binary(values, name="status", log=log)
    log.raise_as(UsageError)
    known = values[~np.isnan(values)]
    n, count = int(known.size), int(known.sum())
    missing = {"status missing": int(values.size - n)}
    if n == 0:
        return Share(
            name="share with the status",
            reason=undefined("nobody's status is known"),
            conf_level=conf_level,
            n=0,
            n_missing=missing,
            reference=REFERENCE,
        )
    low, high = wilson_interval(count, n, conf_level=conf_level)
    exact = stats.binomtest(count, n).proportion_ci(conf_level, method="exact")
    return Share(
        name="share with the status",
        estimate=count / n,
        std_error=sqrt(count * (n - count) / n**3),
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        interval_method="Wilson",
        n=n,
        n_missing=missing,
        count=count,
        in_ten=say_in_ten(count, n),
        exact_low=float(exact.low),
        exact_high=float(exact.high),
        checks=(f"known status: {n} of {values.size}",),
        warnings=(f"fewer than {FEWEST_FOR_PERCENT} people: told as a count",) if n < FEWEST_FOR_PERCENT else (),
        reference=REFERENCE,
    )


def say_in_ten(count: int, n: int) -> str:
    """Return a share in words: a count for few people, else how many in 10.

    Examples
    --------
    >>> say_in_ten(1, 3), say_in_ten(7, 10), say_in_ten(0, 12), say_in_ten(11, 12)
    ('1 of 3 people', '7 in 10 people', 'none of 12 people', 'more than 9 in 10 people')
    """
    if count == 0:
        return f"none of {n} people"
    if n < FEWEST_FOR_PERCENT:
        return f"{count} of {n} people"
    if count == n:
        return f"all {n} people"
    tenths = 10 * count / n
    if tenths < 1:
        return "fewer than 1 in 10 people"
    if tenths > 9:
        return "more than 9 in 10 people"
    nearest = round(tenths)
    if abs(tenths - nearest) <= 0.25:
        return f"{nearest} in 10 people" if abs(tenths - nearest) < 1e-9 else f"about {nearest} in 10 people"
    return f"{int(tenths)} to {int(tenths) + 1} in 10 people"


def compare_shares(treated: ArrayLike, control: ArrayLike, *, conf_level: float = 0.95) -> Estimate:
    """Estimate the difference of a share between two groups of people.

    Parameters
    ----------
    treated, control : array_like
        1 with the status, 0 without, one value per person of each group; NaN is missing.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    Estimate
        Share of treated minus share of control with Newcombe's interval and Fisher's exact p.

    Raises
    ------
    UsageError
        Values other than 0, 1 and NaN; a level out of bounds.

    References
    ----------
    Newcombe (1998). Interval estimation for the difference between independent proportions. Stat. Med., 17, 873-890.

    Examples
    --------
    >>> result = compare_shares([1, 1, 1, 0], [0, 0, 1, 0])
    >>> result.estimate, round(result.conf_low, 3), round(result.conf_high, 3)
    (0.5, -0.135, 0.789)
    """
    log = ProblemLog()
    groups = []
    for values, name in ((treated, "treated"), (control, "control")):
        read = read_floats(values, name=name, ndim=1, log=log)
        check_binary(read, name=name, log=log)
        groups.append(read)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    log.raise_as(UsageError)
    missing = {
        f"{name} missing": int(np.isnan(group).sum())
        for name, group in zip(("treated", "control"), groups, strict=True)
    }
    (a, n1), (b, n2) = ((int(np.nansum(group)), int(np.sum(~np.isnan(group)))) for group in groups)
    if n1 == 0 or n2 == 0:
        return Estimate(
            name="difference of shares",
            reason=undefined("a group has nobody whose status is known"),
            conf_level=conf_level,
            n=n1 + n2,
            n_missing=missing,
            reference=NEWCOMBE,
        )
    p1, p2 = a / n1, b / n2
    (low1, high1), (low2, high2) = (
        wilson_interval(count, size, conf_level=conf_level) for count, size in ((a, n1), (b, n2))
    )
    return Estimate(
        name="difference of shares",
        estimate=p1 - p2,
        std_error=sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2),
        p_value=float(stats.fisher_exact([[a, n1 - a], [b, n2 - b]]).pvalue),
        p_method="Fisher's exact test",
        conf_low=p1 - p2 - sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2),
        conf_high=p1 - p2 + sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2),
        conf_level=conf_level,
        interval_method="Newcombe, from Wilson limits",
        n=n1 + n2,
        n_missing=missing,
        checks=(f"treated {a} of {n1}, control {b} of {n2}",),
        reference=NEWCOMBE,
    )


def _check_counts(count: int, n: int, *, conf_level: float) -> None:
    log = ProblemLog()
    check_count(n, name="n", low=1, log=log)
    check_count(count, name="count", low=0, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    if not log.problems and count > n:
        log.add("is larger than n", column="count", allowed=f"0 to {n}")
    log.raise_as(UsageError)


def check_binary(values: FloatArray, *, name: str, log: ProblemLog) -> None:
    """Note in `log` values that are neither 0, 1 nor NaN."""
    strange = ~np.isnan(values) & (values != 0) & (values != 1)
    if values.ndim == 1 and strange.any():
        log.add(f"is neither 0 nor 1 at {name_positions(strange)}", column=name, allowed="0, 1, or NaN for missing")
