"""write_host_costs: the example's host cost forms, made anew from their seed."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from toolkit.core.errors import StorageError

CURRENCIES: Mapping[str, str] = MappingProxyType({"uk": "gbp", "it": "eur", "se": "sek", "ro": "ron"})
EUROS: Mapping[str, float] = MappingProxyType({"uk": 0.87, "it": 1.0, "se": 11.5, "ro": 4.95})
WAGES: Mapping[str, float] = MappingProxyType({"uk": 1.2, "it": 1.0, "se": 1.4, "ro": 0.45})
PRICE_YEAR = 2023
_HOURS = {"rec": 8, "adm": 5, "ind": 12, "sup": 30, "rev": 4}
_MONEY = {
    **{"allow": 240, "trav": 60, "insur": 25, "check": 15, "equip": 40, "mater": 20, "space": 30, "error": 20},
    **{"subs": 60, "grant": 90},
}
_WAGE = {"wsim": 15, "wskl": 22}
_SHARES = {"shsim": 35, "shskl": 25, "relpr": 50, "pext": 40}


def write_host_costs(path: Path, hosts: Sequence[tuple[str, str, int]], *, seed: int) -> None:
    """Write one export of the host cost form, a row for each host.

    Parameters
    ----------
    path : Path
        CSV file to write; its header holds the names of the items.
    hosts : sequence of (str, str, int)
        Code, country and number of participants of each host.
    seed : int
        Seed of all draws, 0 or more.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    rows = [_host_row(host, country, people, seed, place) for place, (host, country, people) in enumerate(hosts)]
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise StorageError(f"{path.name} cannot be written: {error.strerror}") from error


def _host_row(host: str, country: str, people: int, seed: int, place: int) -> dict[str, str]:
    rng = np.random.default_rng([seed, place])
    rate = EUROS[country] * WAGES[country]
    row = {
        **{"consent": "yes", "host": host, "country": country, "currency": CURRENCIES[country]},
        **{"priceyear": str(PRICE_YEAR), "nplace": str(people)},
    }
    for stem, hours in _HOURS.items():
        row |= _triple(f"{stem}hr", hours * people, rng, digits=0)
        row |= _triple(f"{stem}rt", 24 * rate, rng, digits=2)
    for stem, amount in _MONEY.items():
        row |= _triple(stem, amount * people * rate, rng, digits=0)
    row |= _triple("hours", 220 * people, rng, digits=0)
    for stem, share in _SHARES.items():
        row |= _triple(stem, share, rng, digits=0, most=100)
    for stem, wage in _WAGE.items():
        row |= _triple(stem, wage * rate, rng, digits=2)
    hired = int(rng.binomial(people, 0.15))
    row |= {"hiredl": str(hired), "hiredm": str(hired), "hiredh": str(hired), "hireds": "pay"}
    row |= _triple("rcost", 1400 * rate, rng, digits=0)
    return row | _triple("slow", 900 * rate, rng, digits=0)


def _triple(stem: str, middle: float, rng: np.random.Generator, *, digits: int, most: float = np.inf) -> dict[str, str]:
    mode = middle * float(rng.lognormal(0, 0.25))
    low, high = mode * (1 - float(rng.uniform(0.05, 0.25))), mode * (1 + float(rng.uniform(0.1, 0.5)))
    source = str(rng.choice(["pay", "est", "guess"], p=[0.3, 0.5, 0.2]))
    values = dict(zip("lmh", (min(each, most) for each in (low, mode, high)), strict=True))
    return {**{f"{stem}{letter}": f"{value:.{digits}f}" for letter, value in values.items()}, f"{stem}s": source}
