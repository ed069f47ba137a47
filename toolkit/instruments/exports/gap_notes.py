"""What an export shows where a published scale can be put: which one, and where its official text is had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from toolkit.core.shipped import shipped_path
from toolkit.instruments.gaps import Gap
from toolkit.instruments.model import Instrument, Item
from toolkit.instruments.slots import Slot, load_slots

_ROOM: Mapping[str, str] = {
    "en": "GAP {name}: room for the {items} items of the {title}. Official text in English: {where}. "
    "Before use, put it in with sivsen instruments fill, or delete this note.",
    "it": "SPAZIO {name}: posto per i {items} item di {title}. Testo ufficiale in italiano: {where}. "
    "Prima dell'uso inseriscilo con sivsen instruments fill, oppure elimina questa nota.",
    "sv": "LUCKA {name}: plats för de {items} frågorna i {title}. Officiell text på svenska: {where}. "
    "Fyll luckan med sivsen instruments fill före användning, eller ta bort den här rutan.",
    "ro": "LOC LIBER {name}: spațiu pentru cei {items} itemi ai {title}. Textul oficial în română: {where}. "
    "Înainte de utilizare, completează-l cu sivsen instruments fill sau șterge această notă.",
}
_UNKNOWN: Mapping[str, str] = {
    "en": "GAP {name}: room for a published scale. Ask its owners for the official text in English.",
    "it": "SPAZIO {name}: posto per una scala pubblicata. Chiedi ai titolari il testo ufficiale in italiano.",
    "sv": "LUCKA {name}: plats för en publicerad skala. Be ägarna om den officiella texten på svenska.",
    "ro": "LOC LIBER {name}: spațiu pentru o scală publicată. Cere deținătorilor textul oficial în română.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GapNote(Item):
    """The note that stands in a gap.

    Parameters
    ----------
    gap : Gap
        The gap that it stands in.
    """

    gap: Gap


@cache
def known_slots() -> Mapping[str, Slot]:
    """Return the slots that come with the toolkit, by name."""
    slots = load_slots(shipped_path("surveys", "instruments", "slots"))
    return MappingProxyType({slot.name: slot for slot in slots})


def put_gap_notes(instrument: Instrument) -> tuple[Item, ...]:
    """Return the rows of a form with a note in each of its gaps.

    Parameters
    ----------
    instrument : Instrument
        The form.

    Returns
    -------
    tuple of Item
        Each note follows the item that the gap names, in the order of the gaps. In every language it names the
        scale and says where the official text in that language is had.

    Examples
    --------
    >>> item = Item(name="ls", type="integer", labels={"en": "Life"}, waves=("pre",))
    >>> form = Instrument(name="tiny", version="1", titles={"en": "Tiny"}, languages=("en",), waves=("pre",),
    ...                   items=(item,), scales=(), sha256="", gaps=(Gap(slot="gse", after="ls", waves=("pre",)),))
    >>> [row.name for row in put_gap_notes(form)]
    ['ls', 'gapgse']
    """
    taken = {item.name for item in instrument.items}
    rows: list[Item] = []
    for item in instrument.items:
        rows.append(item)
        for gap in instrument.gaps:
            if item.name and gap.after == item.name:
                rows.append(_make_note(gap, languages=instrument.languages, taken=taken))
    return tuple(rows)


def describe_gaps(instrument: Instrument, *, wave: str = "") -> list[dict[str, Any]]:
    """Return each gap of a wave as plain data: slot, title, items, place, waves, where the texts are had."""
    described = []
    for gap in (gap for gap in instrument.gaps if not wave or wave in gap.waves):
        slot = known_slots().get(gap.slot)
        described.append(
            {
                "slot": gap.slot,
                "title": slot.title if slot else gap.slot,
                "items": [item.name for item in slot.items] if slot else [],
                "after": gap.after,
                "waves": list(gap.waves),
                "officialText": {code: slot.official_texts[code].where for code in instrument.languages}
                if slot
                else {},
            }
        )
    return described


def _make_note(gap: Gap, *, languages: Iterable[str], taken: set[str]) -> GapNote:
    name = free_name(f"gap{gap.slot}", taken=taken)
    return GapNote(
        name=name,
        type="note",
        labels={code: _word(gap, known_slots().get(gap.slot), code) for code in languages},
        waves=gap.waves,
        gap=gap,
    )


def _word(gap: Gap, slot: Slot | None, language: str) -> str:
    if slot is None:
        return _UNKNOWN[language].format(name=gap.slot)
    where = slot.official_texts[language].where
    return _ROOM[language].format(name=gap.slot, items=len(slot.items), title=slot.title, where=where)


def free_name(name: str, *, taken: set[str]) -> str:
    """Return a name that nothing has yet, and take it."""
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}{number}"
    taken.add(free)
    return free
