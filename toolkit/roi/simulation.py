"""Drawing: every line of every host many times over, summed as it goes, so that the whole is never held."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import Problem, UsageError
from toolkit.roi.distributions import draw_from_table
from toolkit.roi.model import HostingModel, View

DEFAULT_DRAWS = 10_000
MIN_DRAWS = 100
_BLOCKS = 8  # Fixed, so that the sums, and their rounding, are the same on any number of processors.


@dataclass(frozen=True, slots=True, kw_only=True)
class TermDraws:
    """Draws of every line's total in every group of hosts.

    Parameters
    ----------
    model : HostingModel
        What was drawn from.
    totals : mapping of str to array of float, (terms, draws)
        Group of hosts -> totals, without sign. Groups share no host.
    n_draws : int
        Draws.
    """

    model: HostingModel
    totals: Mapping[str, NDArray[np.float64]]
    n_draws: int

    def sum_groups(self, groups: Sequence[str]) -> NDArray[np.float64]:
        """Return the totals of several groups together, (terms, draws)."""
        whole = np.zeros((len(self.model.terms), self.n_draws))
        for group in groups:
            whole += self.totals[group]
        return whole

    def split(self, groups: Sequence[str], *, view: View) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return draws of cost and of benefit in one view, (draws,) each; see `split_costs`."""
        return split_costs(self.model, self.sum_groups(groups), view=view)


def split_costs(
    model: HostingModel, amounts: NDArray[np.float64], *, view: View
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return total cost and total benefit of one view.

    Parameters
    ----------
    model : HostingModel
        Whose lines they are.
    amounts : array of float, (terms, ...)
        Amounts without sign.
    view : {"host_cash", "host_economic", "social"}
        Which lines count.

    Returns
    -------
    cost, benefit : array of float
        In the cash view grants and subsidies are taken off the cost: they pay for it, and do not come of it.
    """
    shape = np.shape(amounts)[1:]
    cost, benefit = np.zeros(shape), np.zeros(shape)
    for term, amount in zip(model.terms, amounts, strict=True):
        if not term.counts_in(view):
            continue
        if term.direction == "cost":
            cost = cost + amount
        elif term.kind == "transfer":
            cost = cost - amount
        else:
            benefit = benefit + amount
    return cost, benefit


def simulate_hosting(
    model: HostingModel,
    *,
    by: Sequence[str] | None = None,
    n_draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    correlation: float | NDArray[np.float64] = 0.0,
) -> TermDraws:
    """Draw every uncertain figure of every host, and sum lines per draw and group.

    Parameters
    ----------
    model : HostingModel
        Hosts, drivers and lines.
    by : sequence of str, optional
        Group of each host, which share no host; the countries when left out.
    n_draws : int
        Draws, 100 or more.
    seed : int
        Seed, 0 or more. A host's draws depend on the seed and its code only, not on who else is there.
    correlation : float or array of float, (drivers, drivers)
        Correlation, on the normal scale, of the drivers within a host: one from 0 to below 1 for all pairs, or
        a matrix. Hosts are independent of each other.

    Returns
    -------
    TermDraws
        Totals; memory grows with groups, lines and draws, and not with hosts.

    Raises
    ------
    UsageError
        Too few draws, a negative seed, or a correlation that is none.

    Notes
    -----
    Gaussian copula: correlated standard normals are mapped to each driver's quantiles.
    """
    if n_draws < MIN_DRAWS or seed < 0:
        raise UsageError(
            Problem(what="too few draws, or a negative seed", allowed=f"{MIN_DRAWS} draws or more, seed 0 or more")
        )
    groups = tuple(model.countries if by is None else by)
    if len(groups) != len(model.hosts):
        raise UsageError(Problem(what="the groups are not one for each host", column="by"))
    root = _correlation_root(correlation, len(model.drivers))
    names = list(dict.fromkeys(groups))
    hosts = np.arange(len(model.hosts))
    blocks = [block for block in np.array_split(hosts, min(_BLOCKS, max(len(hosts), 1))) if len(block)]
    indexes = [model.driver_index(term) for term in model.terms]

    def run_block(block: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
        sums: dict[str, NDArray[np.float64]] = {}
        for host in block:
            total = sums.setdefault(groups[host], np.zeros((len(model.terms), n_draws)))
            _add_host(total, model, int(host), indexes, root, n_draws=n_draws, seed=seed)
        return sums

    with ThreadPoolExecutor(max_workers=min(len(blocks) or 1, os.cpu_count() or 1)) as pool:
        parts = list(pool.map(run_block, blocks))
    totals = {name: np.zeros((len(model.terms), n_draws)) for name in names}
    for part in parts:
        for name, amounts in part.items():
            totals[name] += amounts
    return TermDraws(model=model, totals=totals, n_draws=n_draws)


def _add_host(
    total: NDArray[np.float64],
    model: HostingModel,
    host: int,
    indexes: Sequence[list[int]],
    root: float | NDArray[np.float64],
    *,
    n_draws: int,
    seed: int,
) -> None:
    """Add one host's draws to its group's totals."""
    rng = _host_generator(model.hosts[host], seed)
    low, high = model.low[host], model.high[host]
    uncertain = [driver for driver in range(len(model.drivers)) if low[driver] < high[driver]]
    normals = rng.standard_normal((len(uncertain), n_draws), dtype=np.float32)
    if isinstance(root, np.ndarray):
        # Drivers that are known exactly take part in no draw: their rows and columns fall away.
        own = np.linalg.cholesky(_nearly(root[np.ix_(uncertain, uncertain)])).astype(np.float32)
        normals = own @ normals
    elif root > 0:
        shared = rng.standard_normal(n_draws, dtype=np.float32)
        normals *= np.float32((1 - root) ** 0.5)
        normals += np.float32(root**0.5) * shared
    drawn: dict[int, NDArray[np.float64]] = {
        driver: draw_from_table(model.distribution(host, driver).table(), normals[row])
        for row, driver in enumerate(uncertain)
    }
    for row, drivers in enumerate(indexes):
        constant = float(np.prod([model.mode[host, driver] for driver in drivers if driver not in drawn]))
        if constant == 0:
            continue
        factors = [drawn[driver] for driver in drivers if driver in drawn]
        if not factors:
            total[row] += constant
            continue
        amount = factors[0] * constant
        for factor in factors[1:]:
            amount *= factor
        total[row] += amount


def _host_generator(host: str, seed: int) -> np.random.Generator:
    words = np.frombuffer(hashlib.sha256(host.encode()).digest()[:16], dtype="<u4")
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, *words.tolist()])))


def _correlation_root(correlation: float | NDArray[np.float64], n: int) -> float | NDArray[np.float64]:
    if isinstance(correlation, int | float):
        if not 0 <= correlation < 1:
            raise UsageError(
                Problem(what="the correlation within a host is out of range", allowed="0 to below 1", mend="correct it")
            )
        return float(correlation)
    matrix = np.asarray(correlation, dtype=np.float64)
    fits = matrix.shape == (n, n) and np.allclose(matrix, matrix.T) and np.allclose(np.diag(matrix), 1)
    if not fits or np.linalg.eigvalsh(matrix).min() < -1e-9:
        raise UsageError(
            Problem(
                what="the correlations within a host are no correlation matrix of the drivers",
                allowed=f"{n} x {n}, symmetric, 1 on the diagonal, no negative eigenvalue",
                mend="correct the matrix",
            )
        )
    return matrix


def _nearly(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a matrix that a perfect correlation does not make impossible to factor."""
    return np.asarray(matrix + 1e-9 * np.eye(len(matrix)), dtype=np.float64)
