"""Real answers with known right figures, through the whole house: from the file to the released tables."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from toolkit import cli
from toolkit.run.batch import run_study

STUDY = Path(__file__).parent / "state_anxiety"
EXPECTED: dict[str, Any] = json.loads((STUDY / "expected.json").read_text(encoding="utf-8"))
RULES = list(EXPECTED["by_min_items"])

# The reference figures are printed to a number of decimals: half a unit of the last one, and no more, is allowed
# (5e-9 for eight decimals; pooling stops at a threshold of its own, so one unit is allowed there).
HALF_UNIT, ONE_UNIT = 0.5, 1.0
ROUNDING = 1e-12  # a figure that lies on the edge of its half unit in binary

BAD_INPUT = 3

# Figure of expected.json -> estimator and column where it is released.
RELEASED = {
    "pairs": ("mean_change", "n"),
    "mean_before": ("mean_before", "estimate"),
    "mean_after": ("mean_after", "estimate"),
    "mean_change": ("mean_change", "estimate"),
    "mean_change_low": ("mean_change", "conf_low"),
    "mean_change_high": ("mean_change", "conf_high"),
    "t": ("mean_change", "statistic"),
    "df": ("mean_change", "df"),
    "d_z": ("d_z", "estimate"),
    "d_av": ("d_av", "estimate"),
    "sites": ("pooled_change", "n_sites"),
    "pooled": ("pooled_change", "estimate"),
    "pooled_se": ("pooled_change", "std_error"),
    "pooled_low": ("pooled_change", "conf_low"),
    "pooled_high": ("pooled_change", "conf_high"),
    "tau2": ("pooled_change", "tau2"),
    "i2": ("pooled_change", "i2"),
    "prediction_low": ("pooled_change", "pi_low"),
    "prediction_high": ("pooled_change", "pi_high"),
}
POOLED = {"pooled", "pooled_se", "pooled_low", "pooled_high", "tau2", "i2", "prediction_low", "prediction_high"}

Row = Mapping[str, str]
Snapshot = Callable[[Path], Mapping[str, bytes]]


@dataclass(frozen=True)
class Released:
    """Tables and pages of one run."""

    tables: Mapping[str, list[Row]]
    pages: Mapping[str, str]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    output = tmp_path_factory.mktemp("state_anxiety")
    result = run_study(STUDY, output=output)
    assert [report.judgement.fault for report in result.reports] == ["", ""]
    tables: dict[str, list[Row]] = {}
    for path in (output / "tables").iterdir():
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem.rsplit("-", 1)[1]] = [dict(row) for row in csv.DictReader(file)]
    pages = {path.stem: path.read_text(encoding="utf-8") for path in output.glob("*.html")}
    return Released(tables=tables, pages=pages)


def within_digits(found: str, expected: str, units: float) -> bool:
    decimals = len(expected.partition(".")[2])
    return abs(float(found) - float(expected)) <= units * 10.0**-decimals + ROUNDING


def the_row(rows: list[Row], **wanted: str) -> Row:
    found = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    assert len(found) == 1, wanted
    return found[0]


def test_every_reference_figure_is_compared() -> None:
    for figures in EXPECTED["by_min_items"].values():
        assert set(figures) == set(RELEASED)


@pytest.mark.parametrize("figure", RELEASED)
@pytest.mark.parametrize("min_items", RULES)
def test_figure_agrees_to_every_digit_given(min_items: str, figure: str, released: Released) -> None:
    estimator, column = RELEASED[figure]
    row = the_row(released.tables["sensitivity"], population="programme", estimator=estimator, min_items=min_items)
    expected = EXPECTED["by_min_items"][min_items][figure]
    units = ONE_UNIT if figure in POOLED else HALF_UNIT
    assert row["shown"] == "True"
    assert within_digits(row[column], expected, units), (row[column], expected)


@pytest.mark.parametrize(
    ("table", "estimators"),
    [
        ("change", ("mean_before", "mean_after", "mean_change")),
        ("standardised", ("d_z", "d_av")),
        ("pooled", ("pooled_change",)),
    ],
)
def test_the_tables_of_the_main_rule_hold_the_same_figures(
    table: str, estimators: tuple[str, ...], released: Released
) -> None:
    for estimator in estimators:
        row = the_row(released.tables[table], estimator=estimator, population="programme")
        assert row == the_row(released.tables["sensitivity"], estimator=estimator, rule="main", population="programme")
        assert row["min_items"] == "20"


@pytest.mark.parametrize("wave", ["pre", "post"])
def test_alpha_of_complete_rows(wave: str, released: Released) -> None:
    row = the_row(released.tables["reliability"], wave=wave, estimator="alpha")
    expected = EXPECTED["alpha"][wave]
    assert within_digits(row["estimate"], expected["estimate"], HALF_UNIT)
    assert row["n"] == expected["n"]


def account(released: Released, step: str, wave: str) -> list[Row]:
    return [row for row in released.tables["account"] if (row["step"], row["wave"]) == (step, wave)]


def test_rows_that_remain_are_those_of_the_reference(released: Released) -> None:
    for wave in ("pre", "post"):
        assert account(released, "identified", wave)[-1]["n_out"] == str(EXPECTED["rows"][wave])
        assert account(released, "linked", wave)[-1]["n_out"] == str(EXPECTED["rows"]["linked"])


def test_the_account_reconciles_line_by_line(released: Released) -> None:
    rows = released.tables["account"]
    for row in rows:
        assert int(row["n_in"]) - int(row["count"]) == int(row["n_out"])
    for wave in ("pre", "post"):
        lines = [row for row in rows if row["wave"] == wave]
        for earlier, later in pairwise(lines):
            assert later["n_in"] == earlier["n_out"]
    received = [row for row in rows if row["step"] == "received"]
    first = sum(int(account(released, "identified", wave)[0]["n_in"]) for wave in ("pre", "post"))
    assert int(received[-1]["n_out"]) == first


def test_rows_without_an_id_are_nobody_and_no_repeated_key(released: Released) -> None:
    nobody, repeated = account(released, "identified", "pre")
    assert nobody["count"] == str(EXPECTED["unlinkable_rows"])
    assert len(nobody["source_rows"].split("; ")) == EXPECTED["unlinkable_rows"]
    assert repeated["count"] == "0"
    with (STUDY / "exports" / "state_anxiety_items.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    for place in nobody["source_rows"].split("; "):
        study, _, person = lines[int(place.rsplit(":", 1)[1]) - 1][:3]
        assert (study, person) == ("GRAY", "NA")


def test_both_rows_of_the_person_who_stands_twice_are_named_and_set_aside(released: Released) -> None:
    _, repeated = account(released, "identified", "post")
    assert repeated["count"] == "2"
    assert repeated["source_rows"].split("; ") == EXPECTED["repeated_rows"]
    words = BeautifulSoup(released.pages["00_data_quality"], "html.parser").get_text(" ", strip=True)
    for place in EXPECTED["repeated_rows"]:
        assert place in words


def test_the_file_holds_what_the_reference_says() -> None:
    with (STUDY / "exports" / "state_anxiety_items.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    items = [name for name in rows[0] if name not in ("study", "time", "id")]
    assert len(items) == 20
    assert sum(row[item] == "NA" for row in rows for item in items) == EXPECTED["missing_answers"]
    assert not any(cell == "" for row in rows for cell in row.values())
    keys = Counter((row["study"], row["time"], row["id"]) for row in rows if row["id"] != "NA")
    assert [key for key, times in keys.items() if times > 1] == [("HOME", "2", "23")]


def test_a_rise_in_anxiety_is_no_improvement(released: Released) -> None:
    row = the_row(released.tables["change"], estimator="mean_change")
    assert float(row["estimate"]) > 0
    assert row["improvement"] == "no"


@pytest.mark.parametrize("command", ["check", "run"])
def test_refusing_repeated_keys_names_both_rows_and_writes_nothing(
    command: str,
    tmp_path: Path,
    snapshot: Snapshot,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = shutil.copytree(STUDY, tmp_path / "state_anxiety")
    settings = study / "study.yaml"
    text = settings.read_text(encoding="utf-8")
    assert text.count("repeated: set_aside") == 1
    settings.write_text(text.replace("repeated: set_aside", "repeated: refuse"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    before = snapshot(tmp_path)
    assert cli.main([command, "state_anxiety"]) == BAD_INPUT
    said = capsys.readouterr().err
    assert said.startswith("sivsen: 1 problem(s)\n")
    for row in (1811, 1812):
        assert f"exports/state_anxiety_items.csv, row {row}" in said
    assert "repeated: set_aside" in said
    assert snapshot(tmp_path) == before
