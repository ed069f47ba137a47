"""Linking as a study declares it: elements, review file, and the secret that stays outside."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from toolkit import cli
from toolkit.core.errors import InputError, StorageError
from toolkit.study import open_study
from toolkit.study.link_key import KEY_FILE, open_link_key, private_folder

BAD_INPUT = 3
EXACT = "link: {key: [code], tolerance: 0, repeated: refuse}"
NEAR = (
    "link: {key: [code, host, country], tolerance: 1, repeated: set_aside, within: [country],"
    " elements: {code: text, host: text, country: text}}"
)

Snapshot = Callable[[Path], Mapping[str, bytes]]


@pytest.fixture
def near_study(tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIVSEN_DATA", str(tmp_path / "data"))
    settings = tiny_study / "study.yaml"
    text = settings.read_text(encoding="utf-8")
    assert EXACT in text
    settings.write_text(text.replace(EXACT, NEAR), encoding="utf-8")
    return tiny_study


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_another_case_is_the_same_person_and_a_tie_is_written_for_review(
    near_study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(near_study / "exports" / "post.csv", "canary-03", "CANARY-03")
    edit(near_study / "exports" / "post.csv", "canary-04", "canary-99")
    assert cli.main(["check", str(near_study)]) == 0
    said = capsys.readouterr()
    assert "23 people are in both surveys" in said.out
    assert "may be one person" in said.out
    assert "canary" not in said.out.lower() + said.err.lower()
    review = near_study / "link_review.csv"
    text = review.read_text(encoding="utf-8")
    assert "canary" not in text.lower()
    lines = text.splitlines()
    assert cli.main(["check", str(near_study)]) == 0
    assert review.read_text(encoding="utf-8") == text
    one = next(line for line in lines if line.startswith("exports/pre.csv:6,exports/post.csv:6,"))
    review.write_text(text.replace(one, one + "same"), encoding="utf-8")
    whole = open_study(near_study)
    assert len(whole.panel.people) == 24
    assert "link_review.csv" in whole.panel.provenance.inputs
    parts = [open_study(near_study, scope=f"country={country}") for country in ("IT", "SE")]
    assert sum(len(part.panel.people) for part in parts) == 24


def test_a_review_file_edited_wrongly_stops_the_study(
    near_study: Path, snapshot: Snapshot, capsys: pytest.CaptureFixture[str]
) -> None:
    review = near_study / "link_review.csv"
    review.write_text("one_row,other_row,verdict\nexports/pre.csv:999,exports/post.csv:2,same\n", encoding="utf-8")
    before = snapshot(near_study)
    assert cli.main(["check", str(near_study)]) == BAD_INPUT
    assert "link_review.csv, row 2, column one_row: the row is not in the study" in capsys.readouterr().err
    assert snapshot(near_study) == before


def test_a_repeated_key_in_other_case_is_seen(near_study: Path) -> None:
    edit(near_study / "study.yaml", "repeated: set_aside", "repeated: refuse")
    path = near_study / "exports" / "pre.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines.append(lines[2].replace("canary-01", "Canary-01"))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"exports/pre.csv, row 3 and exports/pre.csv, row 28"):
        open_study(near_study)


def test_the_secret_is_made_once_outside_the_study_and_only_for_its_owner(near_study: Path) -> None:
    first = open_link_key(near_study)
    assert open_link_key(near_study) == first
    path = private_folder(near_study) / KEY_FILE
    assert not path.resolve().is_relative_to(near_study.resolve())
    assert first.secret == path.read_bytes()
    assert first.secret.hex() not in repr(first)
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o644)
        with pytest.raises(StorageError, match="other users"):
            open_link_key(near_study)
        path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(StorageError, match="damaged"):
        open_link_key(near_study)


def test_the_secret_may_not_lie_in_the_study(near_study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIVSEN_DATA", str(near_study / "data"))
    with pytest.raises(StorageError, match="inside the study"):
        open_link_key(near_study)


def test_a_key_compared_as_written_needs_no_secret(
    tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIVSEN_DATA", str(tmp_path / "data"))
    assert len(open_study(tiny_study).panel.people) == 24
    assert not (tmp_path / "data").exists()
