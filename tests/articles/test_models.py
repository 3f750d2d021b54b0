from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.models import (
    Article,
    ArticleRevision,
    Author,
    Byline,
    FormerSlug,
    Section,
    Topic,
)

MARCH = datetime(2019, 3, 14, 9, 30, tzinfo=UTC)
APRIL = datetime(2019, 4, 2, 8, tzinfo=UTC)


@pytest.fixture
def story(make_article):
    return make_article(headline="Bridge opens", slug="bridge-opens")


@pytest.fixture
def make_byline(story):
    """Return a maker of bylines of the story, each with an author of its own."""

    def make(position):
        author = Author.objects.create(name="Ana Reis", slug=f"ana-{position}")
        return Byline.objects.create(article=story, author=author, position=position)

    return make


@contextmanager
def undone():
    """Run an example of a property test and take back what it wrote."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def amend(story, **fields):
    Article.objects.filter(pk=story.pk).update(**fields)


# Rules that the database keeps


def repeat_author(story):
    author = Author.objects.create(name="Ana Reis", slug="ana-reis")
    Byline.objects.create(article=story, author=author, position=1)
    Byline.objects.create(article=story, author=author, position=2)


def repeat_position(story):
    for slug in ("ana-reis", "rui-melo"):
        author = Author.objects.create(name="Reporter", slug=slug)
        Byline.objects.create(article=story, author=author, position=1)


def repeat_revision(story):
    story.revise()
    story.revisions.create(number=1, headline="Bridge closes")


def change_revision(story):
    story.revise()
    story.revisions.update(headline="Bridge closes")


def take_former_slug(story):
    amend(story, slug="bridge-is-open")
    Article.objects.create(headline="Another bridge", slug="bridge-opens")


BREAKS = {
    "article_status_valid": lambda story: amend(story, status="gone"),
    "article_has_headline": lambda story: amend(story, headline=""),
    "article_has_slug": lambda story: amend(story, slug=""),
    "article_date_has_precision": lambda story: amend(story, published_precision="day"),
    "article_language_is_tag": lambda story: amend(story, language="no tag!"),
    "article_basis_valid": lambda story: amend(story, published_basis="guessed"),
    "article_slug_not_former": take_former_slug,
    "byline_author_once": repeat_author,
    "byline_position_once": repeat_position,
    "revision_number_once": repeat_revision,
    "revision_correction_has_note": lambda story: story.revise(is_correction=True),
    "revision_append_only": change_revision,
}


def break_rule(name, story):
    BREAKS[name](story)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("name", BREAKS)
def test_rule_is_kept(story, name):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        break_rule(name, story)

    assert refusal.value.__cause__.diag.constraint_name == name


@pytest.mark.django_db
def test_every_rule_is_tried():
    models = apps.get_app_config("articles").get_models()
    declared = {rule.name for model in models for rule in model._meta.constraints}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (regexp_matches(prosrc, 'CONSTRAINT = ''(\\w+)''', 'g'))[1]"
            r" FROM pg_proc WHERE proname LIKE 'articles\_%'"
        )
        raised = {name for (name,) in cursor}

    assert raised == {"article_slug_not_former", "revision_append_only"}
    assert BREAKS.keys() == declared | raised


@pytest.mark.parametrize(
    "fields",
    [
        {"published_at": MARCH, "published_precision": "unknown"},
        {"published_at": MARCH, "published_precision": "roughly"},
        {"published_at": None, "published_precision": "roughly", "status": "draft"},
    ],
    ids=["date-unknown", "date-roughly", "draft-roughly"],
)
def test_date_and_precision_agree(story, fields):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        amend(story, **fields)

    name = refusal.value.__cause__.diag.constraint_name
    assert name == "article_date_has_precision"


def test_draft_may_await_its_date(make_article):
    draft = make_article(status="draft", published_at=None, published_precision="day")

    assert draft.published_in_words == "date unknown"


def test_bylines_may_exchange_places(story, make_byline):
    first, second = make_byline(1), make_byline(2)

    with transaction.atomic():
        Byline.objects.filter(pk=first.pk).update(position=2)
        Byline.objects.filter(pk=second.pk).update(position=1)

    assert list(story.bylines.all()) == [second, first]


# Lists


def test_published_excludes_what_readers_may_not_see(make_article):
    now = timezone.now()
    make_article(status="draft")
    make_article(status="withdrawn", published_at=MARCH)
    make_article(published_at=now + timedelta(hours=1))
    due = make_article(published_at=now - timedelta(hours=1))
    undated = make_article()

    assert list(Article.objects.published().newest_first()) == [due, undated]


def test_newest_first_puts_unknown_dates_last(make_article):
    undated = make_article()
    older = make_article(published_at=MARCH)
    newer = make_article(published_at=APRIL)
    later_undated = make_article()

    stories = list(Article.objects.newest_first())

    assert stories == [newer, older, later_undated, undated]


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    dates=st.lists(
        st.none()
        | st.sampled_from([MARCH, APRIL])
        | st.datetimes(timezones=st.just(UTC)),
        min_size=1,
        max_size=9,
    ),
    size=st.integers(1, 4),
)
def test_pages_of_stories_add_up_to_the_whole_list(dates, size):
    with undone():
        Article.objects.bulk_create(
            Article(
                headline="Bridge opens",
                slug=f"bridge-{number}",
                status="published",
                published_at=date,
                published_precision="second" if date else "unknown",
            )
            for number, date in enumerate(dates)
        )
        whole = list(Article.objects.newest_first())
        pages, page = [], list(Article.objects.newest_first()[:size])
        while page:
            pages += page
            following = Article.objects.listed_after(page[-1].pk)
            page = list(following.newest_first()[:size])

        assert len(whole) == len(dates)
        assert pages == whole


def test_lists_and_pages_name_sections_authors_and_topics(
    story, make_byline, django_assert_num_queries
):
    amend(story, section=Section.objects.create(name="City", slug="city"))
    story.topics.add(Topic.objects.create(name="Bridges", slug="bridges"))
    make_byline(1)

    with django_assert_num_queries(2):
        listed = Article.objects.for_lists().with_bylines().get()
        names = [str(byline) for byline in listed.bylines.all()]
    with django_assert_num_queries(1):
        shown = Article.objects.for_its_page().get()

    assert names == ["Ana Reis"]
    assert [author["name"] for author in shown.byline_authors] == ["Ana Reis"]
    assert (str(listed.section), str(shown.section)) == ("City", "City")
    assert shown.filed_under == [{"name": "Bridges", "slug": "bridges"}]


# Publication


def test_publish_dates_an_undated_draft(make_article):
    draft = make_article(status="draft", published_at=None)

    before = timezone.now()
    count = Article.objects.publish()
    draft.refresh_from_db()

    assert (count, draft.status) == (1, "published")
    assert before - timedelta(minutes=1) < draft.published_at <= timezone.now()


def test_publish_keeps_a_known_date(make_article):
    draft = make_article(status="draft", published_at=MARCH, published_precision="day")

    Article.objects.publish()
    draft.refresh_from_db()

    assert (draft.status, draft.published_at) == ("published", MARCH)
    assert draft.published_in_words == "14 March 2019"


def test_publish_leaves_an_unknown_date_unknown(make_article):
    draft = make_article(status="draft", published_precision="unknown")

    Article.objects.publish()
    draft.refresh_from_db()

    assert (draft.status, draft.published_at) == ("published", None)
    assert (draft.published_in_words, draft.published_machine_readable) == (
        "date unknown",
        "",
    )


def test_withdraw_takes_stories_from_readers(story, make_article):
    other = make_article()

    count = Article.objects.filter(pk=story.pk).withdraw()

    assert count == 1
    assert list(Article.objects.published()) == [other]


@pytest.mark.parametrize(
    "change",
    [
        lambda story: story.save(),
        lambda story: amend(story, standfirst="At last."),
        lambda story: Article.objects.withdraw(),
    ],
    ids=["save", "update", "withdraw"],
)
def test_change_mark_moves_with_any_change(story, change):
    before = story.changed_at

    change(story)
    story.refresh_from_db()

    assert story.changed_at > before


# Addresses


def former_slugs():
    return list(FormerSlug.objects.values_list("slug", "article_id"))


def test_former_slug_leads_to_the_renamed_story(story):
    amend(story, slug="bridge-is-open")
    amend(story, slug="old-bridge")

    assert former_slugs() == [("bridge-is-open", story.pk), ("bridge-opens", story.pk)]


def test_former_slug_is_freed_by_renaming_back(story):
    amend(story, slug="bridge-is-open")

    amend(story, slug="bridge-opens")

    assert former_slugs() == [("bridge-is-open", story.pk)]


def test_other_change_leaves_no_former_slug(story):
    amend(story, headline="Bridge is open")

    assert former_slugs() == []


def test_former_slug_is_refused_to_a_renamed_story(story, make_article):
    amend(story, slug="bridge-is-open")
    other = make_article(slug="another-bridge")

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        amend(other, slug="bridge-opens")

    name = refusal.value.__cause__.diag.constraint_name
    assert name == "article_slug_not_former"
    assert former_slugs() == [("bridge-opens", story.pk)]


def test_form_says_that_a_slug_is_a_former_one(story):
    amend(story, slug="bridge-is-open")
    other = Article(headline="Another bridge", slug="bridge-opens")

    with pytest.raises(ValidationError) as refusal:
        other.full_clean()

    assert refusal.value.message_dict == {
        "slug": ["This was the address of another story and still leads to it."]
    }


def test_form_lets_a_story_have_its_former_slug_back(story):
    amend(story, slug="bridge-is-open")
    story.slug = "bridge-opens"

    story.clean()
    story.save()

    assert former_slugs() == [("bridge-is-open", story.pk)]


@pytest.mark.django_db
def test_form_makes_the_slug_from_the_headline():
    story = Article(headline="A bridge, at last!")

    story.clean()

    assert story.slug == "a-bridge-at-last"


def test_unused_slug_avoids_present_and_former_ones(story):
    amend(story, slug="bridge-opens-2")

    slugs = [Article.unused_slug(words) for words in ("Bridge opens", "Bridge", "桥")]

    assert slugs == ["bridge-opens-3", "bridge", "story"]


@pytest.mark.django_db
def test_unused_slug_of_a_long_headline_fits():
    Article.objects.create(headline="Bridge", slug="bridge" * 30)

    slug = Article.unused_slug("bridge" * 80)

    assert slug == "bridge" * 30 + "-2"


# Revisions


def test_revisions_are_numbered_within_their_story(story, make_article):
    other = make_article()

    numbers = [story.revise().number, story.revise().number, other.revise().number]

    assert numbers == [1, 2, 1]
    assert [str(revision) for revision in story.revisions.all()] == [
        "Revision 2",
        "Revision 1",
    ]


def test_revision_keeps_the_text_as_it_stood(story, admin_user):
    story.standfirst, story.body = "At last.", "<p>It opened today.</p>"
    story.revise(by=admin_user, note="First printing")
    story.body = "<p>It opened on Monday.</p>"

    story.revise()

    fields = ["headline", "standfirst", "body", "editor", "note", "is_correction"]
    assert list(ArticleRevision.objects.values_list(*fields)) == [
        ("Bridge opens", "At last.", "<p>It opened on Monday.</p>", None, "", False),
        (
            "Bridge opens",
            "At last.",
            "<p>It opened today.</p>",
            admin_user.pk,
            "First printing",
            False,
        ),
    ]


def test_revision_may_be_deleted_with_its_story(story):
    story.revise()

    story.delete()

    assert list(ArticleRevision.objects.all()) == []


def test_corrections_are_shown_oldest_first(story):
    first = story.revise(note="The bridge is 90 metres long.", is_correction=True)
    story.revise(note="Only commas.")
    second = story.revise(note="It opened on Monday.", is_correction=True)

    shown = Article.objects.for_its_page().get()

    assert shown.dated_corrections == [
        {"note": "The bridge is 90 metres long.", "on": first.created_at.date()},
        {"note": "It opened on Monday.", "on": second.created_at.date()},
    ]


def test_story_without_corrections_shows_none(story):
    story.revise(note="Only commas.")

    assert Article.objects.for_its_page().get().dated_corrections == []


def test_byline_note_is_its_own_or_the_author_s(make_byline):
    byline = make_byline(1)
    byline.author.biography = "Writes about the city."

    notes = [byline.note]
    byline.biography = "Was on the bridge."
    notes.append(byline.note)

    assert notes == ["Writes about the city.", "Was on the bridge."]


def test_publish_dates_a_draft_as_exactly_as_it_says(make_article):
    draft = make_article(status="draft", published_at=None, published_precision="month")

    Article.objects.publish()

    draft.refresh_from_db()
    now = datetime.now(UTC)
    assert draft.published_at == datetime(now.year, now.month, 1, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "sort_key"),
    [
        ("Rivers", "rivers"),
        ("Ökologie", "okologie"),
        ("  “Zitat”", "zitat”"),
        ("¿Qué?", "que?"),
        ("Тёплый", "теплыи"),
        ("123", "123"),
        ("—", "—"),
        ("!?", "?"),
        ("水", "水"),
    ],
)
def test_names_are_sorted_without_accents_and_marks(name, sort_key):
    topic = Topic.objects.create(name=name, slug="topic")

    topic.refresh_from_db()

    assert topic.sort_key == sort_key


def test_pages_of_names_add_up_to_the_whole_list(db):
    for number, name in enumerate(["Äpfel", "apfel", "Apfel", "Zebra", "apfel", "b"]):
        Topic.objects.create(name=name, slug=f"topic-{number}")
        Section.objects.create(name=name, slug=f"s-{number}", position=number % 2)

    for names in (Topic.objects.all(), Section.objects.all()):
        whole = list(names.in_order())
        pages, page = [], list(names.in_order()[:2])
        while page:
            pages += page
            page = list(names.after(page[-1].pk).in_order()[:2])

        assert len(whole) == 6
        assert pages == whole


def test_languages_are_those_of_published_stories(make_article):
    for language in ("pt", "en", "pt", "de-AT", ""):
        make_article(language=language)
    make_article(language="fr", status="draft")
    make_article(
        language="it",
        published_at=datetime(2199, 1, 1, tzinfo=UTC),
        published_precision="day",
    )

    assert Article.published_languages() == ["de-AT", "en", "pt"]


def test_years_go_from_the_newest_story_to_the_oldest(make_article):
    for year in (2016, 2018):
        at = datetime(year, 5, 1, tzinfo=UTC)
        make_article(published_at=at, published_precision="day")
    make_article()
    make_article(
        status="draft",
        published_at=datetime(2010, 5, 1, tzinfo=UTC),
        published_precision="day",
    )

    assert Article.published_years() == [2018, 2017, 2016]


@pytest.mark.django_db
def test_there_are_no_years_without_stories():
    assert Article.published_years() == []


def test_no_page_follows_a_story_that_is_not_on_the_list(make_article):
    make_article()
    draft = make_article(status="draft")

    assert list(Article.objects.published().listed_after(draft.pk)) == []
