"""The codebook: every question of a form in all its languages, with what its answers are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from toolkit.instruments import LANGUAGES, Instrument, Item, Scale
from toolkit.instruments.exports.form import number_text, text_in
from toolkit.instruments.exports.gap_notes import GapNote, put_gap_notes
from toolkit.instruments.model import Choice
from toolkit.instruments.translations import DRAFT
from toolkit.report.rendering import render_page
from toolkit.report.slot_cards import make_slot_cards

# Languages under their own names, which a reader of that language finds at once.
LANGUAGE_NAMES: Mapping[str, str] = MappingProxyType(
    {code: shown.partition(" (")[0] for code, shown in LANGUAGES.items()}
)
_TYPES = {
    "select_one": "One answer",
    "select_multiple": "Several answers",
    "integer": "Whole number",
    "decimal": "Number",
    "text": "Text",
    "date": "Date",
}
_ROLES = {
    "key": "Links a person's answers",
    "group": "Group",
    "consent": "Consent to take part",
    "context": "Background",
    "outcome": "Outcome",
    "open": "Open answer",
}
_REASONS = {"declined": "Declined", "not_applicable": "Does not apply", "dont_know": "Does not know"}
_SCORINGS = {"mean": "Mean of the items", "sum": "Sum of the items"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One text in one language."""

    language: str
    name: str
    text: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the form as the codebook shows it; a note has no name, and `gap` is the slot that fits a gap."""

    name: str
    kind: str
    wordings: tuple[Wording, ...]
    list_name: str
    facts: tuple[tuple[str, str], ...]
    gap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of the form, under its title in the page's language and with it in all."""

    title: str
    wordings: tuple[Wording, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleRow:
    """One scale as the codebook shows it."""

    name: str
    wordings: tuple[Wording, ...]
    items: tuple[str, ...]
    scoring: str
    better: str
    licence: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRow:
    """One answer as the codebook shows it."""

    code: str
    score: str
    labels: tuple[tuple[str, str], ...]
    reason: str
    aliases: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTable:
    """One list of answers, and the questions that offer it."""

    name: str
    users: tuple[str, ...]
    rows: tuple[ChoiceRow, ...]

    @property
    def has_scores(self) -> bool:
        """Whether any answer carries points."""
        return any(row.score for row in self.rows)

    @property
    def has_reasons(self) -> bool:
        """Whether any answer counts as missing."""
        return any(row.reason for row in self.rows)

    @property
    def has_aliases(self) -> bool:
        """Whether any answer has another spelling."""
        return any(row.aliases for row in self.rows)


def render_codebook(instrument: Instrument) -> str:
    r"""Return the codebook of an instrument.

    Parameters
    ----------
    instrument : Instrument
        The form.

    Returns
    -------
    str
        One self-contained HTML page with the checks of every report: scales with items, keying, range and
        licence; every published scale that there is room for, with its scoring, norms, terms and where the
        official texts are had; every question in all languages; every list of answers with codes and scores.
        A banner names the languages whose wording is a draft. Equal instruments give equal bytes.

    Raises
    ------
    ReportError
        If the finished page fails a check of `finish_page`.

    Examples
    --------
    >>> item = Item(name="ls", type="integer", labels={"en": "Life"}, waves=("pre",))
    >>> form = Instrument(name="tiny", version="1", titles={"en": "Tiny"}, languages=("en",), waves=("pre",),
    ...                   items=(item,), scales=(), sha256="")
    >>> "<h1 id=\"codebook-tiny\">Codebook: Tiny</h1>" in render_codebook(form)
    True
    """
    language = "en" if "en" in instrument.languages else instrument.default_language
    return render_page(
        "codebook.html.j2",
        language="en",
        title=f"Codebook: {text_in(instrument.titles, language) or instrument.name}",
        style="forms.css",
        values={
            "titles": _wordings(instrument, instrument.titles, {}),
            "facts": _facts(instrument),
            "drafts": [LANGUAGE_NAMES[code] for code in instrument.draft_languages],
            "scales": [_scale_row(instrument, scale) for scale in instrument.scales],
            "slots": make_slot_cards(instrument),
            "sections": _sections(instrument, language=language),
            "lists": _list_tables(instrument),
            "names": LANGUAGE_NAMES,
            "languages": [(code, LANGUAGE_NAMES[code]) for code in instrument.languages],
        },
    )


def _wordings(instrument: Instrument, labels: Mapping[str, str], hints: Mapping[str, str]) -> tuple[Wording, ...]:
    return tuple(
        Wording(language=code, name=LANGUAGE_NAMES[code], text=text_in(labels, code), hint=text_in(hints, code))
        for code in instrument.languages
        if labels.get(code) or hints.get(code)
    )


def _facts(instrument: Instrument) -> list[tuple[str, str]]:
    questions = [item for item in instrument.items if item.holds_answer]
    statuses = ", ".join(
        f"{LANGUAGE_NAMES[code]} {instrument.translation_status.get(code, DRAFT)}" for code in instrument.languages
    )
    return [
        ("Form and version", f"{instrument.name} {instrument.version}"),
        ("Asked", ", ".join(instrument.waves)),
        ("Questions", str(len(questions))),
        ("Scales", str(len(instrument.scales))),
        ("Wording", statuses),
        ("Fingerprint", instrument.sha256[:16]),
    ]


def _sections(instrument: Instrument, *, language: str) -> tuple[Section, ...]:
    """Return the form by its groups, outermost or not, in order; what stands in no group is called Questions."""
    groups: list[tuple[str, tuple[Wording, ...]]] = []
    found: list[tuple[tuple[str, tuple[Wording, ...]], list[Entry]]] = []
    for item in put_gap_notes(instrument):
        if item.type == "begin_group":
            title = text_in(item.labels, language) or (groups[-1][0] if groups else item.name)
            groups.append((title, _wordings(instrument, item.labels, {})))
        elif item.type == "end_group":
            groups.pop()
        else:
            group = groups[-1] if groups else ("Questions", ())
            if not found or found[-1][0] != group:
                found.append((group, []))
            found[-1][1].append(_entry(instrument, item))
    return tuple(Section(title=title, wordings=told, entries=tuple(entries)) for (title, told), entries in found)


def _entry(instrument: Instrument, item: Item) -> Entry:
    wordings = _wordings(instrument, item.labels, item.hints)
    if not item.holds_answer:
        gap = item.gap.slot if isinstance(item, GapNote) else ""
        return Entry(name="", kind="", wordings=wordings, list_name="", facts=(), gap=gap)
    facts: list[tuple[str, str]] = []
    if item.role:
        facts.append(("Use", _ROLES[item.role]))
    if item.scale:
        keying = "reversed: a high answer counts as low" if item.reverse else "a high answer counts as high"
        facts.append(("Scale", f"{item.scale} ({keying})"))
    if item.range_min is not None or item.range_max is not None:
        facts.append(("Range", _range(item.range_min, item.range_max)))
    if item.waves != instrument.waves:
        facts.append(("Asked only", ", ".join(item.waves)))
    facts.append(("Answer", "required" if item.required else "can be left out"))
    facts += [(name, text) for name, text in (("Shown if", item.relevant), ("Must hold", item.constraint)) if text]
    return Entry(
        name=item.name,
        kind=_TYPES.get(item.type, item.type),
        wordings=wordings,
        list_name=item.list_name if item.choices else "",
        facts=tuple(facts),
    )


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"{number_text(high)} or less" if high is not None else ""
    return f"{number_text(low)} or more" if high is None else f"{number_text(low)} to {number_text(high)}"


def _scale_row(instrument: Instrument, scale: Scale) -> ScaleRow:
    ranges = [instrument.item(name).score_range for name in scale.items]
    scoring = _SCORINGS[scale.scoring] if len(scale.items) > 1 else "The item itself"
    if scale.items and all(each is not None for each in ranges):
        scoring += f", {_range(*instrument.scale_range(scale.name))}"
    if len(scale.items) > 1:
        scoring += f"; needs {scale.min_items} of {len(scale.items)}"
    return ScaleRow(
        name=scale.name,
        wordings=_wordings(instrument, scale.labels, {}),
        items=_mark_reversed(instrument, scale.items),
        scoring=scoring,
        better="Higher is better" if scale.better == "higher" else "Lower is better",
        licence=scale.licence,
        source=scale.source,
    )


def _mark_reversed(instrument: Instrument, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{name} (reversed)" if instrument.item(name).reverse else name for name in names)


def _list_tables(instrument: Instrument) -> list[ListTable]:
    users: dict[str, list[Item]] = {}
    for item in instrument.items:
        if item.choices:
            users.setdefault(item.list_name, []).append(item)
    return [
        ListTable(
            name=name,
            users=tuple(item.name for item in items),
            rows=tuple(_choice_row(instrument, choice) for choice in items[0].choices),
        )
        for name, items in users.items()
    ]


def _choice_row(instrument: Instrument, choice: Choice) -> ChoiceRow:
    return ChoiceRow(
        code=choice.name,
        score="" if choice.score is None else number_text(choice.score),
        labels=tuple((code, text_in(choice.labels, code)) for code in instrument.languages),
        reason=_REASONS.get(choice.missing_reason, ""),
        aliases=", ".join(choice.aliases),
    )
