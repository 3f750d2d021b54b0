"""Which format a file has is told by what is in it."""

import gzip
import io
import json

import pytest

from newsroom.archive.formats import HEAD_LENGTH, recognise
from newsroom.archive.importing import import_file
from newsroom.archive.records import FormatError

CAPTURE = "Ferry to the islands sails again\n\nIt left on Monday.\n\n  • At last!\n"
NOT_RECOGNISED = (
    "The format was not recognised. It is none of: jsonl, wxr, disqus, capture. If it "
    "is one, name it with --format."
)


def test_archive_is_recognised_whatever_its_name(write_archive, db):
    path = write_archive(name="archive.txt")

    ledger = import_file(path)

    assert ledger.format == "jsonl"


def test_capture_is_recognised_whatever_its_name(write_capture, db):
    path = write_capture(CAPTURE, name="page.jsonl")

    ledger = import_file(path)

    assert ledger.format == "capture"


def test_file_is_read_from_its_beginning_afterwards():
    file = io.BytesIO(CAPTURE.encode())

    name = recognise(file)

    assert (name, file.read()) == ("capture", CAPTURE.encode())


@pytest.mark.parametrize(
    "data",
    [
        b'{"type": "archive", "format": "newsroom-archive", "version": 1}',
        b'\xef\xbb\xbf{"format": "newsroom-archive"}\r\n',
        b' {"format":"newsroom-archive", "version": 99}\n{"type": "author"}',
    ],
    ids=["one line", "BOM", "newer version"],
)
def test_archive_is_recognised_by_its_header(data):
    assert recognise(io.BytesIO(data)) == "jsonl"


@pytest.mark.parametrize("end", range(4))
def test_capture_is_recognised_when_its_head_ends_within_a_character(end):
    start = "A headline\n\n" + "a" * (HEAD_LENGTH - len("A headline\n\n") - end)

    name = recognise(io.BytesIO((start + "😀" * 9).encode()))

    assert name == "capture"


@pytest.mark.parametrize(
    "data",
    [
        b"A single line",
        b"<!doctype html>\n<html><p>Ferry</p></html>\n",
        b"\xef\xbb\xbf<html>\n<p>Ferry</p>\n</html>\n",
        b'<?xml version="1.0"?>\n<rss><channel/></rss>\n',
        "<html>\n<p>Ferry</p>\n</html>\n".encode("utf-16"),
        json.dumps({"comments": [{"body": "Good."}]}, indent=2).encode(),
        json.dumps([{"body": "Good."}, {"body": "Better."}], indent=2).encode(),
        b'{"id": 1}\n{"id": 2}\n',
        gzip.compress(CAPTURE.encode()),
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"PK\x03\x04\x14\x00\x00\x00\n\x00",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"A headline\n\nWith a \x00 in it\n",
        "A headline\n\nCafé au lait\n".encode("latin-1"),
        CAPTURE.encode("utf-16-le"),
    ],
    ids=[
        "one line",
        "HTML",
        "HTML with BOM",
        "XML",
        "HTML in UTF-16",
        "JSON object",
        "JSON list",
        "other JSON Lines",
        "gzip",
        "PNG",
        "ZIP",
        "PDF",
        "NUL",
        "Latin-1",
        "UTF-16 without BOM",
    ],
)
def test_other_content_is_refused_with_the_names_of_the_formats(data):
    with pytest.raises(FormatError) as refusal:
        recognise(io.BytesIO(data))

    assert str(refusal.value) == NOT_RECOGNISED


@pytest.mark.parametrize("data", [b"", b"\n\n\n"], ids=["empty", "blank"])
def test_empty_file_is_called_so(data):
    with pytest.raises(FormatError, match="The file is empty"):
        recognise(io.BytesIO(data))
