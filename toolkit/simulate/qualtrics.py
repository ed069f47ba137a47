"""write_qualtrics: the answers of a cohort as the CSV file that Qualtrics exports."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from string import ascii_letters, digits

import numpy as np
import pandas as pd

from toolkit.core.errors import Problem, StorageError, UsageError
from toolkit.instruments import Item
from toolkit.simulate.cohort import Cohort
from toolkit.simulate.observation import CONSENT, COUNTRY
from toolkit.simulate.places import COUNTRIES, Country
from toolkit.simulate.texts import PLATFORM_WORDS

PLATFORM_STREAM = 2

# Header of each column that Qualtrics adds, and its name in row 3.
PLATFORM_COLUMNS = {
    "StartDate": "startDate",
    "EndDate": "endDate",
    "Status": "status",
    "IPAddress": "ipAddress",
    "Progress": "progress",
    "Duration (in seconds)": "duration",
    "Finished": "finished",
    "RecordedDate": "recordedDate",
    "ResponseId": "_recordId",
    "RecipientLastName": "recipientLastName",
    "RecipientFirstName": "recipientFirstName",
    "RecipientEmail": "recipientEmail",
    "ExternalReference": "externalDataReference",
    "LocationLatitude": "locationLatitude",
    "LocationLongitude": "locationLongitude",
    "DistributionChannel": "distributionChannel",
    "UserLanguage": "userLanguage",
}
TIMES = frozenset({"startDate", "endDate", "recordedDate"})

OPENINGS = (datetime(2025, 9, 22), datetime(2025, 12, 8))
DAYS_OPEN = 14
FIRST_HOUR, LAST_HOUR = 8, 20
TYPICAL_SECONDS, SECONDS_SPREAD = 420, 0.35
REFUSAL_SECONDS = 25
PREVIEW_TEXT = "TEST"


def write_qualtrics(path: Path, cohort: Cohort, *, wave: str, country: str) -> None:
    """Write what one country handed in for one wave, as Qualtrics exports it with choice texts.

    UTF-8 with a byte-order mark; three header rows: names, question texts in the country's language, import
    ids as JSON. The file of the earlier wave holds one row from the survey's preview. Addresses are of the
    range kept for documentation; names, e-mail and position are blank.

    Parameters
    ----------
    path : Path
        File to write; an older one is replaced.
    cohort : Cohort
        The people and what they handed in.
    wave : str
        One of the waves.
    country : {"uk", "it", "se", "ro"}
        Whose rows to write.

    Raises
    ------
    UsageError
        No such wave or country.
    StorageError
        The file cannot be written.

    Notes
    -----
    The same cohort gives the same bytes.

    References
    ----------
    RFC 5737, section 3 (192.0.2.0/24 for documentation).
    """
    if wave not in cohort.observed:
        raise UsageError(Problem(what="no such wave", column="wave", allowed=", ".join(cohort.observed)))
    if country not in COUNTRIES:
        raise UsageError(Problem(what="no such country", column="country", allowed=", ".join(COUNTRIES)))
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows(_header_rows(cohort, wave, COUNTRIES[country]))
    writer.writerows(_answer_rows(cohort, wave, country))
    try:
        path.write_bytes(buffer.getvalue().encode("utf-8-sig"))
    except OSError as error:
        raise StorageError(f"{path.name} cannot be written: {error.strerror}") from error


def _header_rows(cohort: Cohort, wave: str, country: Country) -> list[list[str]]:
    items = cohort.instrument.items_in_wave(wave)
    answered = [item.name for item in cohort.instrument.items if item.holds_answer]
    words = PLATFORM_WORDS.get(country.language, PLATFORM_WORDS["en"])
    ids: list[dict[str, str]] = []
    for name in PLATFORM_COLUMNS.values():
        ids.append({"ImportId": name} | ({"timeZone": country.time_zone} if name in TIMES else {}))
    for item in items:
        number = answered.index(item.name) + 1
        ids.append({"ImportId": f"QID{number}" if item.choices else f"QID{number}_TEXT"})
    return [
        [*PLATFORM_COLUMNS, *(item.name for item in items)],
        [*words, *(_question_text(item, country.language) for item in items)],
        [json.dumps(entry, separators=(",", ":")) for entry in ids],
    ]


def _question_text(item: Item, language: str) -> str:
    hint = item.hints.get(language, "")
    return item.labels[language] + (f"\n{hint}" if hint else "")


def _answer_rows(cohort: Cohort, wave: str, country: str) -> list[list[str]]:
    position = list(cohort.observed).index(wave)
    rng = np.random.default_rng((cohort.seed, PLATFORM_STREAM, position, list(COUNTRIES).index(country)))
    language = COUNTRIES[country].language
    items = cohort.instrument.items_in_wave(wave)
    frame = cohort.observed[wave]
    frame = frame[cohort.people.loc[frame.index, COUNTRY] == country]
    rows = []
    if position == 0:
        opened = OPENINGS[position] - timedelta(days=3) + timedelta(hours=10)
        preview = _platform_cells(opened, 95, language=language, preview=True, rng=rng)
        rows.append([*preview, *(_preview_cell(item, country, language) for item in items)])
    labels = {item.name: {choice.name: choice.labels[language] for choice in item.choices} for item in items}
    for moment, (_, answers) in zip(_draw_moments(OPENINGS[position], len(frame), rng), frame.iterrows(), strict=True):
        typical = TYPICAL_SECONDS if answers[CONSENT] == "yes" else REFUSAL_SECONDS
        seconds = round(typical * float(rng.lognormal(sigma=SECONDS_SPREAD)))
        cells = _platform_cells(moment, seconds, language=language, preview=False, rng=rng)
        rows.append([*cells, *(_answer_cell(answers[item.name], labels[item.name]) for item in items)])
    return rows


def _draw_moments(opening: datetime, n: int, rng: np.random.Generator) -> list[datetime]:
    """Moments at which answers were recorded, in order of time."""
    days = rng.integers(0, DAYS_OPEN, size=n)
    seconds = rng.integers(FIRST_HOUR * 3600, LAST_HOUR * 3600, size=n)
    return [opening + timedelta(seconds=int(offset)) for offset in np.sort(days * 86400 + seconds)]


def _platform_cells(
    recorded: datetime, seconds: int, *, language: str, preview: bool, rng: np.random.Generator
) -> list[str]:
    ended = recorded - timedelta(seconds=1)
    symbols = digits + ascii_letters
    response = "".join(symbols[index] for index in rng.integers(0, len(symbols), size=15))
    cells = {
        "StartDate": str(ended - timedelta(seconds=seconds)),
        "EndDate": str(ended),
        "Status": "Survey Preview" if preview else "IP Address",
        "IPAddress": "" if preview else f"192.0.2.{rng.integers(1, 255)}",
        "Progress": "100",
        "Duration (in seconds)": str(seconds),
        "Finished": "True",
        "RecordedDate": str(recorded),
        "ResponseId": f"R_{response}",
        "DistributionChannel": "preview" if preview else "anonymous",
        "UserLanguage": language.upper(),
    }
    return [cells.get(name, "") for name in PLATFORM_COLUMNS]


def _answer_cell(value: str | int | None, labels: dict[str, str]) -> str:
    if pd.isna(value):
        return ""
    text = str(value)
    return labels[text] if labels else text


def _preview_cell(item: Item, country: str, language: str) -> str:
    if item.name == COUNTRY:
        return next(choice.labels[language] for choice in item.choices if choice.name == country)
    if item.choices:
        return item.choices[0].labels[language]
    if item.type == "text":
        return PREVIEW_TEXT
    return f"{item.score_range[0]:g}" if item.score_range else ""
