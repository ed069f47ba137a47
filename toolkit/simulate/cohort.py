"""simulate_cohort: made-up people in the shape of the programme, whose true change is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.instruments import Instrument, Item
from toolkit.simulate.latent import (
    ABILITY_SD,
    NOISE_SD,
    RETEST,
    SHARED,
    expected_change,
    item_eases,
    lay_cuts,
    model_scale,
)
from toolkit.simulate.observation import CODE, CONSENT, COUNTRY, HOST, observe
from toolkit.simulate.places import COUNTRIES, Placing, place_people
from toolkit.simulate.texts import open_answers
from toolkit.stats.arrays import FloatArray

Column: TypeAlias = "npt.NDArray[np.generic] | pd.api.extensions.ExtensionArray"

N_WAVES = 2
MAX_DROPOUT = 0.5
ANSWER_STREAM, OBSERVATION_STREAM = 0, 1

# Without O, 0, I and 1, which people mistake for one another when they copy a code.
CODE_SYMBOLS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 6
# Programs that guess types turn this code into the number 7426.
LEADING_ZEROS_CODE = "007426"

SHARES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "ageband": {"a16": 0.15, "a18": 0.40, "a21": 0.35, "a26": 0.10},
        "gender": {"woman": 0.55, "man": 0.42, "other": 0.03},
        "route": {"voc": 0.50, "he": 0.35, "other": 0.15},
        "prior": {"yes": 0.55, "no": 0.45},
        "neet": {"yes": 0.25, "no": 0.75},
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Made-up people, everything they would answer, and what of it was handed in.

    Parameters
    ----------
    people : DataFrame
        One row per person: code, country, host and the other items that are in no scale and asked once.
    answers : mapping of str to DataFrame
        Wave -> the cohort before drop-out: one row per person, one column per item of the wave (choice names,
        whole numbers, texts), nothing missing.
    observed : mapping of str to DataFrame
        Wave -> what was handed in, in order of arrival, with the row labels of `people`: no rows for those
        who did not answer the wave; missing cells where nothing was answered.
    truth : mapping of str to float
        Scale -> expected mean change of these people, in points of the scale, before drop-out.
    instrument : Instrument
        The form they answer.
    seed : int
        Seed of all draws.
    """

    people: pd.DataFrame
    answers: Mapping[str, pd.DataFrame]
    observed: Mapping[str, pd.DataFrame]
    truth: Mapping[str, float]
    instrument: Instrument
    seed: int


def simulate_cohort(
    instrument: Instrument, *, seed: int, people: int = 120, hosts: int = 12, dropout: float = 0.2
) -> Cohort:
    """Make up a cohort whose true change is known.

    Parameters
    ----------
    instrument : Instrument
        Form with two waves, the items consent, code, country and host, and at least one scale.
    seed : int
        Seed of all draws, 0 or more. Drop-out draws from a stream of its own, so that it leaves the answers
        as they are.
    people : int
        Number of people, at least `hosts`.
    hosts : int
        Number of hosts, at least one per country.
    dropout : float
        Share of people expected not to answer the later wave, 0 to 0.5.

    Returns
    -------
    Cohort
        The same for the same arguments.

    Raises
    ------
    UsageError
        Arguments out of range, or a form that does not fit.

    Notes
    -----
    Countries and hosts differ in level only; the placement adds the same to everyone's ability. People are
    independent of one another, so the paired t interval over the cohort before drop-out is honest. Drop-out
    is likelier for people with low ability before; see `toolkit.simulate.latent` for the answers.

    Examples
    --------
    >>> from toolkit.core.shipped import shipped_path
    >>> from toolkit.instruments import load_instrument
    >>> from toolkit.simulate import example_form
    >>> form = example_form(load_instrument(shipped_path("surveys", "instruments", "participant")))
    >>> cohort = simulate_cohort(form, seed=1)
    >>> len(cohort.people), cohort.people["host"].nunique(), cohort.truth["life_satisfaction"]
    (120, 12, 0.0)
    """
    _check_request(instrument, seed=seed, dropout=dropout)
    placing = place_people(people, hosts)
    rng = np.random.default_rng((seed, ANSWER_STREAM))
    columns = _draw_background(instrument, placing, rng)
    scaled, ability = _draw_scales(instrument, placing.levels, rng)
    answers = {
        wave: pd.DataFrame(
            {
                item.name: scaled[wave][item.name] if item.scale else columns[item.name]
                for item in instrument.items_in_wave(wave)
            }
        )
        for wave in instrument.waves
    }
    observed = observe(
        answers,
        instrument=instrument,
        ability=ability,
        dropout=dropout,
        rng=np.random.default_rng((seed, OBSERVATION_STREAM)),
    )
    once = [item.name for item in _answered(instrument) if not item.scale and item.name != CONSENT]
    return Cohort(
        people=pd.DataFrame({name: columns[name] for name in once}),
        answers=MappingProxyType(answers),
        observed=MappingProxyType(observed),
        truth=MappingProxyType(
            {scale.name: expected_change(instrument, scale.name, places=placing.levels) for scale in instrument.scales}
        ),
        instrument=instrument,
        seed=seed,
    )


def _answered(instrument: Instrument) -> list[Item]:
    return [item for item in instrument.items if item.holds_answer]


def _check_request(instrument: Instrument, *, seed: int, dropout: float) -> None:
    log = ProblemLog()
    if seed < 0:
        log.add("the seed is negative", column="seed", allowed="a whole number, 0 or more")
    if not 0 <= dropout <= MAX_DROPOUT:
        log.add(f"the share is {dropout:g}", column="dropout", allowed=f"0 to {MAX_DROPOUT:g}")
    if len(instrument.waves) != N_WAVES:
        log.add("the form does not have two waves", column="waves", allowed="an earlier and a later wave")
    items = {item.name: item for item in _answered(instrument)}
    for name, kind in ((CONSENT, "select_one"), (CODE, "text"), (COUNTRY, "select_one"), (HOST, "text")):
        if name not in items or items[name].type != kind or set(items[name].waves) != set(instrument.waves):
            log.add("the form lacks this item", column=name, allowed=f"{kind}, asked in both waves")
    if COUNTRY in items:
        lacking = set(COUNTRIES) - {choice.name for choice in items[COUNTRY].choices}
        for code in sorted(lacking):
            log.add("the form lacks a country of the programme", column=COUNTRY, allowed=code)
    for item in items.values():
        if item.scale and set(item.waves) != set(instrument.waves):
            log.add("an item of a scale is not asked in both waves", column=item.name)
        if not item.scale and item.type not in ("select_one", "text"):
            log.add(f"answers of type {item.type} are made up in scales only", column=item.name)
    log.raise_as(UsageError)


def _draw_background(
    instrument: Instrument, placing: Placing, rng: np.random.Generator
) -> dict[str, npt.NDArray[np.object_]]:
    """One column per item that is in no scale."""
    n = len(placing.hosts)
    columns = {
        CONSENT: np.full(n, "yes", dtype=object),
        CODE: _draw_codes(n, rng),
        COUNTRY: placing.countries,
        HOST: placing.hosts,
    }
    for item in _answered(instrument):
        if item.scale or item.name in columns:
            continue
        columns[item.name] = _draw_choices(item, n, rng) if item.choices else _draw_texts(item, placing.countries, rng)
    return columns


def _draw_codes(n: int, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    base = len(CODE_SYMBOLS)
    numbers = rng.choice(base**CODE_LENGTH, size=n, replace=False)
    digits = numbers[:, np.newaxis] // base ** np.arange(CODE_LENGTH) % base
    symbols = np.array(list(CODE_SYMBOLS))
    codes = np.array(["".join(row) for row in symbols[digits]], dtype=object)
    codes[0] = LEADING_ZEROS_CODE
    return codes


def _draw_choices(item: Item, n: int, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    names = [choice.name for choice in item.choices if not choice.is_missing]
    known = SHARES.get(item.name, {})
    shares = np.array([known.get(name, 0.0 if known else 1.0) for name in names])
    return np.array(names, dtype=object)[rng.choice(len(names), size=n, p=shares / shares.sum())]


def _draw_texts(item: Item, countries: npt.NDArray[np.object_], rng: np.random.Generator) -> npt.NDArray[np.object_]:
    draws = rng.random(len(countries))
    texts = np.empty(len(countries), dtype=object)
    for code, country in COUNTRIES.items():
        offered = np.array(open_answers(item.name, country.language), dtype=object)
        here = countries == code
        texts[here] = offered[(draws[here] * len(offered)).astype(np.int64)]
    return texts


def _draw_scales(
    instrument: Instrument, levels: FloatArray, rng: np.random.Generator
) -> tuple[dict[str, dict[str, Column]], FloatArray]:
    """Answers to the scale items by wave and item, and each person's mean ability before (0 is average)."""
    n = len(levels)
    answers: dict[str, dict[str, Column]] = {wave: {} for wave in instrument.waves}
    general = rng.standard_normal(n)
    abilities = [general]
    for scale in instrument.scales:
        model = model_scale(scale.name)
        before = np.sqrt(SHARED) * general + np.sqrt(1 - SHARED) * rng.standard_normal(n)
        after = RETEST * before + np.sqrt(1 - RETEST**2) * rng.standard_normal(n)
        abilities.append(before)
        for wave, ability, move in zip(instrument.waves, (before, after), (0.0, model.shift), strict=True):
            person = model.level + levels + move + ABILITY_SD * ability
            for name, ease in zip(scale.items, item_eases(len(scale.items)), strict=True):
                latent = person + ease + NOISE_SD * rng.standard_normal(n)
                answers[wave][name] = _cut_answers(instrument.item(name), latent)
    return answers, np.mean(abilities, axis=0)


def _cut_answers(item: Item, latent: FloatArray) -> Column:
    """Choice names or whole numbers of latent values; a reversed item is answered on the mirrored side."""
    cuts = lay_cuts(item)
    steps = np.searchsorted(cuts, latent)
    if item.reverse:
        steps = len(cuts) - steps
    if item.choices:
        scored = [choice for choice in item.choices if choice.score is not None and not choice.is_missing]
        scored.sort(key=lambda choice: choice.score or 0.0)
        return np.array([choice.name for choice in scored], dtype=object)[steps]
    low = item.score_range[0] if item.score_range else 0.0
    return pd.array(steps + round(low), dtype="Int64")
