"""Files put into place: written beside, flushed to disk, then renamed over the old ones."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from filelock import FileLock, Timeout

from toolkit.core.errors import LockedError
from toolkit.core.provenance import hash_bytes
from toolkit.run.status import Judgement

TEMPORARY_PREFIX = ".sivsen-"


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold a folder of reports for one run on this machine; what a killed run left behind is removed.

    The lock lies among the system's temporary files, so that the folder of reports holds nothing but reports.

    Parameters
    ----------
    folder : Path
        Folder of the reports.

    Raises
    ------
    LockedError
        Another run holds it. The operating system frees the lock when that run ends, however it ends.
    """
    name = hash_bytes(str(folder.resolve()).encode())[:16]
    try:
        with FileLock(Path(tempfile.gettempdir()) / f"sivsen-{name}.lock", timeout=0, mode=0o666):
            for left in folder.glob(f"{TEMPORARY_PREFIX}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield
    except Timeout as error:
        raise LockedError(
            "another run is writing to the output folder; nothing was written. "
            "To mend: wait until it has ended, or name another folder with --output"
        ) from error


def publish_files(room: Path, output: Path, *, remove: Sequence[str]) -> None:
    """Rename every file below `room` to the same place below `output`.

    Both lie on one file system, so that a reader sees the old file or the new one and never a part of one.

    Parameters
    ----------
    room : Path
        Folder of finished files.
    output : Path
        Folder of the reports.
    remove : sequence of str
        Files of an earlier run that no longer hold, removed afterwards.
    """
    for path in sorted(path for path in room.rglob("*") if path.is_file()):
        target = output / path.relative_to(room)
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(path, target)
    for name in remove:
        (output / name).unlink(missing_ok=True)


def write_results(judgement: Judgement, room: Path, *, name: str) -> None:
    """Write the tables and findings that a notebook returned, at full precision.

    Parameters
    ----------
    judgement : Judgement
        A success.
    room : Path
        Folder of the report's files: ``tables/NAME-TABLE.csv`` and ``findings/NAME.json`` are written below.
    name : str
        Name of the notebook.
    """
    (room / "tables").mkdir()
    for table in judgement.tables:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(table["columns"])
        writer.writerows([["" if value is None else value for value in row] for row in table["rows"]])
        (room / "tables" / f"{name}-{table['name']}.csv").write_text(buffer.getvalue(), encoding="utf-8")
    if judgement.findings:
        (room / "findings").mkdir()
        records: list[dict[str, Any]] = [
            dict(zip(table["columns"], row, strict=True)) for table in judgement.findings for row in table["rows"]
        ]
        text = json.dumps(records, ensure_ascii=False, indent=1, allow_nan=False)
        (room / "findings" / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def strip_machine_traces(notebook: nbformat.NotebookNode, target: Path) -> None:
    """Write an executed notebook without paths, times or names of the machine it ran on.

    Parameters
    ----------
    notebook : NotebookNode
        Executed notebook; its papermill metadata is removed.
    target : Path
        File to write.
    """
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, target)
