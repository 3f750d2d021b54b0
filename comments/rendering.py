"""The HTML of a thread.

Written by hand, for the loop over its comments is the cost of a reader's page: 200 of
them take 2 ms here, ten times that in a compiled Jinja2 template and fifty times in one
of Django's. What somebody wrote goes through `escape`, always; a comment's `body_html`
alone is HTML, sanitised when it was saved.
"""

from functools import cache, lru_cache
from html import escape

from articles import dates
from articles.addresses import address_of
from articles.choices import Basis
from articles.languages import direction
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, ngettext

from comments.rows import Row
from comments.threads import SCREEN_DEPTH, Entry, ThreadPage


def thread_html(page: ThreadPage, language: str) -> SafeString:
    """Return the comments of a page as nested lists, below a story in `language`."""
    html = _ThreadWriter(page, language).write()
    return mark_safe(html)  # noqa: S308 (escaped above, or sanitised when saved)


def replies_in_words(count: int) -> str:
    words = ngettext("%(count)s reply", "%(count)s replies", count)
    return words % {"count": grouped(count)}


def comments_in_words(count: int) -> str:
    return _comments_in_words(count, get_language())


@lru_cache(maxsize=10_000)
def _comments_in_words(count: int, language: str | None) -> str:
    """Say it once: a list has dozens of small numbers, and each takes 40 µs."""
    words = ngettext("%(count)s comment", "%(count)s comments", count)
    return words % {"count": grouped(count)}


def grouped(number: int) -> str:
    # Most have nothing to group, and to find that out costs as much as the words.
    return f"{number}" if number < 1000 else number_format(number, force_grouping=True)


def removal_in_words(comment) -> str:
    """Return what a tombstone says, yet to be escaped."""
    words = gettext("Removed by a moderator")
    if comment.status_changed_at:
        words += ", " + date_format(localtime(comment.status_changed_at), "DATE_FORMAT")
    if comment.status_reason:
        words += ": " + comment.status_reason
    return words


class _ThreadWriter:
    """Writes one page, in one flat loop; looks words and addresses up once for all."""

    def __init__(self, page: ThreadPage, language: str):
        self.page = page
        self.language = language
        self.story_direction = direction(language)
        address, _, self.end = address_of("comments:detail", 0).rpartition("0")
        self.address = escape(address)
        self.levels = [
            escape(gettext("level %(level)d") % {"level": level})
            for level in range(SCREEN_DEPTH + 1)
        ]
        self.answering = escape(gettext("in reply to"))
        self.comment = escape(gettext("comment"))
        self.link = escape(gettext("Link"))
        self.date_unknown = (
            f'<span class="comment__date">{escape(gettext("date unknown"))}</span>'
        )
        self.unnamed = (
            '<span class="comment__author comment__author--unnamed">'
            f"{escape(gettext('Unnamed reader'))}</span>"
        )
        self.unnamed_readers = gettext("an unnamed reader"), gettext("unnamed readers")
        self.by = gettext("by %(names)s")
        self.marks = {
            Basis.GIVEN: "",
            Basis.EDITED: _mark("", gettext("Set by an editor")),
            Basis.INFERRED: _mark(" basis-mark--inferred", gettext("Inferred")),
        }
        # To ask which language it is would take as long as all else of a date.
        self.day_in_words = cache(dates.day_in_words)
        self.replies = cache(lambda count: escape(replies_in_words(count)))

    def write(self) -> str:
        parts = ['<ol class="thread">\n']
        for entry in self.page.entries:
            parts.append('<li class="thread__item">\n')
            parts.append(self.place(entry))
            if entry.opens:
                parts.append(self.fold(entry))
            else:
                parts.append("</li>\n")
            parts.extend("</ol></details></li>\n" for _ in entry.closes)
        parts.append("</ol>\n")
        return "".join(parts)

    def place(self, entry: Entry) -> str:
        comment = entry.comment
        if comment is None:
            hidden = escape(gettext("A comment that is not shown."))
            return f'<p class="tombstone">{hidden}</p>\n'
        if entry.is_context:
            return self.context(comment)
        if comment.is_removed:
            return (
                f'<div class="comment" id="{self.anchor(comment)}">\n'
                f'<p class="tombstone" dir="auto">{self.number(comment)} '
                f"{escape(removal_in_words(comment))}.</p>\n{self.more(entry)}</div>\n"
            )
        return self.article(entry, comment)

    def article(self, entry: Entry, comment: Row) -> str:
        anchor, number = self.anchor(comment), comment.number
        top = " data-top" if entry.level == 1 else ""
        lang = f' lang="{escape(comment.language)}"' if comment.language else ""
        return (
            f'<article class="comment" id="{anchor}" data-number="{number}"{top}'
            f'{self.direction(comment)} aria-labelledby="{anchor}-heading">\n'
            f'<h3 class="comment__heading" id="{anchor}-heading">{self.author(comment)}'
            f' <span class="comment__meta">'
            f'<span class="visually-hidden">{self.comment} </span>#{number} '
            f'<span class="visually-hidden">{self.whereabouts(entry)},</span> '
            f"{self.date(comment)}{self.foreign(comment)}</span></h3>\n"
            f'<div class="comment__body" dir="auto"{lang}>{comment.body_html}</div>\n'
            f"{self.cut() if comment.is_truncated else ''}"
            '<p class="comment__links" data-links>'
            f'<a href="{self.address}{comment.pk}{self.end}">{self.link}'
            f'<span class="visually-hidden"> #{number}</span></a>'
            f"{self.answers(entry, comment) if entry.parent else ''}</p>\n"
            f"{self.more(entry)}</article>\n"
        )

    def direction(self, comment: Row) -> str:
        """Return the direction of a comment that runs against the story's."""
        own = direction(comment.language)
        return f' dir="{own}"' if own and own != self.story_direction else ""

    def author(self, comment: Row) -> str:
        if not comment.author_name:
            return self.unnamed
        return f'<bdi class="comment__author">{escape(comment.author_name)}</bdi>'

    def whereabouts(self, entry: Entry) -> str:
        """Return what the nesting shows, for those who do not see it."""
        words = self.levels[entry.level]
        if entry.answers:
            words += f", {self.answering} #{entry.answers.number}"
        if entry.reply_count:
            words += f", {self.replies(entry.reply_count)}"
        return words

    def date(self, comment: Row) -> str:
        if not comment.posted_at:
            return self.date_unknown
        at, precision = comment.posted_at, comment.posted_precision
        words = dates.describe(at, precision, self.day_in_words)
        exact = comment.posted_machine_readable
        return f'<time datetime="{exact}">{escape(words)}</time>'

    def foreign(self, comment: Row) -> str:
        """Return the label of a comment in another language than the story's."""
        if not comment.language or comment.language == self.language:
            return ""
        return (
            f' <abbr class="comment__language" title="{escape(comment.language_name)}">'
            f"{escape(comment.language)}</abbr>"
        )

    def cut(self) -> str:
        words = gettext("The copy may have lost the end of this comment.")
        return f'<p class="comment__cut">{escape(words)}</p>\n'

    def answers(self, entry: Entry, comment: Row) -> str:
        answered = entry.answers
        if answered is None:
            words = gettext("in reply to a comment that is not shown")
            return f'\n<span class="comment__answers">{escape(words)}</span>'
        if entry.parent.is_context:
            address = f"{self.address}{answered.pk}{self.end}"
        else:
            address = f"#{self.anchor(answered)}"
        return (
            f'\n<span class="comment__answers">{self.marks[comment.reply_basis]}'
            f'{self.answering} <a href="{address}" data-parent>#{answered.number}</a>'
            "</span>"
        )

    def more(self, entry: Entry) -> str:
        """Return where a branch goes on that the page leaves off in the middle of."""
        if not entry.continues_at:
            return ""
        address = escape(self.page.continuation_of(entry))
        words = escape(gettext("Continue this thread"))
        return f'<p class="comment__more"><a href="{address}">{words}</a></p>\n'

    def context(self, comment: Row) -> str:
        who = self.author(comment)
        if comment.is_removed:
            who = escape(gettext("Removed by a moderator"))
        where = escape(gettext("on an earlier page"))
        return f'<p class="tombstone">{self.number(comment)} {who}, {where}</p>\n'

    def number(self, comment: Row) -> str:
        return f'<a href="{self.address}{comment.pk}{self.end}">#{comment.number}</a>'

    def anchor(self, comment: Row) -> str:
        return self.page.anchors.get(comment.pk) or f"comment-{comment.pk}"

    def fold(self, entry: Entry) -> str:
        nobody = self.unnamed_readers[entry.unnamed_count > 1]
        names = ", ".join(name or nobody for name in entry.repliers)
        return (
            '<details class="branch" open>\n<summary class="branch__fold">'
            f'<span class="branch__count">{self.replies(entry.reply_count)}</span>'
            f'<span class="branch__who">, {escape(self.by % {"names": names})}</span>'
            '</summary>\n<ol class="thread">\n'
        )


def _mark(kind: str, words: str) -> str:
    """Return the mark of a reply link that the source did not give."""
    words = escape(words)
    return (
        f'<span class="basis-mark{kind}" title="{words}"></span>'
        f'<span class="visually-hidden">{words}: </span>'
    )
