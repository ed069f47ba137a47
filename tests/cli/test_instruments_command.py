"""sivsen instruments: what it says, writes and refuses."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pyxform.xls2xform import convert

from toolkit.core.shipped import shipped_path
from toolkit.instruments import LANGUAGES, label_column, load_instrument, load_slot

Call = Callable[..., tuple[int, str]]
Snapshot = Callable[[Path], Mapping[str, bytes]]

USAGE = 2
BAD_INPUT = 3
STORAGE = 5

STARTS = {
    "xlsform": b"PK",
    "limesurvey": b"\xef\xbb\xbfid\trelated_id\tclass",
    "google": b"<!DOCTYPE html>",
    "eusurvey": b"<!DOCTYPE html>",
    "frictionless": b"{",
    "back-translation": b"\xef\xbb\xbfpart,name,text",
}


@pytest.fixture
def own_form(desk: Path) -> Path:
    """Return a folder of one's own with the participant form, to spoil."""
    return Path(shutil.copytree(shipped_path("surveys", "instruments", "participant"), desk / "mine"))


def spoil(folder: Path, *, column: str, text: str) -> None:
    path = folder / "survey.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[3][rows[0].index(column)] = text
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def test_check_of_a_shipped_form(desk: Path, call: Call, snapshot: Snapshot) -> None:
    before = snapshot(desk)
    code, said = call("instruments", "check", "participant")
    assert code == 0
    assert "No problems, 0 warning(s)." in said
    assert "Draft wording, not signed by a reviewer: en, it, sv, ro." in said
    assert snapshot(desk) == before


def test_check_as_json(own_form: Path, call: Call) -> None:
    code, said = call("instruments", "check", "mine", "--json")
    facts = json.loads(said)
    assert code == 0
    assert (facts["instrument"], facts["problems"], facts["drafts"]) == ("participant", [], ["en", "it", "sv", "ro"])
    spoil(own_form, column="relevant", text="${nobody} = 1")
    code, said = call("instruments", "check", "mine", "--json")
    (problem,) = json.loads(said)["problems"]
    assert code == BAD_INPUT
    assert (problem["file"], problem["row"], problem["column"]) == ("participant/survey.csv", 4, "relevant")
    spoil(own_form, column="role", text="grop")
    code, said = call("instruments", "check", "mine", "--json")
    assert code == BAD_INPUT
    assert json.loads(said)["problems"][0]["mend"] == "did you mean group?"


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("role", "grop", "did you mean group?"),
        ("relevant", "${nobody} = 1", "refers to nobody, which is not in the form"),
    ],
)
def test_check_and_export_refuse_a_spoilt_form(
    column: str, text: str, expected: str, own_form: Path, desk: Path, call: Call, snapshot: Snapshot
) -> None:
    spoil(own_form, column=column, text=text)
    before = snapshot(desk)
    for words in (("check", "mine"), ("export", "mine", "--to", "xlsform", "--output", "form.xlsx")):
        code, said = call("instruments", *words)
        assert code == BAD_INPUT
        assert expected in said
    assert snapshot(desk) == before


def test_a_form_that_is_not_there_names_those_that_are(desk: Path, call: Call) -> None:
    for name in ("participnt", "no/such/folder", "x" * 5000):
        code, said = call("instruments", "check", name)
        assert code == BAD_INPUT
        assert "participant" in said
        assert str(desk) not in said
    assert "did you mean participant?" in call("instruments", "check", "participnt")[1]


@pytest.mark.parametrize("target", STARTS)
def test_export_writes_what_was_asked_for(target: str, desk: Path, call: Call) -> None:
    words = ("instruments", "export", "participant", "--to", target, "--output", "form")
    code, said = call(*words)
    assert code == 0
    assert f"for {target}: form" in said
    first = (desk / "form").read_bytes()
    assert first.startswith(STARTS[target])
    (desk / "form").write_bytes(b"earlier")
    assert call(*words)[0] == 0
    assert (desk / "form").read_bytes() == first
    assert not [path for path in desk.iterdir() if path.name.startswith(".")]


def test_exported_xlsform_compiles_without_a_warning(desk: Path, call: Call) -> None:
    for wave in ((), ("--wave", "pre"), ("--wave", "post")):
        warnings: list[str] = []
        code, said = call("instruments", "export", "participant", "--to", "xlsform", "--output", "form.xlsx", *wave)
        assert code == 0
        assert ("It holds the questions of all waves" in said) == (not wave)
        result = convert(io.BytesIO((desk / "form.xlsx").read_bytes()), warnings=warnings, file_type=".xlsx")
        assert warnings == []
        assert ("goal" in result.xform) == (wave != ("--wave", "post"))


def test_a_sheet_is_in_the_language_asked_for(desk: Path, call: Call) -> None:
    words = ("instruments", "export", "participant", "--to", "google", "--output", "form.html")
    assert "The sheet is in sv; --language takes en, it, sv, ro." in call(*words, "--language", "sv")[1]
    assert "Håller helt med" in (desk / "form.html").read_text(encoding="utf-8")


def write_items(path: Path, name: str, languages: tuple[str, ...] = tuple(LANGUAGES)) -> None:
    slot = load_slot(shipped_path("surveys", "instruments", "slots", name))
    names = [("item", item.name) for item in slot.items] + [("answer", f"s{points}") for points in slot.answers]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["part", "name", *(label_column("label", code) for code in languages)])
        writer.writerows([part, each, *(f"Made up {each} {code}" for code in languages)] for part, each in names)


def test_a_gap_is_told_and_can_be_left_out(desk: Path, call: Call) -> None:
    words = ("instruments", "export", "participant", "--to", "limesurvey", "--output", "form.txt")
    assert "room for published scales (gse, caas, rosenberg, rothwell, who5, swemwbs)" in call(*words)[1]
    assert "GAP gse" in (desk / "form.txt").read_text(encoding="utf-8")
    assert "room for" not in call(*words, "--without-gaps")[1]
    assert "GAP" not in (desk / "form.txt").read_text(encoding="utf-8")


def test_fill_then_check_then_export(desk: Path, call: Call) -> None:
    write_items(desk / "own.csv", "who5")
    code, said = call(
        "instruments", "fill", "participant", "--slot", "who5", "--items", "own.csv", "--output", "filled"
    )
    assert code == 0
    assert "participant 2.0+who5: filled" in said
    assert "says where help is had" in said
    assert "still room for gse, caas, rosenberg, rothwell, swemwbs" in said
    assert load_instrument(desk / "filled").scale_range("who5") == (0.0, 100.0)
    assert "No problems, 0 warning(s)." in call("instruments", "check", "filled")[1]
    assert call("instruments", "export", "filled", "--to", "xlsform", "--output", "form.xlsx")[0] == 0


def test_fill_by_subscales(desk: Path, call: Call) -> None:
    write_items(desk / "own.csv", "caas", ("en", "it"))
    words = ("--slot", "caas", "--items", "own.csv", "--output", "filled", "--scored-as", "subscales")
    code, said = call("instruments", "fill", "comparison", *words)
    assert (code, "Languages: en, it." in said) == (0, True)
    assert len([scale for scale in load_instrument(desk / "filled").scales if scale.name.startswith("caas_")]) == 4


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("participant", "--slot", "gsee", "--items", "own.csv"), BAD_INPUT, "did you mean gse?"),
        (("host_costs", "--slot", "gse", "--items", "own.csv"), USAGE, "has no gap for gse"),
        (("participant", "--slot", "who5", "--items", "own.csv"), BAD_INPUT, "there is no item row for who1"),
        (("participant", "--slot", "gse", "--items", "none.csv"), BAD_INPUT, "none.csv"),
        (("participant", "--slot", "gse", "--items", "own.csv", "--scored-as", "subscales"), USAGE, "no subscales"),
    ],
)
def test_fill_says_what_is_wrong_and_writes_nothing(
    words: tuple[str, ...], code: int, expected: str, desk: Path, call: Call, snapshot: Snapshot
) -> None:
    write_items(desk / "own.csv", "gse")
    before = snapshot(desk)
    found, said = call("instruments", "fill", *words, "--output", "filled")
    assert found == code
    assert expected in said
    assert str(desk) not in said
    assert snapshot(desk) == before


def test_fill_takes_a_slot_of_ones_own(own_form: Path, desk: Path, call: Call) -> None:
    slot = Path(shutil.copytree(shipped_path("surveys", "instruments", "slots", "gse"), desk / "ours"))
    fields = (slot / "slot.csv").read_text(encoding="utf-8")
    (slot / "slot.csv").write_text(fields.replace("name,gse", "name,ours"), encoding="utf-8")
    (own_form / "slots.csv").write_text("slot,after,wave\nours,si4,pre\n", encoding="utf-8")
    assert "no slot called ours" in call("instruments", "check", "mine")[1]
    write_items(desk / "own.csv", "gse")
    code, said = call("instruments", "fill", "mine", "--slot", "ours", "--items", "own.csv", "--output", "filled")
    assert (code, "participant 2.0+ours" in said) == (0, True)
    assert "No problems, 0 warning(s)." in call("instruments", "check", "filled")[1]


def test_codebook_is_written(desk: Path, call: Call) -> None:
    code, said = call("instruments", "codebook", "participant", "--output", "codebook.html")
    assert code == 0
    assert "Codebook: codebook.html" in said
    assert "Håller helt med" in (desk / "codebook.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--to", "xlsfrm"), "invalid choice"),
        (("--to", "xlsform", "--language", "it"), "leave --language out"),
        (("--to", "back-translation", "--wave", "pre"), "leave --wave out"),
        (("--to", "xlsform", "--wave", "later"), "Allowed: pre, post"),
        (("--to", "google", "--language", "de"), "Allowed: en, it, sv, ro"),
    ],
)
def test_wrong_words_write_nothing(
    words: tuple[str, ...], expected: str, desk: Path, call: Call, snapshot: Snapshot
) -> None:
    before = snapshot(desk)
    code, said = call("instruments", "export", "participant", *words, "--output", "form")
    assert code == USAGE
    assert expected in said
    assert snapshot(desk) == before


@pytest.mark.parametrize("output", [".", "outputs", "missing/form.xlsx", "outputs/tiny/index.html/form.xlsx"])
def test_a_place_that_cannot_be_written_to(output: str, desk: Path, call: Call, snapshot: Snapshot) -> None:
    before = snapshot(desk)
    for words in (("export", "participant", "--to", "xlsform"), ("codebook", "participant")):
        code, said = call("instruments", *words, "--output", output)
        assert code == STORAGE
        assert str(desk) not in said
    assert snapshot(desk) == before


def test_a_write_that_fails_leaves_the_earlier_file(
    desk: Path, call: Call, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk / "form.xlsx").write_bytes(b"earlier")
    before = snapshot(desk)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    code, said = call("instruments", "export", "participant", "--to", "xlsform", "--output", "form.xlsx")
    assert code == STORAGE
    assert "form.xlsx could not be written: No space left on device" in said
    assert snapshot(desk) == before


def test_the_module_runs_as_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "toolkit.cli", "instruments", "check", "participant"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (done.returncode, done.stderr) == (0, "")
