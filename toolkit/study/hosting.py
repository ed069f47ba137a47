"""Host costs of a study: reference tables read, the form's answers turned into a model, in scope."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from toolkit.core.errors import InputError, Problem, StorageError
from toolkit.core.shipped import shipped_path
from toolkit.disclosure import join_small_countries
from toolkit.evaluate import PROGRAMME, split_population
from toolkit.ingest import Responses
from toolkit.measure import keep_consenting
from toolkit.roi import (
    MAIN_VIEW,
    TABLE_COLUMNS,
    HostingModel,
    PriceBasis,
    ReferenceTables,
    TableName,
    build_hosting_model,
    build_reference_tables,
    split_costs,
)
from toolkit.study.settings import StudySettings


def read_reference_tables(settings: StudySettings, folder: Path) -> ReferenceTables:
    """Read the shipped reference tables and the rows that a study adds.

    Parameters
    ----------
    settings : StudySettings
        ``roi: tables:`` names files of further rows.
    folder : Path
        Folder of study.yaml.

    Raises
    ------
    InputError
        A table is wrong; everything at once.
    StorageError
        A file cannot be read.
    """
    parts: list[tuple[TableName, str, pd.DataFrame]] = [
        (name, f"{name}.csv", _read_text(shipped_path("surveys", "reference", f"{name}.csv"), f"{name}.csv"))
        for name in TABLE_COLUMNS
    ]
    added = settings.roi.tables if settings.roi else {}
    parts += [(name, Path(given).name, _read_text(folder / given, Path(given).name)) for name, given in added.items()]
    return build_reference_tables(parts)


def _read_text(path: Path, name: str) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True, restval="")
            rows = list(reader)
            columns = list(reader.fieldnames or ())
    except OSError as error:
        raise StorageError(f"{name} cannot be read: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(
            Problem(what="the file is no CSV in UTF-8", file=name, mend="save it as CSV, UTF-8")
        ) from error
    if any(None in row for row in rows):
        raise InputError(Problem(what="a row has more cells than the header", file=name, mend="correct the row"))
    return pd.DataFrame(rows, columns=columns)


def hosting_in_scope(
    costs: Responses | None, *, settings: StudySettings, folder: Path, population: str
) -> HostingModel | None:
    """Return what the hosts of a population reported, in the study's currency and price year.

    Parameters
    ----------
    costs : Responses or None
        Answers to the host cost form.
    settings : StudySettings
        The study.
    folder : Path
        Folder of study.yaml.
    population : str
        Whom the report is about.

    Raises
    ------
    InputError
        A figure of the form, or a row of a reference table, is wrong or missing.
    """
    if costs is None or settings.roi is None:
        return None
    asked = costs.instrument.items_with_role("consent")
    if asked:
        costs = keep_consenting(costs, item=asked[0].name, keep=["yes"])
    target = PriceBasis(
        currency=settings.roi.currency, price_year=settings.roi.price_year, country=settings.roi.country
    )
    model = build_hosting_model(
        costs.frame,
        target=target,
        tables=read_reference_tables(settings, folder),
        measure=settings.roi.index,
        rule=settings.roi.conversion,
    )
    if population == PROGRAMME:
        return model
    parts = split_population(population)
    site, country = settings.groups.get("site", "host"), settings.groups.get("country", "country")
    wanted = {site: model.hosts, country: model.countries}
    mask = [
        all(name in wanted and wanted[name][row] == value for name, value in parts.items())
        for row in range(len(model.hosts))
    ]
    return model.keep(mask)


def hosting_parts(model: HostingModel | None) -> tuple[str, ...]:
    """Return the part of the programme that each host is reported in: its country, or the other countries.

    Parameters
    ----------
    model : HostingModel or None
        All hosts of the programme.
    """
    if model is None:
        return ()
    return join_small_countries(model.countries, split_costs(model, model.expected().T, view=MAIN_VIEW))
