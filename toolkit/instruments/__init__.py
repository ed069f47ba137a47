"""Floor 2: questionnaires as data: reading and checking them, languages, scales and score ranges."""

from __future__ import annotations

from toolkit.instruments.filling import fill_slot
from toolkit.instruments.gaps import Gap
from toolkit.instruments.labels import LANGUAGES, choice_lookup, fold_label, label_column
from toolkit.instruments.model import (
    CHOICE_TYPES,
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
from toolkit.instruments.parts import keep_part
from toolkit.instruments.slots import Norm, OfficialText, Slot, SlotItem, load_slot, load_slots
from toolkit.instruments.xlsform import load_instrument

__all__ = [
    "CHOICE_TYPES",
    "ITEM_TYPES",
    "LANGUAGES",
    "MISSING_REASONS",
    "ROLES",
    "Choice",
    "Gap",
    "Instrument",
    "Item",
    "ItemType",
    "MissingReason",
    "Norm",
    "OfficialText",
    "Role",
    "Scale",
    "Slot",
    "SlotItem",
    "choice_lookup",
    "fill_slot",
    "fold_label",
    "keep_part",
    "label_column",
    "load_instrument",
    "load_slot",
    "load_slots",
]
