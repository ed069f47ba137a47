"""The project's own files agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from toolkit.core.glossary import glossary_table

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-test.lock")


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match
    return match.group().lower().replace("_", "-")


def _locked(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==([^\s;\\]+)", text, flags=re.M))


def test_environment_is_python_pip_and_the_project() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    lowest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert environment["dependencies"] == [f"python={lowest}", "pip", {"pip": ["-e ."]}]
    assert environment["name"] == PYPROJECT["project"]["name"]


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_every_dependency_and_the_build_backend_with_hashes(lock: str) -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    wanted = [*PYPROJECT["project"]["dependencies"], *extras["build"], *PYPROJECT["build-system"]["requires"]]
    if lock == "requirements-test.lock":
        wanted += extras["test"]
    assert {_name(requirement) for requirement in wanted} <= set(_locked(lock))
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.M)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block)


def test_both_locks_agree() -> None:
    run, test = _locked(LOCKS[0]), _locked(LOCKS[1])
    assert {name: test.get(name) for name in run} == run


@pytest.mark.parametrize("lock", [*LOCKS, "tests/browser/package-lock.json"])
def test_locks_hold_no_download_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"index-url|find-links|\"resolved\"", text)
    if lock.endswith(".lock"):
        assert "://" not in text


def test_readme_opens_with_the_two_commands() -> None:
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.M | re.S)
    assert [language for language, _ in blocks[:2]] == ["sh", "sh"]
    (_, demo), (_, tests) = blocks[:2]
    assert demo.count("\n") == tests.count("\n") == 1
    assert demo.strip().endswith("sivsen demo")
    assert tests.strip().endswith("pytest")
    for command, lock in ((demo, LOCKS[0]), (tests, LOCKS[1])):
        assert f"--require-hashes -r {lock}" in command
        assert "--no-deps --no-build-isolation" in command


def test_every_dependency_is_explained() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    extras = PYPROJECT["project"]["optional-dependencies"]
    for requirement in (*PYPROJECT["project"]["dependencies"], *extras["test"], *extras["build"]):
        assert re.search(rf"\b{re.escape(_name(requirement))}\b", text), requirement


def test_version_is_the_same_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PYPROJECT["project"]["version"]
    assert citation["authors"] == [{"name": "SIVSEN toolkit contributors"}]


def test_import_is_light() -> None:
    heavy = "{'pandas', 'numpy', 'matplotlib', 'papermill', 'scipy'}"
    code = f"import sys, toolkit; found = {heavy} & set(sys.modules); sys.exit(str(found) if found else 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_handed_on_names_exist() -> None:
    code = "import toolkit; [getattr(toolkit, name) for name in toolkit.__all__]; print(len(toolkit.__all__))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 30


def test_columns_page_is_the_glossary() -> None:
    assert glossary_table() in (ROOT / "docs" / "columns.md").read_text(encoding="utf-8")
