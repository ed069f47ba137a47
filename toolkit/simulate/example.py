"""write_example: the exports of the example study, made anew from their seed."""

from __future__ import annotations

from pathlib import Path

from toolkit.core.errors import StorageError
from toolkit.instruments import Instrument
from toolkit.simulate.cohort import simulate_cohort
from toolkit.simulate.places import COUNTRIES
from toolkit.simulate.qualtrics import write_qualtrics

EXAMPLE_SEED = 20260101


def write_example(folder: Path, instrument: Instrument, *, seed: int = EXAMPLE_SEED) -> tuple[Path, ...]:
    """Write one export per wave and country into ``exports/`` of the example study.

    Parameters
    ----------
    folder : Path
        Folder of the study; made where it is missing.
    instrument : Instrument
        The participants' form.
    seed : int
        Seed of all draws, 0 or more.

    Returns
    -------
    tuple of Path
        The files, such as ``exports/pre_it.csv``.

    Raises
    ------
    StorageError
        A file or folder cannot be written.
    """
    cohort = simulate_cohort(instrument, seed=seed)
    exports = folder / "exports"
    try:
        exports.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{exports.name} cannot be made: {error.strerror}") from error
    written = []
    for wave in instrument.waves:
        for country in COUNTRIES:
            path = exports / f"{wave}_{country}.csv"
            write_qualtrics(path, cohort, wave=wave, country=country)
            written.append(path)
    return tuple(written)
