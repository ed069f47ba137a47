"""open_notebook: what papermill lets pass stops at a notebook's first call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from toolkit.core.errors import InputError, UsageError
from toolkit.run.notebook import open_notebook
from toolkit.run.parameters import NotebookParameters, parameters_cell

CALL = "from toolkit import open_notebook\nevaluation = open_notebook(globals())"


def kernel(*cells: str, earlier: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the namespace of a kernel that ran these cells, then the calling one."""
    namespace: dict[str, Any] = {}
    for source in cells:
        exec(source, namespace)
    namespace["In"] = ["", *earlier, *cells, CALL]
    return namespace


@pytest.fixture
def study(tiny_study: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tiny_study.parent)
    return f'study = "{tiny_study.name}"'


def test_declared_and_injected_parameters_open_the_study(study: str) -> None:
    opened = open_notebook(kernel(parameters_cell(), f'# Parameters\n{study}\nscope = "country=IT"\nconfidence = 0.9'))
    assert (opened.population, opened.confidence) == ("country=it", 0.9)
    assert dict(opened.origin.parameters) == {
        "study": "tiny",
        "scope": "country=IT",
        "language": "en",
        "seed": None,
        "confidence": 0.9,
    }


def test_a_mistyped_name_is_refused_and_the_nearest_named(study: str) -> None:
    with pytest.raises(UsageError, match=r"the parameter 'confidnce' is unknown.*did you mean confidence\?"):
        open_notebook(kernel(parameters_cell(), f"# Parameters\n{study}\nconfidnce = 0.9"))


def test_a_name_mistyped_in_the_parameters_cell_itself_is_refused(study: str) -> None:
    with pytest.raises(UsageError, match="'confidnce' is unknown"):
        open_notebook(kernel(parameters_cell() + f"\n{study}\nconfidnce = 0.9"))


@pytest.mark.parametrize("wrong", ['confidence = "0.9"', "confidence = 1", 'seed = "7"', "seed = 1.5", "scope = None"])
def test_a_value_of_another_type_is_refused(wrong: str, study: str) -> None:
    with pytest.raises(UsageError, match=f"the value of the parameter '{wrong.split(' =')[0]}' does not fit"):
        open_notebook(kernel(parameters_cell(), f"# Parameters\n{study}\n{wrong}"))


def test_a_value_that_is_no_literal_is_checked_all_the_same(study: str) -> None:
    with pytest.raises(UsageError, match="'confidence' does not fit"):
        open_notebook(kernel(parameters_cell(), f"# Parameters\n{study}\nconfidence = float('nan')"))


@pytest.mark.parametrize("name", list(NotebookParameters.model_fields))
def test_a_parameters_cell_that_was_not_run_is_told(name: str, study: str) -> None:
    namespace = kernel(parameters_cell(), study)
    del namespace[name]
    with pytest.raises(UsageError, match=f"lacks {name}; run the notebook from its first cell"):
        open_notebook(namespace)


def test_running_again_in_the_same_kernel_works(study: str) -> None:
    earlier = (parameters_cell(), study, CALL, "show_cover(evaluation.cover)", "answer = 42")
    again = kernel(parameters_cell(), study, earlier=earlier)
    again |= {"evaluation": object(), "change": object(), "answer": 42}
    assert len(open_notebook(again).panel.people) == 24


def test_running_only_the_opening_cell_again_works(study: str) -> None:
    namespace = kernel(parameters_cell(), study)
    namespace["In"] += [CALL]
    assert len(open_notebook(namespace).panel.people) == 24


def test_a_study_that_is_not_there_is_told(study: str) -> None:
    with pytest.raises(InputError, match="there is no study here"):
        open_notebook(kernel(parameters_cell(), 'study = "nowhere"'))
