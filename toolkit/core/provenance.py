"""Where numbers come from: hashes of inputs, versions of instruments and packages, the seed."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

REPORTED_PACKAGES = ("sivsen-toolkit", "numpy", "pandas", "scipy", "papermill", "nbconvert", "matplotlib")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a result was computed from.

    Parameters
    ----------
    inputs : mapping of str to str
        File name as the study gives it -> SHA-256 of its bytes (hexadecimal).
    instruments : mapping of str to str
        Instrument name -> version.
    seed : int or None
        Seed of every random draw, 0 or more.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    instruments: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None

    def merge(self, other: Provenance) -> Provenance:
        """Return the union of both; the seed is whichever is set."""
        return Provenance(
            inputs={**self.inputs, **other.inputs},
            instruments={**self.instruments, **other.instruments},
            seed=self.seed if self.seed is not None else other.seed,
        )


def hash_bytes(content: bytes) -> str:
    """Return the SHA-256 of `content` as 64 hexadecimal digits.

    Examples
    --------
    >>> hash_bytes(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(content).hexdigest()


def hash_files(files: Mapping[str, Path]) -> str:
    """Return one SHA-256 over named files, in the order of their names.

    Parameters
    ----------
    files : mapping of str to Path
        Name that enters the hash -> file that is read.
    """
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode())
        digest.update(hash_bytes(files[name].read_bytes()).encode())
    return digest.hexdigest()


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that numbers and pages depend on."""
    return {name: importlib.metadata.version(name) for name in REPORTED_PACKAGES}


def package_sha256() -> str:
    """Return one SHA-256 over the toolkit's own code and templates."""
    root = Path(__file__).resolve().parent.parent
    suffixes = {".py", ".j2", ".css", ".js", ".json", ".mo"}
    return hash_files(
        {
            path.relative_to(root).as_posix(): path
            for path in root.rglob("*")
            if path.suffix in suffixes and not {"_shipped", "__pycache__"} & set(path.parts)
        }
    )
