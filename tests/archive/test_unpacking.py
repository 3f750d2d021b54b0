"""Packed files: what is in them, and what they must not do to us."""

import gzip
import io
import zipfile

import pytest

from newsroom.archive import unpacking
from newsroom.archive.records import FormatError
from newsroom.archive.unpacking import fragment, unpack


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


def twice(data):
    return gzip.compress(gzip.compress(data))


@pytest.mark.parametrize(
    "pack",
    [bytes, gzip.compress, twice, lambda data: zipped(a=data)],
    ids=["plain", "gzip", "gzip twice", "zip"],
)
def test_fragment_is_what_stands_in_its_place(pack):
    data = pack("Fähre 😀, ".encode() * 200_000)

    text = fragment(io.BytesIO(data), len(data), 0, 13 * 150_000, 13 * 150_000 + 11)

    assert text == "Fähre 😀"


def test_fragment_is_of_the_file_that_is_meant():
    data = zipped(b=b"of b", a=b"of a", c=gzip.compress(b"of c"))

    texts = [fragment(io.BytesIO(data), len(data), number, 1, 4) for number in range(3)]

    assert texts == ["f a", "f b", "f c"]
    with pytest.raises(FormatError, match="does not hold 4 files"):
        fragment(io.BytesIO(data), len(data), 3, 0, 1)


@pytest.mark.parametrize(
    ("data", "start", "end", "text"),
    [
        ("\ufeffé😀x".encode("utf-16-le"), 2, 8, "é😀"),
        ("\ufeffé😀x".encode("utf-16-be"), 2, 8, "é😀"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?>caf\xe9', 43, 47, "café"),
        (b"a\xe9b\xff", 0, 4, "a\ufffdb\ufffd"),
        (b"short", 2, 99, "ort"),
        (b"short", 99, 100, ""),
        (b"short", 0, 0, ""),
    ],
    ids=["UTF-16 LE", "UTF-16 BE", "Latin-1", "wrong", "too far", "behind", "nothing"],
)
def test_fragment_is_decoded_as_the_file_is(data, start, end, text):
    assert fragment(io.BytesIO(data), len(data), 0, start, end) == text


def test_fragment_too_long_to_show_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_SHOWN", 6)
    data = "Fähre, Fähre".encode()

    text = fragment(io.BytesIO(data), len(data), 0, 7, 14)
    cut = fragment(io.BytesIO(data), len(data), 0, 0, 14)

    assert text == " Fähr\n[Cut here: 1 more bytes follow.]"
    assert cut == "Fähre\n[Cut here: 8 more bytes follow.]"


def test_fragment_of_a_damaged_file_is_what_can_be_read():
    whole = gzip.compress(b"".join(b"%d " % number for number in range(100_000)))
    data = whole[: len(whole) // 2]

    assert fragment(io.BytesIO(data), len(data), 0, 0, 4) == "0 1 "
    assert fragment(io.BytesIO(data), len(data), 0, 588_000, 588_010) == ""
