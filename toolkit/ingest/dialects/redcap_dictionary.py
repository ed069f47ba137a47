"""REDCap's data dictionary: which code stands for which label."""

from __future__ import annotations

from dataclasses import dataclass, field

from toolkit.core.errors import ProblemLog
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects.side_files import read_side_file
from toolkit.ingest.matching import strip_markup

COLUMNS = {
    "name": ("Variable / Field Name", "field_name"),
    "form": ("Form Name", "form_name"),
    "type": ("Field Type", "field_type"),
    "label": ("Field Label", "field_label"),
    "choices": (
        "Choices, Calculations, OR Slider Labels",
        "Choices OR Calculations",
        "select_choices_or_calculations",
    ),
}
FIXED = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
CODED = frozenset({"radio", "dropdown", "select", "checkbox"})


@dataclass(slots=True)
class RedcapDictionary:
    """What a data dictionary says of each field: its form, its text, its codes with their labels."""

    forms: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)


def parse_choices(text: str) -> dict[str, str]:
    """Return code -> label of a list as REDCap writes it.

    Examples
    --------
    >>> parse_choices("1, Yes, often | -99, No")
    {'1': 'Yes, often', '-99': 'No'}
    """
    found = {}
    for part in text.replace("\\n", "|").replace("\n", "|").split("|"):
        code, mark, label = part.partition(",")
        if mark:
            found[code.strip()] = strip_markup(label).strip()
    return found


def read_dictionary(declaration: ExportDeclaration, *, log: ProblemLog) -> RedcapDictionary:
    """Return what the declared dictionary says; empty where none is declared.

    Parameters
    ----------
    declaration : ExportDeclaration
        Its `key` is the path of the dictionary (CSV, as the project's Data Dictionary page gives it).
    log : ProblemLog
        Takes what is wrong.
    """
    known = frozenset(name for names in COLUMNS.values() for name in names)
    rows = read_side_file(declaration, headers=known, log=log)
    result = RedcapDictionary()
    if not rows or declaration.key is None:
        return result
    header = [clean_header(cell) for cell in rows[0]]
    places = {key: next((header.index(name) for name in names if name in header), -1) for key, names in COLUMNS.items()}
    if -1 in (places["name"], places["type"], places["choices"]):
        log.add(
            "the file is no data dictionary of REDCap",
            file=declaration.key.name,
            row=1,
            allowed="a CSV with Variable / Field Name, Field Type and Choices, Calculations, OR Slider Labels",
            mend="download it from the project's Data Dictionary page",
        )
        return result
    for cells in rows[1:]:
        row = {key: cells[place].strip() if 0 <= place < len(cells) else "" for key, place in places.items()}
        if not row["name"]:
            continue
        result.forms[row["name"]] = row["form"]
        result.texts[row["name"]] = strip_markup(row["label"]).strip()
        if row["type"] in FIXED:
            result.labels[row["name"]] = FIXED[row["type"]]
        elif row["type"] in CODED:
            result.labels[row["name"]] = parse_choices(row["choices"])
    return result
