"""A hit, and how hits are told apart and put in order."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy

STORY, COMMENT = "s", "c"


class Order(TextChoices):
    BEST = "best", gettext_lazy("best first")
    NEWEST = "newest", gettext_lazy("newest first")


class Kind(TextChoices):
    STORY = "story", gettext_lazy("stories")
    COMMENT = "comment", gettext_lazy("comments")


class Hit(NamedTuple):
    """A text that was found. Of two hits the greater comes first.

    Ordered by date, all ranks are 0; of the same moment, a story comes before comments.
    `at` is in microseconds since 1970: a thousand numbers are read at once, a thousand
    dates in 5 ms.
    """

    rank: float
    at: int
    kind: str
    pk: int
    story: int = 0
    code: str = ""
    precision: str = ""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(at: int) -> datetime:
    """Return the time of a hit; OverflowError if that is beyond the calendar."""
    return _EPOCH + timedelta(microseconds=at)
