"""Where a study is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.core.errors import InputError
from toolkit.study import find_study


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with a study, and a folder deep inside."""
    project = tmp_path / "project"
    for folder in ("surveys/example", "surveys/exports", "notebooks/deep"):
        (project / folder).mkdir(parents=True)
    (project / "pyproject.toml").touch()
    (project / "surveys" / "example" / "study.yaml").touch()
    return project


@pytest.mark.parametrize("given", ["surveys/example", "surveys/example/study.yaml", "./surveys/../surveys/example/"])
@pytest.mark.parametrize("start", ["", "notebooks", "notebooks/deep", "surveys/example"])
def test_folder_or_file_is_found_upward_to_the_project(given: str, start: str, project: Path) -> None:
    assert find_study(given, start=project / start) == project / "surveys" / "example" / "study.yaml"


def test_the_nearest_one_counts(project: Path) -> None:
    (project / "notebooks" / "surveys" / "example").mkdir(parents=True)
    near = project / "notebooks" / "surveys" / "example" / "study.yaml"
    near.touch()
    assert find_study("surveys/example", start=project / "notebooks") == near


def test_an_absolute_path_needs_no_search(project: Path, tmp_path: Path) -> None:
    study = project / "surveys" / "example"
    assert find_study(study, start=tmp_path) == study / "study.yaml"


def test_a_study_is_not_looked_for_above_the_project(project: Path) -> None:
    (project.parent / "elsewhere").mkdir()
    (project.parent / "elsewhere" / "study.yaml").touch()
    with pytest.raises(InputError):
        find_study("elsewhere", start=project / "notebooks")


def test_without_a_project_the_search_ends_one_folder_up(tmp_path: Path) -> None:
    """So that notebooks copied next to a folder of surveys find them, and nothing further away is taken."""
    (tmp_path / "around" / "notebooks").mkdir(parents=True)
    (tmp_path / "study.yaml").touch()
    with pytest.raises(InputError):
        find_study("study.yaml", start=tmp_path / "around" / "notebooks")
    (tmp_path / "around" / "study.yaml").touch()
    found = find_study("study.yaml", start=tmp_path / "around" / "notebooks")
    assert found == tmp_path / "around" / "study.yaml"


@pytest.mark.parametrize(
    ("given", "mend"),
    [
        ("surveys/exampel", "did you mean example?"),
        ("surveys/example/study.yml", "did you mean study.yaml?"),
        ("surveys/exports", "correct the path"),
        ("nothing/like/it", "correct the path"),
    ],
)
def test_a_similar_name_is_offered(given: str, mend: str, project: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_study(given, start=project)
    problem = caught.value.problems[0]
    assert problem.file == given
    assert problem.mend.startswith(mend)
    assert str(project) not in str(problem)


def test_a_misnamed_file_inside_the_folder_is_offered(project: Path) -> None:
    (project / "surveys" / "exports" / "study.yml").touch()
    with pytest.raises(InputError, match=r"did you mean study\.yml\?"):
        find_study("surveys/exports", start=project)


def test_a_name_no_file_system_takes_is_no_study(project: Path) -> None:
    with pytest.raises(InputError, match="there is no study here"):
        find_study("x" * 5000, start=project)
