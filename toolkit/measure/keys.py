"""Keys: rows whose key is blank or repeated can be nobody's and are told apart here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from toolkit.core.errors import InputError, Problem
from toolkit.core.ledger import LedgerLine
from toolkit.ingest import Responses
from toolkit.measure.digests import element_text, folded_elements
from toolkit.measure.folding import ElementKind, find_damage, fold_element, is_shared_mailbox, is_whole_code

RepeatedRule = Literal["refuse", "set_aside"]


def keep_identified(
    responses: Responses,
    *,
    key: Sequence[str],
    repeated: RepeatedRule,
    elements: Mapping[str, ElementKind] | None = None,
    tolerance: int = 0,
) -> Responses:
    """Return the answers whose key is complete and occurs once in its wave.

    Parameters
    ----------
    responses : Responses
        One row per person and wave.
    key : sequence of str
        Items that together name a person.
    repeated : {"refuse", "set_aside"}
        What to do with a key that occurs more than once in a wave: stop, or set all its rows aside.
    elements : mapping of str to str, optional
        Element -> what it holds, for elements that are folded before they are compared; as written when left out.
    tolerance : int
        Elements of a key that may be blank.

    Returns
    -------
    Responses
        Rows that can be linked; a ledger line per wave for blank and for repeated keys.

    Raises
    ------
    InputError
        A key is repeated and the rule is refuse, or a spreadsheet has damaged one; every row concerned is named.
    """
    frame = responses.frame
    faults: list[tuple[str, pd.Series[bool]]] = []
    if elements:
        _refuse_damage(responses, elements)
        folded = folded_elements(frame, elements=elements)
        blank = (folded == "").sum(axis=1) > tolerance
        faults = _unfit(frame, elements, already=blank)
        frame = frame[["wave", "file", "row"]].join(folded)
    else:
        blank = frame[list(key)].isna().any(axis=1)
    lost = blank.copy()
    for _, out in faults:
        lost |= out
    twice = frame[~lost].duplicated(["wave", *key], keep=False).reindex(frame.index, fill_value=False)
    if repeated == "refuse" and twice.any():
        raise InputError(_repeated_problems(frame, twice, key))
    ledger = responses.ledger
    for wave in frame["wave"].unique():
        here = frame["wave"] == wave
        n = int(here.sum())
        for reason, out in (
            ("no key, or only part of one: nobody can be told by it", here & blank),
            *((words, here & out) for words, out in faults),
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
    return responses.keep(~lost & ~twice, ledger)


def _refuse_damage(responses: Responses, elements: Mapping[str, ElementKind]) -> None:
    """Stop where a spreadsheet has spoilt a key: what is left of it could be somebody else's."""
    frame = responses.frame
    problems = []
    for name, kind in elements.items():
        texts = frame[name].dropna().map(element_text)
        damage = texts.map(lambda text, kind=kind: find_damage(text, kind=kind))
        spoilt = damage[damage != ""]
        for words, file, row in zip(
            spoilt, frame.loc[spoilt.index, "file"], frame.loc[spoilt.index, "row"], strict=True
        ):
            problems.append(
                Problem(
                    what=f"the key is damaged: {words}",
                    file=str(file),
                    row=int(row),
                    column=name,
                    mend="export the answers again and do not open the file in a spreadsheet before it is read",
                )
            )
    if problems:
        raise InputError(problems)


def _unfit(
    frame: pd.DataFrame, elements: Mapping[str, ElementKind], *, already: pd.Series[bool]
) -> list[tuple[str, pd.Series[bool]]]:
    """Return the rows whose address is an office's, and those whose issued code does not fit its check sign."""
    faults = []
    for kind, words, is_unfit in (
        ("email", "an address that several people share, such as an office's", is_shared_mailbox),
        ("code", "a code that does not fit its check sign: it was mistyped", _is_mistyped),
    ):
        names = [name for name, held in elements.items() if held == kind]
        if names:
            unfit = pd.Series(False, index=frame.index)
            for name in names:
                unfit |= frame[name].map(lambda text, test=is_unfit: test(str(text)), na_action="ignore") == True  # noqa: E712
            faults.append((words, unfit & ~already))
            already = already | unfit
    return faults


def _is_mistyped(text: str) -> bool:
    return not is_whole_code(fold_element(text, kind="code"))


def _repeated_problems(frame: pd.DataFrame, twice: pd.Series[bool], key: Sequence[str]) -> list[Problem]:
    problems = []
    for _, group in frame[twice].groupby(["wave", *key], sort=False):
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
