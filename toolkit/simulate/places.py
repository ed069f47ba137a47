"""The shape of the programme: four countries, their hosts, and how many people each host takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """One country of the programme.

    Parameters
    ----------
    language : str
        Code of the language in which its people answer.
    time_zone : str
        Zone of the times in its exports.
    share : float
        Size compared with the other countries.
    level : float
        How far its people stand from the programme's level before, in latent units.
    """

    language: str
    time_zone: str
    share: float
    level: float


COUNTRIES: Mapping[str, Country] = MappingProxyType(
    {
        "uk": Country(language="en", time_zone="Europe/London", share=1.1, level=0.1),
        "it": Country(language="it", time_zone="Europe/Rome", share=1.0, level=0.0),
        "se": Country(language="sv", time_zone="Europe/Stockholm", share=0.9, level=-0.25),
        "ro": Country(language="ro", time_zone="Europe/Bucharest", share=1.0, level=0.1),
    }
)
HOST_SHARES = (1.4, 1.0, 0.7)
HOST_LEVEL_SD = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where each person is placed.

    Parameters
    ----------
    countries, hosts : ndarray of str
        Country and host of each person; a host is in one country.
    levels : ndarray of float
        Level of that country and host against the programme's, in latent units.
    """

    countries: npt.NDArray[np.object_]
    hosts: npt.NDArray[np.object_]
    levels: FloatArray


def place_people(people: int, hosts: int) -> Placing:
    """Place people with hosts; nothing here is left to chance.

    Parameters
    ----------
    people : int
        Number of people, at least `hosts`.
    hosts : int
        Number of hosts, at least one per country.

    Returns
    -------
    Placing
        Everyone, host by host. Hosts differ in size and level; the hosts of a country differ in level evenly
        around the country's.

    Raises
    ------
    UsageError
        Too few hosts or people.

    Examples
    --------
    >>> placing = place_people(8, 4)
    >>> list(placing.hosts)
    ['uk1', 'uk1', 'it1', 'it1', 'se1', 'se1', 'ro1', 'ro1']
    """
    log = ProblemLog()
    if hosts < len(COUNTRIES):
        log.add(f"{hosts} hosts are too few", column="hosts", allowed=f"{len(COUNTRIES)} or more")
    if people < hosts:
        log.add(f"{people} people are too few", column="people", allowed="at least one per host")
    log.raise_as(UsageError)
    codes = [code for code in COUNTRIES for _ in range(_hosts_in(code, hosts))]
    numbers = [number for code in COUNTRIES for number in range(_hosts_in(code, hosts))]
    weights = [
        COUNTRIES[code].share * _host_share(number) / sum(map(_host_share, range(_hosts_in(code, hosts))))
        for code, number in zip(codes, numbers, strict=True)
    ]
    sizes = 1 + _share_out(people - hosts, np.array(weights))
    levels = [
        COUNTRIES[code].level + HOST_LEVEL_SD * float(norm.ppf((number + 0.5) / _hosts_in(code, hosts)))
        for code, number in zip(codes, numbers, strict=True)
    ]
    names = [f"{code}{number + 1}" for code, number in zip(codes, numbers, strict=True)]
    return Placing(
        countries=np.repeat(np.array(codes, dtype=object), sizes),
        hosts=np.repeat(np.array(names, dtype=object), sizes),
        levels=np.repeat(np.array(levels), sizes),
    )


def _hosts_in(code: str, hosts: int) -> int:
    position = list(COUNTRIES).index(code)
    return hosts // len(COUNTRIES) + (position < hosts % len(COUNTRIES))


def _host_share(number: int) -> float:
    return HOST_SHARES[number % len(HOST_SHARES)]


def _share_out(total: int, weights: FloatArray) -> npt.NDArray[np.int64]:
    """Whole numbers that add up to `total`, as near to the weights as can be (largest remainders)."""
    exact = total * weights / weights.sum()
    whole: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - whole), kind="stable")[: total - int(whole.sum())]
    whole[rest] += 1
    return whole
