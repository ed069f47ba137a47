"""Columns of options that the form does not have and that nobody ticked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from toolkit.ingest.cells import clean_text
from toolkit.ingest.matching import ChoiceMatcher
from toolkit.ingest.table import Option
from toolkit.instruments import Instrument

Options = dict[str, tuple[Option, ...]]


def drop_unused(
    options: Mapping[str, Sequence[Option]], *, frame: pd.DataFrame, instrument: Instrument
) -> tuple[Options, frozenset[str]]:
    """Return the options without those that nobody ticked and that are no choice of the form, and their headers.

    A tool gives a column to every option that it knows: one for a missing-data code, one for a choice that was
    taken out before anybody saw it. What was ticked stays, and is refused later if the form does not have it.

    Parameters
    ----------
    options : mapping of str to sequence of Option
        Header of a question -> its columns.
    frame : DataFrame
        The answers.
    instrument : Instrument
        The form.
    """
    matchers = [ChoiceMatcher(item) for item in instrument.items if item.type == "select_multiple"]
    kept: Options = {}
    dropped = set()
    for base, group in options.items():
        unused = {
            option.header
            for option in group
            if not any(matcher.find_label(name) for matcher in matchers for name in option.names)
            and frame[option.header].map(clean_text).str.casefold().isin(option.unticked).all()
        }
        left = tuple(option for option in group if option.header not in unused)
        # A question of which no option is known stays whole: it may be another one than those of the form.
        kept[base] = left or tuple(group)
        dropped |= unused if left else set()
    return kept, frozenset(dropped)
