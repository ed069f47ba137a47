"""Frictionless Table Schema of a table with one column per question."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from toolkit.instruments.exports.form import answer_choices, choose_items, draft_banner, is_multiple, text_in
from toolkit.instruments.exports.gap_notes import describe_gaps
from toolkit.instruments.model import Instrument, Item
from toolkit.instruments.translations import DRAFT

_TYPES = {"integer": "integer", "decimal": "number", "date": "date"}


def to_table_schema(instrument: Instrument, *, wave: str = "") -> str:
    """Return the Table Schema of an instrument's answers, as JSON.

    Parameters
    ----------
    instrument : Instrument
        The form.
    wave : str
        One of its waves, or "" for a table that holds all waves.

    Returns
    -------
    str
        A field per question in the order of the form. Choices are stored by their codes, several of them with
        spaces between; their labels are in `categories`, which is ordered where the choices have scores.
        `missingValues` holds the empty cell and each code that stands for a missing answer in every list it
        is in. `translationStatus` says by language whether the wording is signed, and `gaps` where published
        scales can be put.

    Raises
    ------
    UsageError
        Where there is no such wave.

    Notes
    -----
    A question is `required` only if nobody can decline it, as a declined answer counts as missing. The key
    must be unique within one wave, so the table of all waves has no primary key.

    References
    ----------
    Data Package (v2), Table Schema, https://datapackage.org/standard/table-schema/

    Examples
    --------
    >>> item = Item(name="ls", type="integer", labels={"en": "Life"}, waves=("pre",), range_min=0.0,
    ...             range_max=10.0)
    >>> form = Instrument(name="tiny", version="1", titles={"en": "Tiny"}, languages=("en",), waves=("pre",),
    ...                   items=(item,), scales=(), sha256="")
    >>> json.loads(to_table_schema(form))["fields"][0]["constraints"]
    {'minimum': 0, 'maximum': 10}
    """
    items = [item for item in choose_items(instrument, wave=wave) if item.holds_answer]
    missing = _missing_codes(items)
    default = instrument.default_language
    schema: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "title": text_in(instrument.titles, default) or instrument.name,
        "fields": [_field(instrument, item, wave=wave, missing=missing) for item in items],
        "missingValues": ["", *missing],
        "translationStatus": {code: instrument.translation_status.get(code, DRAFT) for code in instrument.languages},
    }
    if instrument.draft_languages:
        schema["description"] = draft_banner(instrument)[default]
    if gaps := describe_gaps(instrument, wave=wave):
        schema["gaps"] = gaps
    keys = [item.name for item in items if item.role == "key"]
    if wave and keys:
        schema["primaryKey"] = keys
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _missing_codes(items: Sequence[Item]) -> list[str]:
    answers = {choice.name for item in items for choice in answer_choices(item)}
    reasons = dict.fromkeys(choice.name for item in items for choice in item.choices if choice.is_missing)
    return [code for code in reasons if code not in answers]


def _field(instrument: Instrument, item: Item, *, wave: str, missing: Sequence[str]) -> dict[str, Any]:
    default = instrument.default_language
    field: dict[str, Any] = {"name": item.name, "type": _TYPES.get(item.type, "string")}
    field["title"] = text_in(item.labels, default)
    if item.hints:
        field["description"] = text_in(item.hints, default)
    choices = [choice for choice in item.choices if choice.name not in missing]
    if choices and not is_multiple(item):
        field["categories"] = [{"value": each.name, "label": text_in(each.labels, default)} for each in choices]
        field["categoriesOrdered"] = all(choice.score is not None for choice in choices)
    constraints = _constraints(item, codes=[choice.name for choice in choices])
    everywhere = bool(wave) or item.waves == instrument.waves
    if item.required and everywhere and not item.relevant and not any(choice.is_missing for choice in item.choices):
        constraints["required"] = True
    if constraints:
        field["constraints"] = constraints
    field["labels"] = {code: text_in(item.labels, code) for code in instrument.languages}
    if item.scale:
        field["scale"] = item.scale
        field["reverse"] = item.reverse
    return field


def _constraints(item: Item, *, codes: Sequence[str]) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    if is_multiple(item):
        either = "|".join(re.escape(code) for code in codes)
        constraints["pattern"] = f"({either})( ({either}))*"
    elif codes:
        constraints["enum"] = list(codes)
    for name, limit in (("minimum", item.range_min), ("maximum", item.range_max)):
        if limit is not None:
            constraints[name] = int(limit) if limit.is_integer() else limit
    return constraints
