"""XLSForm workbook, for KoboToolbox, ODK Central and whatever else compiles it."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.instruments.exports.form import choose_items, describe_range, draft_banner, number_text, text_in
from toolkit.instruments.exports.gap_notes import free_name
from toolkit.instruments.labels import LANGUAGES, label_column
from toolkit.instruments.model import Instrument, Item

_STAMP = datetime.datetime(2000, 1, 1)
_ZIP_STAMP = (1980, 1, 1, 0, 0, 0)


def to_xlsform(instrument: Instrument, *, wave: str = "") -> bytes:
    """Return an instrument as an XLSForm workbook.

    Parameters
    ----------
    instrument : Instrument
        The form.
    wave : str
        One of its waves, or "" for the questions of all waves.

    Returns
    -------
    bytes
        An .xlsx with the sheets survey, choices and settings in all languages of the instrument. Every cell is
        text, so a label that starts with `=` stays a label. Equal instruments give equal bytes.

    Raises
    ------
    UsageError
        Where there is no such wave.

    Notes
    -----
    Only columns of XLSForm are written: scales, keying and scores stay in the instrument, since converters
    carry unknown columns of the choices into the form. The range of a number becomes its constraint, and a
    group becomes one screen. A note comes first while any language is a draft, and one stands in each gap.

    References
    ----------
    XLSForm specification, https://xlsform.org/en/

    Examples
    --------
    >>> item = Item(name="ls", type="integer", labels={"en": "Life"}, waves=("pre",))
    >>> form = Instrument(name="tiny", version="1", titles={"en": "Tiny"}, languages=("en",), waves=("pre",),
    ...                   items=(item,), scales=(), sha256="")
    >>> to_xlsform(form)[:2]
    b'PK'
    """
    items = (*_draft_note(instrument), *choose_items(instrument, wave=wave))
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title, rows in (
        ("survey", _survey_rows(instrument, items)),
        ("choices", _choice_rows(instrument, items)),
        ("settings", _setting_rows(instrument, wave=wave)),
    ):
        _fill(workbook.create_sheet(title), rows)
    workbook.properties.creator = "SIVSEN toolkit"
    workbook.properties.created = _STAMP
    buffer = io.BytesIO()
    workbook.save(buffer)
    return _without_clock(buffer.getvalue())


def _draft_note(instrument: Instrument) -> tuple[Item, ...]:
    banner = draft_banner(instrument)
    name = free_name("draft", taken={item.name for item in instrument.items})
    return (Item(name=name, type="note", labels=banner, waves=instrument.waves),) if banner else ()


def _survey_rows(instrument: Instrument, items: Sequence[Item]) -> list[list[str]]:
    languages = instrument.languages
    has_hints = any(item.hints for item in items)
    header = ["type", "name", *(label_column("label", code) for code in languages)]
    header += [label_column("hint", code) for code in languages] if has_hints else []
    header += ["required", "relevant", "constraint"]
    header += [f"constraint_message::{LANGUAGES[code]}" for code in languages] + ["appearance"]
    rows = [header]
    depth = 0
    for item in items:
        depth -= item.type == "end_group"
        row = [f"{item.type} {item.list_name}".strip(), item.name]
        row += [text_in(item.labels, code) for code in languages]
        row += [text_in(item.hints, code) for code in languages] if has_hints else []
        row += ["yes" if item.required else "", item.relevant, _constraint(item)]
        # The general sentence would be wrong for a condition of the instrument's own.
        row += ["" if item.constraint else describe_range(item, language=code) for code in languages]
        row.append("field-list" if item.type == "begin_group" and not depth else "")
        depth += item.type == "begin_group"
        rows.append(row)
    return rows


def _constraint(item: Item) -> str:
    parts = []
    if item.range_min is not None:
        parts.append(f". >= {number_text(item.range_min)}")
    if item.range_max is not None:
        parts.append(f". <= {number_text(item.range_max)}")
    if item.constraint:
        parts.append(f"({item.constraint})" if parts else item.constraint)
    return " and ".join(parts)


def _choice_rows(instrument: Instrument, items: Sequence[Item]) -> list[list[str]]:
    rows = [["list_name", "name", *(label_column("label", code) for code in instrument.languages)]]
    for item in {item.list_name: item for item in items if item.choices}.values():
        for choice in item.choices:
            texts = [text_in(choice.labels, code) for code in instrument.languages]
            rows.append([item.list_name, choice.name, *texts])
    return rows


def _setting_rows(instrument: Instrument, *, wave: str) -> list[list[str]]:
    default = instrument.default_language
    form_id = f"{instrument.name}_{wave}" if wave else instrument.name
    title = text_in(instrument.titles, default) or instrument.name
    return [
        ["form_title", "form_id", "version", "default_language", "style"],
        [title, form_id, instrument.version, LANGUAGES[default], "pages"],
    ]


def _fill(sheet: Worksheet, rows: Sequence[Sequence[str]]) -> None:
    for number, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            if text:
                cell = sheet.cell(number, column, text)
                # openpyxl takes a text that starts with = for a formula.
                cell.data_type = "s"


def _without_clock(content: bytes) -> bytes:
    """Return the workbook with every time in it fixed, so that it depends on the instrument alone."""
    target = io.BytesIO()
    fixed = _STAMP.strftime("%Y-%m-%dT%H:%M:%SZ").encode("ascii")
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            part = source.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + fixed, part)
            entry = zipfile.ZipInfo(name, date_time=_ZIP_STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Made on any system, the archive says the same.
            entry.create_system = 0
            archive.writestr(entry, part)
    return target.getvalue()
