"""ZIP archives: members read within bounds, by our own count of bytes and not by what the archive claims."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

LOCAL_HEADER = 30
CHUNK = 1 << 20
PACKED = 1 << 16
MAX_RATIO = 100
# Small members compress well without any harm: a sheet of blanks, a theme.
RATIO_COUNTS_FROM = 10_000_000
MAX_EXPANDED = 2_000_000_000
MAX_MEMBERS = 2_000


class ArchiveError(ValueError):
    """The archive is damaged or not what it claims to be."""


def list_members(content: bytes) -> list[zipfile.ZipInfo]:
    """Return the members of an archive that is within bounds.

    Raises
    ------
    ArchiveError
        Damaged, locked by a password, or larger than is believed of a survey.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ArchiveError("the file starts as a workbook or ZIP archive and breaks off: it is damaged") from error
    if len(members) > MAX_MEMBERS:
        raise ArchiveError(f"the archive has more than {MAX_MEMBERS} members")
    if any(info.flag_bits & 1 for info in members):
        raise ArchiveError("the archive is locked by a password")
    expanded = sum(info.file_size for info in members)
    if expanded > MAX_EXPANDED or expanded > max(RATIO_COUNTS_FROM, MAX_RATIO * len(content)):
        raise ArchiveError(f"the archive would expand to more than {MAX_RATIO} times its size")
    return members


def stream_member(content: bytes, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the bytes of a member, never more than the directory declares.

    Raises
    ------
    ArchiveError
        The member holds more than it declares, or is damaged.
    """
    start = info.header_offset
    head = content[start : start + LOCAL_HEADER]
    if len(head) < LOCAL_HEADER or head[:4] != b"PK\x03\x04":
        raise ArchiveError("the archive is damaged")
    name_length, extra_length = struct.unpack("<HH", head[26:30])
    begin = start + LOCAL_HEADER + name_length + extra_length
    packed = memoryview(content)[begin : begin + info.compress_size]
    if info.compress_type == zipfile.ZIP_STORED:
        yield bytes(packed)
        return
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise ArchiveError("the archive is packed in a way that spreadsheets do not use")
    expander = zlib.decompressobj(-zlib.MAX_WBITS)
    total = 0
    try:
        # Fed bit by bit: what is left over is copied each time.
        for begin in range(0, len(packed), PACKED):
            piece = expander.decompress(packed[begin : begin + PACKED], CHUNK)
            while piece:
                total += len(piece)
                if total > info.file_size:
                    raise ArchiveError("a member of the archive is larger than its directory says")
                yield piece
                piece = expander.decompress(expander.unconsumed_tail, CHUNK)
    except zlib.error as error:
        raise ArchiveError("the archive is damaged") from error


def read_archive(content: bytes) -> dict[str, bytes]:
    """Return every member of an archive, by name."""
    return {info.filename: b"".join(stream_member(content, info)) for info in list_members(content)}
