"""open_notebook: a notebook's first call checks its parameters and opens its study."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.core.errors import UsageError
from toolkit.disclosure import SuppressionPlan
from toolkit.run.parameters import FILLED_IN, NotebookParameters, check_parameters
from toolkit.study import Study, open_study


def open_notebook(namespace: Mapping[str, Any]) -> Study:
    """Check the parameters of the notebook that calls this, and open its study.

    Papermill lets a mistyped parameter pass; this does not.

    Parameters
    ----------
    namespace : mapping
        The notebook's ``globals()``.

    Returns
    -------
    Study
        The study in the notebook's scope.

    Raises
    ------
    UsageError
        A parameter is unknown, missing or of another type.
    InputError
        The study cannot be opened; everything wrong with it at once.
    """
    given = {name: namespace.get(name) for name in _assigned_names(namespace.get("In", ()))}
    missing = [name for name in NotebookParameters.model_fields if name not in namespace]
    if missing:
        raise UsageError(
            f"the parameters cell was not run or lacks {', '.join(missing)}; run the notebook from its first cell"
        )
    declared = {name: namespace[name] for name in NotebookParameters.model_fields}
    parameters = check_parameters({**given, **declared})
    plan = parameters["release_plan"]
    return open_study(
        parameters["study"],
        scope=parameters["scope"],
        language=parameters["language"],
        confidence=parameters["confidence"],
        seed=parameters["seed"],
        release_plan=SuppressionPlan.from_json(plan) if plan else None,
        parameters={name: value for name, value in parameters.items() if name not in FILLED_IN},
    )


def _assigned_names(cells: Sequence[str]) -> list[str]:
    """Names assigned by the cells of literals that stand right before the calling cell.

    These are the declared parameters and papermill's injected ones; the cell of declared parameters, or one
    that does anything else, ends the search, so that running a notebook twice in one kernel works.
    """
    names: list[str] = []
    for source in reversed(cells[:-1]):
        assigned = _literal_assignments(source)
        if assigned is None:
            break
        names = [*assigned, *names]
        if set(NotebookParameters.model_fields) <= set(assigned):
            break
    return names


def _literal_assignments(source: str) -> list[str] | None:
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return None
    names = []
    for statement in statements:
        if not isinstance(statement, ast.Assign) or not all(
            isinstance(target, ast.Name) for target in statement.targets
        ):
            return None
        names += [target.id for target in statement.targets if isinstance(target, ast.Name)]
    return names or None
