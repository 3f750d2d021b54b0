"""Plain records: what every format yields, and all the importer knows of a format.

They carry what the file says and nothing of the database. A fact that the file does
not give is None or "".
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from articles.choices import Precision


class FormatError(Exception):
    """The file as a whole cannot be taken in. Says where and what to do."""

    def __init__(self, message: str, line: int | None = None):
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line


@dataclass(frozen=True)
class Time:
    """A time as exact as it is known: the first instant of what is known, in UTC."""

    at: datetime | None = None
    precision: str = Precision.UNKNOWN


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


@dataclass(frozen=True, kw_only=True)
class SourceRecord:
    """What a file says of itself."""

    origin: str = ""
    url: str = ""
    captured: Time = UNKNOWN_TIME
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class SectionRecord:
    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class AuthorRecord:
    id: str
    name: str
    biography: str = ""


@dataclass(frozen=True, kw_only=True)
class ArticleRecord:
    id: str
    headline: str
    body: str
    slug: str = ""
    standfirst: str = ""
    language: str = ""
    status: str = "draft"
    section: str = ""
    topics: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: Time = UNKNOWN_TIME
    published_basis: str = "given"
    published_note: str = ""
    source_url: str = ""


@dataclass(frozen=True, kw_only=True)
class CommentRecord:
    id: str
    article: str
    body: str
    body_format: str = "text"
    parent: str = ""
    reply_basis: str = ""
    reply_confidence: float | None = None
    author_name: str = ""
    author_url: str = ""
    language: str = ""
    is_truncated: bool = False
    posted: Time = UNKNOWN_TIME
    edited: Time = UNKNOWN_TIME
    status: str = "hidden"
    status_reason: str = ""
    kind: str = "comment"


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A record that is kept but cannot be used, and why."""

    kind: str
    id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Condition:
    """In what condition a file was found; comes after its last record.

    `ends_early` says why reading stopped before the end, or "". `repairs` counts what
    was repaired by kind; `repair_places` has the first ones, as places in characters.
    """

    ends_early: str = ""
    repairs: dict[str, int] = field(default_factory=dict)
    repair_places: tuple[tuple[int, str], ...] = ()


Payload = (
    SourceRecord
    | Condition
    | SectionRecord
    | AuthorRecord
    | ArticleRecord
    | CommentRecord
    | Unreadable
)


@dataclass(frozen=True)
class Found:
    """A record and how it stood in the file; `line` counts from 1."""

    record: Payload
    raw: str = field(repr=False)
    line: int
