"""Typed parameters of the notebooks: what may be set, checked before a kernel starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.core.nearest import suggest_name

FILLED_IN = frozenset({"release_plan"})
"""Parameters that `sivsen run` fills in: nobody sets them by hand, and pages do not list them."""


class NotebookParameters(BaseModel):
    """Parameters every notebook has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: Annotated[str, Field(min_length=1, description="the study's folder or its study.yaml")] = (
        "surveys/example/study.yaml"
    )
    scope: Annotated[
        str, Field(pattern=r"^(programme|[^=\n]+=[^\n]+)$", description="programme, or one group: country=IT")
    ] = "programme"
    language: Annotated[Literal["en"], Field(description="language of the report: en")] = "en"
    seed: Annotated[int | None, Field(ge=0, description="whole number from 0; None takes the study's own")] = None
    confidence: Annotated[float, Field(gt=0.5, lt=1, description="level of the intervals, 0.5 to 1")] = 0.95
    release_plan: Annotated[str, Field(description="filled in by sivsen run; leave it empty")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookSpec:
    """A notebook that comes with the toolkit.

    Parameters
    ----------
    name : str
        File name without ending.
    title : str
        Title of its report.
    question : str
        The question it answers.
    tables : tuple of str
        Tables that a complete run must have put into the notebook.
    findings : bool
        Whether a complete run must have recorded findings.
    needs_costs : bool
        Whether it is made from the host cost form only, and so may be about a single host, for that host.
    """

    name: str
    title: str
    question: str
    tables: tuple[str, ...]
    findings: bool
    needs_costs: bool = False


NOTEBOOKS: tuple[NotebookSpec, ...] = (
    NotebookSpec(
        name="00_data_quality",
        title="Data quality",
        question="What arrived, what was lost, who is missing?",
        tables=("account", "completeness", "reliability"),
        findings=False,
    ),
    NotebookSpec(
        name="01_participant_outcomes",
        title="Participant outcomes",
        question="How did professional and personal development change?",
        tables=("change", "standardised", "pooled", "sensitivity", "account"),
        findings=True,
    ),
    NotebookSpec(
        name="04_enterprise_roi",
        title="Enterprise return on investment",
        question="What did hosting cost, and what did it return?",
        tables=("results", "lines", "views", "drivers", "scenarios"),
        findings=False,
        needs_costs=True,
    ),
)


def parse_parameters(given: Mapping[str, str]) -> dict[str, Any]:
    """Return parameters typed from text, as a command line gives them.

    Parameters
    ----------
    given : mapping of str to str
        Name -> text.

    Raises
    ------
    UsageError
        A name is unknown (the nearest is named), or a text does not fit its type; all at once.

    Examples
    --------
    >>> parse_parameters({"confidence": "0.9"})
    {'confidence': 0.9}
    """
    return _validate(given, strict=False)


def check_parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters whose values already have a type, such as a notebook's.

    Parameters
    ----------
    given : mapping
        Name -> value. Text where a number belongs is refused.

    Raises
    ------
    UsageError
        A name is unknown (the nearest is named), or a value is of another type; all at once.

    Examples
    --------
    >>> check_parameters({"confidnce": 0.9})
    Traceback (most recent call last):
    toolkit.core.errors.UsageError: the parameter 'confidnce' is unknown. Allowed: study, scope, ...
    """
    return _validate(given, strict=True)


def parameters_cell() -> str:
    """Return the source of a notebook's parameters cell: literals, a comment each."""
    lines = [
        f"{name} = {_literal(field.default)}  # {field.description}"
        for name, field in NotebookParameters.model_fields.items()
    ]
    return "\n".join(lines)


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _validate(given: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
    log = ProblemLog()
    fields = NotebookParameters.model_fields
    try:
        model = NotebookParameters.model_validate(dict(given), strict=strict)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            name = str(detail["loc"][0])
            if detail["type"] == "extra_forbidden":
                settable = [field for field in fields if field not in FILLED_IN]
                log.add(
                    f"the parameter {name[:40]!r} is unknown",
                    allowed=", ".join(settable),
                    mend=suggest_name(name, settable),
                )
            else:
                log.add(
                    f"the value of the parameter {name!r} does not fit",
                    allowed=fields[name].description or "",
                    mend="correct the value",
                )
        log.raise_as(UsageError)
        raise
    return {name: getattr(model, name) for name in given}
