"""Which column of a file holds which item: by name, by question text in any language, as declared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from toolkit.core.errors import ProblemLog
from toolkit.core.nearest import nearest_name
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.matching import match_key
from toolkit.ingest.table import Table
from toolkit.instruments import Item


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of one file, ready to be asked for items.

    Parameters
    ----------
    declaration : ExportDeclaration
        Columns that the study names.
    table : Table
        The file.
    """

    declaration: ExportDeclaration
    table: Table
    _by_name: dict[str, list[str]] = field(default_factory=dict)
    _by_text: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for header in dict.fromkeys((*map(str, self.table.frame), *self.table.options)):
            other = self.table.names.get(header, ())
            for name in {header.casefold(), *(name.casefold() for name in other)}:
                self._by_name.setdefault(name, []).append(header)
            for text in {match_key(text) for text in (header, self.table.texts.get(header, ""), *other)} - {""}:
                self._by_text.setdefault(text, []).append(header)

    def find(self, item: Item, wave: str, *, log: ProblemLog) -> str | None:
        """Return the header that holds `item` in `wave`, or None; two that could are noted."""
        wanted = self.declaration.header_for(item.name, wave)
        if wanted in self.table.frame or wanted in self.table.options:
            return wanted
        found = self._by_name.get(wanted.casefold(), [])
        if not found and item.name in self.declaration.columns:
            found = self._by_text.get(match_key(wanted), [])
        elif not found and self.declaration.layout != "wide":
            found = list(
                dict.fromkeys(
                    header for label in item.labels.values() for header in self._by_text.get(match_key(label), [])
                )
            )
        if len(found) > 1:
            log.add(
                f"{len(found)} columns could hold {item.name}",
                file=self.declaration.name,
                row=1,
                column=wanted,
                allowed=", ".join(found[:5]),
                mend=f"say which one under columns in study.yaml: {{{item.name}: HEADER}}",
            )
        return found[0] if found else None

    def suggest(self, item: Item, wave: str) -> str:
        """Return how to mend a missing column: a mapping to confirm, where a header is like it."""
        headers = [str(header) for header in self.table.frame if header not in self.table.own]
        wanted = self.declaration.header_for(item.name, wave)
        near = nearest_name(wanted, headers)
        if near is None and item.name not in self.declaration.columns:
            keys = {match_key(header): header for header in headers}
            keys |= {match_key(text): header for header, text in self.table.texts.items() if header in headers}
            match = next(filter(None, (nearest_name(match_key(label), keys) for label in item.labels.values())), None)
            near = keys[match] if match else None
        hint = f'; the file has a column {near}: if it is the same question, write columns: {{{item.name}: "{near}"}}'
        return f"add the column, or say under columns in study.yaml which one holds it{hint if near else ''}"

    def known(self, items: Iterable[Item]) -> set[str]:
        """Return every header that some item in some wave answers to."""
        quiet = ProblemLog()
        found = {
            self.find(item, wave, log=quiet)
            for wave in self.declaration.waves
            for item in items
            if item.holds_answer and wave in item.waves
        }
        headers = {header for header in found if header is not None}
        split = {option.header for header in headers for option in self.table.options.get(header, ())}
        named = {clean_header(header) for header in self.declaration.columns.values()}
        return headers | split | named | ({self.declaration.wave_column} if self.declaration.wave_column else set())
