"""What the codebook says of each published scale that a form has room for."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.instruments import Gap, Instrument, Norm, Slot
from toolkit.instruments.exports.form import number_text
from toolkit.instruments.exports.gap_notes import known_slots

_SCORINGS = {"mean": "Mean of the items", "sum": "Sum of the items"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotText:
    """The outcome's name in one language, and where the official text in it is had."""

    language: str
    label: str
    where: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotCard:
    """One published scale as the codebook shows it; without texts and facts where the toolkit does not know it."""

    name: str
    title: str
    texts: tuple[SlotText, ...]
    facts: tuple[tuple[str, str], ...]
    referral: tuple[tuple[str, str], ...]


def make_slot_cards(instrument: Instrument) -> tuple[SlotCard, ...]:
    """Return a card for each gap of a form.

    Parameters
    ----------
    instrument : Instrument
        The form.

    Returns
    -------
    tuple of SlotCard
        In the order of the gaps: scoring, range, keying, fewest items, norms, important difference, reliability,
        licence, attribution, and where the official text in each language of the form is had.

    Examples
    --------
    >>> form = Instrument(name="tiny", version="1", titles={}, languages=("en",), waves=("pre",), items=(), scales=(),
    ...                   sha256="", gaps=(Gap(slot="who5", after="ls", waves=("pre",)),))
    >>> make_slot_cards(form)[0].facts[0]
    ('Scoring', 'Sum of the items, times 4; 0 to 100; higher is better')
    """
    cards = []
    for gap in instrument.gaps:
        slot = known_slots().get(gap.slot)
        cards.append(
            SlotCard(
                name=gap.slot,
                title=slot.title if slot else "A published scale that does not come with the toolkit",
                texts=_texts(slot, instrument) if slot else (),
                facts=(*(_facts(slot) if slot else ()), *_place(gap)),
                referral=tuple((code, slot.referral[code]) for code in instrument.languages)
                if slot and slot.referral
                else (),
            )
        )
    return tuple(cards)


def _texts(slot: Slot, instrument: Instrument) -> tuple[SlotText, ...]:
    return tuple(
        SlotText(
            language=code,
            label=slot.labels[code],
            where=slot.official_texts[code].where,
            note=slot.official_texts[code].note,
        )
        for code in instrument.languages
    )


def _facts(slot: Slot) -> tuple[tuple[str, str], ...]:
    reversed_items = ", ".join(item.name for item in slot.items if item.reverse)
    score_range = f"{number_text(slot.score_range[0])} to {number_text(slot.score_range[1])}"
    scoring = _SCORINGS[slot.scoring]
    if slot.metric:
        scoring += ", turned into a score by the owners' table"
    elif slot.factor != 1:
        scoring += f", times {number_text(slot.factor)}"
    facts = (
        ("Scoring", f"{scoring}; {score_range}; {slot.better} is better"),
        ("Items", f"{len(slot.items)}, each {slot.answer_min} to {slot.answer_max}; {slot.min_items} at least"),
        ("Reversed", reversed_items or "None"),
        ("Subscales", ", ".join(labels["en"] for labels in slot.subscales.values())),
        *(("Norm", _norm(norm)) for norm in slot.norms),
        ("Important difference", _difference(slot)),
        ("Reliability", _reliability(slot)),
        ("Licence", slot.licence),
        ("Attribution", slot.attribution),
        ("Notes", slot.notes),
        ("Table", "; ".join(f"{raw:g} = {score:.2f}" for raw, score in slot.metric.items())),
    )
    return tuple((name, text) for name, text in facts if text)


def _norm(norm: Norm) -> str:
    figures = [f"{name} {number_text(value)}" for name, value in (("mean", norm.mean), ("SD", norm.sd)) if value]
    people = f"{norm.n:,} people" if norm.n else ""
    doubt = "" if norm.checked else "figures to be checked in the source before use"
    words = ", ".join(filter(None, (norm.population, norm.year, people, *figures)))
    words = words[:1].upper() + words[1:]
    return "; ".join(filter(None, (words, f"source: {norm.source}", doubt)))


def _difference(slot: Slot) -> str:
    return f"{number_text(slot.mid)} points. {slot.mid_basis}" if slot.mid is not None else slot.mid_basis


def _reliability(slot: Slot) -> str:
    alpha = f"Alpha {number_text(slot.alpha)}; " if slot.alpha is not None else ""
    return f"{alpha}{slot.reliability_source}"


def _place(gap: Gap) -> tuple[tuple[str, str], ...]:
    return (("Place", f"After {gap.after}, in {', '.join(gap.waves)}"),)
