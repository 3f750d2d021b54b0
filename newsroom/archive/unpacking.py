"""Opening packed files: gzip, gzip in gzip, and zip with several files in it.

A record's own words are read back from there too, by their place in the unpacked file.

Declared sizes lie, so bytes are counted while they are unpacked.
"""

import codecs
import gzip
import io
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from django.utils.translation import gettext_noop

from newsroom.archive.records import FormatError
from newsroom.archive.xml import encoding_of

MOST_GZIPS = 2
# XML packs to a thirtieth at best; what unpacks to a thousandfold is made to harm.
MOST_RATIO = 1000
ALWAYS_ALLOWED_BYTES = 64 * 1024 * 1024
# Of one record, for a page that shows it.
MOST_SHOWN = 16 * 1024 * 1024
CHUNK = 1024 * 1024
HEAD_LENGTH = 4096

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


def fragment(file: BinaryIO, size: int, member: int, start: int, end: int) -> str:
    """Return what stands from byte `start` up to `end` of a kept file's n-th file.

    `member` counts from 0. Bytes that are no text in the file's encoding are replaced,
    and what is longer than a page can show is cut, which the text then says.
    """
    parts = unpack(file, size)  # It closes them when it goes.
    part = next(islice(parts, member, None), None)
    if part is None:
        raise FormatError(f"The file does not hold {member + 1} files.")
    encoding = encoding_of(_peek(part, HEAD_LENGTH))
    _go_to(part, start)
    data = part.read(min(max(end - start, 0), MOST_SHOWN))
    rest = end - start - len(data)
    if len(data) < MOST_SHOWN or rest <= 0:
        return data.decode(encoding, "replace")
    text = codecs.getincrementaldecoder(encoding)("replace").decode(data)
    return f"{text}\n[Cut here: {rest:,} more bytes follow.]"


def _go_to(file: BinaryIO, start: int):
    """Go to a byte; a packed file can only be read on to it."""
    if not isinstance(getattr(file, "raw", None), _Counted):
        file.seek(start)
        return
    while start > 0 and (skipped := len(file.read(min(start, CHUNK)))):
        start -= skipped


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
            raise FormatError(
                gettext_noop("The zip file holds no file that could be taken in.")
            )
        for info in sorted(members, key=lambda info: info.filename):
            if info.flag_bits & 1:
                raise FormatError(
                    gettext_noop("“%(name)s” in the zip file has a password."),
                    name=info.filename,
                )
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
                gettext_noop(
                    "The file unpacks to more than %(size)d MB, which no export does. "
                    "Unpack it yourself if you trust it."
                ),
                size=self.most // 1024**2,
            )
        buffer[: len(data)] = data
        return len(data)
