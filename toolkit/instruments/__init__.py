"""Floor 2: questionnaires as data: reading and checking them, languages, scales and score ranges."""

from __future__ import annotations

from toolkit.instruments.labels import LANGUAGES, choice_lookup, fold_label, label_column
from toolkit.instruments.model import (
    ITEM_TYPES,
    MISSING_REASONS,
    ROLES,
    Choice,
    Instrument,
    Item,
    ItemType,
    MissingReason,
    Role,
    Scale,
)
from toolkit.instruments.xlsform import load_instrument

__all__ = [
    "ITEM_TYPES",
    "LANGUAGES",
    "MISSING_REASONS",
    "ROLES",
    "Choice",
    "Instrument",
    "Item",
    "ItemType",
    "MissingReason",
    "Role",
    "Scale",
    "choice_lookup",
    "fold_label",
    "label_column",
    "load_instrument",
]
