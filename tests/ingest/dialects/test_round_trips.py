"""What a dialect writes it reads back: labels, codes, blanks, reasons, several answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from toolkit.ingest.dialects import DIALECTS

BY_NAME = {dialect.name: dialect for dialect in DIALECTS}


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("kobo_odk", "answers.csv"),
        ("redcap", "answers.csv"),
        ("castor", "answers.csv"),
        ("jisc", "answers.csv"),
        ("spss", "answers.sav"),
        ("stata", "answers.dta"),
    ],
)
def test_answers_survive_writing_and_reading(check_round_trip: Callable[..., object], name: str, file: str) -> None:
    check_round_trip(BY_NAME[name], file)
