"""The analysis plan: which outcomes are primary, fixed in advance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

Role = Literal["primary", "secondary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisPlan:
    """Outcomes by their role, and what was said of them in advance.

    Parameters
    ----------
    primary : tuple of str
        Scales the study rests on.
    secondary : tuple of str
        Scales that are reported as exploratory.
    families : tuple of tuple of str
        Primary outcomes that are tested together (Holm), each in one family; one family of all when empty.
    important : mapping of str to float
        Outcome -> smallest change that matters, in points of the scale, above 0.
    margins : mapping of str to float
        Outcome -> margin within which two scores count as equivalent, in points of the scale, above 0.
    frozen_on : date, optional
        Day the plan was frozen, before later answers existed; None where it was not.
    deviations : tuple of (str, str)
        What was changed since, and why.

    Examples
    --------
    >>> AnalysisPlan(primary=("work_competences",), secondary=("life_satisfaction",)).role("life_satisfaction")
    'secondary'
    """

    primary: tuple[str, ...]
    secondary: tuple[str, ...] = ()
    families: tuple[tuple[str, ...], ...] = ()
    important: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    margins: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    frozen_on: date | None = None
    deviations: tuple[tuple[str, str], ...] = ()

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Return every outcome, primary ones first, in the plan's order."""
        return self.primary + self.secondary

    def role(self, outcome: str) -> Role:
        """Return whether an outcome is primary or secondary."""
        return "primary" if outcome in self.primary else "secondary"

    def family(self, outcome: str) -> tuple[str, ...]:
        """Return the primary outcomes that are tested together with one of them."""
        return next((family for family in self.families if outcome in family), self.primary)
