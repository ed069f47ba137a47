"""A form as pages of questions and grids, for tools that have pages and grids but no nested groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

from toolkit.instruments.exports.form import choose_items
from toolkit.instruments.exports.gap_notes import GapNote
from toolkit.instruments.model import Instrument, Item

EACH_LINE: Mapping[str, str] = MappingProxyType(
    {
        "en": "Please answer on each line.",
        "it": "Rispondi in ogni riga.",
        "sv": "Svara på varje rad.",
        "ro": "Răspunde pe fiecare rând.",
    }
)
MIN_ROWS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Questions in a row that offer the same answers, under one heading.

    Parameters
    ----------
    name : str
        Name of the note that introduces the questions, or one that no item has.
    labels, hints : mapping of str to str
        Language code -> the note's text, or a general request.
    items : tuple of Item
        The questions; they share choices, waves, relevance, and whether an answer is required.
    """

    name: str
    labels: Mapping[str, str]
    hints: Mapping[str, str]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is shown together.

    Parameters
    ----------
    labels : mapping of str to str
        Language code -> heading: that of the group, else the title of the form.
    relevant : str
        XLSForm expression that decides whether the page is shown, or "".
    parts : tuple of Item or Grid
        Notes, questions and grids in order.
    """

    labels: Mapping[str, str]
    relevant: str
    parts: tuple[Item | Grid, ...]


def lay_out(instrument: Instrument, *, wave: str = "") -> tuple[Page, ...]:
    """Return the pages of a form.

    Parameters
    ----------
    instrument : Instrument
        The form.
    wave : str
        One of its waves, or "" for the questions of all waves.

    Returns
    -------
    tuple of Page
        A group is a page, and so is what stands between groups; a group inside a group comes after what stands
        before it. Questions of a scale that follow each other and offer the same answers form a grid, which
        takes the note right before it as its heading.

    Raises
    ------
    UsageError
        Where there is no such wave.

    Examples
    --------
    >>> ask = {"type": "integer", "labels": {"en": "How many?"}, "waves": ("pre",)}
    >>> form = Instrument(name="tiny", version="1", titles={"en": "Tiny"}, languages=("en",), waves=("pre",),
    ...                   items=(Item(name="h1", **ask),), scales=(), sha256="")
    >>> [(page.labels["en"], len(page.parts)) for page in lay_out(form)]
    [('Tiny', 1)]
    """
    taken = {item.name for item in instrument.items}
    return tuple(
        Page(
            labels=next((group.labels for group in reversed(groups) if group.labels), instrument.titles),
            relevant=join_conditions([group.relevant for group in groups]),
            parts=tuple(_find_grids(items, taken=taken)),
        )
        for groups, items in _split_pages(choose_items(instrument, wave=wave))
    )


def join_conditions(conditions: Sequence[str]) -> str:
    """Return one expression that holds where all of them do."""
    filled = [condition for condition in conditions if condition]
    return filled[0] if len(filled) == 1 else " and ".join(f"({condition})" for condition in filled)


def _split_pages(rows: Sequence[Item]) -> Iterator[tuple[tuple[Item, ...], list[Item]]]:
    groups: list[Item] = []
    held: list[Item] = []
    for item in rows:
        if item.type in ("begin_group", "end_group"):
            if held:
                yield tuple(groups), held
            held = []
            if item.type == "begin_group":
                groups.append(item)
            else:
                groups.pop()
        else:
            held.append(item)
    if held:
        yield tuple(groups), held


def _find_grids(items: Sequence[Item], *, taken: set[str]) -> Iterator[Item | Grid]:
    position = 0
    waiting: Item | None = None  # a note that may turn out to be the heading of a grid
    while position < len(items):
        item = items[position]
        run = [item]
        while position + len(run) < len(items) and _belong_together(item, items[position + len(run)]):
            run.append(items[position + len(run)])
        position += len(run)
        if len(run) < MIN_ROWS:
            if waiting is not None:
                yield waiting
            waiting = item if item.type == "note" else None
            if waiting is None:
                yield item
            continue
        heads = (
            waiting is not None
            and not isinstance(waiting, GapNote)
            and (waiting.waves, waiting.relevant) == (item.waves, item.relevant)
        )
        if waiting is not None and not heads:
            yield waiting
        yield _make_grid(run, heading=waiting if heads else None, taken=taken)
        waiting = None
    if waiting is not None:
        yield waiting


def _belong_together(first: Item, other: Item) -> bool:
    return (
        first.type == other.type == "select_one"
        and bool(first.scale)
        and bool(other.scale)
        and not first.hints
        and not other.hints
        and not (first.constraint or other.constraint)
        and first.choices == other.choices
        and (first.required, first.relevant, first.waves) == (other.required, other.relevant, other.waves)
    )


def _heads(note: Item | None, first: Item) -> bool:
    if note is None or isinstance(note, GapNote):
        return False
    return (note.waves, note.relevant) == (first.waves, first.relevant)


def _make_grid(run: Sequence[Item], *, heading: Item | None, taken: set[str]) -> Grid:
    if heading is not None:
        return Grid(name=heading.name, labels=heading.labels, hints=heading.hints, items=tuple(run))
    number = next(number for number in count(1) if f"grid{number}" not in taken)
    taken.add(f"grid{number}")
    return Grid(name=f"grid{number}", labels=EACH_LINE, hints={}, items=tuple(run))
