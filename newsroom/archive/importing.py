"""Taking files in: nothing is lost, nothing is half done, and the counts balance.

A file is one transaction. Each record in it is stored, was already there, or is set
aside with a reason; what was found must be the sum of these, or the import fails.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import connection, transaction
from django.utils.text import slugify

from articles.models import Article, Author, Byline, Section, Topic
from comments.models import Comment
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
    FormatError,
    Found,
    SectionRecord,
    SourceRecord,
    Unreadable,
)

BATCH = 500
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
        # Two imports of the same file at the same moment: the second finds it there.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(sha256[:15], 16)])
        if known := Source.objects.filter(sha256=sha256).first():
            return _ledger_of(known)
        if format == "auto":
            format = recognise(file)
        source = Source(
            sha256=sha256, name=path.name, size=size, format=format, imported_by=by
        )
        try:
            ledger = _Import(source).run(FORMATS[format].read(file))
        except UnicodeDecodeError as error:
            raise FormatError(f"This is not UTF-8 text ({error}).") from error
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
        yield
    except BaseException:
        storage.delete(source.file.name)
        raise


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
        self.waiting: list[tuple[Record, CommentRecord]] = []

    def run(self, records: Iterator[Found]) -> Ledger:
        articles = []
        for found in records:
            if isinstance(found.record, SourceRecord):
                self.begin(found.record)
                continue
            entry = self.entry(found)
            # What others refer to comes first, wherever it stands in the file.
            match found.record:
                case SectionRecord() as record:
                    self.take_section(entry, record)
                case AuthorRecord() as record:
                    self.take_author(entry, record)
                case ArticleRecord() as record:
                    articles.append((entry, record))
                case CommentRecord() as record:
                    self.waiting.append((entry, record))
                case Unreadable() as record:
                    self.settle(entry, Outcome.SET_ASIDE, record.reason)
        for entry, record in articles:
            self.take_article(entry, record)
        self.take_comments()
        return self.close()

    def begin(self, record: SourceRecord):
        source = self.source
        source.origin = record.origin or f"{source.format}:{source.sha256}"
        source.url = record.url
        source.captured_at = record.captured.at
        source.captured_precision = record.captured.precision
        source.note = record.note
        source.save()
        self.known = _known_records(source.origin)

    def entry(self, found: Found) -> Record:
        record = found.record
        kind = _KINDS.get(type(record)) or record.kind
        self.ledger.found[kind] += 1
        entry = Record(
            source=self.source,
            position=sum(self.ledger.found.values()),
            line=found.line,
            kind=kind,
            given_id=record.id[:255],
            raw=found.raw,
        )
        self.entries.append(entry)
        return entry

    def settle(self, entry: Record, outcome: str, reason: str = ""):
        entry.outcome, entry.reason = outcome, reason[:500]
        self.ledger.enter(entry.kind, outcome, entry.reason)

    def is_known(self, entry: Record) -> bool:
        """Settle a record that an earlier file of this origin brought; or tell not."""
        known = self.known.get((entry.kind, entry.given_id))
        if known is None:
            return False
        entry.article, entry.comment = known.article, known.comment
        if known.raw == entry.raw:
            self.settle(entry, Outcome.ALREADY_THERE)
        else:
            self.settle(
                entry,
                Outcome.SET_ASIDE,
                "It differs from what an earlier file of this origin brought, which "
                "was left as it is",
            )
        return True

    def take_section(self, entry: Record, record: SectionRecord):
        slug = slugify(record.name)[:200] or slugify(record.id)[:200]
        section, is_new = Section.objects.get_or_create(
            slug=slug,
            defaults={"name": record.name[:200], "description": record.description},
        )
        self.sections[record.id] = section
        self.settle(entry, Outcome.STORED if is_new else Outcome.ALREADY_THERE)

    def take_author(self, entry: Record, record: AuthorRecord):
        author = Author.objects.filter(name=record.name).first()
        outcome = Outcome.ALREADY_THERE if author else Outcome.STORED
        if author is None:
            author = Author.objects.create(
                name=record.name,
                slug=_unused_author_slug(record.name),
                biography=record.biography,
            )
        self.authors[record.id] = (author, record.biography)
        self.settle(entry, outcome)

    def take_article(self, entry: Record, record: ArticleRecord):
        if self.is_known(entry):
            if entry.article:
                self.articles[record.id] = entry.article
            return
        if record.id in self.articles:
            self.settle(entry, Outcome.SET_ASIDE, "Its id is used twice in the file")
            return
        article = Article(
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
        if reason := _why_invalid(article) or self.missing_reference(record):
            self.settle(entry, Outcome.SET_ASIDE, reason)
            return
        article.save()
        article.topics.set([_topic(name) for name in record.topics])
        for position, id in enumerate(record.authors, 1):
            author, biography = self.authors[id]
            if biography == author.biography:
                biography = ""
            Byline.objects.create(
                article=article, author=author, position=position, biography=biography
            )
        self.articles[record.id] = entry.article = article
        self.settle(entry, Outcome.STORED)

    def missing_reference(self, record: ArticleRecord) -> str:
        """Return why the article's references do not hold, or ""."""
        if record.section and record.section not in self.sections:
            return f"The file has no section “{record.section}”"
        for id in record.authors:
            if id not in self.authors:
                return f"The file has no author “{id}”"
        return ""

    def take_comments(self):
        new = [
            (entry, record, comment)
            for entry, record in self.waiting
            if (comment := self.new_comment(entry, record))
        ]
        for start in range(0, len(new), BATCH):
            Comment.objects.bulk_create([c for *_, c in new[start : start + BATCH]])
        # Parents may come after their replies, so replies are linked when all are in.
        for entry, record, comment in new:
            entry.comment = comment
            self.settle(entry, Outcome.STORED, self.link(comment, record))

    def new_comment(self, entry: Record, record: CommentRecord) -> Comment | None:
        if self.is_known(entry):
            if entry.comment:
                self.comments[record.id] = entry.comment
            return None
        if record.article not in self.articles:
            reason = f"Its article “{record.article}” is not in the file"
            self.settle(entry, Outcome.SET_ASIDE, reason)
            return None
        if record.id in self.comments:
            self.settle(entry, Outcome.SET_ASIDE, "Its id is used twice in the file")
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
            status=record.status,
            status_reason=record.status_reason,
            kind=record.kind,
        )
        if reason := _why_invalid(comment):
            self.settle(entry, Outcome.SET_ASIDE, reason)
            return None
        self.comments[record.id] = comment
        return comment

    def link(self, comment: Comment, record: CommentRecord) -> str:
        """Link a reply to its parent; return why it could not be, or ""."""
        if not record.parent:
            return ""
        parent = self.comments.get(record.parent)
        if parent is None:
            return f"Its parent “{record.parent}” is not in the file"
        if parent.discussion_id != comment.discussion_id:
            return f"Its parent “{record.parent}” belongs to another story"
        if self.is_below(comment, record, parent):
            return f"Its parent “{record.parent}” answers it in turn"
        Comment.objects.filter(pk=comment.pk).update(
            parent=parent,
            reply_basis=record.reply_basis,
            reply_confidence=record.reply_confidence,
        )
        comment.parent = parent
        return ""

    def is_below(
        self, comment: Comment, record: CommentRecord, parent: Comment
    ) -> bool:
        """Tell whether the parent is the comment or already linked below it."""
        above = parent
        while above is not None:
            if above.pk == comment.pk:
                return True
            above = above.parent
        return False

    def close(self) -> Ledger:
        for start in range(0, len(self.entries), BATCH):
            Record.objects.bulk_create(self.entries[start : start + BATCH])
        self.ledger.check()
        self.source.ledger = self.ledger.as_json()
        return self.ledger


def _known_records(origin: str) -> dict[tuple[str, str], Record]:
    """Return what earlier files of this origin brought, by kind and given id."""
    records = (
        Record.objects.filter(source__origin=origin, outcome=Outcome.STORED)
        .select_related("article", "comment")
        .order_by("pk")
    )
    return {(record.kind, record.given_id): record for record in records}


def _why_invalid(instance: Article | Comment) -> str:
    """Return what the database would refuse about a row, in words, or ""."""
    # The database fills some; parents are linked later.
    exclude = {"parent", "discussion", "number", "path", "body_html", "section"}
    try:
        instance.full_clean(exclude=exclude, validate_constraints=True)
    except ValidationError as error:
        return " ".join(
            f"{name}: {' '.join(messages)}" if name != "__all__" else " ".join(messages)
            for name, messages in error.message_dict.items()
        )
    return ""


def _unused_author_slug(name: str) -> str:
    stem = slugify(name)[:180] or "author"
    slug, number = stem, 1
    while Author.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _topic(name: str) -> Topic:
    return Topic.objects.get_or_create(
        slug=slugify(name, allow_unicode=True)[:200] or name[:200],
        defaults={"name": name[:200]},
    )[0]
