"""What tests share: makers of stories and comments, and settings for a test's run."""

import itertools
import os

import pytest
from django.conf import settings
from django.db import connection

# A browser test runs an event loop beside the test's own thread; Django would refuse
# the database there, though the two never use a connection at the same time.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Remove the test database also when a killed process still has a session there.

    Its backend first finishes the statement it is at, and only then sees the end.
    """
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session", autouse=True)
def _plain_http():
    """Speak HTTP, as quickstart does; middleware reads these when it is made."""
    settings.SECURE_SSL_REDIRECT = False
    settings.SESSION_COOKIE_SECURE = False
    settings.CSRF_COOKIE_SECURE = False


@pytest.fixture(autouse=True)
def _test_settings(settings, tmp_path):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "sources": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "sources"},
        },
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        },
    }


@pytest.fixture
def make_article(db):
    """Return a maker of stories: published, of unknown date, unless told otherwise."""
    from articles.models import Article

    numbers = itertools.count(1)

    def make(**fields):
        number = next(numbers)
        fields.setdefault("headline", f"Story {number}")
        fields.setdefault("slug", f"story-{number}")
        fields.setdefault("status", "published")
        if "published_at" not in fields:
            fields.setdefault("published_precision", "unknown")
        return Article.objects.create(**fields)

    return make


@pytest.fixture
def make_comment(make_article):
    """Return a maker of comments: public, below one story unless told otherwise."""
    from comments.models import Comment

    stories = []

    def make(*, article=None, parent=None, **fields):
        if parent is not None:
            fields.setdefault("reply_basis", "given")
            fields.setdefault("discussion_id", parent.discussion_id)
        elif article is None and not stories:
            stories.append(make_article())
        if "discussion_id" not in fields and "discussion" not in fields:
            fields["discussion_id"] = (article or stories[0]).pk
        fields.setdefault("body", "Well said.")
        fields.setdefault("status", "public")
        return Comment.objects.create(parent=parent, **fields)

    return make
