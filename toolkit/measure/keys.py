"""Keys: rows whose key is blank or repeated can be nobody's and are told apart here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from toolkit.core.errors import InputError, Problem
from toolkit.core.ledger import LedgerLine
from toolkit.ingest import Responses

RepeatedRule = Literal["refuse", "set_aside"]


def keep_identified(responses: Responses, *, key: Sequence[str], repeated: RepeatedRule) -> Responses:
    """Return the answers whose key is complete and occurs once in its wave.

    Parameters
    ----------
    responses : Responses
        One row per person and wave.
    key : sequence of str
        Items that together name a person.
    repeated : {"refuse", "set_aside"}
        What to do with a key that occurs more than once in a wave: stop, or set all its rows aside.

    Returns
    -------
    Responses
        Rows that can be linked; a ledger line per wave for blank and for repeated keys.

    Raises
    ------
    InputError
        A key is repeated and the rule is refuse; every row concerned is named.
    """
    frame = responses.frame
    blank = frame[list(key)].isna().any(axis=1)
    twice = frame[~blank].duplicated(["wave", *key], keep=False).reindex(frame.index, fill_value=False)
    if repeated == "refuse" and twice.any():
        raise InputError(_repeated_problems(responses, twice, key))
    ledger = responses.ledger
    for wave in frame["wave"].unique():
        here = frame["wave"] == wave
        n = int(here.sum())
        for reason, out in (
            ("no key, or only part of one: nobody can be told by it", here & blank),
            ("the same key more than once in the wave: all its rows are set aside", here & twice),
        ):
            count = int(out.sum())
            ledger = ledger.add(
                LedgerLine(
                    step="identified",
                    instrument=responses.instrument.name,
                    wave=wave,
                    reason=reason,
                    count=count,
                    n_in=n,
                    n_out=n - count,
                    source_rows=responses.source_rows(out),
                )
            )
            n -= count
    return responses.keep(~blank & ~twice, ledger)


def _repeated_problems(responses: Responses, twice: pd.Series[bool], key: Sequence[str]) -> list[Problem]:
    problems = []
    for _, group in responses.frame[twice].groupby(["wave", *key], sort=False):
        places = [f"{file}, row {row}" for file, row in zip(group["file"], group["row"], strict=True)]
        problems.append(
            Problem(
                what=f"the same key stands {len(group)} times in wave {group['wave'].iloc[0]}: " + " and ".join(places),
                file=str(group["file"].iloc[0]),
                row=int(group["row"].iloc[0]),
                column=", ".join(key),
                allowed="each key once in a wave",
                mend="keep the row that is right and remove the other from the export, or declare "
                "repeated: set_aside under link in study.yaml",
            )
        )
    return problems
