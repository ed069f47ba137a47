"""Where an instrument leaves room for a published scale whose wording is not shipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.core.errors import ProblemLog
from toolkit.core.nearest import suggest_name
from toolkit.instruments.tables import ITEM_NAME, ITEM_NAME_RULE, Layout, Table

GAPS_FILE = "slots.csv"
GAPS_LAYOUT = Layout(required=("slot", "after", "wave"), optional=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A place for a published scale.

    Parameters
    ----------
    slot : str
        Name of the slot that fits.
    after : str
        Name of the item after which its items go.
    waves : tuple of str
        Waves in which they are asked.

    Examples
    --------
    >>> Gap(slot="gse", after="si4", waves=("pre", "post")).slot
    'gse'
    """

    slot: str
    after: str
    waves: tuple[str, ...]


def read_gaps(table: Table, *, names: Sequence[str], waves: Sequence[str], log: ProblemLog) -> tuple[Gap, ...]:
    """Return the gaps of an instrument in order and note what is wrong with each.

    Parameters
    ----------
    table : Table
        The rows of slots.csv.
    names : sequence of str
        Names of the items; empty where they could not be read.
    waves : sequence of str
        Waves of the settings; empty where they could not be read.
    log : ProblemLog
        Receives every problem.

    Returns
    -------
    tuple of Gap
        A blank wave means all waves.
    """
    gaps: list[Gap] = []
    for row in table.rows:
        slot = row.code("slot", pattern=ITEM_NAME, rule=ITEM_NAME_RULE, log=log)
        if slot and slot in [gap.slot for gap in gaps]:
            row.report(log, "slot", what=f"{slot} occurs twice", mend="remove one")
        after = row.filled("after", log=log)
        if after and names and after not in names:
            row.report(
                log,
                "after",
                what=f"there is no item {after}",
                allowed="the name of an item of survey.csv",
                mend=suggest_name(after, names),
            )
        told = row.text("wave").split()
        for word in told if waves else ():
            if word not in waves:
                row.report(
                    log,
                    "wave",
                    what=f"{word} is not a wave of the settings",
                    allowed=f"{' '.join(waves)}, or blank for all",
                    mend=suggest_name(word, waves),
                )
        gaps.append(Gap(slot=slot, after=after, waves=tuple(wave for wave in waves if wave in told or not told)))
    return tuple(gaps)
