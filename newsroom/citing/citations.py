"""What is cited: a story or a comment, told with no more than is known of it."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext

from articles import dates
from articles.choices import Basis, Precision
from articles.models import Article
from comments.models import Comment
from newsroom.archive.models import Record

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")
_PARTS_KNOWN = {Precision.YEAR: 1, Precision.MONTH: 2}


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A story or a comment as a bibliography has it; every text is one clean line.

    Names are whole, as they were given: where a name parts into a given and a family
    name is not known. `unnamed` is said where there is none. `container` is where it
    was published, `url` its permanent address here.
    """

    key: str
    is_comment: bool = False
    authors: list[str] = field(default_factory=list)
    unnamed: str = ""
    title: str
    container: str
    at: datetime | None
    precision: str
    date_basis: str = Basis.GIVEN
    language: str
    url: str
    source_url: str
    record: Record | None

    @property
    def site(self) -> str:
        return one_line(settings.SITE_NAME)

    @property
    def date_parts(self) -> list[int]:
        """Year, month and day, as many as are known."""
        if self.at is None or self.precision == Precision.UNKNOWN:
            return []
        on = dates.date_of(self.at, self.precision)
        return [on.year, on.month, on.day][: _PARTS_KNOWN.get(self.precision, 3)]

    @property
    def date_in_words(self) -> str:
        if not self.date_parts:
            return gettext("n.d.")
        # A bibliography has no use for the time of day.
        words = dates.describe_day(self.at, self.precision)
        if self.date_basis == Basis.EDITED:
            return gettext("%(date)s (set by an editor)") % {"date": words}
        if self.date_basis == Basis.INFERRED:
            return gettext("%(date)s (inferred)") % {"date": words}
        return words

    @property
    def capture_in_words(self) -> str:
        """Say when the copy that this archive has was made, and of what; or ""."""
        if self.record is None:
            return ""
        source = self.record.source
        facts = {"date": source.captured_in_words, "address": self.source_url}
        if not source.captured_at:
            if not self.source_url:
                return gettext("Copy captured at an unknown date.")
            return gettext("Copy of %(address)s, captured at an unknown date.") % facts
        if not self.source_url:
            return gettext("Copy captured %(date)s.") % facts
        return gettext("Copy of %(address)s, captured %(date)s.") % facts

    @property
    def named(self) -> list[str]:
        return self.authors or ([self.unnamed] if self.unnamed else [])

    @property
    def parts(self) -> list[str]:
        """The sentences of the citation, each without its full stop."""
        parts = [
            ", ".join(self.named),
            self.title if self.is_comment else f"“{self.title}”",
            f"{self.container}, {self.date_in_words}",
            # Where it was published and where it is kept may be the same.
            "" if self.container == self.site else self._kept_at,
            self.capture_in_words,
        ]
        return [part.removesuffix(".") for part in parts if part]

    @property
    def text(self) -> str:
        """The citation as it may stand in a footnote."""
        return " ".join([*(f"{part}." for part in self.parts), self.url])

    @property
    def _kept_at(self) -> str:
        return gettext("Kept at %(site)s") % {"site": self.site}


def one_line(text: str) -> str:
    """Return text as one line without control characters, which no format can hold."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def of_article(article: Article, record: Record | None, url: str) -> Citation:
    """Cite a story; it comes with its bylines, `record` with its source."""
    return Citation(
        key=f"story-{article.pk}",
        authors=[one_line(byline.author.name) for byline in article.bylines.all()],
        title=one_line(article.headline),
        container=_publication(article),
        at=article.published_at,
        precision=article.published_precision,
        date_basis=article.published_basis,
        language=article.language,
        url=url,
        source_url=one_line(article.source_url),
        record=record,
    )


def of_comment(comment: Comment, record: Record | None, url: str) -> Citation:
    """Cite a comment; it comes with its story, `record` with its source."""
    article = comment.discussion.article
    name = one_line(comment.author_name)
    title = gettext("Comment #%(number)s on “%(headline)s”")
    return Citation(
        key=f"comment-{comment.pk}",
        is_comment=True,
        authors=[name] if name else [],
        unnamed=gettext("Unnamed reader"),
        title=title
        % {"number": comment.number, "headline": one_line(article.headline)},
        container=_publication(article),
        at=comment.posted_at,
        precision=comment.posted_precision,
        language=comment.language,
        url=url,
        source_url=one_line(article.source_url),
        record=record,
    )


def _publication(article: Article) -> str:
    """Where a story was published: the name of its site is all that is known of it."""
    try:
        host = urlsplit(article.source_url).hostname or ""
    except ValueError:
        host = ""
    return one_line(host.removeprefix("www.") or settings.SITE_NAME)
