"""What a manifest that lies in the output folder may and may not do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.run.manifest import read_earlier_reports

ENTRY: dict[str, Any] = {
    "notebook": "00_data_quality",
    "scope": "programme",
    "page": "00_data_quality.html",
    "status": "kept",
    "fault": "the kernel died in mid-run",
    "cell": 4,
    "exit_code": 1,
}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    (tmp_path / "00_data_quality.html").touch()
    return tmp_path


def write(output: Path, content: object) -> None:
    (output / "manifest.json").write_text(json.dumps(content), encoding="utf-8")


def test_a_kept_report_is_a_made_one_for_later_runs(output: Path) -> None:
    write(output, {"reports": [ENTRY]})
    assert read_earlier_reports(output) == [{**ENTRY, "status": "made", "fault": "", "cell": None, "exit_code": 0}]


def test_a_failed_report_stays_failed_as_long_as_its_page_says_so(output: Path) -> None:
    entry = {**ENTRY, "notebook": "01_participant_outcomes", "page": "01_participant_outcomes.html", "status": "failed"}
    write(output, {"reports": [entry]})
    assert read_earlier_reports(output) == []
    (output / "01_participant_outcomes.failed.html").touch()
    assert read_earlier_reports(output) == [entry]


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {"name": "another program's manifest"},
        {"reports": None},
        {"reports": [None]},
        {"reports": [{"page": "00_data_quality.html"}]},
        {"reports": [{**ENTRY, "notebook": "09_of_a_later_version"}]},
        {"reports": [{**ENTRY, "page": "../elsewhere.html"}]},
        {"reports": [{**ENTRY, "scope": 5}]},
    ],
)
def test_anything_else_is_no_earlier_report(content: object, output: Path) -> None:
    write(output, content)
    assert read_earlier_reports(output) == []


def test_no_manifest_and_a_damaged_one(output: Path) -> None:
    assert read_earlier_reports(output) == []
    (output / "manifest.json").write_bytes(b"\xff{")
    assert read_earlier_reports(output) == []
