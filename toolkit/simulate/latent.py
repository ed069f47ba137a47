"""How made-up people answer a scale, and the change that this implies exactly.

A person has an ability, each answer adds noise to it, and fixed cuts turn the sum into one of the ordered
answers. All of it is normal, so the mean of an answer follows from the normal distribution function and needs
no simulation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType

import numpy as np
from scipy.stats import norm

from toolkit.core.errors import UsageError
from toolkit.instruments import Instrument, Item, Scale
from toolkit.stats.arrays import FloatArray

ABILITY_SD = 0.7
"""Spread of abilities within a host, in latent units."""

NOISE_SD = 0.8
"""Spread of one answer around the ability, in latent units."""

RETEST = 0.7
"""Correlation of a person's ability before and after."""

SHARED = 0.3
"""Correlation of the abilities behind two scales."""

CUT_SPAN = 5.0
"""Latent distance over which the cuts are laid out evenly."""

EASE_SPAN = 0.5
"""Latent distance between the easiest and the hardest item of a scale."""


@dataclass(frozen=True, slots=True)
class ScaleModel:
    """Where people stand on a scale before, and how far they move.

    Parameters
    ----------
    level : float
        Mean ability before, in latent units; 0 is the middle of the scale.
    shift : float
        What the placement adds to every ability, in latent units.
    """

    level: float
    shift: float


SCALE_MODELS: Mapping[str, ScaleModel] = MappingProxyType(
    {
        "work_competences": ScaleModel(level=0.5, shift=0.35),
        "sector_knowledge": ScaleModel(level=-0.3, shift=0.8),
        "sector_intention": ScaleModel(level=0.1, shift=0.15),
        "life_satisfaction": ScaleModel(level=0.9, shift=0.0),
    }
)
OTHER_SCALE = ScaleModel(level=0.2, shift=0.3)


def model_scale(name: str) -> ScaleModel:
    """Return the model of a scale; scales that are not listed share one.

    Parameters
    ----------
    name : str
        Name of the scale.

    Examples
    --------
    >>> model_scale("life_satisfaction").shift
    0.0
    """
    return SCALE_MODELS.get(name, OTHER_SCALE)


def lay_cuts(item: Item) -> FloatArray:
    """Return the latent values at which the answer to an item goes up by one.

    Parameters
    ----------
    item : Item
        An item whose answers are whole numbers.

    Returns
    -------
    numpy.ndarray
        Ascending and even around 0; one cut fewer than there are answers.

    Raises
    ------
    UsageError
        The answers of the item carry no numbers.

    Examples
    --------
    >>> lay_cuts(Item(name="ls", type="integer", labels={}, waves=("pre",), range_min=1, range_max=5))
    array([-1.5, -0.5,  0.5,  1.5])
    """
    if item.score_range is None:
        raise UsageError(f"the answers to {item.name} carry no numbers, so it cannot be simulated in a scale")
    low, high = item.score_range
    steps = round(high - low)
    places: FloatArray = np.arange(1, steps + 1, dtype=np.float64) / (steps + 1) - 0.5
    return CUT_SPAN * places


def item_eases(n_items: int) -> FloatArray:
    """Return how much easier than the scale each of its items is, in latent units.

    Parameters
    ----------
    n_items : int
        Number of items of the scale.

    Examples
    --------
    >>> item_eases(3)
    array([ 0.25,  0.  , -0.25])
    """
    if n_items == 1:
        return np.zeros(1)
    return np.linspace(EASE_SPAN / 2, -EASE_SPAN / 2, n_items)


def expected_change(instrument: Instrument, scale_name: str, *, places: FloatArray) -> float:
    """Return the exact mean change that a scale score is expected to show.

    Parameters
    ----------
    instrument : Instrument
        The form.
    scale_name : str
        Name of one of its scales.
    places : ndarray of float
        One value per person, in latent units: how far the level of the person's country and host lies from
        that of the programme.

    Returns
    -------
    float
        Mean of post minus pre over these people, in points of the scale. A reversed item is answered on the
        mirrored side and turned back by the scoring, so it counts as the others do.

    Raises
    ------
    UsageError
        No such scale, or an item whose answers carry no numbers.

    Notes
    -----
    An item scored from a to b has the mean ``a + sum_k Phi((m - c_k) / s)``, with cuts ``c_1 .. c_(b - a)``,
    ``m`` the latent mean and ``s^2 = ABILITY_SD^2 + NOISE_SD^2``.

    Examples
    --------
    >>> item = Item(name="q", type="integer", labels={}, waves=("pre", "post"), scale="s", range_min=0,
    ...             range_max=1)
    >>> scale = Scale(name="s", labels={}, items=("q",), min_items=1, scoring="mean", better="higher",
    ...               licence="", source="")
    >>> form = Instrument(name="f", version="1", titles={}, languages=("en",), waves=("pre", "post"),
    ...                   items=(item,), scales=(scale,), sha256="")
    >>> round(expected_change(form, "s", places=np.zeros(1)), 4)
    0.1063
    """
    scale = instrument.scale(scale_name)
    model = model_scale(scale_name)
    where, people = np.unique(np.asarray(places, dtype=np.float64), return_counts=True)
    before = _mean_scores(instrument, scale, model.level + where)
    after = _mean_scores(instrument, scale, model.level + where + model.shift)
    return float(np.average(after - before, weights=people))


def _mean_scores(instrument: Instrument, scale: Scale, latent_means: FloatArray) -> FloatArray:
    """Mean score of the scale at each latent mean."""
    sd = sqrt(ABILITY_SD**2 + NOISE_SD**2)
    answers = []
    for name, ease in zip(scale.items, item_eases(len(scale.items)), strict=True):
        item = instrument.item(name)
        cuts = lay_cuts(item)
        low = item.score_range[0] if item.score_range else 0.0
        answers.append(low + norm.cdf((latent_means[:, np.newaxis] + ease - cuts) / sd).sum(axis=1))
    total: FloatArray = np.sum(answers, axis=0)
    return total if scale.scoring == "sum" else total / len(answers)
