"""What of a cohort's answers is handed in: drop-out, newcomers, no consent, blank codes and cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from toolkit.instruments import Instrument, Item
from toolkit.stats.arrays import FloatArray

CONSENT, CODE, COUNTRY, HOST = "consent", "code", "country", "host"

STEEPNESS = 0.8
"""How strongly low ability before goes with drop-out (slope on the logit)."""

NEWCOMERS = 0.03
NO_CONSENT = 0.04
BLANK_CODES = 0.02
BLANKS = 0.02
DECLINED = 0.01
NO_TEXT = 0.25


def observe(
    answers: Mapping[str, pd.DataFrame],
    *,
    instrument: Instrument,
    ability: FloatArray,
    dropout: float,
    rng: np.random.Generator,
) -> dict[str, pd.DataFrame]:
    """Return what was handed in, by wave.

    Parameters
    ----------
    answers : mapping of str to DataFrame
        Wave -> complete answers, one row per person.
    instrument : Instrument
        The form; its first wave is the earlier one.
    ability : ndarray of float
        One value per person, even around 0: who stands low drops out more often.
    dropout : float
        Share of people expected not to answer the later wave, 0 to 0.5.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    dict of str to DataFrame
        Rows in order of arrival, labelled as in `answers`; missing cells where nothing was answered. A person
        who gives no consent hands in a row with that answer only, as the form ends there.

    Notes
    -----
    A person drops out with probability ``2 * dropout * expit(-STEEPNESS * ability)``; its mean is `dropout`.
    """
    n = len(ability)
    gone = rng.random(n) < 2 * dropout * expit(-STEEPNESS * ability)
    newcomer = ~gone & (rng.random(n) < NEWCOMERS)
    refused = rng.random(n) < NO_CONSENT
    there = dict(zip(instrument.waves, (~newcomer, ~gone), strict=True))
    observed = {}
    for wave in instrument.waves:
        frame = answers[wave].copy()
        for item in instrument.items_in_wave(wave):
            _lose_cells(frame, item, rng)
        frame.loc[refused, CONSENT] = "no"
        frame.loc[refused, [name for name in frame if name != CONSENT]] = None
        order = rng.permutation(n)
        observed[wave] = frame.iloc[order[there[wave][order]]]
    return observed


def _lose_cells(frame: pd.DataFrame, item: Item, rng: np.random.Generator) -> None:
    if item.name in (CONSENT, COUNTRY):
        return
    draw: npt.NDArray[np.float64] = rng.random(len(frame))
    blank = BLANK_CODES if item.name == CODE else NO_TEXT if item.role == "open" else BLANKS
    frame.loc[draw < blank, item.name] = None
    declining = [choice.name for choice in item.choices if choice.missing_reason == "declined"]
    if declining:
        frame.loc[(draw >= blank) & (draw < blank + DECLINED), item.name] = declining[0]
