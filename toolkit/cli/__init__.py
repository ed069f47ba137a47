"""The sivsen command."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import Any

from tqdm import tqdm

from toolkit.cli.instruments import add_instruments_command
from toolkit.core.errors import StorageError, ToolkitError, UsageError
from toolkit.core.shipped import shipped_path
from toolkit.measure import FalseLinks
from toolkit.run.batch import run_study
from toolkit.run.parameters import NOTEBOOKS, parse_parameters
from toolkit.run.results import ReportResult, RunResult
from toolkit.study import Study, find_study, freeze_study, open_study, review_path, save_review, scaffold_study

EXIT_INTERNAL = 6
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after ``sivsen``; those of the process when left out.

    Returns
    -------
    int
        0 ok; 1 some reports failed; 2 usage; 3 bad input; 4 disclosure; 5 storage; 6 internal;
        130 interrupted; 143 terminated.
    """
    parser = _build_parser()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options, words = parser.parse_known_args(arguments)
        options.words = words
        if words and options.action is not _lab:
            parser.error(f"unknown words: {' '.join(words)}")
    except SystemExit as stop:
        return int(stop.code or 0)
    with _heeding_termination():
        return _act(options)


def _act(options: argparse.Namespace) -> int:
    try:
        return int(options.action(options))
    except ToolkitError as error:
        print(f"sivsen: {len(error.problems)} problem(s)", file=sys.stderr)
        print(_printable(str(error)), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("sivsen: interrupted; earlier reports are as they were", file=sys.stderr)
        return EXIT_INTERRUPTED
    except _Terminated:
        print("sivsen: terminated; earlier reports are as they were", file=sys.stderr)
        return EXIT_TERMINATED
    except OSError as error:
        print(f"sivsen: reading or writing failed: {error.strerror or type(error).__name__}", file=sys.stderr)
        return StorageError.exit_code
    except Exception as error:
        print(_describe_fault(error), file=sys.stderr)
        return EXIT_INTERNAL


class _Terminated(BaseException):
    """The process was asked to stop."""


@contextmanager
def _heeding_termination() -> Iterator[None]:
    """Let a request to terminate unwind like an interrupt, so that temporary folders and kernels go."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Terminated

    earlier = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)


def _printable(text: str) -> str:
    """Replace marks that would steer the terminal; headers and names come from files."""
    return "".join(mark if mark.isprintable() or mark == "\n" else "\ufffd" for mark in text)


def _describe_fault(error: Exception) -> str:
    """Say what failed and where in the toolkit; the error's own words may hold an answer and are left out."""
    root = Path(__file__).parent.parent
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(root)]
    place = f"{Path(frames[-1].filename).relative_to(root.parent).as_posix()}, line {frames[-1].lineno}"
    return (
        f"sivsen: {type(error).__name__} in {place}: a fault of the toolkit, not of your study. "
        "To mend: report this line to those who look after the toolkit."
    )


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sivsen", description="Impact evaluation of work placements in social enterprises."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="run the example study and print where its reports are")
    demo.add_argument("--output", metavar="DIR", help="folder of the reports (outputs/example)")
    demo.set_defaults(action=_demo)
    new = commands.add_parser("new", help="make a study folder to edit")
    new.add_argument("folder", metavar="DIR")
    new.set_defaults(action=_new)
    check = commands.add_parser("check", help="say everything that is wrong with a study")
    check.add_argument("study", metavar="STUDY", help="the study's folder or its study.yaml")
    check.set_defaults(action=_check)
    plan = commands.add_parser("plan", help="freeze the analysis plan, before later answers exist")
    plan.add_argument("study", metavar="STUDY", help="the study's folder or its study.yaml")
    plan.set_defaults(action=_plan)
    run = commands.add_parser("run", help="make the reports of a study")
    run.add_argument("study", metavar="STUDY", help="the study's folder or its study.yaml")
    names = ", ".join(spec.name for spec in NOTEBOOKS)
    run.add_argument("--notebook", action="append", default=[], metavar="NAME", help=names)
    run.add_argument("--scope", metavar="SCOPE", help="programme, or one group such as country=IT")
    run.add_argument("--language", metavar="L", help="language of the reports (en)")
    run.add_argument(
        "-p",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a parameter of the notebooks, such as confidence=0.9",
    )
    run.add_argument("--output", metavar="DIR", help="folder of the reports (outputs/NAME)")
    run.set_defaults(action=_run)
    lab = commands.add_parser("lab", help="open JupyterLab on the notebooks; further words go to jupyter lab")
    lab.set_defaults(action=_lab)
    add_instruments_command(commands)
    return parser


def _demo(options: argparse.Namespace) -> int:
    return _run_and_report(shipped_path("surveys", "example"), options.output, [], {})


def _new(options: argparse.Namespace) -> int:
    study = scaffold_study(Path(options.folder))
    print(f"A new study: {study}")
    print("Put your exports into its folder exports, edit study.yaml, then: sivsen check", options.folder)
    return 0


def _check(options: argparse.Namespace) -> int:
    path = find_study(options.study, start=Path.cwd())
    study = open_study(path)
    for note in study.cover.notes:
        print(_printable(note))
    for line in study.panel.ledger.lines:
        if line.count:
            print(f"{line.wave or 'all waves'}: {line.count} set aside ({line.reason}), {line.n_out} remain.")
    _describe_matching(study)
    people = len(study.panel.people)
    if people:
        print(f"No problems. {people} {'person is' if people == 1 else 'people are'} in both surveys.")
    else:
        print("Nobody is in both surveys, so no change can be measured: look at link.key in study.yaml, and whether")
        print("people were given the same code each time.")
    return 0


def _describe_matching(study: Study) -> None:
    """Say how sure the links are, and leave what is not sure in the review file."""
    if study.matching is None:
        return
    for tolerance, told in study.matching.levels.items():
        share = "" if told.share is None else f"; of these {_percent(told)} are expected to join two strangers"
        words = "exactly alike" if tolerance == 0 else f"with at most {tolerance} differing element(s)"
        print(f"Links {words}: {told.n_links}{share}.")
    path = review_path(study.settings, study.folder)
    undecided = save_review(study.matching, path)
    if undecided:
        print(f"{undecided} pair(s) may be one person: write same or different under verdict in {path.name},")
        print("then run sivsen check again.")


def _percent(told: FalseLinks) -> str:
    low, high = (100 * (limit or 0.0) for limit in (told.conf_low, told.conf_high))
    return f"{100 * (told.share or 0.0):.1f}% (interval {low:.1f} to {high:.1f})"


def _plan(options: argparse.Namespace) -> int:
    path = find_study(options.study, start=Path.cwd())
    frozen = freeze_study(path, today=date.today())
    print(f"The analysis plan is frozen as of {frozen.day.isoformat()} in plan.json ({frozen.sha256[:12]}).")
    if frozen.later_answers:
        print("Exports of a later wave were there already, so reports say that it was not frozen before them.")
    return 0


def _run(options: argparse.Namespace) -> int:
    given = _split_parameters(options.parameters)
    for name in ("scope", "language"):
        if getattr(options, name) is not None:
            if name in given:
                raise UsageError(f"the parameter {name} is given twice")
            given[name] = getattr(options, name)
    for name in ("study", "release_plan"):
        if name in given:
            raise UsageError(f"the parameter {name} is set by sivsen run itself; leave it out")
    return _run_and_report(options.study, options.output, options.notebook, parse_parameters(given))


def _split_parameters(words: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise UsageError(f"-p takes name=value, such as confidence=0.9; {name!r} has no value")
        if name in given:
            raise UsageError(f"the parameter {name} is given twice")
        given[name] = value
    return given


def _run_and_report(study: str | Path, output: str | None, notebooks: Sequence[str], parameters: dict[str, Any]) -> int:
    total = len(set(notebooks)) or len(NOTEBOOKS)
    with tqdm(total=total, unit="report", disable=not sys.stderr.isatty(), leave=False) as bar:

        def advance(report: ReportResult) -> None:
            bar.update()
            if bar.disable:
                print(_describe(report), flush=True)

        result = run_study(study, output=output, notebooks=notebooks, parameters=parameters, on_report=advance)
        if not bar.disable:
            bar.clear()
            print("\n".join(_describe(report) for report in result.reports))
    return _close(result)


def _describe(report: ReportResult) -> str:
    if not report.judgement.fault:
        return f"{report.spec.name}: made"
    where = f" at cell {report.judgement.cell}" if report.judgement.cell else ""
    kept = " (the earlier report is kept)" if report.kept else ""
    return f"{report.spec.name}: failed{where}{kept}\n  {report.judgement.fault}"


def _close(result: RunResult) -> int:
    print(f"Reports: {result.index}")
    return result.exit_code


def _lab(options: argparse.Namespace) -> int:
    notebooks = shipped_path("notebooks")
    if "_shipped" in notebooks.parts:
        own = Path.cwd() / "notebooks"
        if not own.exists():
            try:
                shutil.copytree(notebooks, own)
                shutil.copytree(shipped_path("surveys"), Path.cwd() / "surveys", dirs_exist_ok=True)
            except OSError as error:
                raise StorageError(f"the notebooks could not be copied here: {error.strerror}") from error
        notebooks = own
    words = [sys.executable, "-m", "jupyterlab", str(notebooks), *options.words]
    return subprocess.call(words, env={**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"})
