from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from toolkit.ingest import ExportDeclaration
from toolkit.instruments import Instrument, load_instrument

AGREEMENT = ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree")
HEADER = "consent,code,country,host,m1,m2,m3,h1,h2,ls"


@pytest.fixture(scope="session")
def small_form() -> Instrument:
    return load_instrument(Path(__file__).parents[1] / "forms" / "small")


@dataclass(frozen=True)
class Person:
    """Answers of a made-up person; `key` may be blank or stand twice."""

    key: str
    country: str
    host: str
    level: int
    gain: int
    blank: bool = False

    def line(self, wave: str) -> str:
        level = self.level + (self.gain if wave == "post" else 0)
        mood = "" if self.blank else AGREEMENT[min(4, max(0, level))]
        low = AGREEMENT[4 - min(4, max(0, level - 1))]
        numbers = [str(min(7, max(0, 4 - level))), "2", str(min(10, max(0, 3 + level)))]
        return ",".join(["Yes", self.key, self.country, self.host, mood, low, mood, *numbers])


@pytest.fixture(scope="session")
def write_waves(
    small_form: Instrument, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[list[Person]], list[ExportDeclaration]]:
    folder = tmp_path_factory.mktemp("waves")

    def write(people: list[Person]) -> list[ExportDeclaration]:
        declarations = []
        for wave in ("pre", "post"):
            path = folder / f"{wave}.csv"
            path.write_text("\n".join([HEADER, *(person.line(wave) for person in people)]), encoding="utf-8")
            declarations.append(
                ExportDeclaration(name=path.name, path=path, instrument=small_form, platform="plain", waves={wave: ""})
            )
        return declarations

    return write


@pytest.fixture(scope="session")
def person() -> type[Person]:
    return Person
