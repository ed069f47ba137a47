"""Reading an instrument: a folder with survey, choices, settings and scales as CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from toolkit.core.errors import InputError, ProblemLog
from toolkit.core.provenance import hash_files
from toolkit.instruments.choices import read_choice_lists
from toolkit.instruments.gaps import GAPS_FILE, GAPS_LAYOUT, read_gaps
from toolkit.instruments.items import Surroundings, read_items
from toolkit.instruments.labels import LANGUAGES, label_column
from toolkit.instruments.model import Instrument
from toolkit.instruments.scales import check_metrics, check_scaled_items, read_scales
from toolkit.instruments.tables import ITEM_NAME, ITEM_NAME_RULE, Layout, Table, TableRow, read_table
from toolkit.instruments.translations import find_languages, read_statuses, read_texts


def _text_columns(prefix: str) -> tuple[str, ...]:
    return tuple(label_column(prefix, language) for language in LANGUAGES)


LAYOUTS: Mapping[str, Layout] = {
    "survey.csv": Layout(
        required=("type", "name", "scale", "reverse", "wave", "role", "range_min", "range_max"),
        optional=(*_text_columns("label"), *_text_columns("hint"), "required", "relevant", "constraint"),
    ),
    "choices.csv": Layout(
        required=("list_name", "name", "score", "missing_reason"),
        optional=(*_text_columns("label"), "alias"),
    ),
    "settings.csv": Layout(
        required=("form_id", "version", "default_language", "waves"),
        optional=(*_text_columns("form_title"), *_text_columns("translation_status")),
    ),
    "scales.csv": Layout(
        required=("scale", "min_items", "scoring", "better", "licence", "source"),
        optional=(*_text_columns("label"), "factor", "metric"),
    ),
}
"""The files that every instrument has; slots.csv may stand beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    form_id: str = ""
    version: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    default_language: str = ""
    waves: tuple[str, ...] = ()
    translation_status: Mapping[str, str] = field(default_factory=dict)


def load_instrument(folder: Path) -> Instrument:
    """Read an instrument and check all of it.

    Every cell is read as text; numbers are made only where the layout says so.

    Parameters
    ----------
    folder : Path
        Folder with survey.csv, choices.csv, settings.csv and scales.csv, and slots.csv where the instrument has
        gaps for published scales (UTF-8, commas).

    Returns
    -------
    Instrument
        Only languages whose labels are complete; items in the order of survey.csv.

    Raises
    ------
    InputError
        With every problem found in the four files: file, row as a spreadsheet counts it, column, what is
        allowed and how to mend it.

    References
    ----------
    XLSForm specification (survey, choices and settings sheets), https://xlsform.org/en/

    Examples
    --------
    >>> load_instrument(Path("no_such_folder"))
    Traceback (most recent call last):
    toolkit.core.errors.InputError: no_such_folder: there is no such folder. To mend: correct the path.
    """
    shown = folder.resolve().name
    log = ProblemLog()
    if not folder.is_dir():
        log.add("there is no such folder", file=shown, mend="correct the path")
        log.raise_as(InputError)
    layouts = dict(LAYOUTS)
    if (folder / GAPS_FILE).exists():
        layouts[GAPS_FILE] = GAPS_LAYOUT
    tables = {
        name: read_table(folder / name, file=f"{shown}/{name}", layout=layout, log=log)
        for name, layout in layouts.items()
    }
    instrument = _build_instrument(tables, log=log)
    log.raise_as(InputError)
    return replace(instrument, sha256=hash_files({name: folder / name for name in layouts}))


def _build_instrument(tables: Mapping[str, Table | None], *, log: ProblemLog) -> Instrument:
    """Return the instrument without its hash; of use only where `log` stays empty."""
    survey, choices, scales = (tables[name] for name in ("survey.csv", "choices.csv", "scales.csv"))
    languages = find_languages(
        [table for table in (survey, choices, scales) if table is not None],
        title_table=tables["settings.csv"],
        survey=survey,
        log=log,
    )
    settings = _read_settings(tables["settings.csv"], languages=languages, log=log)
    lists = read_choice_lists(choices, languages=languages, log=log) if choices is not None else None
    around = Surroundings(lists=lists, waves=settings.waves, languages=languages)
    pairs = read_items(survey, around=around, log=log) if survey is not None else []
    check_scaled_items(pairs, scales=scales, lists=lists, log=log)
    found = read_scales(scales, survey=survey, languages=languages, log=log) if scales is not None else ()
    if scales is not None:
        check_metrics(found, items={item.name: item for _, item in pairs}, table=scales, log=log)
    gaps = tables.get(GAPS_FILE)
    return Instrument(
        name=settings.form_id,
        version=settings.version,
        titles=settings.titles,
        languages=languages,
        waves=settings.waves,
        items=tuple(item for _, item in pairs),
        scales=found,
        sha256="",
        default_language=settings.default_language,
        translation_status=settings.translation_status,
        gaps=read_gaps(gaps, names=[item.name for _, item in pairs if item.name], waves=settings.waves, log=log)
        if gaps is not None
        else (),
    )


def _read_settings(table: Table | None, *, languages: tuple[str, ...], log: ProblemLog) -> _Settings:
    if table is None:
        return _Settings()
    if len(table.rows) != 1:
        log.add(
            f"there are {len(table.rows)} rows of settings",
            file=table.file,
            row=table.rows[1].number if table.rows else 2,
            allowed="one row below the header",
            mend="keep one row" if table.rows else "add the row",
        )
        if not table.rows:
            return _Settings()
    row = table.rows[0]
    offered = {LANGUAGES[language]: language for language in languages}
    return _Settings(
        form_id=row.code("form_id", pattern=ITEM_NAME, rule=ITEM_NAME_RULE, log=log),
        version=row.filled("version", log=log),
        titles=read_texts(row, prefix="form_title", languages=languages),
        default_language=offered.get(row.option("default_language", allowed=offered, log=log), ""),
        waves=_read_waves(row, log=log),
        translation_status=read_statuses(row, languages=languages, log=log),
    )


def _read_waves(row: TableRow, *, log: ProblemLog) -> tuple[str, ...]:
    waves = tuple(row.text("waves").split())
    well_named = all(ITEM_NAME.fullmatch(wave) for wave in waves)
    if row.has("waves") and not (waves and well_named and len(set(waves)) == len(waves)):
        row.report(
            log,
            "waves",
            what=f"{row.text('waves')} is not a list of waves" if waves else "the cell is blank",
            allowed="names with spaces between them in order of time, each once, such as: pre post",
            mend="write each wave once",
        )
    return waves
