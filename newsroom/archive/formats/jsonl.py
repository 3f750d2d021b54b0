"""The Newsroom archive: JSON Lines, one object a line, UTF-8. Versions 1 and 2.

It holds stories, the discussions below them and where both come from: all that a
Newsroom keeps, except accounts, the e-mail and IP addresses of commenters, and the
files it was made from, which an export may put beside it.

Every line is a JSON object with a `type`; blank lines say nothing. The first line is
the archive itself:

    {"type": "archive", "format": "newsroom-archive", "version": 2,
     "origin": "newsroom:Example"}

version       1 or 2. Version 1 is what is marked (1) below, and no more.
origin        (1) Whose ids the file carries: two files of one origin speak of the same
              stories and comments.
[url]         (1) The address it was made from.
[captured]    (1) When it was made: a time. Left out: as the manifest beside it says.
[note]        (1) What the making kept and lost; readers see it.

The other types and their fields follow. Fields in brackets may be left out; null is
the same as left out. What is left out is empty, false or 0 unless it says otherwise.
Ids are text of 1 to 255 characters and hold within their type. It does not matter in
which order the lines stand; an export has sections, topics and authors first, then each
story with its comments in the order of their numbers, sources and records last.

A time is text in ISO 8601 that is as long as it is exact: "2018", "2018-02",
"2018-02-23", "2018-02-23T09:30Z", "2018-02-23T09:30:15Z" or, exact to the microsecond,
"2018-02-23T09:30:15.123456Z"; a time of day needs its zone. Left out: unknown. A time
whose length would not say it right is {"at": its text, "precision": second, minute,
day, month or year}. A language is a tag such as "pt-BR". HTML is sanitised when read.

section       A part of the paper. (1)
  id            (1) Its slug, in an export.
  name          (1)
  [slug]        Its place in addresses.
  [description] (1)
  [position]    Its place among the sections: a whole number.

topic         What stories are about, across sections.
  id            Its slug, in an export.
  name
  [slug]

author        Somebody who writes stories. (1)
  id            (1) Its slug, in an export.
  name          (1)
  [slug]
  [biography]   (1) A note about the writer.

article       A story. (1)
  id            (1)
  headline      (1)
  [body]        (1) HTML.
  [slug]        (1) Its place in addresses: /articles/<slug>/.
  [former_slugs]  A list of those it had before, which lead to it for ever.
  [standfirst]  (1) One or two sentences below the headline: text.
  [language]    (1)
  [status]      (1) draft, published or withdrawn. Left out: draft.
  [section]     (1) A section's id.
  [topics]      (1) A list of topics' names.
  [authors]     (1) The byline: a list of authors' ids in order.
  [author_notes]  An object: by an author's id, the note about the writer as printed
                with this story, where it is another than the author's own.
  [published]   (1) A time. {"at": null, "precision": …} has no date yet, and gets one
                that is so exact when it is published.
  [published_basis]  (1) How the time is known: given by the source, edited (set by an
                editor) or inferred. Left out: given.
  [published_note]  (1) How the date is known, in words; readers see it.
  [source_url]  (1) The address of the story where it comes from.
  [addresses]   A list of all addresses under which it was known there.
  [policy]      Whether readers may comment: open, premoderated (every comment is read
                first) or closed. Left out: as the site that takes it in has it.
  [closes]      When the discussion closes: a time.
  [last_number] The highest number that a comment of its discussion has or had.
  [created]     When this Newsroom, or the one before it, got the story: a time.
  [revisions]   A list of what the text was after each change: objects with number (1,
                2, 3 …), headline, [standfirst], [body], [note] (what changed),
                [is_correction] (readers see the note), [editor] (the name of an
                account) and [created] (a time).

comment       Something a reader wrote below a story. (1)
  id            (1)
  article       (1) The id of its story.
  body          (1) The text as given. Empty: the text is not known. Not in version 1.
  [body_format] (1) text, html, markdown or wordpress (HTML in which newlines count).
                Left out: text.
  [number]      Its number in the discussion, which readers cite as “#7”.
  [key]         The number in its permanent address: /comments/<key>/.
  [parent]      (1) The id of the comment that it answers, of the same story.
  [reply_basis] (1) How it is known that it answers that: given, edited or inferred.
                Left out: given.
  [reply_confidence]  (1) Of an inferred reply, and only there: from 0 to 1.
  [author_name] (1) As given. Empty: an unnamed reader.
  [author_url]  (1)
  [user]        The name of the account it was written with.
  [language]    (1)
  [is_truncated]  (1) Whether the source may have lost the end.
  [posted]      (1) A time.
  [edited]      (1) A time.
  [status]      (1) pending (waits for a moderator), public, hidden, spam or removed
                (its place is shown, its text is not). Left out: hidden.
  [status_reason]  (1) Why; of a removed comment, readers see it.
  [status_changed]  When it got this status: a time.
  [kind]        (1) comment, pingback, trackback, note (of editors) or other. Left out:
                comment.
  [created]     When this Newsroom, or the one before it, got the comment: a time.

source        A file that stories and comments were taken from.
  id            Its SHA-256, in 64 hexadecimal digits. An export that has the files has
                this one as sources/<id>.
  name, size    Its name when it came, and its bytes.
  format        wxr, disqus, capture, jsonl …
  origin        As the archive's own.
  [url], [captured], [note]  As the archive's own.
  [sections_from]  Which of its terms became sections. Empty: as the site had it set.
  [ends_early]  Why it could not be read to its end.
  [repairs]     An object: what had to be repaired to read it.
  [ledger]      An object: by kind of record, how many came to what.
  [state]       waiting, running, done, truncated or failed. Left out: done.
  [trial], [progress]  Objects: what a dry run found, and how far taking it in came.
  [error]       Why it failed.
  [imported]    When it was taken in: a time.
  [imported_by] By whom: the name of an account.

record        What became of one record in such a file.
  source        The source's id.
  position      1 for the first record in the file.
  [member]      Which file it is in, from 0, if several are packed together.
  [start], [end]  Its first byte in the unpacked file, and the byte after its last.
  kind          section, topic, term, author, attachment, article, comment, source,
                record, other or unknown.
  given_id      Its id in that file, or where it stands.
  [occurrence]  2 for the second record of the same id in it. Left out: 1.
  [given_parent]  The id of what it answers, as given.
  [awaits_parent]  Whether no file has brought yet what it answers.
  [given_status], [given_kind]  Its state and kind in the source's own words.
  [also]        Its id in another system, such as "disqus:123".
  [digest]      Of what was read in it, in hexadecimal digits; tells whether it changed.
  outcome       public or hidden (it is stored), linked (to what was there) or
                set_aside.
  [change]      What it is to what earlier files of that origin brought: new, changed or
                unchanged. Left out: new.
  [reason]      Why it was set aside.
  [article], [comment]  The ids, in this file, of the story or comment it gave.

A line that is no JSON object stops the import, and nothing of the file is kept. An
object that cannot be used (an unknown type, a field missing or of the wrong kind) is
set aside with its reason. Fields that are not named here are passed over; they stay in
the file, which is kept.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple

from django.utils.translation import gettext_noop

from articles.choices import ArticleStatus, Basis, Precision
from comments.choices import BodyFormat, CommentKind, CommentStatus, DiscussionPolicy
from newsroom.archive.records import (
    UNKNOWN_TIME,
    ArticleRecord,
    AuthorRecord,
    CommentRecord,
    Condition,
    FormatError,
    Found,
    KeptRecord,
    KeptSource,
    Payload,
    RevisionRecord,
    SectionRecord,
    SourceRecord,
    Time,
    TopicRecord,
    Unreadable,
    parse_time,
)

NAME = "jsonl"
LABEL = gettext_noop("from a Newsroom archive")
VERSION = 2
STORIES_NEED_COMMENTS = False
MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_ID_LENGTH = 255

SOURCE_STATES = ("waiting", "running", "done", "truncated", "failed")
RECORD_KINDS = (
    "section", "topic", "term", "author", "attachment", "article", "comment", "source",
    "record", "other", "unknown",
)  # fmt: skip
OUTCOMES = ("public", "hidden", "linked", "set_aside")
CHANGES = ("new", "changed", "unchanged")

_BOM = b"\xef\xbb\xbf"
_EXACT_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)
_DIGEST = re.compile(r"([0-9a-f]{2}){0,16}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def recognises(head: bytes) -> bool:
    first_line = head.removeprefix(_BOM).split(b"\n", 1)[0]
    return first_line.lstrip().startswith(b"{") and b"newsroom-archive" in first_line


def read(file: BinaryIO) -> Iterator[Found]:
    shapes, opened = None, {"comment": 0, "other": 0}
    for line, start, end, text in _lines(file):
        data = _parse(text, line)
        if shapes is None:
            header = _read_header(data, line)
            shapes = _SHAPES[data["version"]]
            yield Found(header)
            continue
        opened["comment" if data.get("type") == "comment" else "other"] += 1
        record = _read_record(data, shapes, line, may_hide="\\" in text)
        yield Found(record, start, end)
    if shapes is None:
        raise FormatError(gettext_noop("The file is empty."), 1)
    yield Found(Condition(opened=opened))


def _lines(file: BinaryIO) -> Iterator[tuple[int, int, int, str]]:
    """Yield the lines that are not blank: number, first byte, end, text.

    The end is that of the text, before the newline.
    """
    number = next_start = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        start, next_start = next_start, next_start + len(line)
        if len(line) > MAX_LINE_BYTES:
            raise FormatError(gettext_noop("The line is longer than 64 MB."), number)
        if number == 1 and line.startswith(_BOM):
            line = line.removeprefix(_BOM)
            start += len(_BOM)
        line = line.rstrip(b"\r\n")
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise FormatError(
                f"Byte {error.start + 1} is not UTF-8. Save the file as UTF-8.", number
            ) from error
        if text and not text.isspace():
            yield number, start, start + len(line), text


def _parse(text: str, line: int) -> dict[str, Any]:
    try:
        data = _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"This is not JSON ({error}).", line) from error
    if not isinstance(data, dict):
        raise FormatError(
            gettext_noop("This is not a JSON object: every line is one."), line
        )
    return data


def _refuse_constant(name: str):
    raise ValueError(f"{name} is not a JSON value")


def _unique_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands twice in an object")
    return fields


_decoder = json.JSONDecoder(
    parse_constant=_refuse_constant, object_pairs_hook=_unique_fields
)


def _read_header(data: dict[str, Any], line: int) -> SourceRecord:
    if data.get("format") != "newsroom-archive" or data.get("type") != "archive":
        raise FormatError(
            'The first line must be {"type": "archive", "format": "newsroom-archive", '
            f'"version": {VERSION}, "origin": …}}.',
            line,
        )
    version = data.get("version")
    if type(version) is not int or version not in _SHAPES:
        raise FormatError(
            f"The archive's version is {version!r:.60}; this Newsroom reads versions 1 "
            f"to {VERSION}. Take it in with the Newsroom that wrote it, or newer.",
            line,
        )
    try:
        return _HEADER.record(data, may_hide=True)
    except ValueError as error:
        raise FormatError(f"{error}.", line) from error


def _read_record(
    data: dict[str, Any], shapes: dict[str, "_Shape"], line: int, *, may_hide: bool
) -> Payload:
    """Return what an object says; `may_hide`: it is written with escapes."""
    kind = data.get("type")
    shape = shapes.get(kind) if isinstance(kind, str) else None
    if shape is None:
        reason = f"Unknown type {kind!r:.60}"
        return Unreadable(kind="unknown", id=_id_or_line(data, line), reason=reason)
    try:
        return shape.record(data, may_hide)
    except ValueError as error:
        return Unreadable(kind=kind, id=_id_or_line(data, line), reason=f"{error}")


def _id_or_line(data: dict[str, Any], line: int) -> str:
    """Return the id of an object that cannot be used, or else where it stands."""
    id = data.get("id")
    try:
        if isinstance(id, str) and id:
            _check_text("id", id)
            return id[:MAX_ID_LENGTH]
    except ValueError:
        pass
    return f"line {line}"


class _Field(NamedTuple):
    """What a field may hold: the types of JSON, and what makes a value of it.

    `read` gets the field's name and value, and raises ValueError with the name.
    """

    types: tuple[type, ...]
    read: Callable[[str, Any], Any] | None = None


class _Shape(NamedTuple):
    """The fields of a type, those it needs, and what becomes of its values."""

    make: Callable[[dict[str, Any]], Any]
    fields: dict[str, _Field]
    needs: tuple[str, ...]

    def record(self, data: dict[str, Any], may_hide: bool) -> Any:
        """Return the record of an object; a ValueError says what is wrong with it."""
        values, fields = {}, self.fields
        for name, value in data.items():
            field = fields.get(name)
            if field is None or value is None:
                continue
            types, read = field
            # By type, for JSON's true is a number to Python, but not to anybody else.
            if type(value) not in types:
                raise ValueError(
                    f"“{name}” is {value!r:.60}, which is of the wrong kind"
                )
            # JSON and UTF-8 let through what cannot be kept only where it is escaped.
            if may_hide:
                _check_text(name, value)
            values[name] = value if read is None else read(name, value)
        for name in self.needs:
            if name not in values:
                raise ValueError(f"“{name}” is missing")
        return self.make(values)

    def only(self, names: str) -> "_Shape":
        """Return the shape with these fields alone, as an earlier version had it."""
        fields = {name: self.fields[name] for name in names.split()}
        return self._replace(fields=fields)


def _check_text(name: str, value: Any) -> None:
    """Raise ValueError if a text in a value, however deep, cannot be kept."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text if "\x00" in text:
                raise ValueError(f"“{name}” holds a NUL character")
            case str() as text:
                try:
                    text.encode()
                except UnicodeEncodeError as error:
                    raise ValueError(f"“{name}” holds half a surrogate pair") from error
            case list() as items:
                waiting += items
            case dict() as items:
                waiting += [*items.keys(), *items.values()]


def _not_empty(name: str, value: str) -> str:
    if not value:
        raise ValueError(f"“{name}” is empty")
    return value


def _id(name: str, value: str) -> str:
    if len(value) > MAX_ID_LENGTH:
        raise ValueError(f"“{name}” is longer than {MAX_ID_LENGTH} characters")
    return _not_empty(name, value)


def _one_of(words: Collection[str]) -> _Field:
    known = {str(word): str(word) for word in words}

    def read(name: str, value: str) -> str:
        try:
            return known[value]
        except KeyError:
            raise ValueError(
                f"“{name}” is {value!r:.60}, not one of {[*known]}"
            ) from None

    return _Field((str,), read)


def _whole(most: int = 2**31 - 1, least: int = 0) -> _Field:
    """Return a field for whole numbers, up to what the database can hold."""

    def read(name: str, value: int) -> int:
        if not least <= value <= most:
            raise ValueError(f"“{name}” is {value!r:.60}, not from {least} to {most}")
        return value

    return _Field((int,), read)


def _texts(name: str, values: list) -> tuple[str, ...]:
    if not all(isinstance(value, str) and value for value in values):
        raise ValueError(f"“{name}” is not a list of texts")
    return tuple(dict.fromkeys(values))


def _text_by_id(name: str, values: dict[str, Any]) -> dict[str, str]:
    if not all(isinstance(value, str) for value in values.values()):
        raise ValueError(f"“{name}” is not an object of texts")
    return values


def _time(name: str, value: str | dict) -> Time:
    """Return a time that says as much as its length, or as the object says."""
    if isinstance(value, str):
        try:
            # What an export has most of, read in half the time.
            if _EXACT_TIME.fullmatch(value):
                return Time(datetime.fromisoformat(value), Precision.SECOND)
            return parse_time(value) if value else UNKNOWN_TIME
        except ValueError as error:
            raise ValueError(f"“{name}” is no time: {error}") from error
    time = _publication(name, value)
    if time.at is None:
        raise ValueError(f"“{name}” has a precision, but no “at”")
    return time


def _publication(name: str, value: str | dict) -> Time:
    """Return the time of a story; one that is to come has a precision alone."""
    if isinstance(value, str):
        return _time(name, value)
    at, precision = value.get("at"), value.get("precision")
    if not isinstance(at, str | None) or precision not in _PRECISIONS:
        raise ValueError(f"“{name}” is {value!r:.60}, which is no time")
    return Time(_time(name, at).at if at else None, precision)


def _revisions(name: str, values: list) -> tuple[RevisionRecord, ...]:
    if not all(isinstance(value, dict) for value in values):
        raise ValueError(f"“{name}” is not a list of objects")
    try:
        return tuple(_REVISION.record(value, may_hide=False) for value in values)
    except ValueError as error:
        raise ValueError(f"“{name}”: {error}") from error


def _sha256(name: str, value: str) -> str:
    if not _SHA256.fullmatch(value):
        raise ValueError(f"“{name}” is {value!r:.60}, which is no SHA-256")
    return value


def _digest(name: str, value: str) -> str:
    if not _DIGEST.fullmatch(value):
        raise ValueError(f"“{name}” is not in hexadecimal digits")
    return value


def _comment(values: dict[str, Any]) -> CommentRecord:
    if not values.get("parent"):
        values["reply_basis"] = ""
    elif not values.get("reply_basis"):
        values["reply_basis"] = "given"
    confidence = values.get("reply_confidence")
    if (confidence is not None) != (values["reply_basis"] == "inferred"):
        raise ValueError(
            "“reply_confidence” belongs to inferred replies, and only there"
        )
    if confidence is not None and not 0 <= confidence <= 1:
        raise ValueError("“reply_confidence” is not between 0 and 1")
    return CommentRecord(**values)


def _kept_source(values: dict[str, Any]) -> KeptSource:
    """Name the fields as the table of sources does; times are still text."""
    captured = values.pop("captured", UNKNOWN_TIME)
    imported = values.pop("imported", UNKNOWN_TIME)
    values["captured_at"] = captured.at and captured.at.isoformat()
    values["captured_precision"] = captured.precision
    values["imported_at"] = imported.at and imported.at.isoformat()
    return KeptSource(id=values.pop("id"), fields=_source_defaults() | values)


def _source_defaults() -> dict[str, Any]:
    texts = dict.fromkeys(_SOURCE_TEXTS, "")
    return {"state": "done"} | texts | {name: {} for name in _SOURCE_OBJECTS}


def _kept_record(values: dict[str, Any]) -> KeptRecord:
    fields = _RECORD_DEFAULTS | values
    source = fields.pop("source")
    return KeptRecord(
        id=f"{source}/{fields['position']}",
        source=source,
        article=fields.pop("article"),
        comment=fields.pop("comment"),
        fields=fields,
    )


_PRECISIONS = {*map(str, Precision)} - {"unknown"}
_TEXT = _Field((str,))
_NAME = _Field((str,), _not_empty)
_ID = _Field((str,), _id)
_REFERENCE = _Field((str,))
_FLAG = _Field((bool,))
_TEXTS = _Field((list,), _texts)
_OBJECT = _Field((dict,))
_TIME = _Field((str, dict), _time)
_BASIS = _one_of(Basis)
_BYTES = _whole(2**63 - 1)

_HEADER = _Shape(
    lambda values: SourceRecord(**values),
    {"origin": _NAME, "url": _TEXT, "captured": _TIME, "note": _TEXT},
    needs=("origin",),
)
_SECTION = _Shape(
    lambda values: SectionRecord(**values),
    {
        "id": _ID,
        "name": _NAME,
        "slug": _TEXT,
        "description": _TEXT,
        "position": _whole(2**15 - 1),
    },
    needs=("id", "name"),
)
_TOPIC = _Shape(
    lambda values: TopicRecord(**values),
    {"id": _ID, "name": _NAME, "slug": _TEXT},
    needs=("id", "name"),
)
_AUTHOR = _Shape(
    lambda values: AuthorRecord(**values),
    {"id": _ID, "name": _NAME, "slug": _TEXT, "biography": _TEXT},
    needs=("id", "name"),
)
_REVISION = _Shape(
    lambda values: RevisionRecord(**values),
    {
        "number": _whole(),
        "headline": _TEXT,
        "standfirst": _TEXT,
        "body": _TEXT,
        "note": _TEXT,
        "is_correction": _FLAG,
        "editor": _TEXT,
        "created": _TIME,
    },
    needs=("number", "headline"),
)
_ARTICLE = _Shape(
    lambda values: ArticleRecord(**{"body": ""} | values),
    {
        "id": _ID,
        "headline": _NAME,
        "body": _TEXT,
        "slug": _TEXT,
        "former_slugs": _TEXTS,
        "standfirst": _TEXT,
        "language": _TEXT,
        "status": _one_of(ArticleStatus),
        "section": _REFERENCE,
        "topics": _TEXTS,
        "authors": _TEXTS,
        "author_notes": _Field((dict,), _text_by_id),
        "published": _Field((str, dict), _publication),
        "published_basis": _BASIS,
        "published_note": _TEXT,
        "source_url": _TEXT,
        "addresses": _TEXTS,
        "policy": _one_of(DiscussionPolicy),
        "closes": _TIME,
        "last_number": _whole(),
        "created": _TIME,
        "revisions": _Field((list,), _revisions),
    },
    needs=("id", "headline"),
)
_COMMENT = _Shape(
    _comment,
    {
        "id": _ID,
        "article": _NAME,
        "body": _TEXT,
        "body_format": _one_of(BodyFormat),
        "number": _whole(),
        "key": _whole(2**63 - 1),
        "parent": _REFERENCE,
        "reply_basis": _BASIS,
        "reply_confidence": _Field((int, float)),
        "author_name": _TEXT,
        "author_url": _TEXT,
        "user": _TEXT,
        "language": _TEXT,
        "is_truncated": _FLAG,
        "posted": _TIME,
        "edited": _TIME,
        "status": _one_of(CommentStatus),
        "status_reason": _TEXT,
        "status_changed": _TIME,
        "kind": _one_of(CommentKind),
        "created": _TIME,
    },
    needs=("id", "article", "body"),
)
_SOURCE = _Shape(
    _kept_source,
    {
        "id": _Field((str,), _sha256),
        "name": _TEXT,
        "size": _BYTES,
        "format": _NAME,
        "origin": _NAME,
        "url": _TEXT,
        "captured": _TIME,
        "note": _TEXT,
        "sections_from": _TEXT,
        "ends_early": _TEXT,
        "repairs": _OBJECT,
        "ledger": _OBJECT,
        "state": _one_of(SOURCE_STATES),
        "trial": _OBJECT,
        "progress": _OBJECT,
        "error": _TEXT,
        "imported": _TIME,
        "imported_by": _TEXT,
    },
    needs=("id", "name", "size", "format", "origin"),
)
_SOURCE_TEXTS = ("url", "note", "sections_from", "ends_early", "error", "imported_by")
_SOURCE_OBJECTS = ("repairs", "ledger", "trial", "progress")
_RECORD = _Shape(
    _kept_record,
    {
        "source": _Field((str,), _sha256),
        "position": _whole(least=1),
        "member": _whole(2**15 - 1),
        "start": _BYTES,
        "end": _BYTES,
        "kind": _one_of(RECORD_KINDS),
        "given_id": _TEXT,
        "occurrence": _whole(),
        "given_parent": _TEXT,
        "awaits_parent": _FLAG,
        "given_status": _TEXT,
        "given_kind": _TEXT,
        "also": _TEXT,
        "digest": _Field((str,), _digest),
        "outcome": _one_of(OUTCOMES),
        "change": _one_of(CHANGES),
        "reason": _TEXT,
        "article": _REFERENCE,
        "comment": _REFERENCE,
    },
    needs=("source", "position", "kind", "given_id", "outcome"),
)
_RECORD_DEFAULTS = {
    "member": 0,
    "start": 0,
    "end": 0,
    "occurrence": 1,
    "given_parent": "",
    "awaits_parent": False,
    "given_status": "",
    "given_kind": "",
    "also": "",
    "digest": "",
    "change": "new",
    "reason": "",
    "article": "",
    "comment": "",
}

_SHAPES = {
    1: {
        "section": _SECTION.only("id name description"),
        "author": _AUTHOR.only("id name biography"),
        "article": _ARTICLE.only(
            "id headline body slug standfirst language status section topics authors"
            " published published_basis published_note source_url"
        ),
        "comment": _COMMENT._replace(fields=_COMMENT.fields | {"body": _NAME}).only(
            "id article body body_format parent reply_basis reply_confidence"
            " author_name author_url language is_truncated posted edited status"
            " status_reason kind"
        ),
    },
    2: {
        "section": _SECTION,
        "topic": _TOPIC,
        "author": _AUTHOR,
        "article": _ARTICLE,
        "comment": _COMMENT,
        "source": _SOURCE,
        "record": _RECORD,
    },
}
