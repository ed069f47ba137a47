"""What a questionnaire is: choices, items, scales and the instrument that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeVar, get_args

from toolkit.core.errors import Problem, UsageError
from toolkit.core.nearest import suggest_name
from toolkit.instruments.gaps import Gap

ItemType = Literal[
    "select_one",
    "select_multiple",
    "integer",
    "decimal",
    "text",
    "date",
    "note",
    "begin_group",
    "end_group",
]
Role = Literal["", "key", "group", "consent", "context", "outcome", "open"]
Scoring = Literal["mean", "sum"]
Better = Literal["higher", "lower"]
MissingReason = Literal["", "declined", "not_applicable", "dont_know"]

ITEM_TYPES: tuple[ItemType, ...] = get_args(ItemType)
ROLES: tuple[Role, ...] = get_args(Role)
SCORINGS: tuple[Scoring, ...] = get_args(Scoring)
BETTERS: tuple[Better, ...] = get_args(Better)
MISSING_REASONS: tuple[MissingReason, ...] = get_args(MissingReason)

LAYOUT_TYPES: frozenset[ItemType] = frozenset({"note", "begin_group", "end_group"})
NUMBER_TYPES: frozenset[ItemType] = frozenset({"integer", "decimal"})
CHOICE_TYPES: frozenset[ItemType] = frozenset({"select_one", "select_multiple"})

Named = TypeVar("Named", "Item", "Scale")


def _freeze(mapping: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(mapping))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer that a question offers.

    Parameters
    ----------
    name : str
        Code of the answer, as stored: a letter first, no spaces.
    labels : mapping of str to str
        Language code -> text that respondents see.
    score : float or None
        Points for the answer, or None where it carries no points.
    missing_reason : str
        Why the answer counts as missing ("declined", "not_applicable", "dont_know"), or "" for a real answer.
    aliases : tuple of str
        Other spellings that exports are known to hold.

    Examples
    --------
    >>> choice = Choice(name="a5", labels={"en": "Strongly agree"}, score=5.0)
    >>> choice.labels["en"], choice.is_missing
    ('Strongly agree', False)
    """

    name: str
    labels: Mapping[str, str] = field(hash=False)
    score: float | None = None
    missing_reason: MissingReason = ""
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", _freeze(self.labels))

    @property
    def is_missing(self) -> bool:
        """Whether choosing this means that there is no answer to analyse."""
        return self.missing_reason != ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row of the questionnaire: a question, a note, or the start or end of a group.

    Parameters
    ----------
    name : str
        Name of the item; "" where a group ends.
    type : str
        One of `ITEM_TYPES`.
    labels, hints : mapping of str to str
        Language code -> text.
    list_name : str
        Name of the list of choices, or "".
    choices : tuple of Choice
        What can be chosen, in the order shown; empty unless the type is select_one or select_multiple.
    scale : str
        Scale that the item counts towards, or "".
    reverse : bool
        Whether a high answer means a low score on the scale.
    waves : tuple of str
        Waves in which the item is asked, in the order of the instrument.
    role : str
        What the item is for (one of `ROLES`), or "".
    range_min, range_max : float or None
        Lowest and highest number that can be given (integer and decimal only).
    required : bool
        Whether the form insists on an answer.
    relevant, constraint : str
        XLSForm expressions, carried for export and not interpreted here.

    Examples
    --------
    >>> Item(name="ls", type="integer", labels={"en": "Life"}, waves=("pre",), range_min=0.0,
    ...      range_max=10.0).score_range
    (0.0, 10.0)
    """

    name: str
    type: ItemType
    labels: Mapping[str, str] = field(hash=False)
    waves: tuple[str, ...]
    hints: Mapping[str, str] = field(hash=False, default_factory=dict)
    list_name: str = ""
    choices: tuple[Choice, ...] = ()
    scale: str = ""
    reverse: bool = False
    role: Role = ""
    range_min: float | None = None
    range_max: float | None = None
    required: bool = False
    relevant: str = ""
    constraint: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", _freeze(self.labels))
        object.__setattr__(self, "hints", _freeze(self.hints))

    @property
    def holds_answer(self) -> bool:
        """Whether respondents answer the item: false for notes and for the edges of groups."""
        return self.type not in LAYOUT_TYPES

    @property
    def score_range(self) -> tuple[float, float] | None:
        """Lowest and highest score of one answer, or None where answers carry no number.

        Declared by the instrument and never taken from data: choice scores without the choices that mean a
        missing answer, or `range_min` and `range_max` of a number.
        """
        if self.type == "select_one":
            scores = [c.score for c in self.choices if c.score is not None and not c.is_missing]
            return (min(scores), max(scores)) if scores else None
        if self.type in NUMBER_TYPES and self.range_min is not None and self.range_max is not None:
            return (self.range_min, self.range_max)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Items that are scored together; a single question that is an outcome is a scale of one.

    Parameters
    ----------
    name : str
        Name of the scale.
    labels : mapping of str to str
        Language code -> text.
    items : tuple of str
        Names of the items, in the order of the questionnaire.
    min_items : int
        Fewest answered items that give a score (1 to the number of items).
    scoring : str
        "mean" or "sum".
    better : str
        "higher" or "lower": which end is the good one.
    licence, source : str
        Terms of the wording, and whose it is.
    factor : float
        What the mean or sum is multiplied by.
    metric : mapping of float to float
        Sum -> score, where the scale has a table for it; then every item must be answered.

    Examples
    --------
    >>> Scale(name="life", labels={"en": "Life"}, items=("ls",), min_items=1, scoring="mean",
    ...       better="higher", licence="CC BY 4.0", source="own wording").items
    ('ls',)
    """

    name: str
    labels: Mapping[str, str] = field(hash=False)
    items: tuple[str, ...]
    min_items: int
    scoring: Scoring
    better: Better
    licence: str
    source: str
    factor: float = 1.0
    metric: Mapping[float, float] = field(hash=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", _freeze(self.labels))
        object.__setattr__(self, "metric", MappingProxyType(dict(self.metric)))

    def rescale(self, points: float) -> float:
        """Return the score of a mean or sum of item points: by the table where there is one, else times factor."""
        return self.metric.get(points, float("nan")) if self.metric else points * self.factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A questionnaire that has been read and found in order.

    Parameters
    ----------
    name : str
        The `form_id` of settings.csv.
    version : str
        Version as the settings give it.
    titles : mapping of str to str
        Language code -> title of the form.
    languages : tuple of str
        Codes of the languages that are complete, in the order of `LANGUAGES`.
    waves : tuple of str
        Waves in order of time.
    items : tuple of Item
        Every row of the questionnaire in order, notes and group edges included.
    scales : tuple of Scale
        Scales in the order of scales.csv.
    sha256 : str
        Hash over the four files (64 hexadecimal digits).
    default_language : str
        Code of the language to fall back on.
    translation_status : mapping of str to str
        Language code -> "draft", or "reviewed by NAME on DATE" once a native speaker has signed.
    gaps : tuple of Gap
        Where a published scale may be put whose wording is not shipped.

    Examples
    --------
    >>> item = Item(name="ls", type="integer", labels={"en": "Life"}, waves=("pre", "post"), scale="life",
    ...             range_min=0.0, range_max=10.0)
    >>> scale = Scale(name="life", labels={"en": "Life"}, items=("ls",), min_items=1, scoring="mean",
    ...               better="higher", licence="CC BY 4.0", source="own wording")
    >>> form = Instrument(name="tiny", version="1", titles={"en": "Tiny"}, languages=("en",),
    ...                   waves=("pre", "post"), items=(item,), scales=(scale,), sha256="")
    >>> form.scale_range("life")
    (0.0, 10.0)
    """

    name: str
    version: str
    titles: Mapping[str, str] = field(hash=False)
    languages: tuple[str, ...]
    waves: tuple[str, ...]
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    sha256: str
    default_language: str = "en"
    translation_status: Mapping[str, str] = field(hash=False, default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "titles", _freeze(self.titles))
        object.__setattr__(self, "translation_status", _freeze(self.translation_status))

    @property
    def draft_languages(self) -> tuple[str, ...]:
        """Languages whose wording no native speaker has signed yet."""
        return tuple(code for code in self.languages if self.translation_status.get(code, "draft") == "draft")

    def item(self, name: str) -> Item:
        """Return one item.

        Parameters
        ----------
        name : str
            Name of an item of this instrument.

        Raises
        ------
        UsageError
            With the nearest name, where there is no such item.
        """
        return self._find(name, kind="item", among=[item for item in self.items if item.name])

    def scale(self, name: str) -> Scale:
        """Return one scale.

        Parameters
        ----------
        name : str
            Name of a scale of this instrument.

        Raises
        ------
        UsageError
            With the nearest name, where there is no such scale.
        """
        return self._find(name, kind="scale", among=self.scales)

    def items_with_role(self, role: Role) -> tuple[Item, ...]:
        """Return the items that serve one purpose.

        Parameters
        ----------
        role : str
            One of `ROLES`.

        Returns
        -------
        tuple of Item
            In the order of the questionnaire; empty where no item has the role.

        Raises
        ------
        UsageError
            Where there is no such role.
        """
        self._check_option(role, kind="role", allowed=ROLES)
        return tuple(item for item in self.items if item.role == role)

    def items_in_wave(self, wave: str) -> tuple[Item, ...]:
        """Return the items that are answered in one wave.

        Parameters
        ----------
        wave : str
            One of `waves`.

        Returns
        -------
        tuple of Item
            In the order of the questionnaire, without notes and group edges.

        Raises
        ------
        UsageError
            Where there is no such wave.
        """
        self._check_option(wave, kind="wave", allowed=self.waves)
        return tuple(item for item in self.items if item.holds_answer and wave in item.waves)

    def scale_range(self, scale_name: str) -> tuple[float, float]:
        """Return the lowest and highest score that the scale can give.

        Parameters
        ----------
        scale_name : str
            Name of a scale of this instrument.

        Returns
        -------
        tuple of float
            In points of the scale.

        Raises
        ------
        UsageError
            Where there is no such scale, or one of its items has no numeric range.

        Notes
        -----
        With item ranges ``(l_i, h_i)``: mean scoring gives ``(mean l_i, mean h_i)``, which is the item range
        as all items of a loaded scale share one; sum scoring gives ``(sum l_i, sum h_i)``. Reverse-keyed
        items keep their range. Then the scale's factor or table applies.
        """
        scale = self.scale(scale_name)
        ranges = [self.item(name).score_range for name in scale.items]
        known = [item_range for item_range in ranges if item_range is not None]
        if not known or len(known) < len(ranges):
            raise UsageError(f"scale {scale_name} has no range, as not all of its items are numbers")
        divisor = len(known) if scale.scoring == "mean" else 1
        lowest, highest = (sum(ends) / divisor for ends in zip(*known, strict=True))
        return (scale.rescale(lowest), scale.rescale(highest))

    def _find(self, name: str, *, kind: str, among: Iterable[Named]) -> Named:
        by_name = {each.name: each for each in among}
        self._check_option(name, kind=kind, allowed=by_name)
        return by_name[name]

    def _check_option(self, name: str, *, kind: str, allowed: Iterable[str]) -> None:
        names = list(allowed)
        if name not in names:
            raise UsageError(
                Problem(
                    what=f"instrument {self.name} has no {kind} called {name}",
                    allowed=", ".join(filter(None, names)),
                    mend=suggest_name(name, names),
                )
            )
