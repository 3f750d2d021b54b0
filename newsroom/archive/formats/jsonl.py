"""The Newsroom archive: JSON Lines, one object a line, UTF-8. Version 1.

Every object has a `type`. The first is the archive itself:

    {"type": "archive", "format": "newsroom-archive", "version": 1,
     "origin": "example.org"}

`origin` says whose ids the file carries: two files of one origin speak of the same
stories and comments. Optional there: `url` (the address it was made from),
`captured` (when), `note` (what the making kept and lost; readers see it).

The other types, with their fields; those in brackets may be left out:

section   id, name, [description]
author    id, name, [biography]
article   id, headline, body (HTML), [slug], [standfirst], [language], [status:
          draft, published, withdrawn], [section: a section's id], [topics: a list of
          names], [authors: a list of author ids], [published], [published_basis:
          given, edited, inferred], [published_note], [source_url]
comment   id, article (its id), body, [body_format: text, html, markdown, wordpress],
          [parent: a comment's id], [reply_basis: given, edited, inferred],
          [reply_confidence: 0 to 1, of an inferred reply], [author_name], [author_url],
          [language], [is_truncated], [posted], [edited], [status: pending, public,
          hidden, spam, removed], [status_reason], [kind: comment, pingback, trackback,
          note, other]

Ids are text and hold within their type. Without a status an article is a draft and a
comment is hidden. `published`, `posted`, `edited` and `captured` are ISO 8601 times
whose length says how exact they are, from "2018" to "2018-02-23T09:30:15Z"; a time of
day needs its zone; left out or null is unknown. Languages are tags such as "pt-BR".

A line that is no JSON object stops the import, and nothing of the file is kept. An
object that cannot be used (an unknown type, a field missing or of the wrong kind) is
kept as it is and set aside with its reason. Fields that are not named here are kept in
the raw record only.
"""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from articles.choices import ArticleStatus, Basis
from comments.choices import BodyFormat, CommentKind, CommentStatus
from newsroom.archive.records import (
    UNKNOWN_TIME,
    ArticleRecord,
    AuthorRecord,
    CommentRecord,
    FormatError,
    Found,
    Payload,
    SectionRecord,
    SourceRecord,
    Time,
    Unreadable,
    parse_time,
)

NAME = "jsonl"
LABEL = "from a Newsroom archive"
VERSION = 1
MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_ID_LENGTH = 255


def recognises(head: bytes) -> bool:
    first_line = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    return first_line.lstrip().startswith(b"{") and b"newsroom-archive" in first_line


def read(file: BinaryIO) -> Iterator[Found]:
    header = None
    for number, raw in _lines(file):
        data = _parse(raw, number)
        if header is None:
            header = _read_header(data, number)
            yield Found(header, raw, number)
        else:
            yield Found(_read_record(data, number), raw, number)
    if header is None:
        raise FormatError("The file is empty.", 1)


def _lines(file: BinaryIO) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers, without the newline."""
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise FormatError("The line is longer than 64 MB.", number)
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        try:
            text = line.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise FormatError(
                f"Byte {error.start + 1} is not UTF-8. Save the file as UTF-8.", number
            ) from error
        if text.strip():
            yield number, text


def _parse(text: str, line: int) -> dict[str, Any]:
    try:
        data = json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=_unique_fields
        )
    except (ValueError, RecursionError) as error:
        raise FormatError(f"This is not JSON ({error}).", line) from error
    if not isinstance(data, dict):
        raise FormatError("This is not a JSON object: every line is one.", line)
    return data


def _refuse_constant(name: str):
    raise ValueError(f"{name} is not a JSON value")


def _unique_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands twice in an object")
    return fields


def _read_header(data: dict[str, Any], line: int) -> SourceRecord:
    if data.get("format") != "newsroom-archive" or data.get("type") != "archive":
        raise FormatError(
            'The first line must be {"type": "archive", "format": "newsroom-archive", '
            f'"version": {VERSION}, "origin": …}}.',
            line,
        )
    if data.get("version") != VERSION or data.get("version") is True:
        raise FormatError(
            f"The archive's version is {data.get('version')!r}; this Newsroom reads "
            f"version {VERSION}. Take it in with the Newsroom that wrote it, or newer.",
            line,
        )
    try:
        fields = _Fields(data)
        return SourceRecord(
            origin=fields.text("origin"),
            url=fields.text("url", ""),
            captured=fields.time("captured"),
            note=fields.text("note", ""),
        )
    except ValueError as error:
        raise FormatError(f"{error}.", line) from error


def _read_record(data: dict[str, Any], line: int) -> Payload:
    kind = data.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    fields = _Fields(data)
    if reader is None:
        reason = f"Unknown type {kind!r:.60}"
        return Unreadable(kind="unknown", id=fields.id_or_line(line), reason=reason)
    try:
        return reader(fields)
    except ValueError as error:
        return Unreadable(kind=kind, id=fields.id_or_line(line), reason=f"{error}")


class _Fields:
    """An object's fields, checked as they are read. Raises ValueError with the name."""

    _REQUIRED = object()

    def __init__(self, data: dict[str, Any]):
        self.data = data

    def _value(self, name: str, types: type | tuple[type, ...], default: Any) -> Any:
        value = self.data.get(name)
        if value is None:
            if default is self._REQUIRED:
                raise ValueError(f"“{name}” is missing")
            return default
        # JSON's true is a number to Python, but not to anybody else.
        if not isinstance(value, types) or (
            isinstance(value, bool) and types is not bool
        ):
            raise ValueError(f"“{name}” is {value!r:.60}, which is of the wrong kind")
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                self._check_text(name, text)
        return value

    def _check_text(self, name: str, text: str) -> None:
        if "\x00" in text:
            raise ValueError(f"“{name}” holds a NUL character")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"“{name}” holds half a surrogate pair") from error

    def id_or_line(self, line: int) -> str:
        """Return the id of an object that cannot be used, or else where it stands."""
        try:
            return self.text("id")[:MAX_ID_LENGTH]
        except ValueError:
            return f"line {line}"

    def text(self, name: str, default: Any = _REQUIRED) -> str:
        value = self._value(name, str, default)
        if not value and default is self._REQUIRED:
            raise ValueError(f"“{name}” is empty")
        if name == "id" and len(value) > MAX_ID_LENGTH:
            raise ValueError(f"“id” is longer than {MAX_ID_LENGTH} characters")
        return value

    def choice(self, name: str, choices: type, default: str) -> str:
        value = self.text(name, default)
        if value not in choices.values and value != default:
            raise ValueError(f"“{name}” is {value!r:.60}, not one of {choices.values}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._value(name, list, [])
        if not all(isinstance(value, str) and value for value in values):
            raise ValueError(f"“{name}” is not a list of texts")
        return tuple(dict.fromkeys(values))

    def flag(self, name: str) -> bool:
        return self._value(name, bool, False)

    def number(self, name: str) -> float | None:
        return self._value(name, (int, float), None)

    def time(self, name: str) -> Time:
        text = self._value(name, str, None)
        try:
            return parse_time(text) if text else UNKNOWN_TIME
        except ValueError as error:
            raise ValueError(f"“{name}” is no time: {error}") from error


def _read_section(fields: _Fields) -> SectionRecord:
    return SectionRecord(
        id=fields.text("id"),
        name=fields.text("name"),
        description=fields.text("description", ""),
    )


def _read_author(fields: _Fields) -> AuthorRecord:
    return AuthorRecord(
        id=fields.text("id"),
        name=fields.text("name"),
        biography=fields.text("biography", ""),
    )


def _read_article(fields: _Fields) -> ArticleRecord:
    return ArticleRecord(
        id=fields.text("id"),
        headline=fields.text("headline"),
        body=fields.text("body", ""),
        slug=fields.text("slug", ""),
        standfirst=fields.text("standfirst", ""),
        language=fields.text("language", ""),
        status=fields.choice("status", ArticleStatus, ArticleStatus.DRAFT),
        section=fields.text("section", ""),
        topics=fields.texts("topics"),
        authors=fields.texts("authors"),
        published=fields.time("published"),
        published_basis=fields.choice("published_basis", Basis, Basis.GIVEN),
        published_note=fields.text("published_note", ""),
        source_url=fields.text("source_url", ""),
    )


def _read_comment(fields: _Fields) -> CommentRecord:
    parent = fields.text("parent", "")
    basis = fields.choice("reply_basis", Basis, Basis.GIVEN) if parent else ""
    confidence = fields.number("reply_confidence")
    if (confidence is not None) != (basis == Basis.INFERRED):
        raise ValueError(
            "“reply_confidence” belongs to inferred replies, and only there"
        )
    if confidence is not None and not 0 <= confidence <= 1:
        raise ValueError("“reply_confidence” is not between 0 and 1")
    return CommentRecord(
        id=fields.text("id"),
        article=fields.text("article"),
        body=fields.text("body"),
        body_format=fields.choice("body_format", BodyFormat, BodyFormat.TEXT),
        parent=parent,
        reply_basis=basis,
        reply_confidence=confidence,
        author_name=fields.text("author_name", ""),
        author_url=fields.text("author_url", ""),
        language=fields.text("language", ""),
        is_truncated=fields.flag("is_truncated"),
        posted=fields.time("posted"),
        edited=fields.time("edited"),
        status=fields.choice("status", CommentStatus, CommentStatus.HIDDEN),
        status_reason=fields.text("status_reason", ""),
        kind=fields.choice("kind", CommentKind, CommentKind.COMMENT),
    )


_READERS = {
    "section": _read_section,
    "author": _read_author,
    "article": _read_article,
    "comment": _read_comment,
}
