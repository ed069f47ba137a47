"""The suppression plan: which populations of a study may be shown to its audience."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

from toolkit.core.errors import DisclosureError
from toolkit.core.provenance import hash_bytes
from toolkit.disclosure.audience import MIN_PEOPLE, Audience
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
    planned : bool
        False for the rule that holds where no plan was computed: strictest, and marked internal.
    """

    audience: Audience
    min_people: int
    shown: Mapping[str, bool]
    planned: bool = True

    def allows(self, population: str) -> bool:
        """Return whether figures of a population may be shown, given enough people behind each."""
        return self.shown.get(population, not self.planned)

    def to_json(self) -> str:
        """Return the plan as text that `from_json` reads; equal plans give equal text."""
        content = {"audience": self.audience, "min_people": self.min_people, "shown": dict(self.shown)}
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
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DisclosureError("the release plan handed to the notebook cannot be read") from error
        # A number or text in place of true or false would be taken for true, and open what is closed.
        if type(min_people) is not int or not all(isinstance(value, bool) for value in shown.values()):
            raise DisclosureError("the release plan handed to the notebook cannot be read")
        if audience not in get_args(Audience) or min_people < MIN_PEOPLE[audience]:
            raise DisclosureError("the release plan handed to the notebook is below the audience's minimum")
        return cls(audience=audience, min_people=min_people, shown=MappingProxyType(shown))


def plan_release(
    counts: Mapping[str, int], *, audience: Audience, internal_groups: Collection[str] = ()
) -> SuppressionPlan:
    """Decide for each population of a study whether the audience may see it.

    Parameters
    ----------
    counts : mapping of str to int
        Population -> linked people in it.
    audience : {"public", "partner", "internal"}
        Who reads the reports.
    internal_groups : collection of str
        Groups whose populations only internal reports may show, such as hosts: a host knows its trainees.

    Returns
    -------
    SuppressionPlan
        A population is shown when it has the audience's minimum of people: 10, or 5 for internal reports.

    Examples
    --------
    >>> plan = plan_release({"programme": 82, "country=se": 7}, audience="public")
    >>> plan.allows("programme"), plan.allows("country=se"), plan.allows("country=xx")
    (True, False, False)
    """
    least = MIN_PEOPLE[audience]
    kept = set() if audience == "internal" else set(internal_groups)
    return SuppressionPlan(
        audience=audience,
        min_people=least,
        shown=MappingProxyType(
            {name: count >= least and kept.isdisjoint(split_population(name)) for name, count in sorted(counts.items())}
        ),
    )


def strictest_plan() -> SuppressionPlan:
    """Return the rule for a notebook that was run without a plan: ten people, marked internal."""
    return SuppressionPlan(
        audience="internal",
        min_people=max(MIN_PEOPLE.values()),
        shown=MappingProxyType({}),
        planned=False,
    )
