"""Opening packed files: gzip, gzip in gzip, and zip with several files in it.

Declared sizes lie, so bytes are counted while they are unpacked.
"""

import gzip
import io
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from newsroom.archive.records import FormatError

MOST_GZIPS = 2
# XML packs to a thirtieth at best; what unpacks to a thousandfold is made to harm.
MOST_RATIO = 1000
ALWAYS_ALLOWED_BYTES = 64 * 1024 * 1024

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"


def unpack(file: BinaryIO, size: int) -> Iterator[BinaryIO]:
    """Yield the files in a file of `size` bytes: itself, when it is not packed.

    What macOS adds to a zip and what is no text at all is passed over. Raises
    FormatError for archives that cannot be read or unpack to an absurd size.
    """
    most = max(ALWAYS_ALLOWED_BYTES, size * MOST_RATIO)
    start = _peek(file)
    if start.startswith((_ZIP, _EMPTY_ZIP)):
        yield from _members(file, most)
    else:
        yield _ungzipped(file, most)


def _peek(file: BinaryIO, length: int = 4) -> bytes:
    start = file.read(length)
    file.seek(0)
    return start


def _ungzipped(file: BinaryIO, most: int) -> BinaryIO:
    for _ in range(MOST_GZIPS):
        if not _peek(file).startswith(_GZIP):
            break
        file = io.BufferedReader(_Counted(gzip.GzipFile(fileobj=file), most))
    return file


def _members(file: BinaryIO, most: int) -> Iterator[BinaryIO]:
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile as error:
        raise FormatError(f"The zip file cannot be read: {error}.") from error
    with archive:
        members = [info for info in archive.infolist() if _is_content(info)]
        if not members:
            raise FormatError("The zip file holds no file that could be taken in.")
        for info in sorted(members, key=lambda info: info.filename):
            if info.flag_bits & 1:
                raise FormatError(f"“{info.filename}” in the zip file has a password.")
            with archive.open(info) as member:
                unpacked = io.BufferedReader(_Counted(member, most))
                yield _ungzipped(unpacked, most)


def _is_content(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.split("/")
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    return not (info.is_dir() or is_hidden)


class _Counted(io.RawIOBase):
    """A packed file, unpacked as it is read, up to a limit.

    It can be wound back to its start, as recognising a format needs.
    """

    def __init__(self, packed: BinaryIO, most: int):
        self.packed, self.most, self.count = packed, most, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET and offset != self.count:
            self.packed.seek(offset)
            self.count = offset
        return self.count

    def tell(self) -> int:
        return self.count

    def readinto(self, buffer) -> int:
        try:
            data = self.packed.read(len(buffer))
        except (OSError, EOFError, zipfile.BadZipFile) as error:
            if self.count:
                # What came before is whole; the reader sees that the end is missing.
                return 0
            raise FormatError(f"The packed file cannot be read: {error}.") from error
        self.count += len(data)
        if self.count > self.most:
            raise FormatError(
                f"The file unpacks to more than {self.most // 1024**2} MB, which no "
                "export does. Unpack it yourself if you trust it."
            )
        buffer[: len(data)] = data
        return len(data)
