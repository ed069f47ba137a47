"""Build sheets: what to paste, question by question, into a tool that imports no forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from toolkit.core.errors import Problem, UsageError
from toolkit.core.nearest import suggest_name
from toolkit.instruments.exports.form import number_text, one_line, text_in
from toolkit.instruments.exports.gap_notes import GapNote
from toolkit.instruments.exports.pages import Grid, lay_out
from toolkit.instruments.model import Instrument, Item

GRID = "grid"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStep:
    """One question to add.

    Parameters
    ----------
    name : str
        Item name, or that of a grid.
    kind : str
        What the tool calls this type of question.
    title, help_text : str
        Texts to paste; "" where there is none.
    rows : tuple of str
        Rows of a grid to paste.
    options : tuple of str
        Answers to paste, in this order.
    required : bool
        Whether the form insists on an answer.
    notes : tuple of str
        Settings of this question.
    columns : tuple of (str, str)
        Item name and the title of its column in the export.
    is_gap : bool
        Whether this is no question but room for a published scale; then nothing is pasted.
    """

    name: str
    kind: str
    title: str
    help_text: str = ""
    rows: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    required: bool = False
    notes: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    is_gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSection:
    """Questions that stand on one page."""

    title: str
    notes: tuple[str, ...]
    steps: tuple[BuildStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSheet:
    """All that is needed to build a form by hand in one language.

    Parameters
    ----------
    platform : str
        Name of the tool.
    instrument, version, wave : str
        What is built; `wave` is "" where the sheet holds all waves.
    language : str
        Code of the language of the texts to paste.
    title : str
        Title of the form.
    is_draft : bool
        Whether the wording still waits for its reviewer.
    before, after : tuple of str
        Things to see to before the first question and after the last.
    sections : tuple of BuildSection
        The questions.
    """

    platform: str
    instrument: str
    version: str
    wave: str
    language: str
    title: str
    is_draft: bool
    before: tuple[str, ...]
    sections: tuple[BuildSection, ...]
    after: tuple[str, ...]

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Item name and column title of every question, in order."""
        return tuple(pair for section in self.sections for step in section.steps for pair in step.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What a tool calls things.

    Parameters
    ----------
    kinds : mapping of str to str
        Item type, "open" or "grid" -> what the tool calls it.
    grid_column : str
        How a grid's column is titled, from {title} and {row}.
    notes : callable
        Settings of one question, from the item.
    """

    kinds: Mapping[str, str]
    grid_column: str
    notes: Callable[[Item], tuple[str, ...]]


def make_sections(instrument: Instrument, *, wave: str, language: str, tool: Tool) -> tuple[BuildSection, ...]:
    """Return the pages of a form as steps for one tool.

    Raises
    ------
    UsageError
        Where there is no such wave, or the instrument does not offer the language.
    """
    if language not in instrument.languages:
        raise UsageError(
            Problem(
                what=f"instrument {instrument.name} has no texts in {language}",
                allowed=", ".join(instrument.languages),
                mend=suggest_name(language, instrument.languages),
            )
        )
    return tuple(
        BuildSection(
            title=one_line(text_in(page.labels, language)),
            notes=_condition_notes(page.relevant, what="section"),
            steps=tuple(_make_step(part, language=language, tool=tool) for part in page.parts),
        )
        for page in lay_out(instrument, wave=wave)
    )


def _make_step(part: Item | Grid, *, language: str, tool: Tool) -> BuildStep:
    if isinstance(part, Grid):
        return _grid_step(part, language=language, tool=tool)
    title = one_line(text_in(part.labels, language))
    if isinstance(part, GapNote):
        return BuildStep(name=part.gap.slot, kind="Gap: nothing to paste", title=title, is_gap=True)
    kind = "open" if part.role == "open" and part.type == "text" else str(part.type)
    return BuildStep(
        name=part.name,
        kind=tool.kinds[kind],
        title=title,
        help_text=one_line(text_in(part.hints, language)),
        options=tuple(one_line(text_in(choice.labels, language)) for choice in part.choices),
        required=part.required,
        notes=(*tool.notes(part), *_condition_notes(part.relevant, what="question")),
        columns=((part.name, title),) if part.holds_answer else (),
    )


def _grid_step(grid: Grid, *, language: str, tool: Tool) -> BuildStep:
    first = grid.items[0]
    title = one_line(text_in(grid.labels, language))
    rows = tuple(one_line(text_in(item.labels, language)) for item in grid.items)
    return BuildStep(
        name=grid.name,
        kind=tool.kinds[GRID],
        title=title,
        help_text=one_line(text_in(grid.hints, language)),
        rows=rows,
        options=tuple(one_line(text_in(choice.labels, language)) for choice in first.choices),
        required=first.required,
        notes=_condition_notes(first.relevant, what="question"),
        columns=tuple(
            (item.name, tool.grid_column.format(title=title, row=row))
            for item, row in zip(grid.items, rows, strict=True)
        ),
    )


def _condition_notes(relevant: str, *, what: str) -> tuple[str, ...]:
    return (f"Show this {what} only where {relevant} holds.",) if relevant else ()


def number_rule(item: Item) -> str:
    """Return which numbers the form should take, for those who build it."""
    kind = "a whole number" if item.type == "integer" else "a number"
    low, high = item.range_min, item.range_max
    if low is not None and high is not None:
        return f"{kind} from {number_text(low)} to {number_text(high)}"
    if low is not None:
        return f"{kind}, {number_text(low)} or more"
    return f"{kind}, {number_text(high)} or less" if high is not None else kind
