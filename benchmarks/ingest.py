"""Time and memory of reading large exports, beside plain readers of the same files: `python benchmarks/ingest.py`.

Every measurement runs in a process of its own and is repeated; the least time counts. Memory is what the process
held at most, less what it held once the program was imported.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROWS, COLUMNS = 200_000, 80
STREAMED_ROWS = 1_000_000
LABELS = ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree")
COUNTRIES = ("Italy", "Sweden", "Romania", "Ireland")
SCALED, WHOLE, TEXTS = 60, 8, 4
MEGABYTE = 1024.0


def form() -> object:
    """Return a form of as many questions as the export has columns of answers."""
    from toolkit.instruments import Choice, Instrument, Item

    levels = tuple(Choice(name=f"a{n}", labels={"en": text}, score=float(n)) for n, text in enumerate(LABELS, start=1))
    country = tuple(
        Choice(name=text.lower(), labels={"en": text}) for text in ("Italy", "Sweden", "Romania", "Ireland")
    )

    def item(name: str, kind: str, **more: object) -> Item:
        return Item(name=name, type=kind, labels={"en": f"Question {name}"}, waves=("pre",), **more)

    items = (
        item("code", "text", role="key"),
        item("country", "select_one", choices=country, role="group"),
        *(item(f"q{n}", "select_one", choices=levels) for n in range(SCALED)),
        *(item(f"n{n}", "integer", range_min=0.0, range_max=99.0) for n in range(WHOLE)),
        *(item(f"t{n}", "text", role="open") for n in range(TEXTS)),
    )
    return Instrument(
        name="large",
        version="1",
        titles={"en": "Large"},
        languages=("en",),
        waves=("pre",),
        items=items,
        scales=(),
        sha256="",
    )


def export_rows(rows: int, *, seed: int = 1):
    """Yield the rows of a Qualtrics export: three of heading, then the answers."""
    chance = random.Random(seed)
    own = ["StartDate", "Status", "Finished", "ResponseId", "UserLanguage", "RecordedDate"]
    names = [
        "code",
        "country",
        *(f"q{n}" for n in range(SCALED)),
        *(f"n{n}" for n in range(WHOLE)),
        *(f"t{n}" for n in range(TEXTS)),
    ]
    header = [*own, *names]
    assert len(header) == COLUMNS
    yield header
    yield [*own, *(f"Question {name}" for name in names)]
    yield [json.dumps({"ImportId": name}) for name in header]
    words = [f"We baked bread and served {n} people in the shop" for n in range(500)]
    for number in range(rows):
        yield [
            "2026-02-01 10:00:00",
            "IP Address",
            "True",
            f"R_{number:015}",
            "EN",
            "2026-02-01 10:05:00",
            f"P{number:07}",
            chance.choice(COUNTRIES),
            *chance.choices(LABELS, k=SCALED),
            *(str(chance.randrange(100)) for _ in range(WHOLE)),
            *chance.choices(words, k=TEXTS),
        ]


def write_csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(export_rows(rows))


def write_xlsx(path: Path, rows: int) -> None:
    """Write a workbook with shared strings, as spreadsheet programs do, one heading row."""
    from toolkit.ingest.dialects.workbook_bytes import column_letters

    strings: dict[str, int] = {}
    letters = [column_letters(number) for number in range(1, COLUMNS + 1)]
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{main}"><sheetData>'.encode())
            lines = (line for n, line in enumerate(export_rows(rows)) if n not in (1, 2))
            for number, row in enumerate(lines, start=1):
                # A plain table: headings of Qualtrics without its other heading rows would be refused.
                row = [f"own {cell}" for cell in row[:6]] + row[6:] if number == 1 else row
                cells = "".join(
                    f'<c r="{letter}{number}" t="s"><v>{strings.setdefault(cell, len(strings))}</v></c>'
                    for letter, cell in zip(letters, row, strict=True)
                )
                sheet.write(f'<row r="{number}">{cells}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
        parts = {
            "xl/sharedStrings.xml": f'<sst xmlns="{main}">'
            + "".join(f"<si><t>{text}</t></si>" for text in strings)
            + "</sst>",
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="Answers" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        }
        for name, text in parts.items():
            archive.writestr(name, text)


def ours(path: Path) -> int:
    from toolkit.ingest import ExportDeclaration, read_export, tidy

    declaration = ExportDeclaration(name=path.name, path=path, instrument=form(), waves={"pre": ""})
    return len(tidy(read_export(declaration), declaration.instrument).frame)


def pandas_csv(path: Path) -> int:
    import pandas as pd

    return len(pd.read_csv(path, dtype=str, keep_default_na=False)) - 2


def ours_xlsx(path: Path) -> int:
    """Read a workbook into a table of text, without typing: what the bare reader does and what keeps it safe."""
    from toolkit.ingest import ExportDeclaration, read_export

    declaration = ExportDeclaration(name=path.name, path=path, instrument=form(), waves={"pre": ""}, platform="plain")
    return len(read_export(declaration).frame)


def bare_calamine(path: Path) -> int:
    from python_calamine import CalamineWorkbook

    return len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()) - 1


def streamed(path: Path) -> int:
    from toolkit.ingest import ExportDeclaration
    from toolkit.ingest.streaming import stream_responses

    declaration = ExportDeclaration(name=path.name, path=path, instrument=form(), waves={"pre": ""})
    return sum(len(part.frame) for part in stream_responses(declaration))


TASKS = {each.__name__: each for each in (ours, pandas_csv, ours_xlsx, bare_calamine, streamed)}


def _held() -> float:
    """Return the most that this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


def run_task(name: str, path: Path) -> None:
    """Run one task in this process and print rows, seconds and megabytes."""
    import pandas as pd  # the imported program, for every task alike
    import python_calamine

    import toolkit.ingest

    assert pd and python_calamine and toolkit.ingest
    before, start = _held(), time.perf_counter()
    rows = TASKS[name](path)
    print(json.dumps({"rows": rows, "seconds": time.perf_counter() - start, "megabytes": _held() - before}))


def measure(name: str, path: Path, *, times: int) -> dict[str, float]:
    """Return rows, the least seconds and the most megabytes of several runs."""
    runs = []
    for _ in range(times):
        command = [sys.executable, __file__, "--task", name, "--file", str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        runs.append(json.loads(done.stdout))
    return {
        "rows": runs[0]["rows"],
        "seconds": min(run["seconds"] for run in runs),
        "megabytes": max(run["megabytes"] for run in runs),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", choices=TASKS)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--streamed-rows", type=int, default=STREAMED_ROWS)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    if options.task:
        run_task(options.task, options.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        table, book, long = (Path(folder) / name for name in ("large.csv", "large.xlsx", "long.csv"))
        write_csv(table, options.rows)
        write_xlsx(book, options.rows)
        print("| what | rows | s | ratio | memory, MB | file, MB |\n|---|---|---|---|---|---|")
        for path, one, peer in ((table, "ours", "pandas_csv"), (book, "ours_xlsx", "bare_calamine")):
            size = path.stat().st_size / MEGABYTE**2
            theirs = measure(peer, path, times=options.times)
            own = measure(one, path, times=options.times)
            assert own["rows"] == theirs["rows"] == options.rows
            for name, told in ((one, own), (peer, theirs)):
                ratio = told["seconds"] / theirs["seconds"]
                took = f"{told['seconds']:.2f} | {ratio:.2f}"
                print(f"| {name} | {told['rows']:,} | {took} | {told['megabytes']:.0f} | {size:.0f} |", flush=True)
        write_csv(long, options.streamed_rows)
        told = measure("streamed", long, times=1)
        size = long.stat().st_size / MEGABYTE**2
        print(f"| streamed | {told['rows']:,} | {told['seconds']:.2f} | | {told['megabytes']:.0f} | {size:.0f} |")


if __name__ == "__main__":
    main()
