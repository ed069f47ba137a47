"""Reading array arguments: numbers only, the right shape, no infinity, every problem named at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toolkit.core.errors import ProblemLog, UsageError

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]

LARGEST_VALUE = 1e100
"""Largest size of an input value; squares of it, and sums of those, still fit a float."""

ZERO_VARIATION_SHARE = 1e-9
"""A standard deviation below this share of the scale range is rounding noise, not variation."""

ROUNDING_STEPS = 8
"""How many units in the last place of the largest value rounding may leave behind."""

P_TOO_SMALL = "the p value is too small for a computer number; report it as below a bound, not as 0"

# Whole numbers, floats, and objects such as None beside numbers; never text, dates or complex numbers.
NUMBER_KINDS = "biufO"

MAX_POSITIONS_NAMED = 10


def read_floats(values: ArrayLike, *, name: str, ndim: int, log: ProblemLog) -> FloatArray:
    """Return `values` as floats, NaN standing for a missing value; note in `log` what is wrong.

    Parameters
    ----------
    values : array_like
        Numbers. None and masked cells become NaN; text is refused.
    name : str
        Name of the argument, for the message.
    ndim : int
        Number of dimensions the argument must have.
    log : ProblemLog
        Gathers the problems; the caller raises them.

    Returns
    -------
    numpy.ndarray
        Float copy of `values`; an empty array of `ndim` dimensions when `values` cannot be used.

    Examples
    --------
    >>> read_floats([1, None, 3], name="pre", ndim=1, log=ProblemLog())
    array([ 1., nan,  3.])
    """
    unusable = np.empty((0,) * ndim)
    numbers = _to_floats(values)
    if numbers is None:
        log.add("holds something other than numbers", column=name, allowed="numbers; NaN for missing")
        return unusable
    if numbers.ndim != ndim:
        log.add(f"has {numbers.ndim} dimensions", column=name, allowed=f"{ndim}")
        return unusable
    too_large = np.abs(numbers) > LARGEST_VALUE
    if too_large.any():
        log.add(
            f"is infinite or too large at {name_positions(too_large)}",
            column=name,
            allowed=f"finite numbers up to {LARGEST_VALUE:g} in size; NaN for missing",
        )
        return unusable
    return numbers


def _to_floats(values: ArrayLike) -> FloatArray | None:
    """Return a float copy, or None when `values` are no numbers."""
    try:
        array = np.ma.asarray(values) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
        if array.dtype.kind not in NUMBER_KINDS:
            return None
        # A wider number may become infinite here; the caller reports that.
        with np.errstate(over="ignore"):
            numbers = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return np.array(np.ma.filled(numbers, np.nan), dtype=np.float64)


def name_positions(mask: BoolArray) -> str:
    """Return in words where `mask` is true, counted from 1; for two dimensions the rows.

    Examples
    --------
    >>> name_positions(np.array([False, True, True]))
    'positions 2, 3 (counted from 1)'
    """
    rows = mask if mask.ndim == 1 else mask.any(axis=1)
    places = np.flatnonzero(rows) + 1
    named = ", ".join(str(place) for place in places[:MAX_POSITIONS_NAMED])
    more = f" and {places.size - MAX_POSITIONS_NAMED} more" if places.size > MAX_POSITIONS_NAMED else ""
    noun = ("position" if mask.ndim == 1 else "row") + ("s" if places.size > 1 else "")
    return f"{noun} {named}{more} (counted from 1)"


def check_between(value: float, *, name: str, low: float, high: float, log: ProblemLog) -> None:
    """Note in `log` a `value` that is no number strictly between `low` and `high`.

    Examples
    --------
    >>> log = ProblemLog()
    >>> check_between(95, name="conf_level", low=0, high=1, log=log)
    >>> print(log.problems[0])
    column conf_level: is not in range. Allowed: a number above 0 and below 1.
    """
    # A bool is an int to Python but never a level or a range.
    is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not is_number or not low < value < high:
        log.add("is not in range", column=name, allowed=f"a number above {low:g} and below {high:g}")


def largest_zero_sd(values: FloatArray, *, scale_range: float | None) -> float:
    """Return the standard deviation up to which differences of `values` count as not varying.

    Parameters
    ----------
    values : numpy.ndarray
        The measurements, without missing ones, in scale points.
    scale_range : float or None
        Highest minus lowest possible value, in scale points; None takes the observed range, or 1 when
        that is zero.

    Returns
    -------
    float
        In scale points.

    Notes
    -----
    ``max(1e-9 * range, 8 * eps * max|x|)``: the second part is what rounding of the values themselves can
    leave behind.

    Examples
    --------
    >>> largest_zero_sd(np.array([1.0, 5.0]), scale_range=4)
    4e-09
    """
    if values.size == 0:
        return 0.0
    observed = float(values.max() - values.min()) or 1.0
    rounding = ROUNDING_STEPS * float(np.finfo(np.float64).eps) * float(np.abs(values).max())
    return max(ZERO_VARIATION_SHARE * (scale_range or observed), rounding)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Complete pairs and how many rows were set aside.

    Attributes
    ----------
    first, second : numpy.ndarray
        Values of the complete pairs, in the order given.
    n_missing : mapping of str to int
        Rows set aside: "<first name> missing", "<second name> missing", "both missing".
    """

    first: FloatArray
    second: FloatArray
    n_missing: Mapping[str, int]


def read_pairs(
    first: ArrayLike, second: ArrayLike, *, names: tuple[str, str], conf_level: float | None = None
) -> Pairs:
    """Return the rows that have both values, and counts of the others by reason.

    Parameters
    ----------
    first, second : array_like
        One value of each per unit, in the same order; NaN is missing.
    names : tuple of str
        Names of the two arguments, for messages and counts.
    conf_level : float or None
        A level to check in the same go; None checks none.

    Returns
    -------
    Pairs
        The complete pairs.

    Raises
    ------
    UsageError
        Unequal lengths, not one-dimensional, not numbers, infinite values, a level out of bounds.

    Examples
    --------
    >>> read_pairs([1, 2, None], [2, None, None], names=("pre", "post")).n_missing
    {'pre missing': 0, 'post missing': 1, 'both missing': 1}
    """
    log = ProblemLog()
    left = read_floats(first, name=names[0], ndim=1, log=log)
    right = read_floats(second, name=names[1], ndim=1, log=log)
    if not log.problems and left.size != right.size:
        log.add(
            f"{names[0]} has {left.size} values and {names[1]} has {right.size}",
            column=", ".join(names),
            allowed="one value of each per unit, in the same order",
            mend="link the two first; mark a missing value as NaN",
        )
    if conf_level is not None:
        check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    log.raise_as(UsageError)
    no_left, no_right = np.isnan(left), np.isnan(right)
    complete = ~no_left & ~no_right
    return Pairs(
        first=left[complete],
        second=right[complete],
        n_missing={
            f"{names[0]} missing": int(np.sum(no_left & ~no_right)),
            f"{names[1]} missing": int(np.sum(no_right & ~no_left)),
            "both missing": int(np.sum(no_left & no_right)),
        },
    )


def check_choice(value: object, *, name: str, allowed: tuple[object, ...], log: ProblemLog) -> None:
    """Note in `log` a `value` that is none of `allowed`.

    Examples
    --------
    >>> log = ProblemLog()
    >>> check_choice("exakt", name="method", allowed=("exact", "monte carlo"), log=log)
    >>> print(log.problems[0])
    column method: is not one of the choices. Allowed: exact, monte carlo.
    """
    if value not in allowed:
        log.add("is not one of the choices", column=name, allowed=", ".join(str(each) for each in allowed))


def check_count(value: int, *, name: str, low: int, log: ProblemLog) -> None:
    """Note in `log` a `value` that is no whole number of at least `low`.

    Examples
    --------
    >>> log = ProblemLog()
    >>> check_count(0, name="n", low=1, log=log)
    >>> print(log.problems[0])
    column n: is no whole number in range. Allowed: a whole number of at least 1.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        log.add("is no whole number in range", column=name, allowed=f"a whole number of at least {low}")


FEWEST_DECIMALS = 6


def round_differences(values: FloatArray) -> FloatArray:
    """Return differences rounded so that floating-point noise breaks no tie.

    Notes
    -----
    Six decimals, or more for values so small that six would lose them: the last of nine significant digits
    of the largest one.

    Examples
    --------
    >>> round_differences(np.array([2.3 - 1.0, 3.3 - 2.0]))
    array([1.3, 1.3])
    """
    largest = float(np.abs(values).max()) if values.size else 0.0
    if largest == 0.0:
        return values + 0.0
    digits = max(FEWEST_DECIMALS, 8 - int(np.floor(np.log10(largest))))
    if digits > 300:
        return values + 0.0
    # Adding 0.0 turns a negative zero into a zero.
    return np.round(values, digits) + 0.0
