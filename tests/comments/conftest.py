"""What tests of threads share: makers of whole threads."""

import pytest
from django.db import connection


@pytest.fixture
def make_thread(make_article):
    """Return a maker of discussions from {number: number of the parent, or None}.

    The rows are written in one go, with their places ready-made.
    """
    from comments.models import Comment

    def make(parents, hidden=()):
        discussion = make_article().discussion
        keys = {number: discussion.pk * 1_000_000 + number for number in parents}
        Comment.objects.bulk_create(
            Comment(
                pk=keys[number],
                discussion=discussion,
                number=number,
                path=path_of(parents, number),
                parent_id=keys.get(parent),
                reply_basis="given" if parent else "",
                author_name=f"Reader {number % 5}",
                body="Well said.",
                status="hidden" if number in hidden else "public",
            )
            for number, parent in parents.items()
        )
        discussion.refresh_from_db()
        return discussion

    return make


def path_of(parents, number):
    path = []
    while number:
        path.insert(0, number)
        number = parents[number]
    return path


@pytest.fixture
def make_chain(make_article):
    """Return a maker of discussions where each comment answers the one before.

    SQL builds the paths: they have millions of numbers in all.
    """

    def make(length):
        discussion = make_article().discussion
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO comments_comment (
                    id, discussion_id, parent_id, reply_basis, number, path,
                    author_name, author_url, body, body_format, body_html, language,
                    is_truncated, posted_precision, status, status_reason, kind
                ) SELECT
                    1000000 + number, %(discussion)s, nullif(1000000 + number, 1000001)
                        - 1, CASE number WHEN 1 THEN '' ELSE 'given' END, number,
                    ARRAY(SELECT generate_series(1, number)),
                    '', '', 'Well said.', 'text', '<p>Well said.</p>', '',
                    FALSE, 'unknown', 'public', '', 'comment'
                FROM generate_series(1, %(length)s) AS number
                """,
                {"discussion": discussion.pk, "length": length},
            )
        discussion.refresh_from_db()
        return discussion

    return make
