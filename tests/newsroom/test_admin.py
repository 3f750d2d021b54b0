"""The editors' desk, used as editors use it: by its forms."""

from datetime import UTC, datetime

import pytest
from django.contrib.admin.sites import site
from django.core.files.base import ContentFile
from django.urls import reverse
from lxml.html import fromstring

from articles.admin import ArticleAdmin, BylineInline, FormerSlugInline, RevisionInline
from articles.models import Article, Author, Byline, Section, Topic
from comments.models import Comment, Discussion
from newsroom.archive.models import Record, Source


def address(name, *args, of=None):
    model = of if isinstance(of, type) else type(of)
    keys = [] if isinstance(of, type) else [of.pk]
    return reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=keys
    )


def fields_of(page):
    """Return what a browser would send of the page's form, untouched."""
    form = fromstring(page.content.decode()).xpath("//form[contains(@id, '_form')]")[0]
    for textarea in form.iter("textarea"):
        textarea.text = (textarea.text or "").removeprefix("\n")
    sent = {}
    for name, value in form.form_values():
        value = value.replace("\r\n", "\n").replace("\n", "\r\n")
        sent.setdefault(name, []).append(value)
    return sent


def errors_of(page):
    """Return the form's errors by field, and those of its inlines under their name."""
    errors = {k: list(v) for k, v in page.context["adminform"].form.errors.items()}
    for inline in page.context["inline_admin_formsets"]:
        found = [*inline.formset.non_form_errors()]
        for form in inline.formset.forms:
            found += [error for errors in form.errors.values() for error in errors]
        if found:
            errors[inline.formset.prefix] = found
    return errors


@pytest.fixture
def change(admin_client):
    """Return a sender of a change form, with some fields changed: gives errors."""

    def send(thing, **changed):
        page = admin_client.get(address("change", of=thing))
        answer = admin_client.post(
            address("change", of=thing), fields_of(page) | changed
        )
        if answer.status_code == 302:
            thing.refresh_from_db()
            return {}
        return errors_of(answer)

    return send


@pytest.fixture
def add_story(admin_client):
    """Return a sender of a new story's form: gives errors."""

    def send(**fields):
        page = admin_client.get(address("add", of=Article))
        answer = admin_client.post(address("add", of=Article), fields_of(page) | fields)
        return {} if answer.status_code == 302 else errors_of(answer)

    return send


@pytest.fixture
def act(admin_client):
    """Return a runner of a list's action: gives the messages it shows."""

    def run(action, things):
        data = {"action": action, "_selected_action": [thing.pk for thing in things]}
        url = address("changelist", of=type(things[0]))
        page = admin_client.post(url, data, follow=True)
        return [str(message) for message in page.context["messages"]]

    return run


@pytest.fixture
def make_source(db):
    def make(name="capture.html"):
        content = ContentFile(name.encode(), name)
        return Source.objects.create(
            sha256=name, name=name, size=1, file=content, format="jsonl", origin="x.net"
        )

    return make


@pytest.fixture
def make_record(make_source, make_article, make_comment):
    sources = []

    def make(**fields):
        if not sources:
            sources.append(make_source())
        position = Record.objects.count() + 1
        article = make_article()
        comment = make_comment(article=article) if position % 2 else None
        return Record.objects.create(
            source=sources[0],
            position=position,
            kind="article",
            given_id=str(position),
            start=0,
            end=1,
            digest=b"",
            outcome="public",
            article=article,
            comment=comment,
            **fields,
        )

    return make


# Deleting


def test_draft_is_deleted_with_its_discussion(admin_client, make_article, make_comment):
    draft, other = make_article(status="draft"), make_article(status="draft")
    top = make_comment(article=draft)
    make_comment(parent=make_comment(parent=top))
    kept = make_comment(article=other)

    answer = admin_client.post(address("delete", of=draft), {"post": "yes"})

    assert answer.status_code == 302
    assert list(Article.objects.all()) == [other]
    assert list(Discussion.objects.all()) == [other.discussion]
    assert list(Comment.objects.all()) == [kept]


@pytest.mark.parametrize("status", ["published", "withdrawn"])
def test_story_that_readers_saw_is_not_deleted(admin_client, make_article, status):
    article = make_article(status=status)

    answer = admin_client.post(address("delete", of=article), {"post": "yes"})

    assert answer.status_code == 403
    assert list(Article.objects.all()) == [article]


def test_comment_and_discussion_are_not_deleted_alone(
    admin_client, make_article, make_comment
):
    comment = make_comment(article=make_article(status="draft"))

    answers = [
        admin_client.post(address("delete", of=thing), {"post": "yes"}).status_code
        for thing in (comment, comment.discussion)
    ]

    assert answers == [403, 403]
    assert Comment.objects.count() == Discussion.objects.count() == 1


def test_discussion_joins_the_story_without_touching_the_admin_of_articles():
    mine = [inline.model for inline in site.get_model_admin(Article).inlines]

    assert ArticleAdmin.inlines == [BylineInline, RevisionInline, FormerSlugInline]
    assert mine == [*(inline.model for inline in ArticleAdmin.inlines), Discussion]


# Parents


def test_comment_keeps_its_place_when_nothing_else_is_possible(
    change, make_article, make_comment
):
    comment = make_comment()
    reply = make_comment(parent=make_comment(parent=comment))
    elsewhere = make_comment(article=make_article())
    own = {"parent": ["A comment cannot answer itself or its own replies."]}
    other = {"parent": ["A reply belongs to the discussion of its parent."]}
    unknown = {
        "parent": [
            "Select a valid choice. That choice is not one of the available choices."
        ]
    }

    assert change(comment, parent=comment.pk) == own
    assert change(comment, parent=reply.pk) == own
    assert change(comment, parent=elsewhere.pk) == other
    for garbage in (0, 99999999, 10**30, "abc"):
        assert change(comment, parent=garbage) == unknown


def test_comment_moved_by_an_editor_says_so(change, make_comment):
    first, second = make_comment(), make_comment()
    reply = make_comment(parent=first, reply_basis="inferred", reply_confidence=0.5)

    errors = change(
        reply, parent=second.pk, reply_basis="inferred", reply_confidence="0.9"
    )

    assert errors == {}
    assert (reply.parent, reply.reply_basis, reply.reply_confidence) == (
        second,
        "edited",
        None,
    )


def test_comment_without_parent_has_no_basis(change, make_comment):
    reply = make_comment(
        parent=make_comment(), reply_basis="inferred", reply_confidence=0.5
    )

    assert change(reply, parent="") == {}
    assert (reply.parent, reply.reply_basis, reply.reply_confidence) == (None, "", None)


def test_comment_keeps_its_basis_when_its_parent_stays(change, make_comment):
    reply = make_comment(
        parent=make_comment(), reply_basis="inferred", reply_confidence=0.5
    )

    assert change(reply, reply_basis="given", author_name="Ana") == {}
    assert (reply.author_name, reply.reply_basis, reply.reply_confidence) == (
        "Ana",
        "inferred",
        0.5,
    )


# Dates

COARSE = [
    ("day", datetime(2018, 2, 23, tzinfo=UTC), "23 February 2018"),
    ("month", datetime(2018, 2, 1, tzinfo=UTC), "February 2018"),
    ("year", datetime(2018, 1, 1, tzinfo=UTC), "2018"),
]


@pytest.mark.parametrize(
    ("zone", "time"),
    [("Asia/Tokyo", "00:00:00"), ("America/New_York", "23:59:59"), ("Asia/Tokyo", "")],
)
@pytest.mark.parametrize(("precision", "stored", "words"), COARSE)
def test_coarse_date_of_story_is_stored_as_entered(
    change, make_article, settings, precision, stored, words, zone, time
):
    settings.TIME_ZONE = zone
    article = make_article()
    entered = {
        "published_at_0": "2018-02-23",
        "published_at_1": time,
        "published_precision": precision,
    }

    assert change(article, **entered) == {}
    assert (article.published_at, article.published_in_words) == (stored, words)
    assert change(article, headline="Another") == {}
    assert change(article, published_note="Found in a letter") == {}
    assert (article.published_at, article.published_in_words) == (stored, words)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize(("precision", "stored", "words"), COARSE)
def test_coarse_date_of_comment_is_stored_as_entered(
    change, make_comment, settings, precision, stored, words, zone
):
    settings.TIME_ZONE = zone
    comment = make_comment()
    entered = {"posted_precision": precision, "edited_precision": precision}
    for name in ("posted_at", "edited_at"):
        entered |= {f"{name}_0": "2018-02-23", f"{name}_1": "00:00:00"}

    assert change(comment, **entered) == {}
    assert (comment.posted_at, comment.edited_at) == (stored, stored)
    assert comment.posted_in_words == words
    # Sent again as a change of both, it means the same.
    assert change(comment, posted_precision="second", edited_precision="second") == {}
    assert change(comment, **entered) == {}
    assert (comment.posted_at, comment.edited_at) == (stored, stored)


def test_exact_date_is_of_the_sites_time_zone(change, make_article, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    article = make_article()
    entered = {"published_at_0": "2018-02-23", "published_at_1": "08:30:15"}

    assert change(article, **entered, published_precision="second") == {}
    assert article.published_at == datetime(2018, 2, 22, 23, 30, 15, tzinfo=UTC)
    assert change(article, published_precision="minute") == {}
    assert article.published_at == datetime(2018, 2, 22, 23, 30, tzinfo=UTC)


def test_untouched_time_stays_to_the_microsecond(change, make_article, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    # 02:30 came twice that night, and the form cannot say which it was.
    twice = datetime(2018, 10, 28, 1, 30, 15, 123456, tzinfo=UTC)
    article = make_article(published_at=twice)

    assert change(article, headline="Another") == {}
    assert article.published_at == twice


def test_day_that_has_no_midnight_is_stored_as_entered(change, make_article, settings):
    settings.TIME_ZONE = "America/Sao_Paulo"
    article = make_article()
    entered = {"published_at_0": "2018-11-04", "published_at_1": "00:00:00"}

    assert change(article, **entered, published_precision="day") == {}
    assert article.published_at == datetime(2018, 11, 4, tzinfo=UTC)


def test_story_published_without_a_date_gets_the_day_of_today(
    change, make_article, settings
):
    article = make_article(status="draft", published_at=None, published_precision="day")

    assert change(article, status="published") == {}
    now = datetime.now(UTC)
    assert article.published_at == datetime(now.year, now.month, now.day, tzinfo=UTC)


def test_impossible_dates_are_refused_in_words(change, make_article):
    article = make_article()
    disagree = [
        "Say how exact the date is; leave the date empty only when it is unknown."
    ]

    def date(day, time="", precision="second"):
        return change(
            article,
            published_at_0=day,
            published_at_1=time,
            published_precision=precision,
        )

    assert date("2018-02-23", "00:00", "unknown") == {"__all__": disagree}
    assert date("2018-02-23") == {
        "published_at": [
            "Enter the time too, or say that only the day is known.",
        ]
    }
    assert date("2018-02-30", "00:00") == {"published_at": ["Enter a valid date."]}
    assert date("", "00:00") == {"published_at": ["Enter a valid date."]}
    year = {"published_at": ["Enter a year from 1000 to 9998."]}
    assert date("0001-01-01", "00:00") == date("9999-12-31", "23:59", "day") == year
    assert date("2018-02-23", "00:00", "century") == {
        "published_precision": [
            "Select a valid choice. century is not one of the available choices."
        ],
    }


# Texts


def test_imported_text_is_kept_before_its_first_change(
    change, make_article, admin_user
):
    article = make_article(headline="Fery sinks", body="<p>One</p>\n<p>Two</p>")

    assert change(article, headline="Ferry sinks", correction="It is Ferry.") == {}
    assert change(article, standfirst="At night") == {}
    kept = article.revisions.order_by("number")
    assert [(r.number, r.headline, r.standfirst, r.note, r.editor) for r in kept] == [
        (1, "Fery sinks", "", "As it was taken in", None),
        (2, "Ferry sinks", "", "It is Ferry.", admin_user),
        (3, "Ferry sinks", "At night", "", admin_user),
    ]
    assert {r.body for r in kept} == {"<p>One</p>\n<p>Two</p>"}


def test_story_made_at_the_desk_has_its_first_text_once(add_story):
    assert add_story(headline="Ferry sinks") == {}
    revision = Article.objects.get().revisions.get()
    assert (revision.headline, revision.note) == ("Ferry sinks", "")


def test_change_of_no_text_is_no_revision(change, make_article, make_comment):
    article = make_article(body="<p>One</p>\n<p>Two</p>", standfirst="One\nTwo\n")
    comment = make_comment(body=" One\r\nTwo\n")

    assert change(article, language="pt") == {}
    assert change(comment, status="hidden") == {}
    assert list(article.revisions.all()) == []
    assert article.body == "<p>One</p>\n<p>Two</p>"
    assert article.standfirst == "One\nTwo\n"
    assert comment.body == " One\r\nTwo\n"


def test_story_is_refused_in_words(change, add_story, make_article):
    make_article(slug="taken")
    article = make_article(slug="old")
    article.slug = "new"
    article.save()
    required = {"headline": ["This field is required."]}
    taken = {"slug": ["Article with this Slug already exists."]}
    former = {"slug": ["This was the address of another story and still leads to it."]}

    assert add_story(headline=" ") == required
    assert change(article, headline="") == required
    assert add_story(headline="Ferry", slug="taken") == taken
    assert change(article, slug="taken") == taken
    assert add_story(headline="Ferry", slug="old") == former
    for garbage in ("xx yy", "en_GB!", "\0", "e" * 36):
        assert [*change(article, language=garbage)] == ["language"]
    assert change(article, headline="nul\0") == {
        "headline": ["Null characters are not allowed."]
    }
    assert change(article, slug="old") == {}
    assert Article.objects.count() == 2


def test_story_is_added_with_its_discussion(add_story):
    fields = {"discussion-0-policy": "open", "discussion-0-closes_at_0": "2018-02-23"}

    errors = add_story(
        headline="Ferry", **fields, **{"discussion-0-closes_at_1": "1:00"}
    )

    assert errors == {}
    discussion = Article.objects.get().discussion
    assert (discussion.policy, discussion.comment_count) == ("open", 0)
    assert discussion.closes_at == datetime(2018, 2, 23, 1, tzinfo=UTC)


def byline_fields(*rows):
    fields = {"bylines-TOTAL_FORMS": len(rows)}
    for index, row in enumerate(rows):
        fields |= {f"bylines-{index}-{name}": value for name, value in row.items()}
    return fields


def test_bylines_that_cannot_be_are_refused_in_words(change, make_article):
    article = make_article()
    ana, bo = (Author.objects.create(name=name, slug=name) for name in ("ana", "bo"))
    first = {"author": ana.pk, "position": 1}

    place = change(article, **byline_fields(first, {"author": bo.pk, "position": 1}))
    twice = change(article, **byline_fields(first, {"author": ana.pk, "position": 2}))

    summary = "Please correct the duplicate values below."
    assert place["bylines"][-1] == twice["bylines"][-1] == summary
    assert place["bylines"][0] == "Please correct the duplicate data for position."
    assert twice["bylines"][0] == "Please correct the duplicate data for author."
    errors = change(article, **byline_fields({"author": 10**30, "position": -1}))
    assert len(errors["bylines"]) == 2
    assert list(article.bylines.all()) == []


def test_bylines_change_places(change, make_article):
    article = make_article()
    ana, bo = (Author.objects.create(name=name, slug=name) for name in ("ana", "bo"))
    Byline.objects.create(article=article, author=ana, position=1)
    Byline.objects.create(article=article, author=bo, position=2)

    swapped = {"bylines-0-position": 2, "bylines-1-position": 1}

    assert change(article, **swapped) == {}
    assert [str(byline) for byline in article.bylines.all()] == ["bo", "ana"]


# Moderating


def test_comment_is_removed_with_a_reason(change, make_comment):
    comment = make_comment()

    assert change(comment, status="removed", status_reason="An attack") == {}
    assert (comment.status, comment.status_reason) == ("removed", "An attack")
    assert comment.status_changed_at is not None


@pytest.mark.parametrize(
    ("action", "status", "words"),
    [
        ("approve", "public", "Public: 2."),
        ("hide", "hidden", "Hidden: 2."),
        ("remove", "removed", "Removed: 2."),
        ("mark_as_spam", "spam", "Spam: 2."),
    ],
)
def test_actions_change_several_comments(act, make_comment, action, status, words):
    comments = [make_comment(status="pending"), make_comment(status="pending")]
    make_comment(status="pending")

    assert act(action, comments) == [words]
    changed = Comment.objects.order_by("pk").values_list("status", flat=True)
    assert list(changed) == [status, status, "pending"]


def test_actions_publish_and_withdraw_stories(act, make_article):
    stories = [
        make_article(status="draft", published_precision="second"),
        make_article(),
    ]

    assert act("publish", stories) == ["Published: 2."]
    assert Article.objects.published().count() == 2
    assert act("withdraw", stories) == ["Withdrawn: 2."]
    assert Article.objects.published().count() == 0


# Lists and pages


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("model", "queries"),
    [(Article, 8), (Discussion, 4), (Comment, 4), (Record, 3), (Source, 5)],
)
def test_list_query_count(
    admin_client,
    make_record,
    make_source,
    django_assert_num_queries,
    model,
    queries,
    count,
):
    section = Section.objects.create(name="Sea", slug="sea")
    for number in range(count):
        make_record()
        make_source(f"{number}")
    Article.objects.update(section=section)

    with django_assert_num_queries(queries):
        page = admin_client.get(address("changelist", of=model))

    assert page.context["cl"].result_count == model.objects.count()


def test_lists_leave_long_texts_in_the_database(admin_client, make_record):
    make_record()

    def deferred(model):
        page = admin_client.get(address("changelist", of=model))
        return page.context["cl"].result_list[0]

    assert deferred(Article).get_deferred_fields() == {"body", "search_vector"}
    comment = deferred(Comment)
    assert comment.get_deferred_fields() == {"search_vector"}
    story = {"body", "search_vector"}
    assert comment.discussion.article.get_deferred_fields() == story
    record = deferred(Record)
    assert record.article.get_deferred_fields() == story
    assert record.comment.get_deferred_fields() == story | {"body_html"}
    assert deferred(Discussion).article.get_deferred_fields() == story


def test_records_are_listed_as_they_stood(admin_client, make_record):
    records = [make_record(), make_record(), make_record()]
    page = admin_client.get(address("changelist", of=Record))
    assert list(page.context["cl"].result_list) == records


def test_pages_of_things_open(admin_client, make_record):
    record = make_record()
    section = Section.objects.create(name="Sea", slug="sea")
    author = Author.objects.create(name="Ana", slug="ana")
    topic = Topic.objects.create(name="Ferries", slug="ferries")
    Byline.objects.create(article=record.article, author=author)
    things = [
        record,
        record.source,
        record.article,
        record.comment,
        record.article.discussion,
        section,
        author,
        topic,
    ]

    pages = [admin_client.get(address("change", of=thing)) for thing in things]

    assert [page.context["original"] for page in pages] == things


def found(admin_client, text):
    page = admin_client.get(address("changelist", of=Comment), {"q": text})
    return list(page.context["cl"].result_list)


def test_list_of_comments_shows_their_beginnings_as_text(admin_client, make_comment):
    make_comment(body="a && b < «c»\n\nThen e " * 9)

    page = admin_client.get(address("changelist", of=Comment)).content.decode()

    (row,) = fromstring(page).xpath("//table[@id='result_list']/tbody/tr")
    cells = {cell.get("class").split()[0]: cell.text_content() for cell in row}
    assert [*cells][1:4] == ["field-place", "field-status", "field-story"]
    text = cells["field-preview"]
    assert text.startswith("a && b < «c» Then e a && b")
    assert (len(text), text[-1]) == (80, "…")


def test_comments_are_searched_as_written_and_by_stem(admin_client, make_comment):
    ferry = make_comment(body="The ferries sank", language="en")
    barca = make_comment(body="As barcas afundaram", language="pt")

    assert found(admin_client, "ferry") == [ferry]
    assert found(admin_client, "FERRIES") == [ferry]
    assert found(admin_client, "barcas") == [barca]
    assert found(admin_client, "ferry or barcas") == [barca, ferry]
    assert found(admin_client, "ferries -sank") == []
    assert found(admin_client, "") == [barca, ferry]


def test_comment_search_asks_the_indexed_column(
    admin_client, make_comment, connection_log
):
    make_comment()
    assert 'search_vector" @@' in connection_log(lambda: found(admin_client, "said"))


@pytest.fixture
def connection_log():
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def log(act):
        with CaptureQueriesContext(connection) as queries:
            act()
        return "\n".join(query["sql"] for query in queries)

    return log


LISTS = [Article, Author, Section, Topic, Discussion, Comment, Source, Record]


GARBAGE = {
    "q=%00": 200,
    "q=%27%22%28%29%26%7C%3A*": 200,
    "p=99999999999999999999": 200,
    "p=abc": 200,
    "p=-1": 200,
    "o=99.-99.abc.%00": 200,
    "e=1": 200,
    "all=": 200,
    "pk__exact=abc": 302,
    "pk__exact=99999999999999999999999": 200,
    "pk__exact=%00": 400,
    "nothing=1": 302,
}


@pytest.mark.parametrize("model", LISTS)
def test_list_survives_garbage(admin_client, make_record, model):
    make_record()
    url = address("changelist", of=model)

    answers = {q: admin_client.get(f"{url}?{q}").status_code for q in GARBAGE}

    assert answers == GARBAGE


def test_long_list_survives_pages_that_are_not_there(admin_client, db):
    Topic.objects.bulk_create(Topic(name=n, slug=n) for n in map(str, range(101)))
    url = address("changelist", of=Topic)
    pages = ["2", "3", "-1", "abc", "9" * 30]
    answers = [admin_client.get(f"{url}?p={page}").status_code for page in pages]
    assert answers == [200, 302, 302, 200, 302]


@pytest.mark.parametrize(
    ("model", "field", "status"),
    [
        (Article, "status__exact", 200),
        (Article, "language", 200),
        (Article, "section__id__exact", 200),
        (Article, "section__isnull", 200),
        (Article, "published_at__year", 302),
        (Comment, "status__exact", 200),
        (Comment, "kind__exact", 200),
        (Comment, "reply_basis__exact", 200),
        (Comment, "language", 200),
        (Discussion, "policy__exact", 200),
        (Source, "format", 200),
        (Record, "outcome__exact", 200),
        (Record, "kind__exact", 200),
        (Record, "source", 302),
    ],
)
def test_filter_survives_garbage(admin_client, make_record, model, field, status):
    make_record()
    url = address("changelist", of=model)

    answers = [
        admin_client.get(f"{url}?{field}={value}").status_code
        for value in ("garbage", "%00", "a%00b")
    ]

    assert answers == [status, 400, 400]


def test_date_hierarchy_survives_impossible_years(admin_client, make_article):
    make_article(published_at=datetime(2018, 2, 23, tzinfo=UTC))
    url = address("changelist", of=Article)
    years = ["2018", "0", "1", "9999", "10000", "-1", "9" * 30, "abc"]

    answers = [
        admin_client.get(f"{url}?published_at__year={year}").status_code
        for year in years
    ]

    assert answers == [200, 302, 200, 302, 302, 302, 302, 302]


@pytest.mark.parametrize("model", LISTS)
def test_page_of_nothing_leads_back(admin_client, model):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    for key in ("0", "99999999", "9" * 30, "abc", "_00"):
        answer = admin_client.get(reverse(name, args=[key]))
        assert (answer.status_code, answer.url) == (302, reverse("admin:index"))


def test_records_of_one_source_are_listed(admin_client, make_record, make_source):
    record = make_record()
    other = make_source("other")
    url = address("changelist", of=Record)

    pages = [admin_client.get(f"{url}?source={of.pk}") for of in (record.source, other)]

    listed = [list(page.context["cl"].result_list) for page in pages]
    assert listed == [[record], []]


def test_look_up_of_authors_survives_a_nul(admin_client):
    Author.objects.create(name="Ana", slug="ana")
    of = {"app_label": "articles", "model_name": "byline", "field_name": "author"}

    answer = admin_client.get(reverse("admin:autocomplete"), of | {"term": "A\0na"})

    assert [found["text"] for found in answer.json()["results"]] == ["Ana"]


def test_desk_is_named_and_takes_texts_of_either_direction(admin_client):
    page = fromstring(admin_client.get(address("add", of=Article)).content.decode())

    assert " ".join(page.get_element_by_id("site-name").text_content().split()) == (
        "Newsroom: editors’ desk"
    )
    texts = page.xpath("//*[@name='headline' or @name='standfirst' or @name='body']")
    assert [text.get("dir") for text in texts] == ["auto"] * 3
