"""A tiny study that every room above ingest can be tried on."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from toolkit.core.shipped import shipped_path

PEOPLE = 24
"""Linked people: each of the two countries and of the two hosts has 12, so that all pass the public minimum of 10."""

# How long an example takes depends on what else the machine does; tests do not measure time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

CANARY = "canary"
"""Stands in every personal code and in every spoilt answer; no message may hold it."""

STUDY_YAML = """\
title: Tiny placements
languages: [en]
instruments:
  participant: instruments/participant
exports:
  - {instrument: participant, wave: pre, path: exports/pre.csv, platform: auto}
  - {instrument: participant, wave: post, path: exports/post.csv, platform: plain}
consent_to_take_part: {item: consent, keep: [yes]}
link: {key: [code], tolerance: 0, repeated: refuse}
groups: {site: host, country: country}
outcomes:
  primary: [work_competences, sector_knowledge, sector_intention]
  secondary: [life_satisfaction]
disclosure: {audience: public}
seed: 20260101
"""

AGREEMENT = ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree")
FORWARD = ("wc1", "wc2", "wc3", "wc5", "wc6", "wc7", "sk1", "sk2", "sk3", "sk4", "si1", "si2", "si4")
REVERSED = ("wc4", "si3")
HEADERS = ("consent", "code", "country", "host", *FORWARD, *REVERSED, "ls")


def person_code(person: int) -> str:
    return f"{CANARY}-{person:02d}"


def _answers(person: int, wave: str) -> dict[str, str]:
    gain = 1 if wave == "post" and person % 3 else 0
    level = 1 + person % 4 + gain
    scores = {item: min(5, max(1, level + (person + 2 * k) % 3 - 1)) for k, item in enumerate(FORWARD)}
    scores |= {item: 6 - min(5, max(1, level + (person + k) % 2)) for k, item in enumerate(REVERSED)}
    return {
        "consent": "Yes",
        "code": person_code(person),
        "country": "IT" if person % 2 else "SE",
        "host": "Bakery" if person % 4 < 2 else "Garden",
        **{item: AGREEMENT[score - 1] for item, score in scores.items()},
        "ls": str(3 + person % 5 + gain),
    }


def _write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=HEADERS)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="session")
def tiny_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two CSV files of one form; 24 people in both, two more in the earlier wave only."""
    folder = tmp_path_factory.mktemp("template") / "tiny"
    (folder / "exports").mkdir(parents=True)
    shutil.copytree(shipped_path("surveys", "instruments", "participant"), folder / "instruments" / "participant")
    (folder / "study.yaml").write_text(STUDY_YAML, encoding="utf-8")
    for wave, people in (("pre", PEOPLE + 2), ("post", PEOPLE)):
        _write_rows(folder / "exports" / f"{wave}.csv", [_answers(person, wave) for person in range(people)])
    return folder


@pytest.fixture
def tiny_study(tiny_template: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny study that a test may spoil."""
    return Path(shutil.copytree(tiny_template, tmp_path / "tiny"))


@pytest.fixture(scope="session")
def snapshot() -> Callable[[Path], Mapping[str, bytes]]:
    """Return a function that reads every file and names every folder below a folder."""

    def read(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        } | {path.relative_to(folder).as_posix() + "/": b"" for path in folder.rglob("*") if path.is_dir()}

    return read
