"""Plain records: what every format yields, and all the importer knows of a format.

They carry what the file says and nothing of the database. A fact that the file does
not give is None or "". Ids are the file's own and hold within their type.
"""

import re
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from operator import attrgetter

from django.utils.translation import gettext

from articles.choices import Precision


class FormatError(Exception):
    """The file as a whole cannot be taken in. Says where and what to do.

    In English, as it is kept: `message` has the `names` in its placeholders.
    """

    def __init__(self, message: str, line: int | None = None, **names: object):
        self.message, self.line, self.names = message, line, names
        words = message % names if names else message
        super().__init__(f"line {line}: {words}" if line else words)

    def in_words(self) -> str:
        """Return what it says in the language of the site."""
        words = gettext(self.message)
        words = words % self.names if self.names else words
        return at_line(self.line, words) if self.line else words


def at_line(line: int | str, words: str) -> str:
    return gettext("line %(number)s: %(words)s") % {"number": line, "words": words}


@dataclass(frozen=True, slots=True)
class Time:
    """A time as exact as it is known: the first instant of what is known, in UTC."""

    at: datetime | None = None
    precision: str = Precision.UNKNOWN

    def __reduce__(self):
        return Time, (self.at, self.precision)


UNKNOWN_TIME = Time()

_PARTIAL_DATES = {
    4: ("%Y", Precision.YEAR),
    7: ("%Y-%m", Precision.MONTH),
    10: ("%Y-%m-%d", Precision.DAY),
}
_TIME = re.compile(
    r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(?P<second>:\d\d(\.\d{1,6})?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)


def parse_time(text: str | None) -> Time:
    """Read an ISO 8601 time whose length says how exact it is.

    "2018", "2018-02", "2018-02-23", "2018-02-23T09:30Z" and "2018-02-23T09:30:15Z"
    are exact to the year, month, day, minute and second; None is unknown. Raises
    ValueError for anything else, and for a time of day without its zone.
    """
    if text is None:
        return UNKNOWN_TIME
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r:.60} is no time such as 2018-02-23T09:30Z")
    if len(text) in _PARTIAL_DATES:
        pattern, precision = _PARTIAL_DATES[len(text)]
        return Time(datetime.strptime(text, pattern).replace(tzinfo=UTC), precision)
    if match["zone"] is None:
        raise ValueError(f"{text!r} has a time of day but no time zone")
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is outside the years 1 to 9999") from error
    return Time(at, Precision.SECOND if match["second"] else Precision.MINUTE)


@dataclass(slots=True, kw_only=True)
class SourceRecord:
    """What a file says of itself. `origin` says whose ids it carries."""

    origin: str = ""
    url: str = ""
    captured: Time = UNKNOWN_TIME
    note: str = ""


@dataclass(slots=True, kw_only=True)
class SectionRecord:
    id: str
    name: str
    slug: str = ""
    description: str = ""
    position: int = 0


@dataclass(slots=True, kw_only=True)
class TopicRecord:
    id: str
    name: str
    slug: str = ""


@dataclass(slots=True, kw_only=True)
class TermRecord:
    """A word that stories are filed under; a setting says what becomes of which.

    `taxonomy` is "category", "tag" or the source's own name for another kind.
    """

    id: str
    taxonomy: str
    name: str
    description: str = ""


@dataclass(slots=True, kw_only=True)
class AuthorRecord:
    id: str
    name: str
    slug: str = ""
    biography: str = ""


@dataclass(slots=True, kw_only=True)
class AttachmentRecord:
    """A picture or file that the source names but does not hold."""

    id: str
    address: str
    title: str = ""
    article: str = ""


@dataclass(slots=True, kw_only=True)
class RevisionRecord:
    """A story's text at an earlier time. `editor` is an account's name."""

    number: int
    headline: str
    standfirst: str = ""
    body: str = ""
    note: str = ""
    is_correction: bool = False
    editor: str = ""
    created: Time = UNKNOWN_TIME


@dataclass(slots=True, kw_only=True)
class ArticleRecord:
    """A story.

    `section` is a section's id; `topics` are names; `terms` are pairs of taxonomy and
    name, which a setting turns into section and topics. `authors` are ids, and
    `author_notes` the notes printed with this story by author id. A creator without a
    record of its own is in `creators`, by name. `addresses` are all those under which
    the story was known, the first of them its source address; none when unknown.
    """

    id: str
    headline: str
    body: str
    slug: str = ""
    former_slugs: tuple[str, ...] = ()
    standfirst: str = ""
    language: str = ""
    status: str = "draft"
    given_status: str = ""
    section: str = ""
    topics: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()
    authors: tuple[str, ...] = ()
    author_notes: dict[str, str] = field(default_factory=dict)
    creators: tuple[str, ...] = ()
    published: Time = UNKNOWN_TIME
    published_basis: str = "given"
    published_note: str = ""
    source_url: str = ""
    addresses: tuple[str, ...] = ()
    policy: str = ""
    closes: Time = UNKNOWN_TIME
    last_number: int = 0
    created: Time = UNKNOWN_TIME
    revisions: tuple[RevisionRecord, ...] = ()
    doubt: str = ""


@dataclass(slots=True, kw_only=True)
class CommentRecord:
    """A reader's comment.

    `also` is its id in another system, such as "disqus:123" or "wordpress:45", when the
    source tells. `given_status` and `given_kind` are the source's own words. `number`
    is its number in the discussion when the source has such numbers, else 0, and `key`
    likewise the number in its permanent address. `doubt` says in a sentence what is odd
    about it, such as a date that is none.
    """

    id: str
    article: str
    body: str
    body_format: str = "text"
    parent: str = ""
    reply_basis: str = ""
    reply_confidence: float | None = None
    number: int = 0
    key: int = 0
    author_name: str = ""
    author_url: str = ""
    author_email: str = ""
    author_ip: str = ""
    user: str = ""
    language: str = ""
    is_truncated: bool = False
    posted: Time = UNKNOWN_TIME
    edited: Time = UNKNOWN_TIME
    created: Time = UNKNOWN_TIME
    status: str = "hidden"
    status_reason: str = ""
    status_changed: Time = UNKNOWN_TIME
    given_status: str = ""
    kind: str = "comment"
    given_kind: str = ""
    also: str = ""
    doubt: str = ""

    def __reduce__(self):
        # Between processes without the names of its fields: there are millions of them.
        return _comment_of, _values_of(self)


_FIELDS = tuple(field.name for field in fields(CommentRecord))
_values_of = attrgetter(*_FIELDS)


def _comment_of(*values) -> CommentRecord:
    return CommentRecord(**dict(zip(_FIELDS, values, strict=True)))


@dataclass(slots=True, kw_only=True)
class KeptSource:
    """A file that the archive was made from, as an archive tells of it."""

    id: str  # Its SHA-256.
    fields: dict


@dataclass(slots=True, kw_only=True)
class KeptRecord:
    """What became of one record in such a file; `fields` as Record has them.

    `article` and `comment` are ids in this file.
    """

    id: str
    source: str
    article: str = ""
    comment: str = ""
    fields: dict


@dataclass(slots=True, kw_only=True)
class Unreadable:
    """A record that is kept but cannot be used, and why."""

    kind: str
    id: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Condition:
    """In what condition a file was found; comes after its last record.

    `opened` counts what begins in the file, "comment" and "other", apart from the
    reading of it, so that the books can be balanced against it. `ends_early` says why
    reading stopped before the end, or "". `repairs` counts what was repaired by kind;
    `repair_places` has the first ones, as offsets in bytes.
    """

    opened: dict[str, int] = field(default_factory=dict)
    ends_early: str = ""
    repairs: dict[str, int] = field(default_factory=dict)
    repair_places: tuple[tuple[int, str], ...] = ()


Payload = (
    SourceRecord
    | Condition
    | SectionRecord
    | TopicRecord
    | TermRecord
    | AuthorRecord
    | AttachmentRecord
    | ArticleRecord
    | CommentRecord
    | KeptSource
    | KeptRecord
    | Unreadable
)


@dataclass(slots=True)
class Found:
    """A record and where it stands: from byte `start` up to `end` of the unpacked file.

    Both are 0 for what the file as a whole says.
    """

    record: Payload
    start: int = 0
    end: int = 0

    def __reduce__(self):
        return Found, (self.record, self.start, self.end)
