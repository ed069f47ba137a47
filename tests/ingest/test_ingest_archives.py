"""Members of an archive come out whole, whatever their size beside the pieces they are read in."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from toolkit.ingest import archives
from toolkit.ingest.archives import ArchiveError, read_archive


def packed(content: bytes, kind: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        archive.writestr("a.xml", content)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("sizes", [(1, 1), (7, 3), (64, 1 << 12), (1 << 16, 64), (1 << 16, 1 << 20)])
@pytest.mark.parametrize("content", [b"", b"x", b"ab" * 5000, random.Random(1).randbytes(20_000), bytes(100_000)])
def test_members_are_whole(monkeypatch: pytest.MonkeyPatch, content: bytes, sizes: tuple[int, int], kind: int) -> None:
    monkeypatch.setattr(archives, "PACKED", sizes[0])
    monkeypatch.setattr(archives, "CHUNK", sizes[1])
    assert read_archive(packed(content, kind)) == {"a.xml": content}


def test_a_member_larger_than_declared_is_refused() -> None:
    content = bytearray(packed(bytes(50_000), zipfile.ZIP_DEFLATED))
    size = (50_000).to_bytes(4, "little")
    assert content.count(size) == 2
    with pytest.raises(ArchiveError, match="larger than its directory says"):
        read_archive(bytes(content.replace(size, (10_000).to_bytes(4, "little"))))
