"""Nearest names, hashes, and the files that come with the toolkit."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from toolkit.core.errors import StorageError
from toolkit.core.nearest import nearest_name, suggest_name
from toolkit.core.provenance import REPORTED_PACKAGES, hash_bytes, hash_files, package_sha256, package_versions
from toolkit.core.shipped import shipped_path


@pytest.mark.parametrize(
    ("name", "allowed", "nearest"),
    [
        ("confidnce", ["study", "scope", "confidence"], "confidence"),
        ("pre_it.csv", ["pre_uk.csv", "pre_itt.csv"], "pre_itt.csv"),
        ("zzz", ["study", "scope"], None),
        ("study", [], None),
        ("", ["study"], None),
    ],
)
def test_nearest_name(name: str, allowed: list[str], nearest: str | None) -> None:
    assert nearest_name(name, iter(allowed)) == nearest
    assert (f"{nearest}?" in suggest_name(name, allowed)) == (nearest is not None)


def test_hashes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    files = {"a": tmp_path / "a", "b": tmp_path / "b"}
    assert hash_bytes(b"one") == hashlib.sha256(b"one").hexdigest()
    assert hash_files(files) == hash_files(dict(reversed(files.items())))
    assert hash_files(files) != hash_files({"a": tmp_path / "b", "b": tmp_path / "a"})
    assert hash_files(files) != hash_files({"a": tmp_path / "a", "c": tmp_path / "b"})
    assert package_sha256() == package_sha256()
    assert set(package_versions()) == set(REPORTED_PACKAGES)


def test_what_did_not_come_along_is_named() -> None:
    assert shipped_path("surveys", "instruments").is_dir()
    with pytest.raises(StorageError, match="surveys/nothing did not come"):
        shipped_path("surveys", "nothing")
