"""The analysis plan: which outcomes are primary, fixed in advance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["primary", "secondary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisPlan:
    """Outcomes by their role.

    Parameters
    ----------
    primary : tuple of str
        Scales the study rests on; tested as one family (Holm).
    secondary : tuple of str
        Scales that are reported as exploratory.

    Examples
    --------
    >>> AnalysisPlan(primary=("work_competences",), secondary=("life_satisfaction",)).role("life_satisfaction")
    'secondary'
    """

    primary: tuple[str, ...]
    secondary: tuple[str, ...] = ()

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Return every outcome, primary ones first, in the plan's order."""
        return self.primary + self.secondary

    def role(self, outcome: str) -> Role:
        """Return whether an outcome is primary or secondary."""
        return "primary" if outcome in self.primary else "secondary"
