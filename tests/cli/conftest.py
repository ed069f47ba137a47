"""The command, called in this process; kernels stay off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from toolkit import cli
from toolkit.run import batch

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs the command and returns its exit code and everything it printed.

    No message may hold an answer, a personal code or a trace: answers and codes of the tiny study are canaries.
    """

    def run(*words: str | Path) -> tuple[int, str]:
        code = cli.main([str(word) for word in words])
        printed = capsys.readouterr()
        text = printed.out + printed.err
        assert "canary" not in text
        assert "Traceback" not in text
        return code, text

    return run


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test when a kernel is about to start."""

    def refuse(*_: object, **__: object) -> NoReturn:
        pytest.fail("a kernel was about to start")

    monkeypatch.setattr(batch, "execute_notebook", refuse)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, where an earlier run has left its reports."""
    folder = tmp_path / "desk"
    reports = folder / "outputs" / "tiny"
    (reports / "tables").mkdir(parents=True)
    (reports / "01_participant_outcomes.html").write_text("<p>An earlier report</p>", encoding="utf-8")
    (reports / "index.html").write_text("<p>An earlier index</p>", encoding="utf-8")
    (reports / "manifest.json").write_text('{"reports": []}', encoding="utf-8")
    (reports / "tables" / "01_participant_outcomes-change.csv").write_text("n\n24\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder
