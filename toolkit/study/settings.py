"""The model of study.yaml: what an evaluator may write, and every mistake in it at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationError,
    model_validator,
)

from toolkit.core.errors import InputError, ProblemLog, StorageError
from toolkit.core.nearest import nearest_name, suggest_name
from toolkit.disclosure import Audience
from toolkit.ingest import DateOrder, DecimalMark, DeclaredNumbers, Layout, PartialRule, Platform
from toolkit.measure import ElementKind, RepeatedRule
from toolkit.roi import ConversionRule
from toolkit.study.yaml_text import Lines, parse_yaml

STUDY_FILE = "study.yaml"
MAX_STUDY_BYTES = 1_000_000

_MAPPING_WANTED = "the value is not a mapping (name: value)"
_PLAIN_WORDS = {
    "model_type": _MAPPING_WANTED,
    "dict_type": _MAPPING_WANTED,
    "list_type": "the value is not a list ([one, two], or a line starting with - for each)",
    "string_type": "the value is not a text",
    "string_too_short": "the value is empty",
    "too_short": "the value is empty",
    "int_parsing": "the value is not a whole number",
    "int_type": "the value is not a whole number",
    "greater_than_equal": "the number is too small",
    "greater_than": "the number is too small",
    "float_parsing": "the value is not a number",
    "float_type": "the value is not a number",
}


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExportSettings(_Settings):
    """One export file."""

    instrument: str
    path: str = Field(min_length=1)
    platform: Platform = "auto"
    layout: Layout = "single"
    wave: str = ""
    waves: dict[str, str] = {}
    wave_column: str = ""
    country: str = ""
    fixed: dict[str, str] = {}
    columns: dict[str, str] = {}
    missing: list[str] = []
    encoding: str = "auto"
    sheet: str = ""
    qsf: str = ""
    key: str = ""
    numbers: DeclaredNumbers = ""
    dates: DateOrder = ""
    date_windows: dict[str, tuple[str, str]] = {}
    decimal: DecimalMark = ""
    not_asked: list[str] = []
    partial: PartialRule = "keep"

    @model_validator(mode="after")
    def _waves_fit_layout(self) -> ExportSettings:
        if self.layout == "single" and (not self.wave or self.waves or self.wave_column):
            raise ValueError("a file of one wave needs wave: NAME, and neither waves nor wave_column")
        if self.layout == "long" and (not self.waves or not self.wave_column or self.wave):
            raise ValueError(
                "a long file needs wave_column: HEADER and waves: {wave: the text in that column}, not wave"
            )
        if self.layout == "wide":
            if not self.waves or self.wave or self.wave_column:
                raise ValueError('a wide file needs waves: {wave: "{item}_suffix"}, and neither wave nor wave_column')
            if any("{item}" not in pattern for pattern in self.waves.values()):
                raise ValueError("in a wide file each pattern under waves must hold {item}")
        return self


class ConsentSettings(_Settings):
    """Which question asks for consent to take part, and which answers give it."""

    item: str
    keep: list[str] = Field(min_length=1)


class LinkSettings(_Settings):
    """How the same person is found again."""

    key: list[str] = Field(min_length=1)
    tolerance: Literal[0, 1, 2] = 0
    repeated: RepeatedRule = "refuse"
    elements: dict[str, ElementKind] = {}
    within: list[str] = []
    review: str = ""

    @model_validator(mode="before")
    @classmethod
    def _tolerance_is_a_number(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("tolerance") in ("0", "1", "2"):
            return {**data, "tolerance": int(data["tolerance"])}
        return data

    @model_validator(mode="after")
    def _elements_fit_key(self) -> LinkSettings:
        unknown = [name for name in self.elements if name not in self.key]
        if unknown:
            raise ValueError(f"elements names {', '.join(unknown)}, which is not in key")
        if self.tolerance and not self.elements:
            raise ValueError("a tolerance needs elements: {item: text | letters | digits | email | code | id}")
        if self.tolerance and len(self.key) < self.tolerance + 2:
            raise ValueError(f"a tolerance of {self.tolerance} needs a key of {self.tolerance + 2} elements or more")
        return self


class OutcomeSettings(_Settings):
    """The analysis plan."""

    primary: list[str] = Field(min_length=1)
    secondary: list[str] = []
    families: dict[str, list[str]] = {}
    important: dict[str, Annotated[float, Field(gt=0)]] = {}
    margins: dict[str, Annotated[float, Field(gt=0)]] = {}

    @model_validator(mode="after")
    def _once_each(self) -> OutcomeSettings:
        names = [*self.primary, *self.secondary]
        if len(set(names)) < len(names):
            raise ValueError("an outcome stands twice; name each once, as primary or as secondary")
        for part, named in (("important", self.important), ("margins", self.margins)):
            if other := [name for name in named if name not in names]:
                raise ValueError(f"{part} names {other[0]}, which is no outcome of the plan")
        members = [name for family in self.families.values() for name in family]
        if self.families and sorted(members) != sorted(self.primary):
            raise ValueError("families must hold each primary outcome exactly once, and no other")
        return self


class DeviationSettings(_Settings):
    """A change made after the plan was frozen, and why."""

    entry: str = Field(min_length=1)
    reason: str = Field(min_length=1)


class SensitivitySettings(_Settings):
    """Other minimums of answered items to show beside the main one."""

    min_items: Annotated[
        Annotated[list[int], Tag("list")] | Annotated[dict[str, list[int]], Tag("mapping")],
        Discriminator(lambda value: "mapping" if isinstance(value, dict) else "list"),
    ] = []


class ScoringSettings(_Settings):
    """Minimum of answered items, where it differs from the instrument's."""

    min_items: dict[str, int] = {}
    sensitivity: SensitivitySettings = SensitivitySettings()


class DisclosureSettings(_Settings):
    """Who reads the reports."""

    audience: Audience = "public"


class RoiSettings(_Settings):
    """In what money is counted, and by which conventions."""

    form: str = "host_costs"
    currency: str = Field(min_length=3, max_length=3)
    price_year: int = Field(ge=1900, le=2200)
    country: str = ""
    index: str = "CPI"
    conversion: ConversionRule = "market"
    rate: float = Field(default=0.035, gt=-1)
    correlation: float = Field(default=0.0, ge=0, lt=1)
    tables: dict[Literal["prices", "exchange_rates", "ppp"], str] = {}


class StudySettings(_Settings):
    """Everything a study.yaml may hold."""

    title: str = Field(min_length=1)
    languages: list[Literal["en", "it", "sv", "ro"]] = ["en"]
    instruments: dict[str, str] = Field(min_length=1)
    exports: list[ExportSettings] = Field(min_length=1)
    consent_to_take_part: ConsentSettings | None = None
    link: LinkSettings
    groups: dict[str, str] = {}
    outcomes: OutcomeSettings
    deviations: list[DeviationSettings] = []
    scoring: ScoringSettings = ScoringSettings()
    roi: RoiSettings | None = None
    disclosure: DisclosureSettings = DisclosureSettings()
    seed: int = Field(default=0, ge=0)
    _lines: Lines = PrivateAttr(default_factory=dict)

    @property
    def cost_form(self) -> str:
        """Return the name of the instrument that asks hosts for costs, or ""."""
        return self.roi.form if self.roi else ""

    def line(self, *place: str | int) -> int | None:
        """Return the line of study.yaml where an entry stands, or the entry around it.

        Parameters
        ----------
        *place : str or int
            Keys and positions that lead to the entry, such as ``"exports", 0, "wave"``.
        """
        return _line_of(place, self._lines)


def read_settings(path: Path, *, name: str = STUDY_FILE) -> StudySettings:
    """Read and check a study.yaml.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Its name in messages.

    Raises
    ------
    InputError
        Every mistake in the file, with its line.
    StorageError
        The file may not be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{name} cannot be read: {error.strerror}") from error
    log = ProblemLog()
    if len(content) > MAX_STUDY_BYTES:
        log.add("the file is far too large for a study.yaml", file=name, allowed="1 MB")
        log.raise_as(InputError)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        log.add("the file is not UTF-8", file=name, mend=f"save it as UTF-8 (first wrong byte: {error.start + 1})")
        log.raise_as(InputError)
    tree, lines = parse_yaml(text, name=name)
    try:
        settings = StudySettings.model_validate(tree)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            _note(detail, lines, name, log)
        raise InputError(log.problems) from None
    settings._lines = lines
    return settings


def place_name(place: tuple[str | int, ...]) -> str:
    """Return the dotted name of an entry of study.yaml; the line tells which one of a list it is.

    Examples
    --------
    >>> place_name(("exports", 0, "wave"))
    'exports.wave'
    """
    return ".".join(part for part in place if isinstance(part, str))


def _note(detail: Any, lines: Lines, name: str, log: ProblemLog) -> None:
    place = _written_place(detail["loc"], lines)
    row, column = _line_of(place, lines), place_name(place)
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    if detail["type"] == "extra_forbidden":
        allowed = _allowed_keys(detail["loc"][:-1])
        log.add(
            f"the key {key} is unknown",
            file=name,
            row=row,
            column=column,
            allowed=", ".join(allowed),
            mend=suggest_name(key, allowed),
        )
    elif detail["type"] == "missing":
        log.add(
            f"the key {key} is missing",
            file=name,
            row=row,
            column=place_name((*place, key)),
            mend=f"add {key}: with its value",
        )
    elif detail["type"] == "literal_error":
        log.add(
            "the value is not one of those allowed",
            file=name,
            row=row,
            column=column,
            allowed=detail["ctx"]["expected"],
            mend="use one of them",
        )
    else:
        words = _PLAIN_WORDS.get(detail["type"], detail["msg"].removeprefix("Value error, "))
        limits = detail.get("ctx", {})
        allowed_words = (
            f"{limits['ge']} or more" if "ge" in limits else f"above {limits['gt']:g}" if "gt" in limits else ""
        )
        log.add(words, file=name, row=row, column=column, allowed=allowed_words, mend="correct the value")


def _written_place(loc: tuple[str | int, ...], lines: Lines) -> tuple[str | int, ...]:
    """Return the part of an error's place that stands in the file; pydantic adds names of union branches."""
    place: tuple[str | int, ...] = ()
    for part in loc:
        if (*place, part) in lines:
            place = (*place, part)
    return place


def _line_of(place: tuple[str | int, ...], lines: Lines) -> int | None:
    return next((lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in lines), None)


def _allowed_keys(loc: tuple[str | int, ...]) -> list[str]:
    model: type[BaseModel] = StudySettings
    for part in loc:
        field = model.model_fields.get(str(part))
        if field is None:
            continue
        for candidate in _models_in(field.annotation):
            model = candidate
    return list(model.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]


def nearest_instrument(name: str, instruments: dict[str, str]) -> str:
    """Return how to mend an unknown instrument's name, in words."""
    match = nearest_name(name, instruments)
    return f"did you mean {match}?" if match else "add it under instruments, or correct the name"
