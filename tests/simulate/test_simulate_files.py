from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from toolkit.core.errors import StorageError, UsageError
from toolkit.core.shipped import shipped_path
from toolkit.ingest import ExportDeclaration, Responses, concat_responses, read_export, tidy
from toolkit.instruments import Instrument
from toolkit.measure import score
from toolkit.simulate import EXAMPLE_SEED, Cohort, simulate_cohort, write_example, write_qualtrics
from toolkit.simulate.places import COUNTRIES
from toolkit.study import open_study

EXAMPLE = shipped_path("surveys", "example")
FILES = [(wave, country) for wave in ("pre", "post") for country in COUNTRIES]
FEWEST_TO_SHOW = 10


@pytest.fixture(scope="module")
def cohort(form: Instrument) -> Cohort:
    return simulate_cohort(form, seed=EXAMPLE_SEED)


def declare(form: Instrument, wave: str, country: str) -> ExportDeclaration:
    name = f"exports/{wave}_{country}.csv"
    return ExportDeclaration(name=name, path=EXAMPLE / name, instrument=form, waves={wave: ""})


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True))


def read_wave(form: Instrument, wave: str) -> Responses:
    return concat_responses([tidy(read_export(declare(form, wave, country)), form) for country in COUNTRIES])


def expected_rows(cohort: Cohort, wave: str) -> pd.DataFrame:
    """What was handed in, country by country, as a study reads it: points, texts, nothing for a refusal."""
    observed = cohort.observed[wave]
    countries = cohort.people.loc[observed.index, "country"]
    frame = pd.concat([observed[countries == country] for country in COUNTRIES], ignore_index=True)
    for item in cohort.instrument.items_in_wave(wave):
        scores = {choice.name: choice.score for choice in item.choices if choice.score is not None}
        declining = [choice.name for choice in item.choices if choice.is_missing]
        if scores:
            frame[item.name] = frame[item.name].map(scores).astype("float64")
        elif declining:
            frame[item.name] = frame[item.name].where(~frame[item.name].isin(declining))
    return frame


def test_example_is_made_anew_byte_for_byte(form: Instrument, tmp_path: Path) -> None:
    written = write_example(tmp_path, form)
    names = [f"{wave}_{country}.csv" for wave, country in FILES]
    assert [path.name for path in written] == [*names, "host_costs.csv"]
    assert sorted(path.name for path in (EXAMPLE / "exports").iterdir()) == sorted(path.name for path in written)
    for path in written:
        assert path.read_bytes() == (EXAMPLE / "exports" / path.name).read_bytes(), path.name


def test_another_seed_gives_other_files(form: Instrument, tmp_path: Path) -> None:
    for path in write_example(tmp_path, form, seed=1):
        assert path.read_bytes() != (EXAMPLE / "exports" / path.name).read_bytes()


@pytest.mark.parametrize(("wave", "country"), FILES)
def test_files_are_recognised_as_qualtrics(form: Instrument, wave: str, country: str) -> None:
    assert read_export(declare(form, wave, country)).platform == "qualtrics"


@pytest.mark.parametrize(("wave", "country"), FILES)
def test_header_rows(form: Instrument, wave: str, country: str) -> None:
    content = (EXAMPLE / "exports" / f"{wave}_{country}.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    names, texts, ids = rows_of(EXAMPLE / "exports" / f"{wave}_{country}.csv")[:3]
    items = form.items_in_wave(wave)
    assert names[:3] == ["StartDate", "EndDate", "Status"]
    assert names[17:] == [item.name for item in items]
    assert any("\n" in text for text in texts)
    labels = [item.labels[COUNTRIES[country].language] for item in items]
    assert [text.split("\n")[0] for text in texts[17:]] == labels
    parsed = [json.loads(entry) for entry in ids]
    assert parsed[0] == {"ImportId": "startDate", "timeZone": COUNTRIES[country].time_zone}
    assert parsed[8] == {"ImportId": "_recordId"}
    imports = [entry["ImportId"] for entry in parsed]
    assert len(set(imports)) == len(imports)


@pytest.mark.parametrize(("wave", "country"), FILES)
def test_platform_columns(wave: str, country: str) -> None:
    names, _, _, *rows = rows_of(EXAMPLE / "exports" / f"{wave}_{country}.csv")
    frame = pd.DataFrame(rows, columns=names)
    previews = frame[frame["Status"] == "Survey Preview"]
    assert len(previews) == (wave == "pre")
    answers = frame.drop(previews.index)
    assert set(answers["Status"]) == {"IP Address"}
    assert answers["IPAddress"].str.fullmatch(r"192\.0\.2\.\d+").all()
    assert frame["ResponseId"].str.fullmatch("R_[0-9A-Za-z]{15}").all()
    assert frame["ResponseId"].is_unique
    assert set(frame["UserLanguage"]) == {COUNTRIES[country].language.upper()}
    blank = ["RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference"]
    assert (frame[[*blank, "LocationLatitude", "LocationLongitude"]] == "").all(axis=None)
    assert frame["RecordedDate"].is_monotonic_increasing
    times = [pd.to_datetime(frame[name], format="%Y-%m-%d %H:%M:%S") for name in ("StartDate", "EndDate")]
    seconds = (times[1] - times[0]).dt.total_seconds()
    assert (seconds == frame["Duration (in seconds)"].astype(float)).all()


def test_response_ids_differ_between_files() -> None:
    ids = [row[8] for wave, country in FILES for row in rows_of(EXAMPLE / "exports" / f"{wave}_{country}.csv")[3:]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("wave", ["pre", "post"])
def test_exports_read_back_as_what_was_handed_in(form: Instrument, cohort: Cohort, wave: str) -> None:
    read = read_wave(form, wave)
    expected = expected_rows(cohort, wave)
    assert len(read.frame) == len(expected)
    for item in form.items_in_wave(wave):
        found, wanted = read.frame[item.name], expected[item.name]
        assert (found.isna() == wanted.isna()).all(), item.name
        assert found.dropna().tolist() == wanted.dropna().tolist(), item.name
    declined = cohort.observed[wave].eq("pns").fillna(False).sum(axis=None)
    assert (read.reasons == "declined").sum(axis=None) == declined


def test_scores_of_the_files_are_those_of_the_cohort(form: Instrument, cohort: Cohort) -> None:
    """Where nothing is missing, a person's score is the same before and after the journey through the file."""
    for wave in form.waves:
        read = read_wave(form, wave)
        answers = cohort.answers[wave].set_index("code")
        values = score(read).values
        for rule, points in values.items():
            scale = form.scale(rule.scale)
            full = read.frame["code"].notna() & read.frame[list(scale.items)].notna().all(axis=1)
            assert full.sum() > len(read.frame) / 2
            chosen = answers.loc[read.frame.loc[full, "code"]]
            keyed = []
            for name in scale.items:
                item = form.item(name)
                scores = {choice.name: choice.score for choice in item.choices}
                column = chosen[name].map(scores) if scores else chosen[name]
                column = column.astype("float64")
                keyed.append(6 - column if item.reverse else column)
            wanted = sum(keyed) / len(keyed)
            assert points[full].to_numpy() == pytest.approx(wanted.to_numpy())


def test_example_study_opens() -> None:
    study = open_study(EXAMPLE)
    countries = study.panel.people["country"].value_counts()
    assert set(countries.index) == set(COUNTRIES)
    assert countries.min() >= FEWEST_TO_SHOW
    assert 85 <= len(study.panel.people) <= 100
    reasons = {line.reason: line.count for line in study.panel.ledger.lines if line.count}
    for words in ("preview", "no consent", "no key", "no answer with the same key"):
        assert any(words in reason for reason in reasons), words


def test_readme_states_the_truth(cohort: Cohort) -> None:
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    for name, truth in cohort.truth.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
        assert row.endswith(f"| {truth:.2f} |")
    assert str(EXAMPLE_SEED) in text


def test_unknown_wave_or_country_is_refused(cohort: Cohort, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pre, post"):
        write_qualtrics(tmp_path / "x.csv", cohort, wave="mid", country="it")
    with pytest.raises(UsageError, match="uk, it, se, ro"):
        write_qualtrics(tmp_path / "x.csv", cohort, wave="pre", country="fr")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_told(form: Instrument, cohort: Cohort, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        write_qualtrics(tmp_path / "missing" / "x.csv", cohort, wave="pre", country="it")
    (tmp_path / "exports").write_text("a file")
    with pytest.raises(StorageError, match="cannot be made"):
        write_example(tmp_path, form)
