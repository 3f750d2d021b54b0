"""Readers' pages from the cache: quick, and never what has changed since.

The cache stands before Django and asks by a connection of its own, so these tests
commit what they write.
"""

import io
import os
import signal
from datetime import timedelta
from threading import Thread
from wsgiref.util import setup_testing_defaults

import brotli
import pytest
from django.conf import settings as site
from django.core.cache import caches
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.utils import timezone

from articles.models import Article, Author, Byline, Section, Topic
from comments.models import Comment, Discussion
from newsroom.archive.importing import import_file
from newsroom.archive.models import Record, Source
from newsroom.caching import marks
from newsroom.caching.application import PageCache
from newsroom.caching.encodings import ENCODINGS
from newsroom.caching.marks import ChangeMarks

SAMPLE = site.BASE_DIR / "newsroom/archive/sample/xiaomi-microsoft.jsonl"
DISCUSSION = "/articles/story-1/discussion/"


class Answer:
    """What an application answers to a request for an address."""

    def __init__(self, application, address, method="GET", **headers):
        path, _, query = address.partition("?")
        environ = {"REQUEST_METHOD": method, "HTTP_HOST": "testserver"}
        environ |= {"PATH_INFO": path, "QUERY_STRING": query}
        environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        setup_testing_defaults(environ)
        chunks = application(environ, self._start)
        self.body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()

    def _start(self, status, headers, exc_info=None):
        self.status, self.headers = int(status.split()[0]), dict(headers)
        # It comes when the second is over.
        self.modified = self.headers.pop("Last-Modified", None)


class Counting:
    """Django, counting what it is asked for; `meanwhile` runs before it answers."""

    def __init__(self):
        self.django, self.count, self.meanwhile = WSGIHandler(), 0, None

    def __call__(self, environ, start_response):
        self.count += 1
        response = self.django(environ, start_response)
        if self.meanwhile:
            self.meanwhile()
        return response


@pytest.fixture
def django():
    return Counting()


@pytest.fixture
def pages(django, settings, transactional_db):
    settings.ALLOWED_HOSTS = ["testserver"]
    caches["pages"].clear()
    page_cache = PageCache(django)
    yield page_cache
    page_cache.marks.close()


@pytest.fixture
def get(pages):
    return lambda address, **headers: Answer(pages, address, **headers)


@pytest.fixture
def fresh():
    """Return what Django alone answers."""
    return lambda address: Answer(WSGIHandler(), address).body


@pytest.fixture
def story(make_article, make_comment):
    """A story with all that its page shows of other tables."""
    section = Section.objects.create(name="Rivers", slug="rivers")
    article = make_article(section=section, published_note="By hand.")
    author = Author.objects.create(name="Ada", slug="ada", biography="She rows.")
    Byline.objects.create(article=article, author=author)
    article.topics.add(Topic.objects.create(name="Floods", slug="floods"))
    make_comment(article=article, body="It rose.")
    source = Source.objects.create(sha256="0" * 64, name="file", size=1, note="Whole.")
    Record.objects.create(
        source=source,
        position=1,
        start=0,
        end=1,
        kind="article",
        given_id="1",
        digest=b"",
        outcome="public",
        article=article,
    )
    return article


def test_page_is_made_once(get, django, story, django_assert_num_queries):
    address = story.get_absolute_url()
    first = get(address)

    with django_assert_num_queries(0):
        second = get(address)

    assert django.count == 1
    assert (second.status, second.body) == (200, first.body)
    assert second.headers == first.headers


def test_page_has_all_headers_of_django_and_those_of_a_cache(get, story):
    plain = Answer(WSGIHandler(), story.get_absolute_url()).headers

    headers = get(story.get_absolute_url()).headers

    for name in ("ETag", "Content-Security-Policy"):  # Written in any order.
        del plain[name]
    assert headers.pop("ETag").startswith('W/"')
    assert "default-src 'none'" in headers.pop("Content-Security-Policy")
    assert headers == plain | {
        "Cache-Control": "public, max-age=60, stale-while-revalidate=600",
        "Surrogate-Key": f"story-{story.pk}",
        "Vary": "Accept-Encoding",
    }


# In an order that leaves something to change.
CHANGES = {
    "headline": lambda: Article.objects.update(headline="Another"),
    "section": lambda: Section.objects.update(name="Lakes"),
    "topic": lambda: Topic.objects.update(name="Droughts"),
    "topic taken": lambda: Article.objects.get().topics.clear(),
    "author": lambda: Author.objects.update(name="Eve"),
    "biography": lambda: Author.objects.update(biography="She swims."),
    "byline": lambda: Byline.objects.update(biography="She dives."),
    "byline taken": lambda: Byline.objects.all().delete(),
    "correction": lambda: Article.objects.get().revise(note="No.", is_correction=True),
    "note of its source": lambda: Source.objects.update(note="In part."),
    "record": lambda: Record.objects.update(start=5, end=10),
    "record taken": lambda: Record.objects.update(article=None),
    "policy": lambda: Discussion.objects.update(policy="open"),
    "comment": lambda: Comment.objects.update(author_name="Bob"),
    "answer": lambda: Comment.objects.create(
        parent=Comment.objects.get(), discussion_id=Article.objects.get().pk,
        reply_basis="given", body="It fell.", status="public",
    ),
    "parent": lambda: Comment.objects.update(parent=None, reply_basis=""),
    "removed": lambda: Comment.objects.filter(number=1).set_status("removed", "Rude"),
    "hidden": lambda: Comment.objects.filter(number=2).set_status("hidden"),
    "deleted": lambda: Comment.objects.filter(number=1).delete(),
    "closed": lambda: Discussion.objects.update(policy="closed"),
}  # fmt: skip


def test_page_of_a_story_is_never_older_than_a_change(get, fresh, story):
    address = story.get_absolute_url()
    before = get(address)

    for name, change in CHANGES.items():
        change()
        after = get(address, if_none_match=before.headers["ETag"])

        assert (name, after.body) == (name, fresh(address))
        assert before.body != after.body or name == "policy"
        before = after


def test_page_of_a_comment_changes_with_its_thread(get, fresh, make_comment):
    comment = make_comment()
    address = comment.get_absolute_url()
    before = get(address)

    make_comment(parent=comment)

    assert before.body != get(address).body == fresh(address)


@pytest.mark.parametrize(
    "address",
    ["/comments/{}/cite/", "/comments/{}/cite.bib", "/articles/story-1/given/"],
)
def test_page_changes_with_the_record_of_a_comment(get, fresh, make_comment, address):
    comment = make_comment()
    address = address.format(comment.pk)
    before = get(address)

    source = Source.objects.create(
        sha256="0" * 64,
        name="file",
        size=1,
        url="https://forum.example/",
        captured_at=timezone.now(),
        captured_precision="day",
    )
    Record.objects.create(
        source=source,
        position=1,
        start=0,
        end=1,
        kind="comment",
        given_id="77",
        digest=b"",
        outcome="public",
        comment=comment,
    )

    assert before.body != get(address).body == fresh(address)


def test_page_stays_when_a_comment_comes_that_readers_never_see(
    get, django, make_comment
):
    comment = make_comment()
    address = comment.discussion.article.get_absolute_url()
    before = get(address)

    make_comment(parent=comment, status="spam")
    after = get(address, if_none_match=before.headers["ETag"])

    assert (after.status, django.count) == (304, 1)


def test_hidden_comment_has_no_page_any_more(get, make_comment):
    comment = make_comment()
    tag = get(comment.get_absolute_url()).headers["ETag"]

    Comment.objects.all().set_status("hidden")

    assert get(comment.get_absolute_url()).status == 404
    for known in (tag, "*"):
        assert get(comment.get_absolute_url(), if_none_match=known).status == 404
    future = "Fri, 01 Jan 2999 10:00:00 GMT"
    assert get(comment.get_absolute_url(), if_modified_since=future).status == 404


def test_withdrawn_story_has_no_page_any_more(get, make_comment):
    comment = make_comment()
    story = comment.discussion.article.get_absolute_url()
    addresses = [story, f"{story}discussion/", comment.get_absolute_url()]
    tags = [get(address).headers["ETag"] for address in addresses]

    Article.objects.all().withdraw()

    for address, tag in zip(addresses, tags, strict=True):
        assert get(address, if_none_match=tag).status == 404
    assert b"Story 1" not in get("/").body


def test_front_page_changes_with_whatever_is_written(get, fresh, story):
    before = get("/")

    Comment.objects.all().set_status("hidden")

    assert before.body != get("/").body == fresh("/")


def test_scheduled_story_appears_the_moment_it_is_due(get, django, make_article):
    due = timezone.now() + timedelta(seconds=0.5)
    article = make_article(
        headline="The flood", published_at=due, published_precision="second"
    )
    before = [get("/"), get(article.get_absolute_url())]

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep_until(%s)", [due])
    after = [get("/"), get(article.get_absolute_url())]

    assert [answer.status for answer in before] == [200, 404]
    assert [answer.status for answer in after] == [200, 200]
    assert [b"The flood" in answer.body for answer in (before[0], *after)] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("address", ["/", "/articles/story-1/"])
def test_page_made_before_a_change_is_not_kept_as_one_made_after_it(
    get, fresh, django, make_comment, address
):
    make_comment(body="Secret words")
    django.meanwhile = lambda: Comment.objects.all().set_status("hidden")
    made_before = get(address)
    django.meanwhile = None

    after = get(address)

    assert b"Secret" in made_before.body
    assert after.body == fresh(address)
    assert b"Secret" not in after.body


@pytest.mark.parametrize("address", ["/", "/articles/story-1/"])
def test_page_changes_when_a_change_is_committed_not_when_it_is_made(
    get, fresh, django, make_comment, pages, address
):
    make_comment(body="Secret words")
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("UPDATE comments_comment SET status = 'hidden'")
    # Meanwhile somebody else is done with something that began later.
    Section.objects.create(name="Rivers", slug="rivers")
    shown = [get(address).body, get(address).body]

    other.commit()
    other.close()

    assert [b"Secret" in body for body in shown] == [True, True]
    assert get(address).body == fresh(address)
    assert b"Secret" not in get(address).body


def test_every_process_shows_a_change_at_once(get, fresh, story):
    other = PageCache(WSGIHandler())
    address = story.get_absolute_url()
    shown = [get(address).body, Answer(other, address).body]

    Comment.objects.all().set_status("hidden")

    assert shown[0] == shown[1] != fresh(address)
    assert [get(address).body, Answer(other, address).body] == [fresh(address)] * 2
    other.marks.close()


def test_unknown_parameters_are_shown_but_not_kept(get, django, make_comment):
    story = make_comment().discussion_id

    for query in ("x=1", "start=1&start=1", "start=1&x=1"):
        django.count = 0
        answers = [get(f"{DISCUSSION}?{query}") for _ in range(2)]

        assert django.count == 2
        assert [answer.status for answer in answers] == [200, 200]
        assert answers[0].headers["Surrogate-Key"] == f"story-{story}"
        assert answers[0].headers["Cache-Control"].startswith("public")


def test_known_parameters_mean_the_same_in_any_order(get, django, make_comment):
    make_comment()

    get(f"{DISCUSSION}?start=1&order=captured")
    get(f"{DISCUSSION}?order=captured&start=1")
    other = get(f"{DISCUSSION}?order=captured")

    assert django.count == 2
    assert other.status == 200


def test_page_is_kept_once_however_it_is_asked_for(get, django, story):
    # A story's page: the front page is made anew when any test beside this one writes.
    for query in ("", "?", "?&", "?&&"):
        assert get(f"{story.get_absolute_url()}{query}").status == 200
    assert django.count == 1

    get(f"{DISCUSSION}?order=captured")
    get(f"{DISCUSSION}?&order=%63aptured&")
    assert django.count == 2


def test_no_other_way_to_write_an_address_is_kept(get, django, make_comment):
    comment = make_comment()

    for address in (
        f"{DISCUSSION}?start=01",
        f"{DISCUSSION}?start=%201",
        f"{DISCUSSION}?start=",
        f"/comments/0{comment.pk}/",
        "/sitemaps/00.xml",
    ):
        django.count = 0
        answers = [get(address) for _ in range(2)]

        assert [answer.status for answer in answers] == [200, 200]
        assert (address, django.count) == (address, 2)


@pytest.mark.parametrize("host", ["testserver:99", "TestServer", "testserver."])
def test_other_names_of_the_host_are_shown_but_not_kept(get, django, story, host):
    address = story.get_absolute_url()

    answers = [get(address, host=host) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert django.count == 2


def test_port_of_the_server_is_its_own(get, django, story):
    for _ in range(2):
        assert get(story.get_absolute_url(), host="testserver:80").status == 200

    assert django.count == 1


def test_missing_page_is_not_kept(get, django):
    for address in ("/articles/none/", "/comments/1/", "/?after=x", "/?after=9"):
        django.count = 0

        assert [get(address).status, get(address).status] == [404, 404]
        assert django.count == 2


def test_redirect_is_not_kept(get, django, make_article):
    article = make_article(slug="first")
    article.slug = "second"
    article.save()

    answer = get("/articles/first/")

    assert (answer.status, answer.headers["Location"]) == (301, "/articles/second/")
    assert "Cache-Control" not in answer.headers


def test_other_pages_are_left_alone(get):
    for address in ("/admin/login/", "/healthz"):
        plain = Answer(WSGIHandler(), address)

        answer = get(address)

        assert answer.status == plain.status == 200
        assert answer.headers.keys() == plain.headers.keys()
        assert answer.headers.get("Cache-Control") == plain.headers.get("Cache-Control")


PERSONAL = [
    ("Set-Cookie", "sessionid=1"),
    ("Vary", "Accept-Language, Cookie"),
    ("Cache-Control", "max-age=0, private"),
    ("Cache-Control", "no-store"),
]


def test_personal_page_is_never_kept(pages):
    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "3"), header])
        return io.BytesIO(next(visitors).encode())

    pages.application = application
    for header in PERSONAL:
        visitors = iter(["Ada", "Eve"])
        answers = [Answer(pages, "/") for _ in range(2)]

        assert [answer.body for answer in answers] == [b"Ada", b"Eve"]
        assert answers[1].headers == dict([("Content-Length", "3"), header])


def test_cookie_makes_no_difference(get, django, story):
    first = get(story.get_absolute_url(), cookie="sessionid=abc; csrftoken=def")

    assert get(story.get_absolute_url()).body == first.body
    assert django.count == 1


def test_host_and_scheme_have_pages_of_their_own(get, django, settings, story):
    settings.ALLOWED_HOSTS = ["testserver", "other"]
    address = story.get_absolute_url()

    get(address)
    get(address, host="other")

    assert django.count == 2
    assert get(address, host="evil").status == 400
    assert get(address, host="evil").status == 400


def test_unchanged_page_is_answered_304(get, django, make_comment):
    comment = make_comment()
    for address in ("/articles/story-1/", comment.get_absolute_url()):
        tag = get(address).headers["ETag"]
        django.count = 0

        answer = get(address, if_none_match=f'"other", {tag.removeprefix("W/")}')

        assert (answer.status, answer.body, django.count) == (304, b"", 0)
        assert answer.headers == {
            "Cache-Control": "public, max-age=60, stale-while-revalidate=600",
            "ETag": tag,
            "Vary": "Accept-Encoding",
        }


def test_front_page_with_the_same_bytes_is_answered_304_after_a_write(get, story):
    tag = get("/").headers["ETag"]

    Topic.objects.create(name="Boats", slug="boats")

    assert get("/", if_none_match=tag).status == 304


def test_page_tells_when_it_changed_once_that_second_is_over(get, make_article):
    address = make_article().get_absolute_url()
    at_once = get(address).modified
    with connection.cursor() as cursor:
        # As if it had been long ago.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE articles_article SET changed_at = '2020-05-01 09:00Z'")
        at = "2020-05-01 10:00:00.5Z"
        cursor.execute("UPDATE comments_discussion SET changed_at = %s", [at])
        cursor.execute("SELECT changed_at FROM articles_common_mark")
        (kept,) = cursor.fetchone()
        early = "UPDATE articles_common_mark SET changed_at = %s"
        cursor.execute(early, ["2019-05-01Z"])
        cursor.execute("SET session_replication_role = origin")

    moment = get(address).modified
    same = get(address, if_modified_since=moment).status
    earlier = get(address, if_modified_since="Fri, 01 May 2020 10:00:00 GMT").status
    with connection.cursor() as cursor:
        cursor.execute(early, [kept])

    assert at_once is None
    assert (moment, same, earlier) == ("Fri, 01 May 2020 10:00:01 GMT", 304, 200)


def test_head_has_the_headers_and_no_body(get, django, story):
    address = story.get_absolute_url()

    head = get(address, method="HEAD")
    answer = get(address)

    assert (head.status, head.body, django.count) == (200, b"", 1)
    assert head.headers == answer.headers


@pytest.mark.parametrize("order", [1, -1])
def test_page_is_sent_as_the_browser_can_read_it(get, fresh, django, story, order):
    address = story.get_absolute_url()

    for encoding in ["", *ENCODINGS, "", *ENCODINGS][::order]:
        answer = get(address, accept_encoding=encoding)

        assert answer.headers.get("Content-Encoding", "") == encoding
        assert answer.headers["Content-Length"] == f"{len(answer.body)}"
        assert answer.headers["Vary"] == "Accept-Encoding"
        plain = ENCODINGS[encoding].read(answer.body) if encoding else answer.body
        assert plain == fresh(address)
    assert django.count == 1


def test_page_that_is_not_kept_is_compressed_too(get, fresh, story):
    address = f"{story.get_absolute_url()}?x=1"

    answer = get(address, accept_encoding="br")

    assert brotli.decompress(answer.body) == fresh(address)


def test_without_page_cache_nothing_is_kept_but_tags_are(get, django, settings, story):
    settings.PAGE_CACHE = 0
    tag = get(story.get_absolute_url()).headers["ETag"]
    get(story.get_absolute_url())

    answer = get(story.get_absolute_url(), if_none_match=tag)

    assert (answer.status, django.count) == (304, 2)


def test_processes_share_pages(get, pages, django, settings, story):
    settings.SHARES_PAGES = True
    address = story.get_absolute_url()
    caches["default"].clear()
    page = get(address, accept_encoding="br")
    caches["pages"].clear()  # As in another process.

    others = [get(address, accept_encoding=encoding) for encoding in ("br", "gzip")]
    Comment.objects.all().set_status("hidden")
    after = get(address)

    assert others[0].body == page.body
    assert others[1].headers["Content-Encoding"] == "gzip"
    assert (django.count, b"It rose." in after.body) == (2, False)


def test_site_goes_on_when_the_shared_cache_is_down(get, django, settings, story):
    settings.SHARES_PAGES = True
    settings.CACHES = site.CACHES | {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    answers = [get(story.get_absolute_url(), accept_encoding="br") for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert django.count == 1


def test_database_connection_that_was_closed_is_made_anew(get, pages, django, story):
    get(story.get_absolute_url())
    with connection.cursor() as cursor:
        pid = pages.marks._connection.info.backend_pid
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    answer = get(story.get_absolute_url())

    assert (answer.status, django.count) == (200, 1)
    assert pages.marks._connection.info.backend_pid != pid


@pytest.fixture
def silent(pages):
    """Have the server not answer the page cache."""
    pages.marks.current("")
    pid = pages.marks._connection.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    yield
    os.kill(pid, signal.SIGCONT)


def test_server_that_does_not_answer_is_not_waited_for(
    get, pages, fresh, django, story, monkeypatch, request
):
    monkeypatch.setattr(marks, "ANSWERS_WITHIN", 0.2)
    address = story.get_absolute_url()
    get(address)
    request.getfixturevalue("silent")

    shown = get(address)
    later = get(address)

    assert (shown.body, "ETag" in shown.headers) == (fresh(address), True)
    assert "Surrogate-Key" not in shown.headers
    assert later.headers["Surrogate-Key"] == f"story-{story.pk}"
    assert django.count == 2


def test_who_waits_for_others_gives_up_in_the_end(pages, get, story, monkeypatch):
    monkeypatch.setattr(marks, "WAITS_AT_MOST", 0.1)

    with pages.marks._turn:
        answer = get(story.get_absolute_url())

    assert (answer.status, "Surrogate-Key" in answer.headers) == (200, False)


def test_mark_of_every_page_tells_when_the_server_started(pages):
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM pg_postmaster_start_time())::float8")
        (started,) = cursor.fetchone()

    assert float(pages.marks.current("").text.split()[1]) == started


def test_all_who_wait_get_their_marks(transactional_db, make_article, make_comment):
    comment = make_comment()
    make_article(slug="null")
    change_marks, answers = ChangeMarks(), {}
    asked = ["", "story-1", "null", f"#{comment.pk}", "#0", "nothing"]
    waiting = [
        Thread(
            target=lambda name=name: answers.update({name: change_marks.current(name)})
        )
        for name in asked
    ]

    with change_marks._turn:
        for thread in waiting:
            thread.start()
        while len(change_marks._waiting) < len(asked):
            pass
    for thread in waiting:
        thread.join()
    change_marks.close()

    stories = {name: mark and mark.story for name, mark in answers.items()}
    assert stories == {
        "": 0,
        "story-1": comment.discussion_id,
        "null": Article.objects.get(slug="null").pk,
        f"#{comment.pk}": comment.discussion_id,
        "#0": None,
        "nothing": None,
    }


@pytest.fixture
def count_writes(transactional_db, story):
    """Return how often a change of the byline in a transaction writes the story."""

    def count(write):
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute("SELECT changed_at FROM articles_article")
            before = cursor.fetchone()
            write()
            cursor.execute("SELECT changed_at FROM articles_article")
            written = cursor.fetchone()
            Byline.objects.update(biography="She dives.")
            cursor.execute("SELECT changed_at FROM articles_article")
            return [before != written, written != cursor.fetchone()]

    return count


def _nothing():
    pass


def _article():
    Article.objects.update(headline="Another")


def _article_below_a_savepoint():
    with transaction.atomic():
        _article()


def test_byline_moves_the_mark_unless_its_transaction_has(count_writes):
    assert count_writes(_nothing) == [False, True]
    assert count_writes(_article) == [True, False]
    assert count_writes(_article_below_a_savepoint) == [True, False]


def test_byline_moves_the_mark_that_a_later_transaction_has_moved(count_writes):
    other = connection.copy()

    def later():
        Topic.objects.create(name="Boats", slug="boats")
        with other.cursor() as cursor:
            cursor.execute("UPDATE articles_article SET headline = 'Another'")

    assert count_writes(later) == [True, True]
    other.close()


@pytest.mark.parametrize("ahead", [-5, 1, 1000, 10**9])
def test_write_of_another_age_is_not_ones_own(db, ahead):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT articles_is_own_write(((pg_current_xact_id()::text::bigint + %s"
            " + 4294967296) %% 4294967296)::text::xid)",
            [ahead],
        )

        assert cursor.fetchone() == (False,)


def _marks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT changed_at FROM articles_common_mark")
        stories = Article.objects.order_by("pk").values_list("changed_at", flat=True)
        return list(stories), cursor.fetchone()


@pytest.mark.parametrize(("count", "moves_all"), [(20, False), (21, True)])
def test_topic_of_many_stories_moves_one_mark_when_it_goes(
    transactional_db, make_article, count, moves_all
):
    topic = Topic.objects.create(name="Floods", slug="floods")
    stories = [make_article() for _ in range(count)]
    for story in stories:
        story.topics.add(topic)
    before = _marks()

    topic.delete()

    after = _marks()
    assert [old == new for old, new in zip(before[0], after[0], strict=True)] == (
        [moves_all] * count
    )
    assert (before[1] != after[1]) == moves_all


def test_import_of_new_stories_writes_each_once(transactional_db):
    import_file(SAMPLE)

    article = Article.objects.get()
    assert article.changed_at == article.created_at


def test_change_marks_never_stand_still(make_article):
    article = make_article()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE articles_article SET changed_at = '2999-01-01Z'")
        cursor.execute("SET session_replication_role = origin")

    article.refresh_from_db()
    before = article.changed_at
    article.save()
    article.refresh_from_db()

    assert article.changed_at == before + timedelta(microseconds=1)
