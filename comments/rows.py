"""Comments as a reader's page needs them: rows of the database, not model instances.

A page shows 200 of them, and an instance costs three times what its row does.
"""

from datetime import datetime
from typing import NamedTuple

from articles import dates
from articles.addresses import address_of
from articles.languages import language_name

from comments.choices import CommentStatus


class Readable:
    """What can be said of a comment, be it an instance or a row."""

    __slots__ = ()

    def get_absolute_url(self):
        return address_of("comments:detail", self.pk)

    @property
    def is_removed(self):
        return self.status == CommentStatus.REMOVED

    @property
    def language_name(self):
        return language_name(self.language)

    @property
    def posted_in_words(self):
        return dates.describe(self.posted_at, self.posted_precision)

    @property
    def posted_machine_readable(self):
        return dates.machine_readable(self.posted_at, self.posted_precision)


class _Columns(NamedTuple):
    pk: int
    parent_id: int | None
    number: int
    path: list[int]
    reply_basis: str
    author_name: str
    author_url: str
    body_html: str
    language: str
    is_truncated: bool
    posted_at: datetime | None
    posted_precision: str
    status: str
    status_reason: str
    status_changed_at: datetime | None


class Row(Readable, _Columns):
    """A comment as it is read. `CommentQuerySet.rows` gives them."""

    __slots__ = ()
