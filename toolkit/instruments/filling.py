"""fill_slot: a copy of an instrument with a published scale in it, worded by a partner's own items file."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Literal

from toolkit.core.errors import InputError, Problem, ProblemLog, StorageError, UsageError
from toolkit.core.nearest import suggest_name
from toolkit.core.shipped import shipped_path
from toolkit.instruments.gaps import GAPS_FILE, Gap
from toolkit.instruments.labels import LANGUAGES, label_column
from toolkit.instruments.model import Instrument
from toolkit.instruments.slots import Slot, SlotItem
from toolkit.instruments.tables import Layout, Table, TableRow, read_table
from toolkit.instruments.translations import NO_TEXT
from toolkit.instruments.xlsform import LAYOUTS, load_instrument

ScoredAs = Literal["total", "subscales"]
PARTS = ("stem", "item", "answer")
ITEMS_LAYOUT = Layout(
    required=("part", "name"), optional=tuple(label_column("label", language) for language in LANGUAGES)
)
Sheet = list[dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wording:
    """A partner's own items file, checked: languages that are complete, and the rows by part."""

    languages: tuple[str, ...]
    rows: Mapping[str, tuple[TableRow, ...]]


def fill_slot(
    instrument_folder: Path, slot: Slot, *, items_csv: Path, output: Path, scored_as: ScoredAs = "total"
) -> Path:
    """Write a copy of an instrument in which a gap is filled with the items of a published scale.

    Parameters
    ----------
    instrument_folder : Path
        The instrument; it is not changed.
    slot : Slot
        The published scale; the instrument has a gap for it.
    items_csv : Path
        The partner's own file, kept outside this project: columns part, name and ``label::`` per language. Rows:
        ``stem`` (at most one: the sentence above the items), ``item`` (every id of the slot), ``answer`` (``s``
        and the points of each answer, in the order shown).
    output : Path
        Folder to make; it must not exist, and not lie among the surveys that the toolkit ships.
    scored_as : {"total", "subscales"}
        One outcome, or one per subscale: an item counts towards one scale.

    Returns
    -------
    Path
        The new folder. It offers the languages that both the instrument and the items file have, carries the
        slot's scoring, and for a scale of wellbeing the note that says where help is had. Its version names the
        slot.

    Raises
    ------
    UsageError
        The instrument has no gap for the slot, the slot has no subscales, or a path is not allowed.
    InputError
        With every problem in the items file, or in the instrument that would result.
    StorageError
        The folder cannot be written.

    Examples
    --------
    >>> from toolkit.core.shipped import shipped_path
    >>> from toolkit.instruments.slots import load_slot
    >>> home = shipped_path("surveys", "instruments")
    >>> fill_slot(home / "participant", load_slot(home / "slots" / "gse"), items_csv=Path("own.csv"),
    ...           output=home / "mine")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    toolkit.core.errors.UsageError: the filled instrument would lie among the surveys that the toolkit ships...
    """
    instrument = load_instrument(instrument_folder)
    gap = _find_gap(instrument, slot)
    if scored_as == "subscales" and not slot.subscales:
        raise UsageError(Problem(what=f"{slot.name} has no subscales", column="scored_as", allowed="total"))
    _check_places(items_csv, output)
    wording = _read_wording(items_csv, slot, instrument)
    sheets = {name: _read_sheet(instrument_folder / name) for name in LAYOUTS}
    _add_questions(sheets["survey.csv"], slot=slot, gap=gap, wording=wording, scored_as=scored_as)
    sheets["choices.csv"] += _answer_rows(slot, wording)
    sheets["scales.csv"] += _scale_rows(slot, scored_as)
    _settle(sheets["settings.csv"], slot=slot, languages=wording.languages)
    left = [gap for gap in instrument.gaps if gap.slot != slot.name]
    if left:
        sheets[GAPS_FILE] = [{"slot": g.slot, "after": g.after, "wave": " ".join(g.waves)} for g in left]
    return _write_folder(output, sheets, languages=wording.languages)


def _find_gap(instrument: Instrument, slot: Slot) -> Gap:
    gaps = {gap.slot: gap for gap in instrument.gaps}
    if slot.name not in gaps:
        raise UsageError(
            Problem(
                what=f"instrument {instrument.name} has no gap for {slot.name}",
                column="slot",
                allowed=", ".join(gaps) or "none",
                mend=suggest_name(slot.name, gaps),
            )
        )
    return gaps[slot.name]


def _check_places(items_csv: Path, output: Path) -> None:
    shipped = shipped_path("surveys").resolve()
    problems = []
    for path, what, mend in (
        (output, "the filled instrument would lie", "choose another output"),
        (items_csv, "the items file lies", "keep published wording outside the project"),
    ):
        around = path.resolve().parents
        if shipped in around or any((parent / "instruments" / "slots").is_dir() for parent in around):
            problems.append(
                Problem(
                    what=f"{what} among the surveys that the toolkit ships", allowed="a folder elsewhere", mend=mend
                )
            )
    if output.exists():
        problems.append(Problem(what=f"{output.name} exists; nothing was written", mend="choose another name"))
    if problems:
        raise UsageError(problems)


def _read_wording(items_csv: Path, slot: Slot, instrument: Instrument) -> _Wording:
    log = ProblemLog()
    table = read_table(items_csv, file=items_csv.name, layout=ITEMS_LAYOUT, log=log)
    rows: dict[str, tuple[TableRow, ...]] = {}
    languages: tuple[str, ...] = ()
    if table is not None:
        known = {
            "item": [item.name for item in slot.items],
            "answer": [f"s{points}" for points in slot.answers],
        }
        told = [(row.option("part", allowed=PARTS, log=log), row) for row in table.rows]
        rows = {part: tuple(row for each, row in told if each == part) for part in PARTS}
        for part, names in known.items():
            _check_names(rows[part], part=part, names=names, file=table.file, log=log)
        for row in rows["stem"][1:]:
            row.report(log, "part", what="there is a second stem", allowed="one at most", mend="remove one")
        languages = _find_languages(table, instrument, log)
    log.raise_as(InputError)
    return _Wording(languages=languages, rows=rows)


def _check_names(rows: Sequence[TableRow], *, part: str, names: Sequence[str], file: str, log: ProblemLog) -> None:
    found: list[str] = []
    for row in rows:
        name = row.option("name", allowed=names, log=log)
        if name and name in found:
            row.report(log, "name", what=f"{name} occurs twice", mend="remove one")
        found.append(name)
    missing = [name for name in names if name not in found]
    if missing:
        log.add(
            f"there is no {part} row for {', '.join(missing)}",
            file=file,
            column="name",
            allowed=", ".join(names),
            mend="add the official text",
        )


def _find_languages(table: Table, instrument: Instrument, log: ProblemLog) -> tuple[str, ...]:
    offered = []
    for language in instrument.languages:
        column = label_column("label", language)
        blank = [row for row in table.rows if row.text(column) in NO_TEXT]
        if len(blank) < len(table.rows):
            offered.append(language)
            for row in blank:
                row.report(log, column, what="the text is missing", allowed="the official text", mend="fill it in")
    if not offered:
        log.add(
            "no language of the instrument has any text",
            file=table.file,
            row=1,
            allowed=", ".join(label_column("label", language) for language in instrument.languages),
            mend="fill in the official text of at least one language",
        )
    return tuple(offered)


def _read_sheet(path: Path) -> Sheet:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{column.strip(): cell for column, cell in row.items()} for row in csv.DictReader(file)]


def _labels(texts: Mapping[str, str]) -> dict[str, str]:
    return {label_column("label", language): text for language, text in texts.items()}


def _worded(row: TableRow, languages: Iterable[str]) -> dict[str, str]:
    return _labels({language: row.text(label_column("label", language)) for language in languages})


def _add_questions(survey: Sheet, *, slot: Slot, gap: Gap, wording: _Wording, scored_as: ScoredAs) -> None:
    """Put the stem, the items and the referral note after the item that the gap names."""
    wave = {"wave": " ".join(gap.waves)}
    stem = [
        {"type": "note", "name": f"{slot.name}stem"} | wave | _worded(row, LANGUAGES) for row in wording.rows["stem"]
    ]
    texts = {row.text("name"): row for row in wording.rows["item"]}
    items = [
        {
            "type": f"select_one {slot.name}",
            "name": item.name,
            "scale": _scale_of(item, slot, scored_as),
            "reverse": "yes" if item.reverse else "no",
            "role": "outcome",
        }
        | wave
        | _worded(texts[item.name], LANGUAGES)
        for item in slot.items
    ]
    referral = [{"type": "note", "name": f"{slot.name}help"} | wave | _labels(slot.referral)] if slot.referral else []
    position = next(number for number, row in enumerate(survey) if row["name"].strip() == gap.after) + 1
    survey[position:position] = [*stem, *items, *referral]


def _scale_of(item: SlotItem, slot: Slot, scored_as: ScoredAs) -> str:
    return f"{slot.name}_{item.subscale}" if scored_as == "subscales" else slot.name


def _answer_rows(slot: Slot, wording: _Wording) -> Sheet:
    return [
        {"list_name": slot.name, "name": row.text("name"), "score": row.text("name").removeprefix("s")}
        | _worded(row, LANGUAGES)
        for row in wording.rows["answer"]
    ]


def _scale_rows(slot: Slot, scored_as: ScoredAs) -> Sheet:
    outcomes = slot.subscales if scored_as == "subscales" else {"": slot.labels}
    rows = []
    for part, labels in outcomes.items():
        size = sum(part in ("", item.subscale) for item in slot.items)
        rows.append(
            {
                "scale": f"{slot.name}_{part}" if part else slot.name,
                "min_items": str(ceil(slot.min_items / len(slot.items) * size)),
                "scoring": slot.scoring,
                "better": slot.better,
                "licence": slot.licence,
                "source": slot.attribution,
                "factor": "" if slot.factor == 1 else f"{slot.factor:g}",
                "metric": " ".join(f"{raw:g}={score:.2f}" for raw, score in slot.metric.items()),
            }
            | _labels(labels)
        )
    return rows


def _settle(settings: Sheet, *, slot: Slot, languages: tuple[str, ...]) -> None:
    row = settings[0]
    row["version"] = f"{row['version'].strip()}+{slot.name}"
    offered = [LANGUAGES[language] for language in languages]
    if row["default_language"].strip() not in offered:
        row["default_language"] = offered[0]


def _write_folder(output: Path, sheets: Mapping[str, Sheet], *, languages: tuple[str, ...]) -> Path:
    dropped = tuple(f"::{LANGUAGES[language]}" for language in LANGUAGES if language not in languages)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".sivsen-", dir=output.parent) as temporary:
            room = Path(temporary) / output.name
            room.mkdir()
            for name, rows in sheets.items():
                columns = [c for c in dict.fromkeys(c for row in rows for c in row) if not c.endswith(dropped)]
                with (room / name).open("w", encoding="utf-8", newline="") as file:
                    writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(rows)
            load_instrument(room)
            shutil.move(room, output)
    except OSError as error:
        raise StorageError(f"{output.name} cannot be written: {error.strerror or error}") from error
    return output
