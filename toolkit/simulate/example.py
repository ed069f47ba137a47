"""write_example: the exports of the example study, made anew from their seed."""

from __future__ import annotations

from pathlib import Path

from toolkit.core.errors import StorageError
from toolkit.instruments import Instrument, keep_part
from toolkit.simulate.cohort import simulate_cohort
from toolkit.simulate.host_costs import write_host_costs
from toolkit.simulate.places import COUNTRIES
from toolkit.simulate.qualtrics import write_qualtrics

EXAMPLE_SEED = 20260101
EXAMPLE_HOSTS = (
    *(("uk1", "uk", 11), ("uk2", "uk", 11), ("uk3", "uk", 7), ("uk4", "uk", 5), ("uk5", "uk", 6)),
    *(("it1", "it", 11), ("it2", "it", 10), ("it3", "it", 6), ("it4", "it", 7), ("it5", "it", 4)),
    *(("se1", "se", 11), ("se2", "se", 9), ("se3", "se", 6)),
    *(("ro1", "ro", 13), ("ro2", "ro", 9), ("ro3", "ro", 7)),
)
EXAMPLE_WAVES = ("pre", "post")
EXAMPLE_ITEMS = (
    *("consent", "code", "country", "host", "ageband", "gender", "route", "prior", "neet"),
    *("wc1", "wc2", "wc3", "wc4", "wc5", "wc6", "wc7"),
    *("sk1", "sk2", "sk3", "sk4", "si1", "si2", "si3", "si4"),
    *("ls", "goal", "best"),
)


def example_form(instrument: Instrument) -> Instrument:
    """Return the part of the participants' form that the example's people were asked.

    Parameters
    ----------
    instrument : Instrument
        The participants' form, whole.

    Returns
    -------
    Instrument
        Two waves, four scales.

    Raises
    ------
    UsageError
        The form lacks an item of the example.

    Notes
    -----
    The example stays as it is when the form gains questions, so that its figures can be compared over time.

    Examples
    --------
    >>> from toolkit.core.shipped import shipped_path
    >>> from toolkit.instruments import load_instrument
    >>> len(example_form(load_instrument(shipped_path("surveys", "instruments", "participant"))).scales)
    4
    """
    return keep_part(instrument, items=EXAMPLE_ITEMS, waves=EXAMPLE_WAVES)


def write_example(folder: Path, instrument: Instrument, *, seed: int = EXAMPLE_SEED) -> tuple[Path, ...]:
    """Write one export per wave and country, and one of host costs, into ``exports/`` of the example study.

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
    UsageError
        The form lacks an item of the example.
    StorageError
        A file or folder cannot be written.
    """
    form = example_form(instrument)
    cohort = simulate_cohort(form, seed=seed)
    exports = folder / "exports"
    try:
        exports.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{exports.name} cannot be made: {error.strerror}") from error
    written = []
    for wave in form.waves:
        for country in COUNTRIES:
            path = exports / f"{wave}_{country}.csv"
            write_qualtrics(path, cohort, wave=wave, country=country)
            written.append(path)
    costs = exports / "host_costs.csv"
    write_host_costs(costs, EXAMPLE_HOSTS, seed=seed)
    return (*written, costs)
