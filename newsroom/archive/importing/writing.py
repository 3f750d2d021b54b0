"""The third step of an import: what was planned is written, story by story.

A batch is some whole stories with their whole discussions, in one transaction; so a
reader sees all of a story's import or nothing of it, and a run that was stopped goes on
with the batches that are missing.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext_noop

from articles.models import (
    Article,
    ArticleRevision,
    Author,
    Byline,
    FormerSlug,
    Section,
    Topic,
)
from comments.models import Discussion
from newsroom.archive.importing.planning import implied_key, lookup_key
from newsroom.archive.importing.staging import (
    RECORDS,
    article_of,
    execute,
    new_article,
    rows,
    time_of,
)
from newsroom.archive.models import Source, SourceAddress, sources_storage
from newsroom.archive.records import ArticleRecord

STORIES = """
    SELECT story.story, story.head, story.given_id, story.article_id,
        staged.outcome, staged.change, payload.payload
    FROM archive_staged_story AS story
    LEFT JOIN archive_staged AS staged ON staged.position = story.story
    LEFT JOIN archive_staged_payload AS payload ON payload.position = story.story
    WHERE story.batch = %(batch)s AND NOT story.is_refused
    ORDER BY story.head <> story.story, abs(story.story)
"""
KEEP_ARTICLES = """
    UPDATE archive_staged_story AS story SET article_id = new.article
    FROM unnest(%(heads)s::integer[], %(articles)s::bigint[]) AS new (head, article)
    WHERE story.batch = %(batch)s AND story.head = new.head
"""
KEEP_ARTICLES_OF_RECORDS = """
    UPDATE archive_staged AS staged SET article_id = story.article_id
    FROM archive_staged_story AS story
    WHERE story.batch = %(batch)s AND staged.position = story.story
        AND staged.article_id IS NULL
"""

# A batch's new comments, numbered, then with their paths. Tables with statistics of
# their own: without them the planner takes thousands of rows for one, or what a
# recursion gives for a hundred times as many, and reads the whole import for a batch.
PLACES = """
    CREATE TEMPORARY TABLE IF NOT EXISTS archive_place (
        position integer, comment_id bigint, article_id bigint, parent_id bigint,
        number integer
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE IF NOT EXISTS archive_path (
        position integer, comment_id bigint, article_id bigint, parent_id bigint,
        path integer[]
    ) ON COMMIT DROP;
    TRUNCATE archive_place, archive_path
"""
# Numbers go on where the discussion's last ends: in the order of time where all times
# are known, else in that of the file; an archive brings its own.
NUMBERS = """
    INSERT INTO archive_place
    SELECT position, comment_id, article_id, parent_id, CASE
        WHEN is_numbered AND last_number = 0 THEN given
        ELSE last_number + row_number() OVER (
            PARTITION BY head
            ORDER BY CASE WHEN is_dated THEN posted_at END, position
        )
    END
    FROM (
        SELECT planned.position, planned.head, planned.comment_id, story.article_id,
            coalesce(planned.parent_id, parent.comment_id) AS parent_id,
            discussion.last_number, comment.number AS given, comment.posted_at,
            bool_and(posted_precision IN ('second', 'minute')) OVER story AS is_dated,
            min(comment.number) OVER story > 0 AS is_numbered
        FROM archive_staged_story AS story
        JOIN archive_planned AS planned ON planned.head = story.story
        JOIN archive_staged_comment AS comment ON comment.position = planned.position
        JOIN comments_discussion AS discussion USING (article_id)
        LEFT JOIN archive_planned AS parent
            ON parent.position = planned.parent_position
        WHERE story.batch = %(batch)s
            AND planned.change = 'new' AND planned.outcome IN ('public', 'hidden')
        WINDOW story AS (PARTITION BY planned.head)
    ) AS gathered
"""
# A path is the parent's path and the number.
PATHS = """
    WITH RECURSIVE placed (position, comment_id, article_id, parent_id, path) AS (
        SELECT place.position, place.comment_id, place.article_id, parent.id,
            coalesce(parent.path, '{}') || place.number
        FROM archive_place AS place
        LEFT JOIN LATERAL (
            SELECT id, path FROM comments_comment
            WHERE id = place.parent_id AND discussion_id = place.article_id
            OFFSET 0  -- One by one, by index: few comments answer earlier ones.
        ) AS parent ON true
        WHERE place.parent_id IS NULL
            OR place.parent_id NOT IN (SELECT comment_id FROM archive_place)
        UNION ALL
        SELECT place.position, place.comment_id, place.article_id, place.parent_id,
            placed.path || place.number
        FROM placed JOIN archive_place AS place ON place.parent_id = placed.comment_id
    )
    INSERT INTO archive_path SELECT * FROM placed
"""
COMMENTS = """
    INSERT INTO comments_comment (
        id, discussion_id, parent_id, reply_basis, reply_confidence, number, path,
        author_name, author_url, user_id, body, body_format, body_html, language,
        is_truncated, posted_at, posted_precision, edited_at, edited_precision, status,
        status_reason, status_changed_at, kind, created_at
    )
    SELECT placed.comment_id, placed.article_id, placed.parent_id,
        CASE WHEN placed.parent_id IS NULL THEN '' ELSE comment.reply_basis END,
        CASE WHEN placed.parent_id IS NOT NULL THEN comment.reply_confidence END,
        path[cardinality(path)], path, author_name, author_url,
        (SELECT id FROM {users} AS account WHERE account.username = comment.username
            AND comment.username <> ''),
        body, body_format, body_html, language, is_truncated, posted_at,
        posted_precision, edited_at, edited_precision, status, status_reason,
        status_changed_at, kind, coalesce(created_at, now())
    FROM archive_path AS placed
    JOIN archive_staged_comment AS comment USING (position)
    ORDER BY placed.article_id, path[cardinality(path)]
"""

# What a moderator decided here holds, whatever a newer export says.
CHANGED_COMMENTS = """
    UPDATE comments_comment AS live SET
        author_name = comment.author_name, author_url = comment.author_url,
        body = comment.body, body_format = comment.body_format,
        body_html = comment.body_html, language = comment.language,
        is_truncated = comment.is_truncated, posted_at = comment.posted_at,
        posted_precision = comment.posted_precision, edited_at = comment.edited_at,
        edited_precision = comment.edited_precision, kind = comment.kind,
        status = CASE WHEN live.status_changed_at IS NULL
            THEN comment.status ELSE live.status END,
        status_reason = CASE WHEN live.status_changed_at IS NULL
            THEN comment.status_reason ELSE live.status_reason END
    FROM archive_planned AS planned
    JOIN archive_staged_story AS story ON story.story = planned.head
    JOIN archive_staged_comment AS comment USING (position)
    WHERE story.batch = %(batch)s AND planned.change = 'changed'
        AND planned.outcome IN ('public', 'hidden') AND live.id = planned.comment_id
"""

CONTACTS = """
    INSERT INTO comments_commentcontact (comment_id, email, ip, keep_until)
    SELECT planned.comment_id, left(email, 320), left(ip, 100),
        coalesce(posted_at, now()) + make_interval(days => %(days)s)
    FROM archive_planned AS planned
    JOIN archive_staged_story AS story ON story.story = planned.head
    JOIN archive_staged_comment AS comment USING (position)
    WHERE story.batch = %(batch)s AND planned.outcome IN ('public', 'hidden')
        AND (email <> '' OR ip <> '')
        AND coalesce(posted_at, now()) + make_interval(days => %(days)s) > now()
    ON CONFLICT (comment_id) DO UPDATE
        SET email = excluded.email, ip = excluded.ip, keep_until = excluded.keep_until
"""

_INTO_RECORDS = """INSERT INTO archive_record (
        source_id, position, member, start, "end", kind, given_id, occurrence,
        given_parent, awaits_parent, given_status, given_kind, also, digest, outcome,
        change, reason, article_id, comment_id
    )"""
_RECORDS = """
    {INTO_RECORDS}
    SELECT %(source)s, staged.position, member, first_byte, end_byte, kind,
        staged.given_id, occurrence, left(given_parent, 255), {awaits}, given_status,
        given_kind, also, digest, {of}.outcome, {of}.change, left({of}.reason, 500),
        {article}, {comment}
""".replace("{INTO_RECORDS}", _INTO_RECORDS)
RECORDS_OF_COMMENTS = (
    _RECORDS.format(
        of="planned",
        awaits="planned.awaits_parent",
        article="NULL",
        comment="planned.comment_id",
    )
    + """
    FROM archive_staged_story AS story
    JOIN archive_planned AS planned ON planned.head = story.story
    JOIN archive_staged AS staged ON staged.position = planned.position
    WHERE story.batch = %(batch)s
    ORDER BY staged.position
"""
)
_OF_OTHERS = _RECORDS.format(
    of="staged", awaits="false", article="staged.article_id", comment="NULL::bigint"
)
RECORDS_OF_STORIES = (
    _OF_OTHERS
    + """
    FROM archive_staged_story AS story
    JOIN archive_staged AS staged ON staged.position = story.story
    WHERE story.batch = %(batch)s AND NOT story.is_refused
    ORDER BY staged.position
"""
)
OTHER_RECORDS = (
    _OF_OTHERS
    + """
    FROM archive_staged AS staged
    LEFT JOIN archive_staged_story AS story ON story.story = staged.position
    WHERE (kind = 'article' AND (story.story IS NULL OR story.is_refused))
        OR (kind = 'comment' AND staged.outcome IS NOT NULL)
        OR kind NOT IN ('article', 'comment')
    ORDER BY staged.position
    ON CONFLICT DO NOTHING
"""
)

# What stories are filed under and signed with. The first term of the kind that makes
# sections is a story's section, what else it is filed under are topics.
MENTIONED = """
    SELECT DISTINCT what, name FROM (
        SELECT CASE WHEN taxonomy = %(sections)s AND place = min(place)
                FILTER (WHERE taxonomy = %(sections)s) OVER story
            THEN 'section' ELSE 'topic' END AS what, name
        FROM (
            SELECT position, place, term ->> 0 AS taxonomy, term ->> 1 AS name
            FROM archive_staged_payload,
                jsonb_array_elements(payload -> 'terms') WITH ORDINALITY
                    AS terms (term, place)
        ) AS filed
        WHERE taxonomy IN ('category', 'tag')
        WINDOW story AS (PARTITION BY position)
        UNION ALL
        SELECT 'topic', jsonb_array_elements_text(payload -> 'topics')
        FROM archive_staged_payload
        UNION ALL
        SELECT 'author', jsonb_array_elements_text(payload -> 'creators')
        FROM archive_staged_payload
    ) AS mentioned
    ORDER BY what, name
"""

# What an archive tells of the files it was made from. Stories and comments are found by
# what this import has made of the archive's own records.
KEPT_RECORDS = """
    {INTO_RECORDS}
    SELECT source.id, kept.position, kept.member, kept.start, kept."end", kept.kind,
        kept.given_id, kept.occurrence, kept.given_parent, kept.awaits_parent,
        kept.given_status, kept.given_kind, kept.also, decode(kept.digest, 'hex'),
        kept.outcome, kept.change, kept.reason, article.article_id, comment.comment_id
    FROM archive_staged AS staged
    JOIN archive_staged_payload AS given USING (position)
    CROSS JOIN LATERAL jsonb_to_record(payload -> 'fields') AS kept (
        position integer, member smallint, start bigint, "end" bigint, kind text,
        given_id text, occurrence integer, given_parent text, awaits_parent boolean,
        given_status text, given_kind text, also text, digest text, outcome text,
        change text, reason text
    )
    JOIN archive_source AS source ON source.sha256 = payload ->> 'source'
        AND source.id = ANY(%(restored)s)
    LEFT JOIN archive_record AS article ON article.source_id = %(source)s
        AND article.kind = 'article' AND article.occurrence = 1
        AND article.given_id = payload ->> 'article'
    LEFT JOIN archive_record AS comment ON comment.source_id = %(source)s
        AND comment.kind = 'comment' AND comment.occurrence = 1
        AND comment.given_id = payload ->> 'comment'
    WHERE staged.kind = 'record' AND staged.outcome <> 'set_aside'
    ORDER BY source.id, kept.position
    ON CONFLICT DO NOTHING
""".replace("{INTO_RECORDS}", _INTO_RECORDS)

# The comments' search index takes new entries many at a time, which halves their cost;
# and what was staged is found by its index, for it is in memory.
FOR_MANY_ROWS = """
    SELECT set_config('gin_pending_list_limit', '16384', true),
        set_config('work_mem', '65536', true), set_config('random_page_cost', '1', true)
"""

# Each waiting reply looks for its parent by index, whatever the planner knows of the
# tables' sizes: in a new database it knows nothing, and would compare each comment of a
# discussion with each.
LATE_PARENTS = """
    WITH waiting AS MATERIALIZED (
        SELECT record.id, record.comment_id, record.given_parent
        FROM archive_record AS record
        JOIN archive_source AS source ON source.id = record.source_id
        WHERE record.awaits_parent AND source.origin = %(origin)s
    )
    SELECT waiting.id, waiting.comment_id, parent.comment_id
    FROM waiting CROSS JOIN LATERAL (
        SELECT record.id, record.comment_id FROM archive_record AS record
        JOIN archive_source AS source ON source.id = record.source_id
        WHERE record.kind = 'comment' AND record.given_id = waiting.given_parent
            AND record.occurrence = 1 AND source.origin = %(origin)s
        OFFSET 0
    ) AS parent
    JOIN comments_comment AS reply ON reply.id = waiting.comment_id
    JOIN comments_comment AS answered ON answered.id = parent.comment_id
    WHERE reply.parent_id IS NULL AND reply.discussion_id = answered.discussion_id
    ORDER BY waiting.id, parent.id
"""
CHANGED_PARENTS = """
    SELECT live.id, coalesce(planned.parent_id, parent.comment_id)
    FROM archive_staged_story AS story
    JOIN archive_planned AS planned ON planned.head = story.story
    JOIN comments_comment AS live ON live.id = planned.comment_id
    LEFT JOIN archive_planned AS parent ON parent.position = planned.parent_position
    WHERE story.batch = %(batch)s AND planned.change = 'changed'
        AND planned.outcome IN ('public', 'hidden')
        AND live.reply_basis <> 'edited' AND live.parent_id IS DISTINCT FROM
            coalesce(planned.parent_id, parent.comment_id)
"""
# Unless that would make a comment answer one of its own replies.
GIVE_PARENT = """
    UPDATE comments_comment AS reply
    SET parent_id = parent.id, reply_basis = 'given', reply_confidence = NULL
    FROM comments_comment AS parent
    WHERE reply.id = %(reply)s AND parent.id = %(parent)s
        AND parent.discussion_id = reply.discussion_id
        AND parent.path[1:cardinality(reply.path)] <> reply.path
"""
TAKE_PARENT = """
    UPDATE comments_comment
    SET parent_id = NULL, reply_basis = '', reply_confidence = NULL
    WHERE id = %(reply)s
"""
# Give no number again that a discussion in an archive had given.
RAISE_LAST_NUMBERS = """
    UPDATE comments_discussion AS discussion
    SET last_number = (payload ->> 'last_number')::integer
    FROM archive_staged_story AS story
    JOIN archive_staged_payload AS given ON given.position = story.story
    WHERE story.batch = %(batch)s AND discussion.article_id = story.article_id
        AND (payload ->> 'last_number')::integer > last_number
"""


class Writer:
    """What is written of one source's plan; a batch at a time, in any order."""

    def __init__(self, source: Source, beside: Path | None = None):
        self.source = source
        self.beside = beside
        accounts = get_user_model()._meta.db_table
        self.insert_comments = COMMENTS.replace("{users}", accounts)
        self.named: dict[type, dict] = {}
        self.sections: dict[str, Section] = {}
        self.authors: dict[str, tuple[Author, str]] = {}
        self.chosen: set[str] = set()
        self.choosing = Lock()

    # What stories refer to

    def write_common(self):
        """Write sections, topics and authors, and the records that are no story's.

        A run that was stopped may have done so already.
        """
        with transaction.atomic():
            self.write_named("section", Section, ("description", "position"))
            self.write_named("topic", Topic, ())
            self.write_named("author", Author, ("biography",))
            self.write_terms()
            self.write_mentioned()
            execute(OTHER_RECORDS, source=self.source.pk)
        self.know_common()

    def write_named(self, kind: str, model, fields: tuple[str, ...]):
        for payload in self.payloads_of(kind):
            _ensure_named(model, payload, fields)

    def write_terms(self):
        for payload in self.payloads_of("term"):
            is_section = payload["taxonomy"] == self.source.sections_from
            if is_section:
                _ensure_named(Section, payload, ("description",))
            else:
                _ensure_named(Topic, payload)

    def payloads_of(self, kind: str) -> list[dict]:
        return [
            json.loads(payload)
            for (payload,) in rows(
                "SELECT payload FROM archive_staged JOIN archive_staged_payload"
                " USING (position) WHERE kind = %(kind)s AND outcome <> 'set_aside'"
                " ORDER BY position",
                kind=kind,
            )
        ]

    def write_mentioned(self):
        """Write what stories mention and no record of the file describes."""
        models = {"section": Section, "topic": Topic, "author": Author}
        described = {payload["id"] for payload in self.payloads_of("author")}
        for what, name in rows(MENTIONED, sections=self.source.sections_from):
            if what != "author" or name not in described:
                _ensure_named(models[what], {"name": name})

    def know_common(self):
        """Learn what the file's ids of sections and authors stand for."""
        self.named = {
            model: {thing.name: thing for thing in model.objects.order_by("-pk")}
            for model in (Section, Topic, Author)
        }
        for payload in self.payloads_of("section"):
            self.sections[payload["id"]] = self.named[Section][payload["name"]]
        for payload in self.payloads_of("author"):
            author = self.named[Author][payload["name"]]
            self.authors[payload["id"]] = (author, payload["biography"])

    # Stories

    def write_batch(self, batch: int):
        """Write some whole stories with all that belongs to them; all or nothing."""
        with transaction.atomic():
            execute(FOR_MANY_ROWS)
            # Triggers and checks keep the plans they made when the tables were small.
            execute("DISCARD PLANS")
            self.write_stories(batch)
            names = {"batch": batch, "source": self.source.pk}
            execute(KEEP_ARTICLES_OF_RECORDS, **names)
            execute(PLACES)
            execute(NUMBERS, **names)
            execute("ANALYZE archive_place")
            execute(PATHS)
            execute("ANALYZE archive_path (position)")
            execute(self.insert_comments)
            execute(CHANGED_COMMENTS, **names)
            self.change_parents(batch)
            execute(RAISE_LAST_NUMBERS, **names)
            if settings.CONTACT_DAYS:
                execute(CONTACTS, **names, days=settings.CONTACT_DAYS)
            execute(RECORDS_OF_STORIES, **names)
            execute(RECORDS_OF_COMMENTS, **names)

    def write_stories(self, batch: int):
        stories = [_Staged(*row) for row in rows(STORIES, batch=batch)]
        Discussion.lock({story.article for story in stories if story.article})
        heads = [story for story in stories if story.story == story.head]
        new = [story for story in heads if story.article is None]
        self.create(new)
        articles = {story.head: story.article for story in heads}
        execute(
            KEEP_ARTICLES,
            batch=batch,
            heads=[story.head for story in new],
            articles=[story.article for story in new],
        )
        for story in stories:
            story.article = articles[story.head]
            if story.change == "changed" and story.outcome != "set_aside":
                self.change(story)
        self.keep_addresses(stories)

    def create(self, stories: list["_Staged"]):
        """Create the stories; each then knows its article."""
        articles = []
        # Given to each here, as Django takes rows that ask for it far more slowly.
        ((now,),) = rows("SELECT statement_timestamp()")
        for story, slug in zip(stories, self.slugs_for(stories), strict=True):
            article = new_article(story.record, slug=slug, source_url=self.source.url)
            article.created_at = story.record.created.at or now
            article.changed_at = now
            article.section = self.section_of(story.record)
            articles.append(article)
        Article.objects.bulk_create(articles)
        for story, article in zip(stories, articles, strict=True):
            story.article = article.pk
        self.file_under_topics(stories)
        self.sign(stories)
        self.keep_history(stories)
        self.open_discussions(stories)

    def slugs_for(self, stories: list["_Staged"]) -> list[str]:
        """Choose an address for each story: its own, if no other story has or had it.

        Nobody sees yet what the other thread has chosen, so that is remembered here.
        """
        with self.choosing:
            wished = {story.record.slug for story in stories} - {""}
            taken = Article.slugs_in_use(Q(slug__in=wished)) | self.chosen
            slugs = []
            for story in stories:
                slug = story.record.slug
                slugs.append("" if slug in taken else slug)
                taken.add(slug)
            self.chosen.update(slugs)
            open_ones = [place for place, slug in enumerate(slugs) if not slug]
            headlines = [stories[place].record.headline for place in open_ones]
            unused = Article.unused_slugs(headlines) if headlines else []
            for place, slug in zip(open_ones, unused, strict=True):
                slugs[place] = self.choose(slug)
            return slugs

    def choose(self, slug: str) -> str:
        stem, number = slug, 1
        while slug in self.chosen or (
            number > 1 and Article.slugs_in_use(Q(slug=slug))
        ):
            number += 1
            slug = f"{stem}-{number}"
        self.chosen.add(slug)
        return slug

    def section_of(self, record: ArticleRecord) -> Section | None:
        if record.section:
            return self.sections[record.section]
        for taxonomy, name in record.terms:
            if taxonomy == self.source.sections_from:
                return self.named[Section][name]
        return None

    def topics_of(self, record: ArticleRecord) -> Iterable[str]:
        filed = [
            (taxonomy, name)
            for taxonomy, name in record.terms
            if taxonomy in ("category", "tag")
        ]
        for place, (taxonomy, _) in enumerate(filed):
            if taxonomy == self.source.sections_from:
                del filed[place]  # It is the section.
                break
        return dict.fromkeys([*record.topics, *(name for _, name in filed)])

    def file_under_topics(self, stories: list["_Staged"]):
        through = Article.topics.through
        links = [
            through(article_id=story.article, topic_id=self.named[Topic][name].pk)
            for story in stories
            for name in self.topics_of(story.record)
        ]
        through.objects.bulk_create(links, ignore_conflicts=True)

    def sign(self, stories: list["_Staged"]):
        """Give each story its byline; two ids of one author are one name in it."""
        bylines = []
        for story in stories:
            record = story.record
            signed: dict[Author, str] = {}
            for id in record.authors:
                author, biography = self.authors[id]
                note = record.author_notes.get(id)
                if note is None:
                    note = "" if biography == author.biography else biography
                signed.setdefault(author, note)
            for name in record.creators:
                author = self.authors[name][0] if name in self.authors else None
                signed.setdefault(author or self.named[Author][name], "")
            bylines += [
                Byline(
                    article_id=story.article,
                    author=author,
                    position=position,
                    biography=note,
                )
                for position, (author, note) in enumerate(signed.items(), 1)
            ]
        Byline.objects.bulk_create(bylines)

    def keep_history(self, stories: list["_Staged"]):
        accounts = get_user_model().objects
        former, revisions = [], []
        for story in stories:
            former += [
                FormerSlug(article_id=story.article, slug=slug)
                for slug in story.record.former_slugs
                if not Article.slugs_in_use(Q(slug=slug))
            ]
            for given in story.record.revisions:
                name, created = given["editor"], time_of(given["created"]).at
                revision = ArticleRevision(
                    article_id=story.article,
                    editor=accounts.filter(username=name).first() if name else None,
                    **{
                        field: given[field]
                        for field in (
                            "number", "headline", "standfirst", "body", "note",
                            "is_correction",
                        )
                    },
                )  # fmt: skip
                if created:
                    revision.created_at = created
                revisions.append(revision)
        FormerSlug.objects.bulk_create(former, ignore_conflicts=True)
        ArticleRevision.objects.bulk_create(revisions)

    def open_discussions(self, stories: list["_Staged"]):
        for story in stories:
            record = story.record
            if record.policy or record.closes.at:
                Discussion.objects.filter(pk=story.article).update(
                    policy=record.policy, closes_at=record.closes.at
                )

    def change(self, story: "_Staged"):
        """Write the story anew as a newer file has it; the former text is kept."""
        article = Article.objects.get(pk=story.article)
        had_text = bool(article.body)
        if had_text:
            article.revise(note=f"As it was before {self.source.name}")
        newer = new_article(
            story.record, slug=article.slug, source_url=article.source_url
        )
        for name in (
            "headline", "standfirst", "body", "language", "status", "published_at",
            "published_precision", "published_basis", "published_note", "source_url",
        ):  # fmt: skip
            setattr(article, name, getattr(newer, name))
        article.section = self.section_of(story.record)
        article.save()
        article.topics.clear()
        article.bylines.all().delete()
        self.file_under_topics([story])
        self.sign([story])
        if newer.body and not had_text:
            self.keep_history([story])
            self.open_discussions([story])

    def keep_addresses(self, stories: list["_Staged"]):
        kept = {}
        for story in stories:
            record = story.record
            addresses = [record.source_url, *record.addresses]
            for address in filter(None, addresses):
                kept[story.article, address[:2000]] = lookup_key(address)[:2000]
            if story.payload is None:
                key = implied_key(self.source.origin, story.given_id)
                kept[story.article, key] = key
        SourceAddress.objects.bulk_create(
            [
                SourceAddress(article_id=article, address=address, key=key)
                for (article, address), key in kept.items()
            ],
            ignore_conflicts=True,
        )

    def change_parents(self, batch: int):
        """Move changed comments below what they answer now.

        One may have to wait until its new parent has moved out of its own replies.
        """
        waiting = rows(CHANGED_PARENTS, batch=batch)
        for reply, parent in waiting:
            if parent is None:
                execute(TAKE_PARENT, reply=reply)
        waiting = [pair for pair in waiting if pair[1] is not None]
        while waiting:
            refused = [
                (reply, parent)
                for reply, parent in waiting
                if not execute(GIVE_PARENT, reply=reply, parent=parent)
            ]
            if len(refused) == len(waiting):
                break
            waiting = refused

    # After all stories

    def finish(self):
        """Give replies of earlier files the parents that this one has brought."""
        with transaction.atomic():
            for record, reply, parent in rows(LATE_PARENTS, origin=self.source.origin):
                given = execute(GIVE_PARENT, reply=reply, parent=parent)
                reason = "" if given else gettext_noop("Its parent answers it in turn")
                execute(
                    "UPDATE archive_record SET awaits_parent = false,"
                    " reason = %(reason)s WHERE id = %(record)s",
                    record=record,
                    reason=reason,
                )
            self.restore_provenance()

    def restore_provenance(self):
        """Write the sources and records that an archive tells of, unless known."""
        restored = []
        for payload in self.payloads_of("source"):
            fields = payload["fields"]
            if not Source.objects.filter(sha256=payload["id"]).exists():
                name = fields.pop("imported_by", "")
                accounts = get_user_model().objects.filter(username=name)
                at = fields.pop("imported_at", None)
                source = Source(
                    sha256=payload["id"], imported_by=accounts.first(), **fields
                )
                if at:
                    source.imported_at = datetime.fromisoformat(at)
                self.find_file(source)
                source.save()
                restored.append(source.pk)
        if restored:
            # Else each kept record might be compared with each that was written.
            execute(f"ANALYZE {RECORDS}")
            execute(KEPT_RECORDS, source=self.source.pk, restored=restored)

    def find_file(self, source: Source):
        """Keep a restored source's file, if it stands beside the archive."""
        path = self.beside and self.beside / source.sha256
        if path is None or not path.is_file():
            return
        name = source.file.field.generate_filename(source, source.name)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest == source.sha256:
                storage = sources_storage()
                storage.delete(name)
                source.file.name = storage.save(name, File(file))


class _Staged:
    """A staged story."""

    def __init__(self, story, head, given_id, article, outcome, change, payload):
        self.story, self.head, self.given_id = story, head, given_id
        self.article, self.outcome, self.change = article, outcome, change
        self.payload = payload
        if payload is None:
            self.record = ArticleRecord(
                id=given_id or "",
                headline=f"Story {given_id}" if given_id else "Untitled story",
                body="",
            )
        else:
            self.record = article_of(json.loads(payload))


def _ensure_named(model, payload: dict, fields: tuple[str, ...] = ()):
    """Make the section, topic or author of this name unless there is one."""
    name, slug = payload["name"], payload.get("slug")
    if model.objects.filter(name=name).exists():
        return
    if not slug or model.objects.filter(slug=slug).exists():
        slug = _unused_slug(model, name)
    values = {field: payload[field] for field in fields if payload[field]}
    model.objects.create(name=name, slug=slug, **values)


def _unused_slug(model, name: str) -> str:
    stem = slugify(name)[:180] or model._meta.model_name
    slug, number = stem, 1
    while model.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{stem}-{number}"
    return slug
