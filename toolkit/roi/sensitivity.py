"""What the result hangs on: tornado, share of variance, break-even, one- and two-way tables, scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import Problem, UsageError
from toolkit.core.nearest import suggest_name
from toolkit.roi.model import HostingModel, View
from toolkit.roi.returns import Returns, compute_returns
from toolkit.roi.simulation import split_costs

LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverEffect:
    """What one driver does to the net benefit, all hosts together.

    Parameters
    ----------
    driver : str
        Its name.
    mean : float
        Mean over hosts of its expected value.
    net_low, net_high : float
        Expected net benefit with the driver at its 10th and at its 90th percentile in every host.
    variance_share : float
        Share of the variance of the net benefit that the driver explains alone, 0 to 1.
    break_even_factor : float or None
        By what the driver would have to be multiplied in every host for the net benefit to be zero; None
        where no multiple does it.
    break_even_reason : str
        Why there is none, or "".
    """

    driver: str
    mean: float
    net_low: float
    net_high: float
    variance_share: float
    break_even_factor: float | None
    break_even_reason: str


def analyse_drivers(
    model: HostingModel, *, view: View, shares: frozenset[str] = frozenset()
) -> tuple[DriverEffect, ...]:
    """Return the effect of every driver that matters in a view, the largest swing first.

    Parameters
    ----------
    model : HostingModel
        Hosts, drivers and lines.
    view : {"host_cash", "host_economic", "social"}
        Which lines count.
    shares : frozenset of str
        Drivers that are shares, and so cannot rise above 1.

    Returns
    -------
    tuple of DriverEffect
        Drivers that no counted line uses, or that are zero everywhere, are left out.

    Notes
    -----
    Every line is a product in which a driver stands once, so the net benefit is linear in each driver:
    ``N(k) = N + (k - 1) sum_h b_h m_h``, with slopes ``b_h`` at the other drivers' means ``m_h``; break-even is
    ``k = 1 - N / sum_h b_h m_h``. The share of variance is the first-order index
    ``sum_h b_h^2 v_h / Var(N)``, drivers and hosts independent (Saltelli and others, 2008, chapter 1).
    """
    means, variances = model.driver_means(), model.driver_variances()
    slopes = driver_slopes(model, view=view)
    net = net_benefit(model, means, view=view)
    total_variance = net_variance(model, view=view)
    low, high = _percentiles(model)
    effects = []
    for place, name in enumerate(model.drivers):
        weight = slopes[:, place]
        if not np.any(weight * means[:, place]) and not np.any(weight**2 * variances[:, place]):
            continue
        factor, reason = _break_even(net, float(weight @ means[:, place]))
        if factor is not None and name in shares and factor * means[:, place].max() > 1:
            factor, reason = None, "a share would have to rise above 100%"
        effects.append(
            DriverEffect(
                driver=name,
                mean=float(means[[host != "" for host in model.hosts], place].mean()) if model.n_hosts else 0.0,
                net_low=net + float(weight @ (low[:, place] - means[:, place])),
                net_high=net + float(weight @ (high[:, place] - means[:, place])),
                variance_share=float(weight**2 @ variances[:, place]) / total_variance if total_variance else 0.0,
                break_even_factor=factor,
                break_even_reason=reason,
            )
        )
    return tuple(sorted(effects, key=lambda effect: (-abs(effect.net_high - effect.net_low), effect.driver)))


def _break_even(net: float, leverage: float) -> tuple[float | None, str]:
    if leverage == 0:
        return None, "it changes nothing"
    factor = 1 - net / leverage
    if factor < 0:
        return None, "not even zero would do it"
    return factor, ""


def driver_slopes(model: HostingModel, *, view: View) -> NDArray[np.float64]:
    """Return the slope of every host's net benefit in every driver, at the means, (hosts, drivers)."""
    means = model.driver_means()
    slopes = np.zeros(means.shape)
    for term, sign in zip(model.terms, model.signs(view), strict=True):
        places = model.driver_index(term)
        for place in places:
            others = [other for other in places if other != place]
            slopes[:, place] += sign * np.prod(means[:, others], axis=1)
    return slopes


def net_benefit(model: HostingModel, values: NDArray[np.float64], *, view: View) -> float:
    """Return the net benefit of all hosts for given values of the drivers, (hosts, drivers)."""
    return float((model.term_values(values) @ model.signs(view)).sum())


def net_variance(model: HostingModel, *, view: View) -> float:
    """Return the variance of the net benefit of all hosts, drivers and hosts independent; exact.

    Notes
    -----
    ``Var(sum_t s_t P_t)`` with ``E[P_t P_u]`` the product of ``m^2 + v`` over drivers they share and of m over
    the others.
    """
    means, variances = model.driver_means(), model.driver_variances()
    squares = means**2 + variances
    counted = [(model.driver_index(term), sign) for term, sign in zip(model.terms, model.signs(view), strict=True)]
    counted = [(places, sign) for places, sign in counted if sign]
    total = np.zeros(len(model.hosts))
    for places, sign in counted:
        for others, other_sign in counted:
            both = [place for place in places if place in others]
            if not both:
                continue
            single = [place for place in {*places, *others} if place not in both]
            alone = np.prod(means[:, single], axis=1)
            total += (
                sign * other_sign * alone * (np.prod(squares[:, both], axis=1) - np.prod(means[:, both] ** 2, axis=1))
            )
    return float(total.sum())


def _percentiles(model: HostingModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = model.mode.copy(), model.mode.copy()
    wanted = np.asarray([LOW, HIGH])
    for host, driver in zip(*np.nonzero(model.low < model.high), strict=True):
        low[host, driver], high[host, driver] = model.distribution(int(host), int(driver)).quantile(wanted)
    return low, high


def vary_drivers(model: HostingModel, factors: Mapping[str, float], *, view: View) -> Returns:
    """Return the expected result with some drivers multiplied by a factor in every host.

    Parameters
    ----------
    model : HostingModel
        Hosts, drivers and lines.
    factors : mapping of str to float
        Driver -> factor, 0 or more.
    view : {"host_cash", "host_economic", "social"}
        Which lines count.

    Raises
    ------
    UsageError
        A driver is unknown or a factor below zero.
    """
    values = model.driver_means()
    for name, factor in factors.items():
        if name not in model.drivers:
            raise UsageError(
                Problem(
                    what=f"the driver {name!r} is unknown",
                    allowed=", ".join(model.drivers),
                    mend=suggest_name(name, model.drivers),
                )
            )
        if not factor >= 0:
            raise UsageError(Problem(what=f"the factor of {name} is below zero", allowed="0 or more"))
        values[:, model.drivers.index(name)] *= factor
    return _result(model, values, view)


def _result(model: HostingModel, values: NDArray[np.float64], view: View) -> Returns:
    cost, benefit = split_costs(model, model.term_values(values).sum(axis=0), view=view)
    return compute_returns([float(cost)], [float(benefit)])


def one_way_table(
    model: HostingModel, driver: str, *, factors: Sequence[float], view: View
) -> tuple[tuple[float, Returns], ...]:
    """Return the result for each multiple of one driver; see `vary_drivers`."""
    return tuple((factor, vary_drivers(model, {driver: factor}, view=view)) for factor in factors)


def two_way_table(
    model: HostingModel, drivers: tuple[str, str], *, factors: Sequence[float], view: View
) -> tuple[tuple[float, float, Returns], ...]:
    """Return the result for each pair of multiples of two drivers; see `vary_drivers`.

    Raises
    ------
    UsageError
        The two drivers are the same, or as in `vary_drivers`.
    """
    one, other = drivers
    if one == other:
        raise UsageError(Problem(what="a two-way table needs two drivers", column="drivers", allowed="two names"))
    return tuple(
        (first, second, vary_drivers(model, {one: first, other: second}, view=view))
        for first in factors
        for second in factors
    )


def compare_scenarios(model: HostingModel, *, view: View) -> tuple[tuple[str, Returns], ...]:
    """Return the result in four settings of all drivers at once.

    Returns
    -------
    tuple of (str, Returns)
        cautious: every driver at its less favourable 10th or 90th percentile; most_likely: at its mode;
        expected: at its mean; favourable: at the other percentile.
    """
    low, high = _percentiles(model)
    good = driver_slopes(model, view=view) >= 0
    return (
        ("cautious", _result(model, np.where(good, low, high), view)),
        ("most_likely", _result(model, model.mode, view)),
        ("expected", _result(model, model.driver_means(), view)),
        ("favourable", _result(model, np.where(good, high, low), view)),
    )
