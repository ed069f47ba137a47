"""A part of an instrument: fewer items, fewer waves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from toolkit.core.errors import Problem, UsageError
from toolkit.core.nearest import suggest_name
from toolkit.instruments.model import Instrument


def keep_part(instrument: Instrument, *, items: Collection[str], waves: Collection[str]) -> Instrument:
    """Return an instrument that asks less.

    Parameters
    ----------
    instrument : Instrument
        The whole.
    items : collection of str
        Names of the items to keep; notes, groups and the other items go. A scale is kept if all of its items are.
    waves : collection of str
        Waves to keep.

    Returns
    -------
    Instrument
        Items and waves in the order of the whole; hash and version are those of the whole.

    Raises
    ------
    UsageError
        An unknown item or wave; or items that are part of a scale.

    Examples
    --------
    >>> from toolkit.core.shipped import shipped_path
    >>> from toolkit.instruments.xlsform import load_instrument
    >>> form = load_instrument(shipped_path("surveys", "instruments", "participant"))
    >>> part = keep_part(form, items=["code", "ls"], waves=["pre", "post"])
    >>> [scale.name for scale in part.scales], part.waves
    (['life_satisfaction'], ('pre', 'post'))
    """
    known = [item.name for item in instrument.items if item.holds_answer]
    problems = [
        Problem(what=f"instrument {instrument.name} has no {kind} called {name}", mend=suggest_name(name, allowed))
        for kind, names, allowed in (("item", items, known), ("wave", waves, instrument.waves))
        for name in names
        if name not in allowed
    ]
    kept = tuple(scale for scale in instrument.scales if set(scale.items) <= set(items))
    problems += [
        Problem(what="only a part of the scale would be kept", column=scale.name, allowed=", ".join(scale.items))
        for scale in instrument.scales
        if scale not in kept and set(scale.items) & set(items)
    ]
    if problems:
        raise UsageError(problems)
    return replace(
        instrument,
        waves=tuple(wave for wave in instrument.waves if wave in waves),
        items=tuple(
            replace(item, waves=tuple(wave for wave in item.waves if wave in waves))
            for item in instrument.items
            if item.holds_answer and item.name in items
        ),
        scales=kept,
        gaps=(),
    )
