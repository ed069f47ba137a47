"""The suppression plan: which populations of a study may be shown to its audience."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import get_args

from toolkit.core.errors import DisclosureError
from toolkit.core.provenance import hash_bytes
from toolkit.disclosure.audience import MIN_PEOPLE, Audience
from toolkit.disclosure.suppression import choose_shown
from toolkit.evaluate import split_population


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionPlan:
    """Which populations may be shown, fixed before any report of a run is made.

    Parameters
    ----------
    audience : {"public", "partner", "internal"}
        Who reads the reports.
    min_people : int
        Smallest number of people a figure may rest on.
    shown : mapping of str to bool
        Population -> whether it may be shown at all. A population that is not listed may not.
    withheld : mapping of str to tuple of str
        Population -> outcomes whose change may not be shown of it, though the population itself may.
    planned : bool
        False for the rule that holds where no plan was computed: strictest, and marked internal.
    """

    audience: Audience
    min_people: int
    shown: Mapping[str, bool]
    withheld: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    planned: bool = True

    def allows(self, population: str, *, change_in: str = "") -> bool:
        """Return whether figures of a population may be shown, given enough people behind each.

        Parameters
        ----------
        population : str
            Whom the figures are about.
        change_in : str
            Outcome whose change they tell, if they tell one.
        """
        return self.shown.get(population, not self.planned) and change_in not in self.withheld.get(population, ())

    @property
    def exact(self) -> bool:
        """Return whether counts are given exactly and rows are named: in planned internal reports only."""
        return self.planned and self.audience == "internal"

    def to_json(self) -> str:
        """Return the plan as text that `from_json` reads; equal plans give equal text."""
        content = {
            "audience": self.audience,
            "min_people": self.min_people,
            "shown": dict(self.shown),
            "withheld": {population: list(outcomes) for population, outcomes in self.withheld.items()},
        }
        return json.dumps(content, sort_keys=True, ensure_ascii=False)

    @property
    def sha256(self) -> str:
        """Return the hash that names the plan."""
        return hash_bytes(self.to_json().encode())

    @classmethod
    def from_json(cls, text: str) -> SuppressionPlan:
        """Return the plan that `to_json` wrote.

        Raises
        ------
        DisclosureError
            The text is no plan, or allows groups below the audience's minimum.
        """
        try:
            content = json.loads(text)
            audience, min_people = content["audience"], content["min_people"]
            shown = dict(content["shown"].items())
            withheld = {name: tuple(outcomes) for name, outcomes in content["withheld"].items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DisclosureError("the release plan handed to the notebook cannot be read") from error
        # A number or text in place of true or false would be taken for true, and open what is closed.
        if type(min_people) is not int or not all(isinstance(value, bool) for value in shown.values()):
            raise DisclosureError("the release plan handed to the notebook cannot be read")
        if audience not in get_args(Audience) or min_people < MIN_PEOPLE[audience]:
            raise DisclosureError("the release plan handed to the notebook is below the audience's minimum")
        return cls(
            audience=audience,
            min_people=min_people,
            shown=MappingProxyType(shown),
            withheld=MappingProxyType(withheld),
        )


def plan_release(
    counts: Mapping[str, int],
    *,
    audience: Audience,
    outcome_counts: Mapping[str, Mapping[str, int]] = MappingProxyType({}),
    internal_groups: Collection[str] = (),
) -> SuppressionPlan:
    """Decide for each population of a study whether the audience may see it.

    Parameters
    ----------
    counts : mapping of str to int
        Population -> people who answered.
    audience : {"public", "partner", "internal"}
        Who reads the reports.
    outcome_counts : mapping of str to (mapping of str to int)
        Outcome -> population -> people whose change in it is known; the same populations as `counts`.
    internal_groups : collection of str
        Groups whose populations only internal reports may show, such as hosts: a host knows its trainees.

    Returns
    -------
    SuppressionPlan
        A population is shown when it has the audience's minimum of people, 10, or 5 for internal reports, and
        does not give away a smaller one (see `choose_shown`); of a shown population, the change in an outcome
        is withheld by the same rule.

    Examples
    --------
    >>> counts = {"programme": 82, "country=it": 40, "country=ro": 35, "country=se": 7}
    >>> plan = plan_release(counts, audience="public")
    >>> plan.allows("programme"), plan.allows("country=it"), plan.allows("country=ro"), plan.allows("country=se")
    (True, True, False, False)
    """
    least = MIN_PEOPLE[audience]
    kept = set() if audience == "internal" else set(internal_groups)
    closed = {name for name in counts if not kept.isdisjoint(split_population(name))}
    shown = choose_shown(counts, least=least, withheld=closed)
    withheld: dict[str, tuple[str, ...]] = {}
    hidden = {name for name, is_shown in shown.items() if not is_shown}
    for outcome, people in sorted(outcome_counts.items()):
        for name, is_shown in choose_shown(people, least=least, withheld=hidden).items():
            if shown.get(name) and not is_shown:
                withheld[name] = (*withheld.get(name, ()), outcome)
    return SuppressionPlan(
        audience=audience,
        min_people=least,
        shown=MappingProxyType(shown),
        withheld=MappingProxyType(dict(sorted(withheld.items()))),
    )


def strictest_plan() -> SuppressionPlan:
    """Return the rule for a notebook that was run without a plan: ten people, marked internal."""
    return SuppressionPlan(
        audience="internal",
        min_people=max(MIN_PEOPLE.values()),
        shown=MappingProxyType({}),
        planned=False,
    )
