"""Packed files: what is in them, and what they must not do to us."""

import gzip
import io
import zipfile

import pytest

from newsroom.archive import unpacking
from newsroom.archive.records import FormatError
from newsroom.archive.unpacking import unpack


def contents(data):
    return [file.read() for file in unpack(io.BytesIO(data), len(data))]


def zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"text", gzip.compress(b"text"), gzip.compress(gzip.compress(b"text"))],
    ids=["plain", "gzip", "gzip twice"],
)
def test_file_is_unpacked_whatever_its_name(data):
    assert contents(data) == [b"text"]


def test_zip_gives_its_files_by_name_without_junk():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("b.xml", "__MACOSX/._a.xml", "a.xml", ".DS_Store", "folder/"):
            archive.writestr(name, name)

    assert contents(packed.getvalue()) == [b"a.xml", b"b.xml"]


def test_zip_may_hold_gzip():
    assert contents(zipped(a=gzip.compress(b"text"))) == [b"text"]


@pytest.mark.parametrize(
    "data", [zipped(), zipped(a="x")[:40], b"PK\x03\x04 no zip"],
    ids=["empty", "cut", "none"],
)  # fmt: skip
def test_broken_zip_is_refused(data):
    with pytest.raises(FormatError, match="zip"):
        contents(data)


def test_gzip_that_is_cut_gives_what_is_whole():
    data = gzip.compress(b"".join(b"%d " % number for number in range(100_000)))

    [content] = contents(data[: len(data) // 2])

    assert content.startswith(b"0 1 2 3 ")
    assert 0 < len(content) < 588_890


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped(a=data)])
def test_bomb_is_refused(monkeypatch, pack):
    monkeypatch.setattr(unpacking, "ALWAYS_ALLOWED_BYTES", 1_000_000)

    with pytest.raises(FormatError, match="unpacks to more than"):
        contents(pack(b"0" * 5_000_000))


def test_unpacked_file_can_be_wound_back():
    data = gzip.compress(b"some text")
    [file] = unpack(io.BytesIO(data), len(data))

    assert (file.read(4), file.seek(0), file.read()) == (b"some", 0, b"some text")
