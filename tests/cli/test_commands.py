"""The command's words, parameters and exit codes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from toolkit import cli
from toolkit.run import batch

Call = Callable[..., tuple[int, str]]
Snapshot = Callable[[Path], Mapping[str, bytes]]

USAGE = 2
BAD_INPUT = 3
STORAGE = 5
INTERNAL = 6
INTERRUPTED = 130
TERMINATED = 143


def test_help_lists_the_commands(call: Call) -> None:
    code, said = call("--help")
    assert code == 0
    for command in ("demo", "new", "check", "run", "lab", "instruments"):
        assert re.search(rf"\n    {command}\s", said)


@pytest.mark.parametrize("words", [(), ("chek", "tiny"), ("check",), ("run", "tiny", "--outptu", "there")])
def test_wrong_words_are_a_usage_error(words: tuple[str, ...], call: Call) -> None:
    code, said = call(*words)
    assert code == USAGE
    assert "usage: sivsen" in said


def test_check_finds_nothing_wrong_with_the_tiny_study(
    tiny_study: Path, desk: Path, call: Call, snapshot: Snapshot
) -> None:
    before = snapshot(tiny_study.parent)
    code, said = call("check", tiny_study / "study.yaml")
    assert code == 0
    assert "pre: 2 set aside (no answer with the same key in the other wave), 24 remain." in said
    assert said.endswith("No problems. 24 people are in both surveys.\n")
    assert snapshot(tiny_study.parent) == before


def test_check_says_when_nobody_is_found_again(tiny_study: Path, desk: Path, call: Call) -> None:
    later = tiny_study / "exports" / "post.csv"
    later.write_text(later.read_text(encoding="utf-8").replace("canary-", "canary-x"), encoding="utf-8")
    code, said = call("check", tiny_study)
    assert code == 0
    assert "Nobody is in both surveys" in said
    assert "No problems" not in said


def test_check_notes_a_wave_exported_twice(tiny_study: Path, desk: Path, call: Call) -> None:
    exports = tiny_study / "exports"
    (exports / "post.csv").write_bytes((exports / "pre.csv").read_bytes())
    code, said = call("check", tiny_study)
    assert code == 0
    assert "exports/post.csv: holds exactly the same as exports/pre.csv; is it the right export?" in said


@pytest.mark.parametrize("command", ["check", "run"])
def test_no_study(command: str, desk: Path, call: Call) -> None:
    for name in ("tiny", "x" * 5000):
        code, said = call(command, name)
        assert code == BAD_INPUT
        assert "there is no study here" in said
        assert "To mend: " in said


PARAMETERS = [
    (("-p", "confidnce=0.9"), ("the parameter 'confidnce' is unknown", "did you mean confidence?")),
    (("-p", "confidence=high"), ("the parameter 'confidence' does not fit", "0.5 to 1")),
    (("-p", "confidence=nan"), ("the parameter 'confidence' does not fit",)),
    (("-p", "confidence=95"), ("the parameter 'confidence' does not fit",)),
    (("-p", "confidence=0.9", "-p", "confidence=0.8"), ("the parameter confidence is given twice",)),
    (("-p", "confidence"), ("name=value",)),
    (("-p", "=0.9"), ("name=value",)),
    (("-p", "seed=-1"), ("the parameter 'seed' does not fit", "whole number from 0")),
    (("-p", "seed=1.5"), ("the parameter 'seed' does not fit",)),
    (("-p", "study=other"), ("the parameter study is set by sivsen run",)),
    (("-p", "release_plan="), ("the parameter release_plan is set by sivsen run",)),
    (("-p", "open=2"), ("the parameter 'open' is unknown",)),
    (("--scope", "country=IT", "-p", "scope=country=SE"), ("the parameter scope is given twice",)),
    (("--language", "it"), ("the parameter 'language' does not fit",)),
    (("--scope", "Italy"), ("the parameter 'scope' does not fit",)),
    (("--notebook", "01_participant_outcome"), ("did you mean 01_participant_outcomes?",)),
    (("-p", "sed=1", "-p", "confidence=2"), ("did you mean seed?", "the parameter 'confidence' does not fit")),
]


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(("words", "expected"), PARAMETERS, ids=[" ".join(words) for words, _ in PARAMETERS])
def test_wrong_parameters_stop_before_anything_is_read(
    words: tuple[str, ...], expected: tuple[str, ...], tiny_study: Path, desk: Path, call: Call, snapshot: Snapshot
) -> None:
    before = snapshot(tiny_study.parent)
    code, said = call("run", tiny_study, *words)
    assert code == USAGE
    for text in expected:
        assert text in said
    assert snapshot(tiny_study.parent) == before


@pytest.mark.usefixtures("no_kernel")
def test_a_scope_nobody_belongs_to_names_those_that_exist(
    tiny_study: Path, desk: Path, call: Call, snapshot: Snapshot
) -> None:
    before = snapshot(tiny_study.parent)
    code, said = call("run", tiny_study, "--scope", "country=RO")
    assert code == BAD_INPUT
    assert "Allowed: country=it, country=se" in said
    code, said = call("run", tiny_study, "--scope", "town=Rome")
    assert code == BAD_INPUT
    assert "Allowed: programme, or site=VALUE, country=VALUE" in said
    assert snapshot(tiny_study.parent) == before


def test_new_makes_a_study_that_lacks_only_its_exports(desk: Path, call: Call) -> None:
    code, said = call("new", "mine")
    assert code == 0
    assert "sivsen check mine" in said
    code, said = call("check", "mine")
    assert code == BAD_INPUT
    summary, *problems = said.splitlines()
    assert summary == "sivsen: 2 problem(s)"
    assert all("the file does not exist" in problem for problem in problems)


def test_new_leaves_a_folder_that_holds_something(desk: Path, call: Call, snapshot: Snapshot) -> None:
    (desk / "empty").mkdir()
    assert call("new", "empty")[0] == 0
    (desk / "mine").mkdir()
    (desk / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    before = snapshot(desk)
    for target in ("mine", "empty", "mine/notes.txt", "mine/notes.txt/below"):
        code, said = call("new", target)
        assert code == STORAGE
        assert str(desk) not in said
    assert snapshot(desk) == before


@pytest.fixture
def heeds_interrupts() -> Iterator[None]:
    """Heed interrupts as a command in the foreground does; a shell lets those in the background ignore them."""
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, earlier)


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)])
def test_an_interrupt_in_the_second_report_leaves_everything_as_it_was(
    stop: signal.Signals,
    code: int,
    tiny_study: Path,
    desk: Path,
    call: Call,
    snapshot: Snapshot,
    monkeypatch: pytest.MonkeyPatch,
    heeds_interrupts: None,
) -> None:
    runs: list[Path] = []

    def execute(source: Path, target: Path, **_: object) -> tuple[None, str]:
        target.write_text("part of a notebook", encoding="utf-8")
        runs.append(target)
        if len(runs) == 2:
            os.kill(os.getpid(), stop)
        return None, "not run"

    monkeypatch.setattr(batch, "execute_notebook", execute)
    before = snapshot(desk)
    earlier = signal.getsignal(stop)
    got, said = call("run", tiny_study)
    assert got == code
    assert len(runs) == 2
    assert "earlier reports are as they were" in said
    assert snapshot(desk) == before
    assert signal.getsignal(stop) == earlier


@pytest.mark.parametrize(
    ("error", "code"), [(ValueError("canary"), INTERNAL), (PermissionError(13, "Permission denied", "canary"), STORAGE)]
)
def test_a_fault_of_the_toolkit_shows_place_and_kind_but_no_value(
    error: Exception, code: int, tiny_study: Path, desk: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli, "open_study", fail)
    got, said = call("check", tiny_study)
    assert got == code
    assert ("ValueError in toolkit/cli/__init__.py, line " in said) == (code == INTERNAL)


def test_a_notebook_named_twice_is_run_once_and_its_failure_printed(
    tiny_study: Path, desk: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "execute_notebook", lambda *_, **__: (None, "the kernel died in mid-run"))
    name = "01_participant_outcomes"
    code, said = call("run", tiny_study, "--notebook", name, "--notebook", name)
    assert code == 1
    assert said.count(f"{name}: failed (the earlier report is kept)\n  the kernel died in mid-run\n") == 1
    assert f"Reports: {desk / 'outputs' / 'tiny' / 'index.html'}" in said
    assert (desk / "outputs" / "tiny" / f"{name}.html").read_text(encoding="utf-8") == "<p>An earlier report</p>"


def test_demo_is_the_example_study(desk: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []

    def execute(source: Path, target: Path, **options: object) -> tuple[None, str]:
        given.append(options["parameters"])
        return None, "not run"

    monkeypatch.setattr(batch, "execute_notebook", execute)
    code, said = call("demo")
    assert code == 1
    assert f"Reports: {desk / 'outputs' / 'example' / 'index.html'}" in said
    assert all(isinstance(words, dict) and words["study"] == "example/study.yaml" for words in given)


@pytest.mark.parametrize("times", [1, 2], ids=["in a note", "in a problem"])
def test_a_header_cannot_steer_the_terminal(times: int, tiny_study: Path, desk: Path, call: Call) -> None:
    later = tiny_study / "exports" / "post.csv"
    rows = later.read_text(encoding="utf-8").splitlines()
    more = ["\x1b[2Jextra," * times, *["x," * times] * (len(rows) - 1)]
    later.write_text("\n".join(left + right for left, right in zip(more, rows, strict=True)), encoding="utf-8")
    code, said = call("check", tiny_study)
    assert code == (0 if times == 1 else BAD_INPUT)
    assert "[2Jextra" in said
    assert "\x1b" not in said


def test_a_terminal_without_the_letters_is_no_fault(tiny_study: Path, desk: Path) -> None:
    later = tiny_study / "exports" / "post.csv"
    text = later.read_text(encoding="utf-8")
    later.write_text("țară," + text.rstrip().replace("\n", "\nx,"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "toolkit.cli", "check", str(tiny_study)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "\\u021bar\\u0103" in done.stdout


def test_lab_passes_its_words_on(monkeypatch: pytest.MonkeyPatch, desk: Path, call: Call) -> None:
    started: list[list[str]] = []

    def start(words: list[str], **_: object) -> int:
        started.append(words)
        return 0

    monkeypatch.setattr(subprocess, "call", start)
    assert call("lab", "--no-browser")[0] == 0
    assert started[0][:3] == [sys.executable, "-m", "jupyterlab"]
    assert Path(started[0][3], "01_participant_outcomes.ipynb").is_file()
    assert started[0][4:] == ["--no-browser"]
