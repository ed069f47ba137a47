"""run_study: the same inputs give the same bytes, and nothing of the machine reaches a page."""

from __future__ import annotations

import csv
import getpass
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from toolkit.core.errors import DisclosureError, LockedError, StorageError
from toolkit.core.provenance import hash_bytes
from toolkit.report.page import GENERATOR
from toolkit.run import batch
from toolkit.run.batch import run_study
from toolkit.run.output import check_output, choose_output
from toolkit.run.parameters import NOTEBOOKS
from toolkit.run.publishing import lock_folder, publish_files
from toolkit.run.results import ReportResult, RunResult, report_stem
from toolkit.run.status import Judgement
from toolkit.study import open_study

Snapshot = Callable[[Path], Mapping[str, bytes]]

TABLES = [f"tables/{spec.name}-{table}.csv" for spec in NOTEBOOKS if not spec.needs_costs for table in spec.tables]


@dataclass(frozen=True)
class Twice:
    """One study in two places, run twice."""

    first: RunResult
    second: RunResult
    files: Mapping[str, bytes]
    again: Mapping[str, bytes]
    places: tuple[str, str]


@pytest.fixture(scope="module")
def twice(tiny_template: Path, snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Twice:
    results: list[RunResult] = []
    files, places = [], []
    for place in ("here", "quite another place é"):
        folder = tmp_path_factory.mktemp("twice") / place
        study = shutil.copytree(tiny_template, folder / "tiny")
        if results:
            # Files beside a study that are named like modules must not be taken for them.
            (folder / "toolkit").mkdir()
            (folder / "toolkit" / "__init__.py").write_text("raise RuntimeError", encoding="utf-8")
            (folder / "statistics.py").write_text("raise RuntimeError", encoding="utf-8")
        results.append(run_study(study, output=folder / "reports"))
        files.append(snapshot(folder / "reports"))
        places.append(str(folder))
    return Twice(results[0], results[1], files[0], files[1], (places[0], places[1]))


def manifest(files: Mapping[str, bytes]) -> dict[str, object]:
    return dict(json.loads(files["manifest.json"]))


def test_every_report_is_made(twice: Twice) -> None:
    assert [report.judgement.fault for report in twice.first.reports] == ["", ""]
    assert twice.first.exit_code == 0
    pages = [name for name in twice.files if name.endswith(".html")]
    assert sorted(pages) == ["00_data_quality.html", "01_participant_outcomes.html", "index.html"]
    assert set(TABLES) < set(twice.files)
    assert "findings/01_participant_outcomes.json" in twice.files
    assert not [name for name in twice.files if name.startswith(".")]


def test_the_same_inputs_give_the_same_bytes_wherever_they_are(twice: Twice) -> None:
    compared = [name for name in twice.files if not name.startswith(("notebooks/", "manifest.json"))]
    assert sorted(twice.files) == sorted(twice.again)
    assert [name for name in compared if twice.files[name] != twice.again[name]] == []


def test_manifests_differ_in_time_and_notebooks_only(twice: Twice) -> None:
    first, second = manifest(twice.files), manifest(twice.again)
    for content in (first, second):
        content.pop("made")
        files = content.pop("files")
        assert isinstance(files, dict)
        content["pages"] = {name: digest for name, digest in files.items() if not name.startswith("notebooks/")}
    assert first == second


def test_the_manifest_holds_hashes_statuses_and_versions(twice: Twice) -> None:
    content = json.loads(twice.files["manifest.json"])
    files = {name for name in twice.files if not name.endswith("/") and name != "manifest.json"}
    assert content["files"] == {name: hash_bytes(twice.files[name]) for name in sorted(files)}
    assert [(report["notebook"], report["status"], report["exit_code"]) for report in content["reports"]] == [
        (spec.name, "made", 0) for spec in NOTEBOOKS if not spec.needs_costs
    ]
    assert set(content["inputs"]) == {"study.yaml", "exports/pre.csv", "exports/post.csv"}
    assert content["seed"] == 20260101
    assert content["audience"] == "public"
    assert content["parameters"]["study"] == "tiny/study.yaml"
    assert {"papermill", "numpy", "pandas"} <= set(content["versions"])
    assert set(content) >= {"made", "engine", "commit", "dirty", "python", "system", "hashes"}


def test_no_page_and_no_result_holds_a_trace_of_the_machine(twice: Twice) -> None:
    traces = [*twice.places, "/tmp", "/home/", "site-packages", "canary", "Traceback"]
    if getpass.getuser() != "root":
        traces.append(getpass.getuser())
    for name, content in twice.files.items():
        text = content.decode("utf-8")
        assert [trace for trace in traces if trace in text] == [], name
        if not name.startswith("manifest"):
            assert not re.search(r"\b20\d\d-\d\d-\d\dT|\b\d\d:\d\d:\d\d\b", text), name


def test_the_page_says_what_it_was_made_from(twice: Twice) -> None:
    content = json.loads(twice.files["manifest.json"])
    for page in ("00_data_quality.html", "01_participant_outcomes.html"):
        words = BeautifulSoup(twice.files[page].decode(), "html.parser").get_text(" ", strip=True)
        for digest in (*content["inputs"].values(), *content["hashes"].values()):
            assert digest in words
        for fact in ("tiny/study.yaml", "programme", "20260101", "0.95", content["versions"]["numpy"]):
            assert fact in words
        assert "Public: may be published." in words
        assert "Run without a release plan" not in words


def test_tables_are_machine_readable_at_full_precision(twice: Twice) -> None:
    rows = list(csv.DictReader(twice.files["tables/01_participant_outcomes-change.csv"].decode().splitlines()))
    changes = {row["outcome"]: row for row in rows if row["estimator"] == "mean_change"}
    assert set(changes) == {"work_competences", "sector_knowledge", "sector_intention", "life_satisfaction"}
    # Two of three people gain one point of life satisfaction: 16 of 24 by the making of the tiny study.
    assert float(changes["life_satisfaction"]["estimate"]) == 16 / 24
    assert changes["life_satisfaction"]["n"] == "24"


def test_an_unknown_notebook_leaves_nothing(tiny_study: Path, tmp_path: Path, snapshot: Snapshot) -> None:
    before = snapshot(tmp_path)
    with pytest.raises(Exception, match="did you mean 00_data_quality"):
        run_study(tiny_study, output=tmp_path / "out", notebooks=["00_data_qualty"])
    assert snapshot(tmp_path) == before


def test_an_interrupt_leaves_earlier_files_and_no_temporary_folder(
    tiny_study: Path, tmp_path: Path, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(source: Path, target: Path, **_: object) -> None:
        target.write_text("part of a notebook", encoding="utf-8")
        raise KeyboardInterrupt

    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "01_participant_outcomes.html").write_text("earlier", encoding="utf-8")
    before = snapshot(tmp_path)
    monkeypatch.setattr(batch, "execute_notebook", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_study(tiny_study, output=tmp_path / "out")
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("call", range(1, 7))
def test_a_full_disk_at_any_page_keeps_the_earlier_report(
    call: int, tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full at the n-th text that is written: failure pages, index, manifest, what to remove."""
    (tmp_path / "out").mkdir()
    page = tmp_path / "out" / "01_participant_outcomes.html"
    page.write_text("earlier", encoding="utf-8")
    written: list[Path] = []
    write = Path.write_text

    def fail_once(self: Path, *words: object, **options: object) -> int:
        written.append(self)
        if len(written) == call:
            raise OSError(28, "No space left on device")
        return write(self, *words, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "execute_notebook", lambda *_, **__: (None, "not run"))
    monkeypatch.setattr(Path, "write_text", fail_once)
    if call <= 5:
        with pytest.raises(StorageError, match="No space left on device"):
            run_study(tiny_study, output=tmp_path / "out")
    else:
        assert run_study(tiny_study, output=tmp_path / "out").exit_code == 1
    assert page.read_text(encoding="utf-8") == "earlier"
    assert not list((tmp_path / "out").glob(".sivsen-*"))


def test_where_reports_go_without_being_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tmp_path / "placements"
    (study / "exports").mkdir(parents=True)
    (tmp_path / "desk").mkdir()
    for working, expected in (
        (tmp_path / "desk", tmp_path / "desk" / "outputs" / "placements"),
        (tmp_path, tmp_path / "outputs" / "placements"),
        (study, tmp_path / "outputs" / "placements"),
        (study / "exports", tmp_path / "outputs" / "placements"),
    ):
        monkeypatch.chdir(working)
        assert choose_output(study, None) == expected


def guarded(study: Path, output: Path) -> None:
    check_output(choose_output(study, output), open_study(study))


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("tiny", "lies inside the study's folder"),
        ("tiny/exports", "lies inside the study's folder"),
        ("tiny/reports/new", "lies inside the study's folder"),
        (".", "holds the study's folder"),
        ("elsewhere", "holds ../elsewhere/exports/pre.csv"),
        ("elsewhere/exports", "lies inside ../elsewhere/exports/pre.csv"),
        ("elsewhere/exports/new", "lies inside ../elsewhere/exports/pre.csv"),
        ("forms", "holds ../forms/participant"),
        ("forms/participant/out", "lies inside ../forms/participant"),
    ],
)
def test_reports_do_not_go_among_what_they_are_made_from(place: str, words: str, tiny_study: Path) -> None:
    home = tiny_study.parent
    for part, target in (
        ("exports/pre.csv", "elsewhere/exports/pre.csv"),
        ("instruments/participant", "forms/participant"),
    ):
        (home / target).parent.mkdir(parents=True)
        (tiny_study / part).rename(home / target)
        text = (tiny_study / "study.yaml").read_text(encoding="utf-8")
        (tiny_study / "study.yaml").write_text(text.replace(part, f"../{target}"), encoding="utf-8")
    with pytest.raises(StorageError, match=f"the output folder .* {words}"):
        guarded(tiny_study, home / place)
    guarded(tiny_study, home / "outputs" / "tiny")


def test_exports_beside_the_study_leave_room_for_reports(tiny_study: Path) -> None:
    (tiny_study / "exports" / "pre.csv").rename(tiny_study.parent / "pre.csv")
    text = (tiny_study / "study.yaml").read_text(encoding="utf-8")
    (tiny_study / "study.yaml").write_text(text.replace("exports/pre.csv", "../pre.csv"), encoding="utf-8")
    guarded(tiny_study, tiny_study.parent / "outputs" / "tiny")


def test_a_link_into_the_study_is_seen_through(tiny_study: Path, tmp_path: Path) -> None:
    (tiny_study / "reports").mkdir()
    (tmp_path / "link").symlink_to(tiny_study / "reports")
    with pytest.raises(StorageError, match="inside the study's folder"):
        guarded(tiny_study, tmp_path / "link")


def test_a_page_that_no_run_has_made_is_not_overwritten(tiny_study: Path, tmp_path: Path) -> None:
    out = tmp_path / "website"
    out.mkdir()
    (out / "index.html").write_text("<h1>Our school</h1>", encoding="utf-8")
    with pytest.raises(StorageError, match="that no run has made"):
        guarded(tiny_study, out)
    (out / "index.html").write_text(f'<meta name="generator" content="{GENERATOR}">', encoding="utf-8")
    guarded(tiny_study, out)


@pytest.mark.parametrize(
    ("facts", "error", "words"),
    [
        ({"study": "other"}, StorageError, "reports of another study"),
        ({"study": "tiny", "title": "Other"}, StorageError, "reports of another study"),
        ({"study": "tiny", "audience": "internal"}, DisclosureError, r"for other readers \(internal\)"),
    ],
)
def test_reports_of_another_study_or_audience_are_not_mixed_in(
    facts: dict[str, str], error: type[Exception], words: str, tiny_study: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    entry = {"notebook": "00_data_quality", "scope": "programme", "page": "00_data_quality.html"}
    (out / "manifest.json").write_text(json.dumps({"reports": [entry], **facts}), encoding="utf-8")
    guarded(tiny_study, out)  # no report is left, so there is nothing to mix
    (out / "00_data_quality.html").touch()
    with pytest.raises(error, match=words):
        guarded(tiny_study, out)


def test_what_a_killed_run_had_decided_to_publish_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output, ready = tmp_path / "out", tmp_path / "ready"
    (ready / "tables").mkdir(parents=True)
    output.mkdir()
    (output / "old.failed.html").touch()
    for name in ("a.html", "tables/a.csv", "z.html"):
        (ready / name).write_text("new", encoding="utf-8")
        (output / name).parent.mkdir(exist_ok=True)
        (output / name).write_text("old", encoding="utf-8")
    replace, moved = os.replace, []

    def die_half_way(source: Path, target: Path) -> None:
        if len(moved) == 2:
            raise KeyboardInterrupt
        moved.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", die_half_way)
    with pytest.raises(KeyboardInterrupt):
        publish_files(ready, output, remove=["old.failed.html"])
    monkeypatch.undo()
    assert {(output / name).read_text(encoding="utf-8") for name in ("a.html", "z.html")} == {"old", "new"}
    with lock_folder(output):
        pass
    assert {path.name: path.read_text(encoding="utf-8") for path in output.rglob("*") if path.is_file()} == {
        "a.html": "new",
        "a.csv": "new",
        "z.html": "new",
    }
    assert sorted(path.name for path in output.iterdir()) == ["a.html", "tables", "z.html"]


@pytest.mark.parametrize(
    "scope", ["country=IT", "country=it", "host=A/B", "host=A\\B", "host=../x", "host=CON", "host=" + "x" * 300]
)
def test_a_scope_makes_a_safe_file_name_of_its_own(scope: str) -> None:
    stem = report_stem(NOTEBOOKS[1], scope)
    assert re.fullmatch(r"01_participant_outcomes--[a-z0-9-]{1,80}", stem)
    others = {"country=IT", "country=it", "host=A/B", "host=A\\B", "host=a-b", "host=a b"} - {scope}
    assert stem not in {report_stem(NOTEBOOKS[1], other) for other in others}


@pytest.mark.parametrize(("codes", "expected"), [((0, 0), 0), ((0, 1), 1), ((3, 1), 3), ((), 0)])
def test_of_several_exit_codes_the_highest_counts(codes: tuple[int, ...], expected: int, tmp_path: Path) -> None:
    reports = tuple(
        ReportResult(
            spec=NOTEBOOKS[0], page="x.html", judgement=Judgement(fault="", cell=None, exit_code=code), kept=False
        )
        for code in codes
    )
    assert RunResult(output=tmp_path, index=tmp_path / "index.html", reports=reports).exit_code == expected


def test_two_runs_in_one_folder_are_refused(tiny_study: Path, tmp_path: Path, snapshot: Snapshot) -> None:
    output = tmp_path / "out"
    output.mkdir()
    with lock_folder(output):
        before = snapshot(output)
        with pytest.raises(LockedError, match="another run") as caught:
            run_study(tiny_study, output=output)
        assert caught.value.exit_code == 75
        assert snapshot(output) == before


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".sivsen-abc"
    left.mkdir()
    (left / "half.html").write_text("half", encoding="utf-8")
    with lock_folder(tmp_path):
        assert not left.exists()


def test_a_file_that_changes_in_mid_run_stops_the_publishing(
    tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = tiny_study / "exports" / "post.csv"

    def change_and_fail(*_: object, **__: object) -> tuple[None, str]:
        export.write_bytes(export.read_bytes() + b"\n")
        return None, "stopped"

    monkeypatch.setattr("toolkit.run.batch.execute_notebook", change_and_fail)
    output = tmp_path / "out"
    with pytest.raises(StorageError, match=r"exports/post\.csv changed"):
        run_study(tiny_study, output=output, notebooks=["00_data_quality"])
    assert [path.name for path in output.iterdir() if not path.name.startswith(".")] == []
