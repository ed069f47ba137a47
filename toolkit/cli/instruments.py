"""sivsen instruments: check a form, make its codebook, hand it to a survey tool, put a published scale into it."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from toolkit.core.errors import InputError, Problem, StorageError, UsageError
from toolkit.core.nearest import suggest_name
from toolkit.core.shipped import shipped_path
from toolkit.instruments import Instrument, Slot, fill_slot, load_instrument, load_slot
from toolkit.instruments.checks import Remark, check_instrument
from toolkit.instruments.exports import (
    back_translation_sheet,
    to_eusurvey,
    to_google_forms,
    to_limesurvey,
    to_table_schema,
    to_xlsform,
)
from toolkit.instruments.exports.gap_notes import known_slots
from toolkit.instruments.filling import ScoredAs
from toolkit.report.build_sheet import render_build_sheet
from toolkit.report.codebook import render_codebook

Target = Literal["xlsform", "limesurvey", "google", "eusurvey", "frictionless", "back-translation"]


class _Commands(Protocol):
    """What argparse gives for adding commands; its own type is private."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:
        """Return the parser of a new command."""


def add_instruments_command(commands: _Commands) -> None:
    """Add `instruments` and what it can do to the command line.

    Parameters
    ----------
    commands : argparse subparsers
        Those of the `sivsen` command. Each parser added sets `action`, which takes the parsed words and returns
        the exit code.
    """
    instruments = commands.add_parser("instruments", help="check a form, make its codebook, export or fill it")
    actions = instruments.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="say everything that is wrong or risky in a form")
    _add_name(check)
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    check.set_defaults(action=_check)
    codebook = actions.add_parser("codebook", help="write the codebook as one HTML page")
    _add_name(codebook)
    codebook.add_argument("--output", metavar="FILE", required=True, help="file to write, such as codebook.html")
    codebook.set_defaults(action=_codebook)
    export = actions.add_parser("export", help="write a form for a survey tool")
    _add_name(export)
    export.add_argument("--to", required=True, choices=list(_EXPORTS), metavar="FORMAT", help=", ".join(_EXPORTS))
    export.add_argument("--output", metavar="FILE", required=True, help="file to write")
    export.add_argument("--wave", metavar="WAVE", default="", help="only what is asked in one wave, such as pre")
    export.add_argument("--language", metavar="L", help=f"language of a sheet ({', '.join(_BY_LANGUAGE)})")
    export.add_argument(
        "--without-gaps", action="store_true", help="leave out the notes where published scales can be put"
    )
    export.set_defaults(action=_export)
    fill = actions.add_parser("fill", help="write a copy of a form with a published scale in it, from your own file")
    _add_name(fill)
    fill.add_argument("--slot", metavar="SLOT", required=True, help="the scale, such as gse, or the folder of one")
    fill.add_argument("--items", metavar="FILE", required=True, help="your CSV file with the official text")
    fill.add_argument("--output", metavar="DIR", required=True, help="folder to make")
    fill.add_argument(
        "--scored-as", choices=get_args(ScoredAs), default="total", help="one outcome, or one per subscale (total)"
    )
    fill.set_defaults(action=_fill)


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a form that comes with the toolkit, or the folder of one")


def _find_folder(name: str) -> Path:
    """Return the folder of a form: one that is there under this name, else one that comes with the toolkit."""
    # pathlib raises for a name that no file system takes; this one says no.
    if os.path.isfile(Path(name) / "survey.csv"):
        return Path(name)
    shipped = shipped_path("surveys", "instruments")
    names = sorted(path.name for path in shipped.iterdir() if (path / "survey.csv").is_file())
    if name in names:
        return shipped / name
    shown = Path(name).name or name
    raise InputError(
        Problem(
            what=f"there is no form called {shown[:80]}",
            allowed=f"{', '.join(names)}, or a folder with survey.csv",
            mend=suggest_name(shown[:80], names),
        )
    )


def _check(options: argparse.Namespace) -> int:
    folder = _find_folder(options.name)
    try:
        instrument = load_instrument(folder)
    except InputError as error:
        if not options.json:
            raise
        remarks = [Remark(level="problem", problem=problem) for problem in error.problems]
        print(_as_json({"instrument": folder.resolve().name}, remarks))
        return InputError.exit_code
    remarks = list(check_instrument(instrument, folder=folder))
    problems = [remark.problem for remark in remarks if remark.level == "problem"]
    if options.json:
        print(_as_json(_describe(instrument), remarks))
        return InputError.exit_code if problems else 0
    for remark in remarks:
        if remark.level == "warning":
            print(f"warning: {remark.problem}")
    if problems:
        raise InputError(problems)
    facts = _describe(instrument)
    print(f"{instrument.name} {instrument.version}: {facts['questions']} questions, {facts['scales']} scales.")
    print(f"Languages: {', '.join(instrument.languages)}. No problems, {len(remarks)} warning(s).")
    _note_drafts(instrument)
    return 0


def _describe(instrument: Instrument) -> dict[str, Any]:
    return {
        "instrument": instrument.name,
        "version": instrument.version,
        "questions": sum(item.holds_answer for item in instrument.items),
        "scales": len(instrument.scales),
        "languages": list(instrument.languages),
        "drafts": list(instrument.draft_languages),
        "waves": list(instrument.waves),
        "sha256": instrument.sha256,
    }


def _as_json(facts: dict[str, Any], remarks: list[Remark]) -> str:
    """Return facts and remarks as JSON; a problem is a record of what, where, what is allowed, how to mend it."""
    for level in ("problem", "warning"):
        facts[f"{level}s"] = [asdict(remark.problem) for remark in remarks if remark.level == level]
    return json.dumps(facts, ensure_ascii=False, indent=1)


def _codebook(options: argparse.Namespace) -> int:
    instrument = load_instrument(_find_folder(options.name))
    _write_file(Path(options.output), render_codebook(instrument).encode("utf-8"))
    print(f"Codebook: {options.output}")
    _note_drafts(instrument)
    return 0


def _export(options: argparse.Namespace) -> int:
    target: Target = options.to
    if options.language is not None and target not in _BY_LANGUAGE:
        raise UsageError(f"--to {target} holds all languages; leave --language out")
    if options.wave and target == "back-translation":
        raise UsageError("a back-translation sheet holds all waves; leave --wave out")
    folder = _find_folder(options.name)
    instrument = load_instrument(folder)
    remarks = check_instrument(instrument, folder=folder)
    problems = [remark.problem for remark in remarks if remark.level == "problem"]
    if problems:
        raise InputError(problems)
    if options.without_gaps:
        instrument = replace(instrument, gaps=())
    language = options.language or instrument.default_language
    _write_file(Path(options.output), _EXPORTS[target](instrument, language, options.wave))
    print(f"{instrument.name} {instrument.version} for {target}: {options.output}")
    if target in _BY_LANGUAGE:
        print(f"The sheet is in {language}; --language takes {', '.join(instrument.languages)}.")
    apart = any(item.waves != instrument.waves for item in instrument.items)
    if apart and not options.wave and target in _BY_WAVE:
        print(f"It holds the questions of all waves ({', '.join(instrument.waves)}). Add --wave for the form that")
        print("people fill in at one of them.")
    gaps = [gap.slot for gap in instrument.gaps if not options.wave or options.wave in gap.waves]
    if gaps and target != "back-translation":
        print(f"It has room for published scales ({', '.join(gaps)}), each marked by a note. Put them in with")
        print("sivsen instruments fill, or add --without-gaps for the form as it is.")
    _note_drafts(instrument)
    return 0


def _fill(options: argparse.Namespace) -> int:
    slot = _find_slot(options.slot)
    items, output = Path(options.items), Path(options.output)
    folder = fill_slot(_find_folder(options.name), slot, items_csv=items, output=output, scored_as=options.scored_as)
    instrument = load_instrument(folder)
    print(f"{instrument.name} {instrument.version}: {options.output}")
    print(f"{slot.title}: {slot.attribution}. Licence: {slot.licence}.")
    print(f"Languages: {', '.join(instrument.languages)}.")
    if slot.referral:
        print("It asks about wellbeing; a note after its last question says where help is had. Add your own contacts.")
    if instrument.gaps:
        print(f"There is still room for {', '.join(gap.slot for gap in instrument.gaps)}.")
    return 0


def _find_slot(name: str) -> Slot:
    """Return a slot: that of a folder of this name, else one that comes with the toolkit."""
    if os.path.isfile(Path(name) / "slot.csv"):
        return load_slot(Path(name))
    known = known_slots()
    shown = (Path(name).name or name)[:80]
    if name not in known:
        raise InputError(
            Problem(
                what=f"there is no slot called {shown}",
                column="--slot",
                allowed=f"{', '.join(known)}, or a folder with slot.csv",
                mend=suggest_name(shown, list(known)),
            )
        )
    return known[name]


def _note_drafts(instrument: Instrument) -> None:
    if instrument.draft_languages:
        print(f"Draft wording, not signed by a reviewer: {', '.join(instrument.draft_languages)}.")


def _write_file(path: Path, content: bytes) -> None:
    """Put a finished file in place, so that nobody ever sees a part of it; an earlier file is replaced."""
    if path.is_dir():
        raise StorageError(Problem(what="--output names a folder", file=path.name, mend="name a file in it"))
    if not path.parent.is_dir():
        raise StorageError(Problem(what="the folder of --output does not exist", file=path.name, mend="make it first"))
    beside = path.with_name(f".{path.name[:40]}-{os.getpid()}")
    try:
        try:
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"{path.name} could not be written: {error.strerror}") from error


def _text(text: str) -> bytes:
    return text.encode("utf-8")


_EXPORTS: Mapping[Target, Callable[[Instrument, str, str], bytes]] = {
    "xlsform": lambda form, language, wave: to_xlsform(form, wave=wave),
    "limesurvey": lambda form, language, wave: _text(to_limesurvey(form, wave=wave)),
    "google": lambda form, language, wave: _text(
        render_build_sheet(to_google_forms(form, language=language, wave=wave))
    ),
    "eusurvey": lambda form, language, wave: _text(render_build_sheet(to_eusurvey(form, language=language, wave=wave))),
    "frictionless": lambda form, language, wave: _text(to_table_schema(form, wave=wave)),
    "back-translation": lambda form, language, wave: _text(back_translation_sheet(form, language)),
}
_BY_LANGUAGE: tuple[Target, ...] = ("google", "eusurvey", "back-translation")
_BY_WAVE: tuple[Target, ...] = ("xlsform", "limesurvey", "google", "eusurvey")
