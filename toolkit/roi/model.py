"""The hosting model: what each host reported, and the lines of cost and benefit it makes up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import Problem, UsageError
from toolkit.roi.distributions import (
    Distribution,
    Family,
    beta_from_moments,
    fixed,
    gamma_from_moments,
    lognormal_from_moments,
    pert,
)

Party = Literal["student", "host", "education", "society"]
Direction = Literal["cost", "benefit"]
Kind = Literal["cash", "in_kind", "transfer"]
View = Literal["host_cash", "host_economic", "social"]

VIEWS: tuple[View, ...] = ("host_cash", "host_economic", "social")
VIEW_MEANINGS: Mapping[View, str] = {
    "host_cash": "money that left the host's account less money that came in, grants and subsidies included; "
    "staff time, space and work done are left out",
    "host_economic": "everything hosting used up and gave back, at what it is worth to the host; grants and "
    "subsidies are left out",
    "social": "everything used up and given back by all parties; what one party pays to another (pay, allowances, "
    "grants) is left out, as it is nobody's net cost",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A line of cost or benefit: the product of what it is made of.

    Parameters
    ----------
    name : str
        Category, such as ``guidance``.
    party : {"student", "host", "education", "society"}
        Who bears or gains it.
    direction : {"cost", "benefit"}
        A grant is a benefit.
    kind : {"cash", "in_kind", "transfer"}
        Money spent on something; something used up or gained without money; money from one party to another.
    drivers : tuple of str
        Drivers whose product is the amount; each at most once.
    year : int
        Year in which it falls, the placement's being 0.
    """

    name: str
    party: Party
    direction: Direction
    kind: Kind
    drivers: tuple[str, ...]
    year: int = 0

    def counts_in(self, view: View) -> bool:
        """Return whether a view counts the line.

        Examples
        --------
        >>> grant = Term(name="grants", party="host", direction="benefit", kind="transfer", drivers=("grants",))
        >>> [view for view in VIEWS if grant.counts_in(view)]
        ['host_cash']
        """
        if view == "social":
            return self.kind != "transfer"
        if self.party != "host":
            return False
        if view == "host_cash":
            return self.kind != "in_kind"
        return not (self.kind == "transfer" and self.direction == "benefit")

    @property
    def sign(self) -> int:
        """Return +1 for a benefit and -1 for a cost."""
        return 1 if self.direction == "benefit" else -1


@dataclass(frozen=True, slots=True, kw_only=True)
class HostingModel:
    """What hosts reported, in one currency and price year.

    Parameters
    ----------
    hosts : tuple of str
        Codes of the hosts; "" for figures of the programme that belong to none.
    countries : tuple of str
        Country of each.
    drivers : tuple of str
        Names of the drivers.
    low, mode, high : array of float, (hosts, drivers)
        Reported ranges; hours, shares and numbers as they are, money in `currency`.
    families : mapping of str to str
        Driver -> family of its distribution; PERT where it is not named.
    terms : tuple of Term
        Lines that the drivers make up.
    participants, hours : array of float, (hosts,)
        Participants that the figures cover, and their hours present.
    currency : str
        Currency of all amounts.
    price_year : int
        Price year of all amounts.
    basis : tuple of str
        How amounts were restated, with the vintages of the tables, in words.
    """

    hosts: tuple[str, ...]
    countries: tuple[str, ...]
    drivers: tuple[str, ...]
    low: NDArray[np.float64]
    mode: NDArray[np.float64]
    high: NDArray[np.float64]
    terms: tuple[Term, ...]
    participants: NDArray[np.float64]
    hours: NDArray[np.float64]
    currency: str
    price_year: int
    families: Mapping[str, Family]
    basis: tuple[str, ...] = ()

    @property
    def n_hosts(self) -> int:
        """Return how many hosts reported."""
        return sum(host != "" for host in self.hosts)

    def keep(self, mask: Sequence[bool] | NDArray[np.bool_]) -> HostingModel:
        """Return the model of some of the hosts."""
        chosen = np.asarray(mask, dtype=bool)
        return replace(
            self,
            hosts=tuple(host for host, wanted in zip(self.hosts, chosen, strict=True) if wanted),
            countries=tuple(country for country, wanted in zip(self.countries, chosen, strict=True) if wanted),
            low=self.low[chosen],
            mode=self.mode[chosen],
            high=self.high[chosen],
            participants=self.participants[chosen],
            hours=self.hours[chosen],
        )

    def distribution(self, host: int, driver: int) -> Distribution:
        """Return what is known of one driver at one host."""
        return spread_range(
            (float(self.low[host, driver]), float(self.mode[host, driver]), float(self.high[host, driver])),
            family=self.families.get(self.drivers[driver], "pert"),
        )

    def driver_means(self) -> NDArray[np.float64]:
        """Return the mean of every driver at every host, (hosts, drivers)."""
        return self._moments()[0]

    def driver_variances(self) -> NDArray[np.float64]:
        """Return the variance of every driver at every host, (hosts, drivers)."""
        return self._moments()[1]

    def _moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        # All families are matched to the moments of the PERT range, so that these hold for each.
        means = (self.low + 4 * self.mode + self.high) / 6
        return means, (means - self.low) * (self.high - means) / 7

    def driver_index(self, term: Term) -> list[int]:
        """Return the places of a term's drivers."""
        return [self.drivers.index(name) for name in term.drivers]

    def term_values(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return every line's amount at every host for given values of the drivers.

        Parameters
        ----------
        values : array of float, (hosts, drivers)

        Returns
        -------
        array of float, (hosts, terms)
            Amounts without sign.
        """
        columns = [np.prod(values[:, self.driver_index(term)], axis=1) for term in self.terms]
        return np.column_stack(columns) if columns else np.zeros((len(values), 0))

    def expected(self) -> NDArray[np.float64]:
        """Return every line's expected amount at every host, drivers taken as independent, (hosts, terms)."""
        return self.term_values(self.driver_means())

    def signs(self, view: View) -> NDArray[np.float64]:
        """Return for each line +1, -1, or 0 where the view leaves it out."""
        return np.asarray([term.sign * term.counts_in(view) for term in self.terms], dtype=np.float64)


def spread_range(limits: tuple[float, float, float], *, family: Family = "pert") -> Distribution:
    """Return the distribution of a reported range; other families are matched to the range's mean and variance.

    Parameters
    ----------
    limits : tuple of float
        Lowest, most likely and highest value, in this order.
    family : {"pert", "beta", "gamma", "lognormal", "fixed"}
        Kind of distribution; beta for shares, gamma and lognormal for hours and costs.

    Raises
    ------
    UsageError
        The family is unknown, or cannot have these moments.

    Examples
    --------
    >>> round(spread_range((10, 20, 50), family="gamma").mean, 9) == round(pert((10, 20, 50)).mean, 9)
    True
    """
    range_ = pert(limits)
    if range_.family == "fixed" or family == "pert":
        return range_
    makers = {"beta": beta_from_moments, "gamma": gamma_from_moments, "lognormal": lognormal_from_moments}
    if family == "fixed":
        return fixed(range_.mean)
    if family not in makers:
        raise UsageError(
            Problem(what=f"the family {family!r} is unknown", column="family", allowed=f"pert, {', '.join(makers)}")
        )
    return makers[family](range_.mean, range_.variance**0.5)
