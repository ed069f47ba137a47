"""Run every fixture of a folder: python -m tests.reference FOLDER."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from pathlib import Path

from tests.reference.comparing import Line, compare
from tests.reference.fixtures import Fixture, FixtureError, read_fixtures
from tests.reference.methods import METHODS, PerFile, plain
from toolkit.core.errors import ToolkitError

COUNTED = ("agrees", "differs", "missing")


def run_fixture(fixture: Fixture) -> list[Line]:
    """Every compared value of a fixture of a known method."""
    found = METHODS[fixture.method](fixture)
    # A method that runs once per data file gives one part per file.
    parts = found.parts if isinstance(found, PerFile) else {"": found}
    lines: list[Line] = []
    for prefix, offered in parts.items():
        lines += compare(fixture, plain(offered), prefix=prefix)
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Print agreement value by value and the totals; 0 when everything agrees, 1 when not, 2 without a folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds values/*.json and data/*.csv")
    parser.add_argument("--only", metavar="NAME", help="run the fixtures whose name holds this")
    parser.add_argument("--quiet", action="store_true", help="print only values that do not agree")
    options = parser.parse_args(arguments)
    if not (options.folder / "values").is_dir():
        print(f"{options.folder} has no folder values", file=sys.stderr)
        return 2
    totals: Counter[str] = Counter()
    unknown: list[str] = []
    for fixture in read_fixtures(options.folder):
        name = fixture.name if isinstance(fixture, Fixture) else fixture[0]
        if options.only and options.only not in name:
            continue
        if isinstance(fixture, Fixture) and fixture.method not in METHODS:
            unknown.append(fixture.method)
            print(f"{name}: method {fixture.method} is not yet known")
            continue
        totals["fixtures"] += 1
        totals["fixtures agreed"] += report(fixture, totals=totals, quiet=options.quiet)
    print(last_line(totals, unknown))
    return 0 if totals["fixtures"] == totals["fixtures agreed"] else 1


def report(fixture: Fixture | tuple[str, str], *, totals: Counter[str], quiet: bool) -> bool:
    """Print one fixture, add its values to the totals, and say whether it agrees."""
    if not isinstance(fixture, Fixture):
        print(f"{fixture[0]}: {fixture[1]}")
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            lines = run_fixture(fixture)
    except (FixtureError, ToolkitError, ArithmeticError, RuntimeWarning, LookupError, ValueError, TypeError) as error:
        print(f"{fixture.name} ({fixture.method}): cannot be run: {type(error).__name__}: {error}")
        return False
    verdicts = Counter(line.verdict for line in lines)
    totals.update({verdict: verdicts[verdict] for verdict in verdicts})
    agreed, compared = verdicts["agrees"], sum(verdicts[verdict] for verdict in COUNTED)
    print(f"{fixture.name} ({fixture.method}): {agreed} of {compared} values agree [{fixture.tolerance}]")
    for line in lines:
        if not quiet or line.verdict in ("differs", "missing"):
            note = f"  ({line.note})" if line.note else ""
            print(f"  {line.verdict:12} {line.path}: expected {line.expected!r}, offered {line.offered!r}{note}")
    return agreed == compared


def last_line(totals: Counter[str], unknown: list[str]) -> str:
    """The totals in one line."""
    compared = sum(totals[verdict] for verdict in COUNTED)
    methods = f" ({', '.join(sorted(set(unknown)))})" if unknown else ""
    return (
        f"fixtures agreed {totals['fixtures agreed']} / {totals['fixtures']}, "
        f"values agreed {totals['agrees']} / {compared}, "
        f"values not offered {totals['not offered']}, "
        f"methods not yet known {len(set(unknown))}{methods}"
    )


if __name__ == "__main__":
    sys.exit(main())
