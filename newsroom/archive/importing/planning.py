"""The second step of an import: what will become of each staged record.

Set by set, in SQL: which stories and comments are known, which are the same as others,
who answers whom. Nothing live is written, so a dry run ends here, and the books are
balanced before the first row is.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext_noop

from articles.models import Article, ArticleRevision, Author, Section, Topic
from newsroom.archive.addresses import key_of
from newsroom.archive.importing.recognising import Recognition
from newsroom.archive.importing.staging import LIVE, analyze, copy, execute, rows
from newsroom.archive.models import Record, Source, SourceAddress

# A file up to this size is one transaction; a larger one is written story by story,
# whole stories with whole discussions, about so many comments at a time.
WHOLE_COMMENTS, WHOLE_STORIES = 20_000, 1_000
BATCH_COMMENTS, BATCH_STORIES = 10_000, 500

KEYS = 5_000
ID_USED_TWICE = gettext_noop("Its id is used twice in the file")
WITHOUT_COMMENT = gettext_noop("A thread without a comment")
DELETED = gettext_noop("It was deleted here after an earlier file had brought it")
# How `implied_key` writes what no address is known of, such as "disqus:forum 1337".
_IMPLIED = re.compile(r"\w+:\S* ")

OCCURRENCES = """
    UPDATE archive_staged AS staged SET occurrence = later.occurrence
    FROM (
        SELECT position,
            row_number() OVER (PARTITION BY kind, given_id ORDER BY position)
                AS occurrence
        FROM archive_staged
        WHERE (kind, given_id) IN (
            SELECT kind, given_id FROM archive_staged
            GROUP BY kind, given_id HAVING count(*) > 1
        )
    ) AS later
    WHERE later.position = staged.position AND later.occurrence > 1
"""

# What a run that was stopped has written already, story by story, is left as it is.
LEAVE_WRITTEN = """
    DELETE FROM archive_staged AS staged USING archive_record AS record
    WHERE record.source_id = %(source)s AND record.position = staged.position
        AND staged.kind IN ('article', 'comment')
"""

# The latest record of each id that files of the same origin have brought.
KNOWN = """
    SELECT DISTINCT ON (record.given_id, record.occurrence)
        record.given_id, record.occurrence, record.digest, record.outcome,
        record.article_id, record.comment_id
    FROM archive_record AS record
    JOIN archive_source AS source ON source.id = record.source_id
    WHERE source.origin = %(origin)s AND record.kind = %(kind)s
        AND record.outcome <> 'set_aside'
        AND (source.id <> %(source)s OR %(again)s)
    ORDER BY record.given_id, record.occurrence, record.id DESC
"""

STORIES = """
    SELECT staged.position, staged.given_id, staged.occurrence, staged.digest,
        staged.is_public, staged.fault, staged.doubt, payload ->> 'section',
        ARRAY(SELECT jsonb_array_elements_text(payload -> 'authors')),
        payload ->> 'source_url',
        ARRAY(SELECT jsonb_array_elements_text(payload -> 'addresses')),
        payload ->> 'body' <> ''
    FROM archive_staged AS staged
    LEFT JOIN archive_staged_payload USING (position)
    WHERE staged.kind = 'article'
        AND (staged.outcome IS NULL OR staged.fault <> '')
    ORDER BY position
"""

COMMENTS_OF_STORIES = """
    SELECT given_article, count(*), min(position) FROM archive_staged
    WHERE kind = 'comment' AND fault = '' GROUP BY given_article
"""

# Threads that name the same comment of another system speak of the same page.
SHARED_COMMENTS = """
    SELECT DISTINCT given_article, also FROM archive_staged
    WHERE kind = 'comment' AND also <> '' AND fault = '' AND also IN (
        SELECT also FROM archive_staged WHERE kind = 'comment' AND fault = ''
        GROUP BY also HAVING count(DISTINCT given_article) > 1
    )
"""

REFUSE_FAULTY = """
    UPDATE archive_staged SET outcome = 'set_aside', change = 'new', reason = fault
    WHERE fault <> ''
"""

REFUSE_WITHOUT_COMMENTS = """
    UPDATE archive_staged AS staged SET outcome = 'set_aside', change = 'new',
        reason = %(without_comment)s
    WHERE kind = 'article' AND outcome IS NULL AND (occurrence > 1 OR NOT EXISTS (
        SELECT FROM archive_staged AS comment WHERE comment.kind = 'comment'
            AND comment.fault = '' AND comment.given_article = staged.given_id
    ))
"""

REFUSE_OF_REFUSED = """
    UPDATE archive_staged AS staged SET outcome = 'set_aside', change = 'new',
        reason = 'Its story “' || staged.given_article || '” was set aside'
    FROM archive_staged_story AS story
    WHERE staged.kind = 'comment' AND staged.fault = '' AND story.is_refused
        AND story.given_id = staged.given_article
"""

COMMENTS = """
    INSERT INTO archive_planned (
        position, head, comment_id, parent_position, outcome, change, reason
    )
    SELECT position, head,
        -- Looked up once, not for each comment.
        nextval((SELECT pg_get_serial_sequence('comments_comment', 'id')::regclass)),
        parent_position, outcome, 'new', doubt
    FROM (
        SELECT staged.position, story.head, parent.position AS parent_position,
            CASE WHEN staged.is_public THEN 'public' ELSE 'hidden' END AS outcome,
            staged.doubt
        FROM archive_staged AS staged
        JOIN archive_staged_story AS story ON story.given_id = staged.given_article
        LEFT JOIN archive_staged AS parent ON staged.given_parent <> ''
            AND parent.kind = 'comment' AND parent.given_id = staged.given_parent
            AND parent.occurrence = 1
        WHERE staged.kind = 'comment' AND staged.fault = '' AND NOT story.is_refused
        ORDER BY staged.position
    ) AS comments
"""

# An archive says which number each comment has in its permanent address.
RESERVE_KEYS = """
    SELECT setval(pg_get_serial_sequence('comments_comment', 'id'), greatest(
        (SELECT max(key) FROM archive_staged_comment),
        nextval(pg_get_serial_sequence('comments_comment', 'id'))
    )) WHERE EXISTS (SELECT FROM archive_staged_comment WHERE key > 0)
"""
KEEP_KEYS = """
    UPDATE archive_planned AS planned SET comment_id = wished.key
    FROM (
        SELECT min(position) AS position, key FROM archive_staged_comment
        WHERE key > 0 GROUP BY key
    ) AS wished
    WHERE planned.position = wished.position
        AND NOT EXISTS (SELECT FROM comments_comment WHERE id = wished.key)
"""
ONLY_NUMBERS_GIVEN_ONCE = """
    UPDATE archive_staged_comment AS comment SET number = 0
    FROM archive_planned AS planned
    WHERE planned.position = comment.position AND comment.number > 0
        AND planned.head IN (
            SELECT planned.head FROM archive_staged_comment AS comment
            JOIN archive_planned AS planned USING (position)
            GROUP BY planned.head
            HAVING count(DISTINCT nullif(comment.number, 0)) < count(*)
        )
"""

KNOWN_COMMENTS = """
    UPDATE archive_planned AS planned SET
        comment_id = known.comment_id,
        outcome = CASE
            WHEN known.comment_id IS NULL THEN 'set_aside'
            WHEN known.outcome = 'linked' THEN 'linked'
            WHEN known.digest <> staged.digest AND live.status_changed_at IS NULL
                THEN planned.outcome
            WHEN live.status = 'public' AND live.kind = 'comment' THEN 'public'
            ELSE 'hidden'
        END,
        change = CASE
            WHEN known.comment_id IS NOT NULL AND known.outcome <> 'linked' AND (
                known.digest <> staged.digest
                -- The same text, which is shown in another way since it was read.
                OR live.body = comment.body AND live.body_format = comment.body_format
                    AND live.body_html <> comment.body_html
            ) THEN 'changed'
            ELSE 'unchanged'
        END,
        reason = CASE
            WHEN known.comment_id IS NULL THEN %(deleted)s
            ELSE planned.reason
        END
    FROM archive_staged AS staged
    JOIN ({KNOWN}) AS known USING (given_id, occurrence)
    LEFT JOIN comments_comment AS live ON live.id = known.comment_id
    LEFT JOIN archive_staged_comment AS comment
        ON %(again)s AND comment.position = staged.position
    WHERE staged.position = planned.position AND staged.kind = 'comment'
""".replace("{KNOWN}", KNOWN)

# Nobody needs the story of comments that were all deleted here, with it.
NO_EMPTY_DRAFTS = """
    UPDATE archive_staged_story AS story SET is_refused = true
    WHERE story.story < 0 AND story.article_id IS NULL AND NOT EXISTS (
        SELECT FROM archive_planned AS planned
        WHERE planned.head = story.head AND planned.outcome <> 'set_aside'
    )
"""

# The same comment seen through two systems, whose exports name each other's ids.
LINK_BY_ID = """
    UPDATE archive_planned AS planned SET outcome = 'linked',
        comment_id = same.comment_id, reason = same.reason
    FROM (
        SELECT DISTINCT ON (planned.position) planned.position, live.id AS comment_id,
            'The same as “' || record.given_id || '” in ' || source.name AS reason
        FROM archive_planned AS planned
        JOIN archive_staged AS staged USING (position)
        JOIN archive_staged_story AS story ON story.story = planned.head
        JOIN archive_record AS record ON record.kind = 'comment' AND {same}
        JOIN archive_source AS source ON source.id = record.source_id AND {origin}
        JOIN comments_comment AS live ON live.id = record.comment_id
            AND live.discussion_id = story.article_id
        WHERE planned.change = 'new' AND planned.outcome <> 'linked'
        ORDER BY planned.position, record.id
    ) AS same
    WHERE planned.position = same.position
"""
LINK_BY_ITS_WORD = LINK_BY_ID.format(
    same="staged.also <> '' AND record.given_id = split_part(staged.also, ':', 2)",
    origin="split_part(source.origin, ':', 1) = split_part(staged.also, ':', 1)",
)
LINK_BY_THEIR_WORD = LINK_BY_ID.format(
    same="record.also = %(system)s || ':' || staged.given_id",
    origin="source.origin <> %(origin)s",
)
LINK_IN_FILE = """
    UPDATE archive_planned AS planned SET outcome = 'linked',
        comment_id = first.comment_id,
        reason = 'The same as “' || first.given_id || '” in this file'
    FROM (
        SELECT planned.position,
            first_value(planned.comment_id) OVER same AS comment_id,
            first_value(staged.given_id) OVER same AS given_id,
            row_number() OVER same AS turn
        FROM archive_planned AS planned JOIN archive_staged AS staged USING (position)
        WHERE staged.also <> '' AND planned.outcome IN ('public', 'hidden')
        WINDOW same AS (
            PARTITION BY planned.head, staged.also
            ORDER BY planned.change = 'new', position
        )
    ) AS first
    WHERE planned.position = first.position AND first.turn > 1
        AND planned.change = 'new'
"""
# Who answers a comment that is linked to another in the file answers that one.
REPLIES_TO_DOUBLES = """
    UPDATE archive_planned AS reply SET parent_position = first.position
    FROM archive_planned AS double
    JOIN archive_planned AS first ON first.comment_id = double.comment_id
        AND first.head = double.head AND first.outcome IN ('public', 'hidden')
    WHERE double.outcome = 'linked' AND reply.parent_position = double.position
        AND reply.head = double.head
"""
# Or which say the same by the same author in the same second, in different systems.
LINK_BY_LIKENESS = r"""
    UPDATE archive_planned AS planned SET outcome = 'linked',
        comment_id = same.comment_id, reason = same.reason
    FROM (
        SELECT DISTINCT ON (planned.position) planned.position, live.id AS comment_id,
            'Its author, text and second are those of comment #' || live.number
                AS reason
        FROM archive_planned AS planned
        JOIN archive_staged_story AS story ON story.story = planned.head
        JOIN archive_staged_comment AS comment USING (position)
        JOIN comments_comment AS live ON live.discussion_id = story.article_id
            AND live.author_name = comment.author_name
            AND date_trunc('second', live.posted_at)
                = date_trunc('second', comment.posted_at)
            AND regexp_replace(live.body_html, '<[^>]*>|\s+', '', 'g')
                = regexp_replace(comment.body_html, '<[^>]*>|\s+', '', 'g')
        WHERE planned.change = 'new' AND planned.outcome <> 'linked'
            AND comment.posted_precision = 'second'
            AND live.posted_precision = 'second'
            AND NOT EXISTS (
                SELECT FROM archive_record AS record
                JOIN archive_source AS source ON source.id = record.source_id
                WHERE record.comment_id = live.id AND source.origin = %(origin)s
            )
        ORDER BY planned.position, live.number
    ) AS same
    WHERE planned.position = same.position
"""

# Replies whose parent is not among the comments of their story in this file.
PARENTS = """
    UPDATE archive_planned AS planned SET parent_position = NULL,
        parent_id = lost.parent_id, awaits_parent = lost.awaits_parent,
        reason = concat_ws('. ', nullif(planned.reason, ''), lost.reason)
    FROM (
        SELECT planned.position, earlier.comment_id AS parent_id,
            earlier.comment_id IS NULL AND parent_staged.position IS NULL
                AND written.outcome IS NULL AS awaits_parent,
            CASE
                WHEN earlier.comment_id IS NOT NULL THEN NULL
                WHEN parent_staged.position IS NULL AND written.outcome IS NULL THEN
                    'Its parent “' || staged.given_parent || '” is not in the file'
                WHEN coalesce(parent.outcome, written.outcome, 'set_aside')
                    = 'set_aside' THEN
                    'Its parent “' || staged.given_parent || '” was set aside'
                ELSE 'Its parent “' || staged.given_parent
                    || '” belongs to another story'
            END AS reason
        FROM archive_planned AS planned
        JOIN archive_staged AS staged USING (position)
        LEFT JOIN archive_planned AS parent
            ON parent.position = planned.parent_position
        LEFT JOIN archive_staged AS parent_staged
            ON parent_staged.position = planned.parent_position
        LEFT JOIN LATERAL (
            SELECT record.comment_id FROM archive_record AS record
            JOIN archive_source AS source ON source.id = record.source_id
            JOIN archive_staged_story AS story ON story.story = planned.head
            JOIN comments_comment AS live ON live.id = record.comment_id
                AND live.discussion_id = story.article_id
            WHERE record.kind = 'comment' AND record.given_id = staged.given_parent
                AND source.origin = %(origin)s
                AND coalesce(parent.outcome, 'set_aside') = 'set_aside'
            ORDER BY record.occurrence, record.id DESC LIMIT 1
        ) AS earlier ON true
        -- What a run that was stopped has written is not staged any more.
        LEFT JOIN archive_record AS written ON written.source_id = %(source)s
            AND written.kind = 'comment' AND written.given_id = staged.given_parent
            AND written.occurrence = 1 AND NOT %(again)s
        WHERE staged.given_parent <> ''
            AND (parent.position IS NULL OR parent.head <> planned.head
                OR parent.outcome = 'set_aside')
    ) AS lost
    WHERE lost.position = planned.position
"""

BREAK_CIRCLE = """
    UPDATE archive_planned AS planned SET parent_position = NULL, reason = concat_ws(
        '. ', nullif(planned.reason, ''), 'Its parent “' || staged.given_parent
        || '” answers it in turn: as the oldest of the circle it answers nobody'
    )
    FROM archive_staged AS staged
    WHERE staged.position = planned.position AND planned.position = ANY(%(oldest)s)
"""

SETTLE = """
    UPDATE archive_staged AS staged SET outcome = settled.outcome,
        change = settled.change, reason = settled.reason,
        article_id = settled.article_id
    FROM unnest(
        %(positions)s::integer[], %(outcomes)s::text[], %(changes)s::text[],
        %(reasons)s::text[], %(articles)s::bigint[]
    ) AS settled (position, outcome, change, reason, article_id)
    WHERE staged.position = settled.position
"""


@dataclass(slots=True)
class Story:
    """A story that comments of the file stand under; `position` < 0: only they do."""

    position: int
    given_id: str
    occurrence: int = 1
    digest: bytes = b""
    is_public: bool = False
    fault: str = ""
    doubt: str = ""
    section: str = ""
    authors: list[str] = field(default_factory=list)
    source_url: str = ""
    addresses: list[str] = field(default_factory=list)
    has_body: bool = False
    comment_count: int = 0
    head: "Story | None" = None
    article: int | None = None
    outcome: str = ""
    change: str = "new"
    reason: str = ""
    batch: int = 0

    @property
    def keys(self) -> list[str]:
        """Return what its address may be looked up by."""
        addresses = [self.source_url, *self.addresses]
        return [key for key in map(lookup_key, addresses) if key]

    @property
    def is_refused(self) -> bool:
        return self.outcome == "set_aside" and self.article is None

    def settle(self, outcome: str, change: str = "new", reason: str = ""):
        self.outcome, self.change, self.reason = outcome, change, reason

    def store(self, change: str):
        self.settle("public" if self.is_public else "hidden", change, self.doubt)


def make_plan(source: Source, *, needs_comments: bool, again: bool = False) -> int:
    """Settle every staged record; return how many batches there are to write."""
    plan = _Plan(source, again)
    plan.run(needs_comments)
    return plan.batches


def is_large(stories: int, comments: int) -> bool:
    """Tell whether a file of so many is written in batches, while readers read."""
    return comments > WHOLE_COMMENTS or stories > WHOLE_STORIES


def implied_key(origin: str, given_id: str) -> str:
    """Return what a story is found by that only comments have named so far."""
    return f"{origin} {given_id}"[:2000]


def lookup_key(address: str) -> str:
    """Return what a story is found by that has this address; "" for no address."""
    return address if _IMPLIED.match(address) else key_of(address)


class _Plan:
    def __init__(self, source: Source, again: bool):
        self.source = source
        self.again = again
        self.names = {
            "source": source.pk,
            "origin": source.origin,
            "system": source.origin.split(":")[0],
            "again": again,
            "deleted": DELETED,
            "without_comment": WITHOUT_COMMENT,
        }
        earlier = Record.objects.filter(source__origin=source.origin)
        if not again:
            earlier = earlier.exclude(source=source)
        self.has_earlier = earlier.exists()
        self.is_resumed = not again and source.records.exists()
        self.batches = 0

    def run(self, needs_comments: bool):
        if Record.objects.exists():
            # They may have come a moment ago, and each comment of a discussion would be
            # compared with each.
            analyze(LIVE)
        self.do(OCCURRENCES)
        if not self.again:
            self.do(LEAVE_WRITTEN)
        self.do(REFUSE_FAULTY)
        if needs_comments:
            self.do(REFUSE_WITHOUT_COMMENTS)
        self.recognition = Recognition(self.source)
        self.plan_stories(needs_comments)
        self.plan_comments()
        self.plan_others()

    def do(self, statement: str, **names) -> int:
        return execute(statement, **self.names | names)

    def rows(self, statement: str, **names) -> list[tuple]:
        return rows(statement, **self.names | names)

    # Stories

    def plan_stories(self, needs_comments: bool):
        stories = [Story(*row) for row in self.rows(STORIES)]
        counts = {id: rest for id, *rest in self.rows(COMMENTS_OF_STORIES)}
        for story in stories:
            if story.occurrence == 1 and story.given_id in counts:
                story.comment_count = counts.pop(story.given_id)[0]
        stories += [
            Story(-position, id, comment_count=count)
            for id, (count, position) in counts.items()
        ]
        self.refuse_stories(stories)
        self.find_known(stories)
        self.find_here(stories)
        self.find_by_address(stories)
        if needs_comments:
            self.join_threads(stories)
        for story in stories:
            if not story.outcome:
                story.store("new")
        self.guard_edited(stories)
        self.part_into_batches(stories)
        self.keep_stories(stories)

    def refuse_stories(self, stories: list[Story]):
        ids = defaultdict(set)
        for kind, id in self.rows(
            "SELECT kind, given_id FROM archive_staged"
            " WHERE kind IN ('section', 'author') AND fault = ''"
        ):
            ids[kind].add(id)
        for story in stories:
            if story.fault:
                story.settle("set_aside", reason=story.fault)
            elif story.section and story.section not in ids["section"]:
                reason = f"The file has no section “{story.section}”"
                story.settle("set_aside", reason=reason)
            elif missing := set(story.authors) - ids["author"]:
                reason = f"The file has no author “{min(missing)}”"
                story.settle("set_aside", reason=reason)

    def find_known(self, stories: list[Story]):
        """Recognise what earlier files of this origin have brought."""
        if not self.has_earlier:
            return
        known = {
            (id, occurrence): rest
            for id, occurrence, *rest in self.rows(KNOWN, kind="article")
        }
        for story in stories:
            found = known.get((story.given_id, story.occurrence))
            if found is None or story.fault:
                continue
            digest, outcome, story.article, _ = found
            if story.article is None:
                story.settle("set_aside", "unchanged", DELETED)
            elif outcome == "linked":
                story.settle(
                    "linked", "unchanged", gettext_noop("It came with an earlier file")
                )
            elif bytes(digest) == bytes(story.digest) or story.position < 0:
                story.store("unchanged")
            elif story.outcome:
                # What it would become is refused; its comments find their story.
                story.change = "changed"
            else:
                story.store("changed")

    def find_here(self, stories: list[Story]):
        """Link a story of an archive to itself, if it is in this site already."""
        here = self.recognition.stories()
        found = []
        for story in stories:
            if story.outcome or story.position not in here:
                continue
            if article := here[story.position]:
                found.append((story, article, gettext_noop("It is here already")))
            else:
                story.settle("set_aside", "unchanged", DELETED)
        self.link_stories(found)

    def find_by_address(self, stories: list[Story]):
        """Link a story to the one that is known by one of its addresses."""
        open_ones = [story for story in stories if not story.outcome]
        keys_of = {story.position: self.keys_of(story) for story in open_ones}
        keys = {key for keys in keys_of.values() for key in keys}
        found = {}
        for some in _parts(sorted(keys), KEYS):
            known = SourceAddress.objects.filter(key__in=some).order_by("-article_id")
            if self.is_resumed:
                # As if the stories of this file had not been written yet.
                own = self.source.records.filter(article__isnull=False)
                known = known.exclude(article__in=own.values("article"))
            found |= dict(known.values_list("key", "article_id"))
        reason = gettext_noop("Its address is that of a known story")
        self.link_stories(
            [
                (story, article, reason)
                for story in open_ones
                for article in filter(None, map(found.get, keys_of[story.position]))
            ]
        )

    def link_stories(self, found: list[tuple[Story, int, str]]):
        """Link stories to those found, each to the first, for a reason.

        One that had no text yet, because only its comments had come, gets this text.
        """
        empty = set()
        for some in _parts(sorted({article for _, article, _ in found}), KEYS):
            empty |= set(
                Article.objects.filter(pk__in=some, body="").values_list(
                    "pk", flat=True
                )
            )
        for story, article, reason in found:
            if story.article is not None:
                continue
            story.article = article
            if story.has_body and article in empty:
                empty.discard(article)
                story.store("changed")
            else:
                story.settle("linked", reason=reason)

    def keys_of(self, story: Story) -> list[str]:
        return [*story.keys, implied_key(self.source.origin, story.given_id)]

    def join_threads(self, stories: list[Story]):
        """Make one story of the threads without a text that speak of one page."""
        shared = defaultdict(list)
        for id, also in self.rows(SHARED_COMMENTS):
            shared[id].append(f"comment {also}")
        firsts: dict[str, Story] = {}
        threads = [
            story
            for story in stories
            if not (story.article or story.outcome or story.has_body)
        ]
        for story in threads:
            comments = shared[story.given_id] if story.occurrence == 1 else ()
            for key in [*story.keys, *comments]:
                _join(firsts.setdefault(key, story), story)
        for story in threads:
            if story.head is not None:
                head = story.head = _top(story)
                head.is_public = head.is_public or story.is_public
                story.settle("linked", reason=f"The same page as “{head.given_id}”")

    def guard_edited(self, stories: list[Story]):
        """Leave a story alone that an editor has worked on since it came."""
        changed = {story.article for story in stories if story.change == "changed"}
        edited = ArticleRevision.objects.filter(
            article__in=changed, editor__isnull=False
        )
        edited = set(edited.values_list("article", flat=True))
        for story in stories:
            if story.change == "changed" and story.article in edited:
                reason = gettext_noop(
                    "An editor has changed the story, which was left as it is"
                )
                story.settle("set_aside", "changed", reason)

    def part_into_batches(self, stories: list[Story]):
        heads = defaultdict(list)
        for story in stories:
            if not story.is_refused:
                key = story.article or -(story.head or story).position
                heads[key, story.article is None].append(story)
        total = sum(story.comment_count for story in stories)
        is_whole = not is_large(len(heads), total)
        comments = count = 0
        for group in heads.values():
            size = sum(story.comment_count for story in group)
            is_full = comments + size > BATCH_COMMENTS or count >= BATCH_STORIES
            if count and is_full and not is_whole:
                self.batches += 1
                comments = count = 0
            for story in group:
                story.head, story.batch = group[0], self.batches
            comments, count = comments + size, count + 1
        self.batches += bool(count)

    def keep_stories(self, stories: list[Story]):
        copy(
            "COPY archive_staged_story (story, head, given_id, article_id, is_refused,"
            " batch) FROM STDIN",
            (
                (
                    story.position,
                    (story.head or story).position,
                    story.given_id if story.occurrence == 1 else None,
                    story.article,
                    story.is_refused,
                    story.batch,
                )
                for story in stories
            ),
        )
        self.do("ANALYZE archive_staged_story")
        self.settle(
            (story.position, story.outcome, story.change, story.reason, story.article)
            for story in stories
            if story.position > 0
        )

    def settle(self, settled: Iterable[tuple]):
        """Note what becomes of some records: position, outcome, change and so on."""
        names = ("positions", "outcomes", "changes", "reasons", "articles")
        if columns := [list(column) for column in zip(*settled, strict=True)]:
            self.do(SETTLE, **dict(zip(names, columns, strict=True)))

    # Comments

    def plan_comments(self):
        self.do(REFUSE_OF_REFUSED)
        self.do(RESERVE_KEYS)
        self.do(COMMENTS)
        self.do("ANALYZE archive_planned")
        self.do(KEEP_KEYS)
        self.do(ONLY_NUMBERS_GIVEN_ONCE)
        if self.has_earlier:
            self.do(KNOWN_COMMENTS, kind="comment")
        if self.recognition.settle_comments(DELETED) or self.has_earlier:
            self.do(NO_EMPTY_DRAFTS)
        self.link()
        self.do(PARENTS)
        self.break_circles()

    def link(self):
        """Link comments that another system's export has brought, or this one twice."""
        # Often none of them is new any more, and then there is little to compare.
        self.do("ANALYZE archive_planned")
        if self.rows("SELECT FROM archive_staged_story WHERE article_id > 0 LIMIT 1"):
            self.do(LINK_BY_ITS_WORD)
            self.do(LINK_BY_THEIR_WORD)
            self.do(LINK_BY_LIKENESS)
        if self.do(LINK_IN_FILE):
            self.do(REPLIES_TO_DOUBLES)

    def break_circles(self):
        """Make the oldest comment of each circle of parents answer nobody."""
        parents = self.ways_up()
        circles, seen_in = [], {}
        for start in parents:
            place, walked = start, []
            while place in parents and place not in seen_in:
                seen_in[place] = start
                walked.append(place)
                place = parents[place]
            if seen_in.get(place) == start and place in walked:
                circles.append(walked[walked.index(place) :])
        if circles:
            ages = self.ages_of([place for circle in circles for place in circle])
            oldest = [min(circle, key=ages.get) for circle in circles]
            self.do(BREAK_CIRCLE, oldest=oldest)

    def ways_up(self) -> dict[int, int]:
        """Return parents by position, of all who may be in a circle.

        In each there is one who stands before its parent in the file, or is its own.
        """
        parents = dict(
            self.rows(
                "SELECT position, parent_position FROM archive_planned"
                " WHERE parent_position >= position"
            )
        )
        level = set(parents.values()) - parents.keys()
        while level:
            above = dict(
                self.rows(
                    "SELECT position, parent_position FROM archive_planned"
                    " WHERE position = ANY(%(level)s) AND parent_position IS NOT NULL",
                    level=list(level),
                )
            )
            parents |= above
            level = set(above.values()) - parents.keys()
        return parents

    def ages_of(self, positions: list[int]) -> dict[int, tuple]:
        """Return what sorts comments from the oldest on; undated ones come last."""
        dates = self.rows(
            "SELECT position, posted_at FROM archive_staged_comment"
            " WHERE position = ANY(%(positions)s)",
            positions=positions,
        )
        return {
            position: (at is None, at and at.timestamp(), position)
            for position, at in dates
        }

    # All else

    def plan_others(self):
        for kind, model in (("section", Section), ("topic", Topic), ("author", Author)):
            self.settle_named(kind, set(model.objects.values_list("name", flat=True)))
        self.settle_terms()
        self.do(
            "UPDATE archive_staged AS staged SET outcome = 'hidden', change = 'new',"
            " reason = payload ->> 'address' FROM archive_staged_payload AS given"
            " WHERE given.position = staged.position AND kind = 'attachment'"
        )
        self.do(
            "UPDATE archive_staged SET outcome = 'hidden', change = 'new', reason = ''"
            " WHERE kind IN ('source', 'record') AND fault = ''"
        )

    def settle_named(self, kind: str, names: set[str]):
        """Settle sections, topics or authors, which are one when their name is."""
        self.do(
            "UPDATE archive_staged AS staged SET"
            " outcome = CASE WHEN occurrence > 1 THEN 'set_aside' ELSE 'public' END,"
            " change = CASE WHEN payload ->> 'name' = ANY(%(names)s)"
            " THEN 'unchanged' ELSE 'new' END,"
            " reason = CASE WHEN occurrence > 1 THEN %(twice)s ELSE '' END"
            " FROM archive_staged_payload AS given"
            " WHERE given.position = staged.position AND kind = %(kind)s",
            kind=kind,
            names=list(names),
            twice=ID_USED_TWICE,
        )

    def settle_terms(self):
        """Settle terms: what is filed under them is a section, a topic or neither."""
        names = {
            True: set(Section.objects.values_list("name", flat=True)),
            False: set(Topic.objects.values_list("name", flat=True)),
        }
        settled = []
        for position, taxonomy, name in self.rows(
            "SELECT position, payload ->> 'taxonomy', payload ->> 'name'"
            " FROM archive_staged JOIN archive_staged_payload USING (position)"
            " WHERE kind = 'term' ORDER BY position"
        ):
            if taxonomy not in ("category", "tag"):
                reason = f"A term of the kind “{taxonomy}”, which files no story"
                settled.append((position, "set_aside", "new", reason, None))
                continue
            known = names[taxonomy == self.source.sections_from]
            change = "unchanged" if name in known else "new"
            known.add(name)
            settled.append((position, "public", change, "", None))
        self.settle(settled)


def _top(story: Story) -> Story:
    """Return the story that a story is part of, directly or by others; else itself."""
    while story.head is not None:
        story = story.head
    return story


def _join(one: Story, other: Story):
    """Make one story of two; the head is one with a record, and the first of those."""
    one, other = _top(one), _top(other)
    if one is not other:
        pair = sorted(
            (one, other), key=lambda story: (story.position < 0, abs(story.position))
        )
        pair[1].head = pair[0]


def _parts(items: list, size: int):
    return (items[start : start + size] for start in range(0, len(items), size))
