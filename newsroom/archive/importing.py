"""Taking files in: nothing is lost, nothing is half done, and the counts balance.

A file is one transaction. Each record in it is stored, was already there, or is set
aside with a reason; what was found must be the sum of these, or the import fails.
"""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import connection, transaction
from django.db.models import Model
from django.utils.text import slugify

from articles.models import Article, Author, Byline, Section, Topic
from comments.models import Comment, Discussion
from newsroom.archive.formats import FORMATS, recognise
from newsroom.archive.models import (
    Outcome,
    Record,
    RecordKind,
    Source,
    sources_storage,
)
from newsroom.archive.records import (
    ArticleRecord,
    AuthorRecord,
    CommentRecord,
    Condition,
    FormatError,
    Found,
    SectionRecord,
    SourceRecord,
    Unreadable,
)
from newsroom.archive.unpacking import unpack

BATCH = 500
ID_USED_TWICE = "Its id is used twice in the file"
_KINDS = {
    SectionRecord: RecordKind.SECTION,
    AuthorRecord: RecordKind.AUTHOR,
    ArticleRecord: RecordKind.ARTICLE,
    CommentRecord: RecordKind.COMMENT,
}


class BooksDoNotBalance(Exception):
    """What was found is not what was stored, already there and set aside."""


@dataclass
class Ledger:
    """The books of one import: records found, and what became of them, by kind."""

    found: Counter = field(default_factory=Counter)
    outcomes: dict[str, Counter] = field(default_factory=dict)
    reasons: Counter = field(default_factory=Counter)
    format: str = ""
    source: Source | None = None
    was_known: bool = False

    def enter(self, kind: str, outcome: str, reason: str = "", count: int = 1):
        self.outcomes.setdefault(kind, Counter())[outcome] += count
        if reason:
            self.reasons[f"{Outcome(outcome).label}, {kind}: {reason}"] += count

    def rows(self) -> Iterator[tuple[str, int, int, int, int]]:
        """Yield, for each kind: kind, found, stored, already there, set aside."""
        for kind in RecordKind.values:
            if self.found[kind] or kind in self.outcomes:
                outcomes = self.outcomes.get(kind, Counter())
                yield (kind, self.found[kind], *(outcomes[o] for o in Outcome.values))

    def check(self):
        for kind, found, *outcomes in self.rows():
            if found != sum(outcomes):
                raise BooksDoNotBalance(
                    f"{found} records of kind {kind} were found, but {sum(outcomes)} "
                    "accounted for. Nothing was kept. This is an error in Newsroom: "
                    "please report it with the file."
                )

    def as_json(self) -> dict:
        return {
            kind: dict(zip(("found", *Outcome.values), counts, strict=True))
            for kind, *counts in self.rows()
        }


def import_file(
    path: Path,
    *,
    format: str = "auto",
    by: AbstractBaseUser | None = None,
    dry_run: bool = False,
) -> Ledger:
    """Take a file in and return its ledger; a dry run counts and writes nothing.

    Raises FormatError, with the line, for a file that cannot be taken in; OSError for
    one that cannot be read. Then nothing of it is kept.
    """
    with path.open("rb") as file, transaction.atomic():
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        # One import at a time: a second one of the same file, site or writer finds
        # what the first has stored.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import_archive'))")
        if known := Source.objects.filter(sha256=sha256).first():
            return _ledger_of(known)
        files = unpack(file, size)
        first = next(files)
        if format == "auto":
            format = recognise(first)
        source = Source(
            sha256=sha256,
            # A name may hold bytes that are no text.
            name=os.fsencode(path.name).decode(errors="replace"),
            size=size,
            format=format,
            imported_by=by,
        )
        read = FORMATS[format].read
        found = chain.from_iterable(map(read, chain([first], files)))
        ledger = _Import(source).run(found)
        if dry_run:
            transaction.set_rollback(True)
        else:
            with _kept(file, source):
                source.save()
        return ledger


def _ledger_of(source: Source) -> Ledger:
    """Return the ledger of taking in a file that was taken in before."""
    ledger = Ledger(format=source.format, source=source, was_known=True)
    for kind, outcome, reason in source.records.values_list(
        "kind", "outcome", "reason"
    ):
        is_set_aside = outcome == Outcome.SET_ASIDE
        ledger.found[kind] += 1
        ledger.enter(kind, outcome if is_set_aside else Outcome.ALREADY_THERE, reason)
    return ledger


@contextmanager
def _kept(file, source: Source) -> Iterator[None]:
    """Keep the file byte for byte under its hash; an error in the block undoes it."""
    storage = sources_storage()
    name = source.file.field.generate_filename(source, source.name)
    # A crash may have left a part of it behind, which nobody refers to.
    storage.delete(name)
    file.seek(0)
    source.file.name = storage.save(name, File(file))
    try:
        _check_kept(storage, source)
        yield
    except BaseException:
        storage.delete(source.file.name)
        raise


def _check_kept(storage, source: Source) -> None:
    """See to it that what is kept is what was read, and is on the disk."""
    with storage.open(source.file.name, "rb") as kept:
        if hashlib.file_digest(kept, "sha256").hexdigest() != source.sha256:
            raise FormatError("The file changed while it was read. Take it in again.")
        if hasattr(kept, "fileno"):
            os.fsync(kept.fileno())


class _Import:
    """One run over one file's records, in the transaction of `import_file`."""

    def __init__(self, source: Source):
        self.source = source
        self.ledger = Ledger(format=source.format, source=source)
        self.entries: list[Record] = []
        self.sections: dict[str, Section] = {}
        self.authors: dict[str, tuple[Author, str]] = {}
        self.articles: dict[str, Article] = {}
        self.comments: dict[str, Comment] = {}
        self.waiting: dict[type, list] = defaultdict(list)

    def run(self, records: Iterator[Found]) -> Ledger:
        for found in records:
            match found.record:
                case SourceRecord() as record:
                    self.begin(record, found.line)
                case Condition() as record:
                    self.tell_condition(record)
                case record:
                    self.waiting[type(record)].append((self.entry(found), record))
        if self.source.pk is None:
            self.begin(SourceRecord(), 1)
        self.known = self.known_records()
        # What others refer to comes first, wherever it stands in the file.
        for entry, record in self.waiting[Unreadable]:
            self.set_aside(entry, record.reason)
        for entry, record in self.waiting[SectionRecord]:
            self.take_section(entry, record)
        for entry, record in self.waiting[AuthorRecord]:
            self.take_author(entry, record)
        for entry, record in self.waiting[ArticleRecord]:
            self.take_article(entry, record)
        self.take_comments(self.waiting[CommentRecord])
        return self.close()

    def begin(self, record: SourceRecord, line: int):
        source = self.source
        if source.pk:
            return  # A further file of the same export.
        source.origin = record.origin or f"{source.format}:{source.sha256}"
        source.url = record.url
        source.captured_at = record.captured.at
        source.captured_precision = record.captured.precision
        source.note = record.note
        if reason := _why_invalid(
            source, exclude=["file", "sha256", "name", "ledger", "repairs"]
        ):
            raise FormatError(reason, line)
        source.save()

    def tell_condition(self, condition: Condition):
        source = self.source
        source.ends_early = source.ends_early or condition.ends_early
        if condition.repairs:
            counts = Counter(source.repairs.get("counts", {})) + Counter(
                condition.repairs
            )
            places = [*source.repairs.get("places", []), *condition.repair_places]
            source.repairs = {"counts": counts, "places": places}

    def entry(self, found: Found) -> Record:
        record = found.record
        kind = _KINDS.get(type(record)) or record.kind
        self.ledger.found[kind] += 1
        entry = Record(
            source=self.source,
            position=len(self.entries) + 1,
            line=found.line,
            kind=kind,
            given_id=record.id,
            raw=found.raw,
        )
        self.entries.append(entry)
        return entry

    def settle(self, entry: Record, outcome: str, reason: str = ""):
        entry.outcome, entry.reason = outcome, reason[:500]
        self.ledger.enter(entry.kind, outcome, entry.reason)

    def set_aside(self, entry: Record, reason: str):
        self.settle(entry, Outcome.SET_ASIDE, reason)

    def known_records(self) -> dict[tuple[str, str], Record]:
        """Return what earlier files of this origin brought of this file's records."""
        records = (
            Record.objects.filter(
                source__origin=self.source.origin, outcome=Outcome.STORED
            )
            .exclude(source=self.source)
            .select_related("article", "comment")
            .only("kind", "given_id", "raw", "article__slug", "comment__discussion_id")
            .order_by("pk")
        )
        ids = [entry.given_id for entry in self.entries]
        return {
            (record.kind, record.given_id): record
            for start in range(0, len(ids), BATCH)
            for record in records.filter(given_id__in=ids[start : start + BATCH])
        }

    def is_known(self, entry: Record) -> bool:
        """Settle a record that an earlier file of this origin brought; or tell not."""
        known = self.known.get((entry.kind, entry.given_id))
        if known is None:
            return False
        entry.article, entry.comment = known.article, known.comment
        if known.raw == entry.raw:
            self.settle(entry, Outcome.ALREADY_THERE)
        else:
            self.set_aside(
                entry,
                "It differs from what an earlier file of this origin brought, which "
                "was left as it is",
            )
        return True

    def take_section(self, entry: Record, record: SectionRecord):
        section = Section.objects.filter(name=record.name).first()
        outcome = Outcome.ALREADY_THERE if section else Outcome.STORED
        if section is None:
            section = Section(name=record.name, description=record.description)
        self.keep_named(entry, outcome, section, self.sections, section)

    def take_author(self, entry: Record, record: AuthorRecord):
        author = Author.objects.filter(name=record.name).first()
        outcome = Outcome.ALREADY_THERE if author else Outcome.STORED
        if author is None:
            author = Author(name=record.name, biography=record.biography)
        kept = (author, record.biography)
        self.keep_named(entry, outcome, author, self.authors, kept)

    def keep_named(self, entry, outcome, thing, known: dict, kept):
        """Save a section or author unless it was there, and know it by its id."""
        if entry.given_id in known:
            self.set_aside(entry, ID_USED_TWICE)
            return
        if outcome == Outcome.STORED:
            thing.slug = _unused_slug(type(thing), thing.name)
            if reason := _why_invalid(thing):
                self.set_aside(entry, reason)
                return
            thing.save()
        known[entry.given_id] = kept
        self.settle(entry, outcome)

    def take_article(self, entry: Record, record: ArticleRecord):
        if record.id in self.articles:
            self.set_aside(entry, ID_USED_TWICE)
            return
        if self.is_known(entry):
            if entry.article:
                self.articles[record.id] = entry.article
            return
        article = self.article(record)
        reason = (
            self.why_references_fail(record)
            or _why_invalid(article, exclude=["section"])
            or next(filter(None, map(_why_invalid, map(_topic, record.topics))), "")
        )
        if reason:
            self.set_aside(entry, reason)
            return
        article.save()
        article.topics.set([_saved_topic(name) for name in record.topics])
        self.sign(article, record)
        self.articles[record.id] = entry.article = article
        self.settle(entry, Outcome.STORED)

    def article(self, record: ArticleRecord) -> Article:
        return Article(
            headline=record.headline,
            slug=record.slug or Article.unused_slug(record.headline),
            standfirst=record.standfirst,
            body=record.body,
            language=record.language or "en",
            section=self.sections.get(record.section),
            status=record.status,
            published_at=record.published.at,
            published_precision=record.published.precision,
            published_basis=record.published_basis,
            published_note=record.published_note,
            source_url=record.source_url or self.source.url,
        )

    def why_references_fail(self, record: ArticleRecord) -> str:
        """Return why the article's references do not hold, or ""."""
        if record.section and record.section not in self.sections:
            return f"The file has no section “{record.section}”"
        for id in record.authors:
            if id not in self.authors:
                return f"The file has no author “{id}”"
        return ""

    def sign(self, article: Article, record: ArticleRecord):
        """Give the article its byline; two ids of one author are one name in it."""
        signed = dict(reversed([self.authors[id] for id in record.authors]))
        for position, (author, biography) in enumerate(reversed(signed.items()), 1):
            is_own = biography == author.biography
            Byline.objects.create(
                article=article,
                author=author,
                position=position,
                biography="" if is_own else biography,
            )

    def take_comments(self, found: list[tuple[Record, CommentRecord]]):
        new = {}
        for entry, record in found:
            if comment := self.new_comment(entry, record):
                new[record.id] = _NewComment(entry, record, comment)
        self.number(new)
        # Parents may come after their replies in the file, but not in the database.
        for level in _levels(self.link(new)):
            for start in range(0, len(level), BATCH):
                batch = level[start : start + BATCH]
                Comment.objects.bulk_create([one.comment for one in batch])
        for one in new.values():
            one.entry.comment = one.comment
            self.settle(one.entry, Outcome.STORED, one.why_unlinked)

    def new_comment(self, entry: Record, record: CommentRecord) -> Comment | None:
        if record.id in self.comments:
            self.set_aside(entry, ID_USED_TWICE)
            return None
        if self.is_known(entry):
            if entry.comment:
                self.comments[record.id] = entry.comment
            return None
        if record.article not in self.articles:
            self.set_aside(entry, f"Its article “{record.article}” is not in the file")
            return None
        comment = Comment(
            discussion_id=self.articles[record.article].pk,
            author_name=record.author_name,
            author_url=record.author_url,
            body=record.body,
            body_format=record.body_format,
            language=record.language,
            is_truncated=record.is_truncated,
            posted_at=record.posted.at,
            posted_precision=record.posted.precision,
            edited_at=record.edited.at,
            edited_precision=record.edited.precision,
            status=record.status,
            status_reason=record.status_reason,
            kind=record.kind,
        )
        if reason := _why_fields_are_invalid(comment):
            self.set_aside(entry, reason)
            return None
        self.comments[record.id] = comment
        return comment

    def number(self, new: dict[str, "_NewComment"]):
        """Number the comments of each discussion in the order of the file, keys too.

        The discussions stay locked until the import is committed: who writes a comment
        there meanwhile waits, who reads does not.
        """
        keys = {one.comment.discussion_id for one in new.values()}
        last_numbers = Discussion.lock(keys)
        for one, key in zip(new.values(), _next_keys(len(new)), strict=True):
            last_numbers[one.comment.discussion_id] += 1
            one.comment.number = last_numbers[one.comment.discussion_id]
            one.comment.pk = key

    def link(self, new: dict[str, "_NewComment"]) -> list["_NewComment"]:
        """Link replies to their parents; say of those that cannot be why not."""
        for one in new.values():
            if not one.record.parent:
                continue
            parent = self.comments.get(one.record.parent)
            named = f"Its parent “{one.record.parent}”"
            if parent is None:
                one.why_unlinked = f"{named} is not in the file"
            elif parent.discussion_id != one.comment.discussion_id:
                one.why_unlinked = f"{named} belongs to another story"
            else:
                one.comment.parent = parent
                one.parent = new.get(one.record.parent)
        for one in _first_of_circles(new.values()):
            one.comment.parent = one.parent = None
            one.why_unlinked = f"Its parent “{one.record.parent}” answers it in turn"
        for one in new.values():
            if one.comment.parent is not None:
                one.comment.reply_basis = one.record.reply_basis
                one.comment.reply_confidence = one.record.reply_confidence
        return list(new.values())

    def close(self) -> Ledger:
        for start in range(0, len(self.entries), BATCH):
            Record.objects.bulk_create(self.entries[start : start + BATCH])
        self.ledger.check()
        self.source.ledger = self.ledger.as_json()
        return self.ledger


@dataclass(eq=False)
class _NewComment:
    """A comment on its way in; `parent` is set when that is on its way in too."""

    entry: Record
    record: CommentRecord
    comment: Comment
    parent: "_NewComment | None" = None
    why_unlinked: str = ""


def _first_of_circles(comments: Iterable[_NewComment]) -> list[_NewComment]:
    """Return, of each circle of parents, the comment that stands first in the file."""
    firsts, seen_in = [], {}
    for start in comments:
        one, walked = start, []
        while one is not None and one not in seen_in:
            seen_in[one] = start
            walked.append(one)
            one = one.parent
        if one is not None and seen_in[one] is start:
            circle = walked[walked.index(one) :]
            firsts.append(min(circle, key=lambda member: member.entry.position))
    return firsts


def _levels(comments: list[_NewComment]) -> Iterator[list[_NewComment]]:
    """Yield the comments so that each comes after its parent: level by level."""
    replies = {}
    for one in comments:
        replies.setdefault(one.parent, []).append(one)
    level = replies.get(None, [])
    while level:
        yield level
        level = [reply for one in level for reply in replies.get(one, [])]


def _next_keys(count: int) -> list[int]:
    """Return as many new keys of comments, in ascending order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('comments_comment', 'id'))"
            " FROM generate_series(1, %s)",
            [count],
        )
        return [key for (key,) in cursor.fetchall()]


def _why_invalid(instance: Model, exclude: Collection[str] = ()) -> str:
    """Return what the database would refuse about a row, in words, or ""."""
    try:
        instance.full_clean(exclude=exclude)
    except ValidationError as error:
        return _in_words(error)
    return ""


def _why_fields_are_invalid(comment: Comment) -> str:
    """Return what is wrong with a comment's values alone: no query, for there are many.

    Formats see to the rest, and the database to all of it.
    """
    try:
        comment.clean_fields(exclude={"parent", "discussion", "number", "path"})
    except ValidationError as error:
        return _in_words(error)
    return ""


def _in_words(error: ValidationError) -> str:
    return " ".join(
        " ".join(messages if name == "__all__" else [f"{name}:", *messages])
        for name, messages in error.message_dict.items()
    )


def _unused_slug(model: type[Author | Section | Topic], name: str) -> str:
    stem = slugify(name)[:180] or model._meta.model_name
    slug, number = stem, 1
    while model.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _topic(name: str) -> Topic:
    """Return the topic of this name, not yet saved if it is new."""
    known = Topic.objects.filter(name=name).first()
    return known or Topic(name=name, slug=_unused_slug(Topic, name))


def _saved_topic(name: str) -> Topic:
    topic = _topic(name)
    if topic.pk is None:
        topic.save()
    return topic
