"""The learning curve: what a participant gets done, week by week, compared with an experienced worker."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toolkit.core.errors import Problem, UsageError

CurveShape = Literal["linear", "levelling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurve:
    """Relative productivity from the first week to the last.

    Parameters
    ----------
    start, end : float
        Productivity in the first and in the last week, 0 to 1; may fall.
    weeks : int
        Weeks, 1 or more.
    shape : {"linear", "levelling"}
        linear: as much more each week. levelling: fast first, then slower (three time constants over the
        placement), reaching `end` in the last week.
    """

    start: float
    end: float
    weeks: int
    shape: CurveShape = "linear"

    def __post_init__(self) -> None:
        if not (0 <= self.start <= 1 and 0 <= self.end <= 1):
            raise UsageError(Problem(what="a relative productivity is out of range", allowed="0 to 1"))
        if self.weeks < 1:
            raise UsageError(Problem(what="the placement has no week", column="weeks", allowed="1 or more"))

    def by_week(self) -> NDArray[np.float64]:
        """Return the productivity of each week, (weeks,)."""
        if self.weeks == 1:
            return np.asarray([(self.start + self.end) / 2])
        way = np.linspace(0, 1, self.weeks)
        if self.shape == "levelling":
            way = -np.expm1(-3 * way) / -math.expm1(-3)
        return self.start + (self.end - self.start) * way

    def mean(self, hours: ArrayLike | None = None) -> float:
        """Return the mean over the weeks, weighted by hours where these differ.

        Parameters
        ----------
        hours : array_like of float, (weeks,), optional
            Hours of each week, 0 or more.

        Raises
        ------
        UsageError
            The hours are not one number for each week, or are below zero or all zero.

        Examples
        --------
        >>> LearningCurve(start=0.2, end=0.8, weeks=7).mean()
        0.5
        """
        weekly = self.by_week()
        if hours is None:
            return float(weekly.mean())
        weight = np.asarray(hours, dtype=np.float64)
        if weight.shape != weekly.shape or not (weight >= 0).all() or not weight.sum() > 0:
            raise UsageError(
                Problem(
                    what="the hours do not fit the weeks", column="hours", allowed=f"{self.weeks} numbers, 0 or more"
                )
            )
        return float(weekly @ weight / weight.sum())


def productive_contribution(
    *,
    hours: float,
    share_simple: float,
    share_skilled: float,
    productivity: float | LearningCurve,
    wage_simple: float,
    wage_skilled: float,
    share_needed: float = 1.0,
) -> float:
    """Return the value of the work a participant did that somebody else would have been paid for.

    Parameters
    ----------
    hours : float
        Hours present, 0 or more.
    share_simple, share_skilled : float
        Shares of these hours on simple and on skilled tasks; the rest is practice and worth nothing.
    productivity : float or LearningCurve
        In skilled tasks, compared with an experienced worker, 0 to 1, or its course over the weeks.
    wage_simple, wage_skilled : float
        Cost of one hour, with all charges, of whoever would do these tasks otherwise.
    share_needed : float
        Share of the tasks that would have been done at all, 0 to 1; 1 where the shares already mean these.

    Raises
    ------
    UsageError
        A share lies outside 0 to 1, the two together above 1, or hours or a wage below zero.

    Notes
    -----
    ``needed x hours x (simple x wage + skilled x productivity x wage)``.

    Examples
    --------
    >>> productive_contribution(hours=400, share_simple=0.5, share_skilled=0.25, productivity=0.6,
    ...                         wage_simple=14, wage_skilled=22)
    4120.0
    """
    level = productivity.mean() if isinstance(productivity, LearningCurve) else productivity
    shares = (share_simple, share_skilled, level, share_needed)
    if not all(0 <= share <= 1 for share in shares) or share_simple + share_skilled > 1 + 1e-9:
        raise UsageError(
            Problem(what="a share is out of range", allowed="0 to 1; simple and skilled tasks together up to 1")
        )
    if not (hours >= 0 and wage_simple >= 0 and wage_skilled >= 0):
        raise UsageError(Problem(what="hours or a wage are below zero", allowed="0 or more"))
    return share_needed * hours * (share_simple * wage_simple + share_skilled * level * wage_skilled)
