"""What every estimate of the room carries: figures, how they were found, who was left out, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["ok", "undefined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSize:
    """A named effect size with its own interval; None stands where there is no result.

    Attributes
    ----------
    name : str
        Short name.
    definition : str
        What it is, in words or as a formula; a standardised one says what it is divided by.
    estimate, conf_low, conf_high : float or None
        Value and limits, in the units of `definition`.
    conf_level : float
        Level of the interval, 0 to 1.
    interval_method : str
        How the limits were found.
    reason : str
        Why there is no value or no interval; "" when there is one.
    """

    name: str
    definition: str
    estimate: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    conf_level: float = 0.95
    interval_method: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One figure with its uncertainty; None stands where there is no result.

    Attributes
    ----------
    name : str
        What was estimated, in words.
    reason : str
        "undefined, because ..." when there is no estimate or no test; "" otherwise.
    interval_reason : str
        Why there is an estimate without an interval; "" otherwise.
    estimate : float or None
        In the units of the outcome unless the class says otherwise.
    std_error : float or None
        Standard error of `estimate`.
    df, df_method : float or None, str
        Degrees of freedom and how they are counted.
    statistic, p_value, p_method : float or None, float or None, str
        Test statistic, its two-sided p unless the class says otherwise, and how p was found.
    conf_low, conf_high, conf_level, interval_method : float or None, float or None, float, str
        Interval, its level from 0 to 1, and how the limits were found.
    n : int
        Units that the figure rests on.
    n_missing : mapping of str to int
        Units set aside, by reason.
    effects : tuple of EffectSize
        Named effect sizes, each with its own interval.
    checks, warnings : tuple of str
        What was looked at; what a reader must know while the result stays valid.
    seed : int or None
        Seed of the random numbers; None where none were drawn.
    reference : str
        Formula and source.
    """

    name: str
    reason: str = ""
    interval_reason: str = ""
    estimate: float | None = None
    std_error: float | None = None
    df: float | None = None
    df_method: str = ""
    statistic: float | None = None
    p_value: float | None = None
    p_method: str = ""
    conf_low: float | None = None
    conf_high: float | None = None
    conf_level: float = 0.95
    interval_method: str = ""
    n: int
    n_missing: Mapping[str, int] = field(default_factory=dict)
    effects: tuple[EffectSize, ...] = ()
    checks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seed: int | None = None
    reference: str

    @property
    def status(self) -> Status:
        """Return "ok", or "undefined" when `reason` says why there is no result."""
        return "undefined" if self.reason else "ok"

    def effect(self, name: str) -> EffectSize:
        """Return the effect size of that name.

        Raises
        ------
        KeyError
            There is none of that name; the message lists those there are.
        """
        for found in self.effects:
            if found.name == name:
                return found
        raise KeyError(f"no effect size {name!r}; there are: {', '.join(each.name for each in self.effects)}")


def undefined(why: str) -> str:
    """Return the sentence that stands where a result does not exist.

    Examples
    --------
    >>> undefined("nobody has both values")
    'undefined, because nobody has both values'
    """
    return f"undefined, because {why}"
