"""Queries that are put into SQL once."""

from threading import Thread

import pytest
from django.db import connection, connections

from articles.models import Article, Section
from articles.prepared import Parameter, Prepared


@pytest.fixture
def at_slug():
    stories = Article.objects.published().for_lists()
    return Prepared(stories.filter(slug=Parameter("slug")))


def test_prepared_gives_what_its_queryset_would(make_article, at_slug):
    section = Section.objects.create(name="City", slug="city")
    first, second = make_article(section=section), make_article()

    found = [at_slug(slug=slug) for slug in (first.slug, second.slug, "none")]

    assert found == [[first], [second], []]
    assert found[0][0].section == section


def test_prepared_runs_anew_each_time(make_article, at_slug):
    assert at_slug(slug="river") == []

    article = make_article(slug="river")

    assert at_slug(slug="river") == [article]


def test_prepared_gives_rows_of_values(make_article):
    article = make_article(slug="river")
    rows = Article.objects.filter(pk__gte=Parameter("pk")).values_list("pk", "slug")

    assert Prepared(rows)(pk=article.pk) == [(article.pk, "river")]


def test_prepared_takes_values_for_what_they_are(make_article, at_slug):
    make_article(slug="river")

    assert at_slug(slug="x' OR slug = 'river") == at_slug(slug="%s") == []


def test_prepared_needs_its_values(db, at_slug):
    with pytest.raises(KeyError, match="slug"):
        at_slug()


def test_prepared_uses_the_connection_of_its_thread(db, at_slug):
    at_slug(slug="river")
    used = []

    def find():
        with connection.execute_wrapper(note):
            at_slug(slug="river")
        connection.close()

    def note(execute, sql, params, many, context):
        used.append(context["connection"] is connections["default"])
        return execute(sql, params, many, context)

    thread = Thread(target=find)
    thread.start()
    thread.join()

    assert used == [True]


def test_plan_of_a_prepared_query_is_kept_on_its_connection(make_article, at_slug):
    article = make_article(slug="river")

    # It is prepared at the sixth use, and planned for its values at the first five.
    for _ in range(15):
        assert at_slug(slug="river") == [article]

    assert _kept_plans(at_slug) == [True]


def test_query_is_planned_each_time_where_plans_cannot_be_kept(
    monkeypatch, make_article, at_slug
):
    article = make_article(slug="river")
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)

    for _ in range(15):
        assert at_slug(slug="river") == [article]

    assert _kept_plans(at_slug) == []


def _kept_plans(prepared):
    """Return whether a plan was used again, for each form of a query that is kept."""
    statement = prepared.sql.replace("%s", "$1").replace("%%", "%")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans > 0 FROM pg_prepared_statements WHERE statement = %s",
            [statement],
        )
        return [is_used for (is_used,) in cursor]
