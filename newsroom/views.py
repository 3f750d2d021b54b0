"""Pages that join stories with their discussions and with where both come from."""

import re
from functools import cache

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from articles.models import Article
from articles.prepared import Parameter, Prepared
from comments import threads
from comments.models import Discussion
from newsroom.archive.models import Record, record_of
from newsroom.archive.redirecting import give_anchors, moved
from newsroom.lists.pages import page_of_stories

STORIES_ON_FRONT_PAGE = 12
LIVELIEST_ON_FRONT_PAGE = 5
SUGGESTIONS = 5
WORDS_OF_ADDRESS = 8
# Of addresses that say where something is and not what it is about.
WORDS_OF_OURS = [
    "articles",
    "comments",
    "discussion",
    "sections",
    "topics",
    "authors",
    "archive",
    "undated",
]


@require_safe
def front_page(request):
    """Show the latest stories and, on the first page, the liveliest discussions."""
    published = Article.objects.published()
    page = page_of_stories(request, published, STORIES_ON_FRONT_PAGE)
    context = {"page": page, "liveliest": _liveliest()() if page.is_first else []}
    return render(request, "front_page.html", context)


@cache
def _liveliest():
    """Return the query of the discussions that the front page shows."""
    liveliest = Discussion.objects.liveliest().with_opening_comment().with_story()
    liveliest = liveliest.filter(article__in=Article.objects.published())
    return Prepared(liveliest[:LIVELIEST_ON_FRONT_PAGE])


@require_safe
def article_detail(request, slug):
    """Show a story, where it comes from, and its discussion."""
    article = _story_or_404(slug)
    if article.slug != slug:
        return redirect(article, permanent=True)
    return _render_story(request, article, threads.page(article.discussion))


@require_safe
def article_as_given(request, slug):
    """Show a story whose comments carry the ids that their source gave them."""
    article = _story_or_404(slug)
    if article.slug != slug:
        return redirect("article-as-given", article.slug, permanent=True)
    page = threads.page(article.discussion)
    give_anchors(page)
    return _render_story(request, article, page, is_as_given=True)


def _render_story(request, article, page, is_as_given=False):
    return render(
        request,
        "articles/article_detail.html",
        {
            "article": article,
            "discussion": article.discussion,
            "page": page,
            "record": record_of(article.shown_record),
            "is_as_given": is_as_given,
        },
    )


def _story_or_404(slug):
    found = _stories()(slug=slug)
    if not found:
        raise Http404("No story has or had this address.")
    return found[0]


@cache
def _stories():
    """Return the query of the story at an address, with all that its page shows.

    The record that it was made of, too: to ask for that by itself would take longer
    than all else that is said of it.
    """
    stories = Article.objects.published().select_related("discussion").for_its_page()
    records = Record.objects.for_article(OuterRef("pk")).as_shown()
    stories = stories.annotate(shown_record=Subquery(records[:1]))
    return Prepared(stories.at_address(Parameter("slug")))


@require_safe
def healthz(request):
    """Answer “ok” when the site and its database do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


def page_not_found(request, exception):
    """Lead from an old address to its story; else offer some by the address's words."""
    if to_story := moved(request):
        return to_story
    words = re.findall(r"[^\W\d_]{3,}", request.path)
    words = [word for word in words if word not in WORDS_OF_OURS][:WORDS_OF_ADDRESS]
    suggestions = []
    if words:
        text = " or ".join(words)
        # As they are written, and as English addresses bend them.
        queries = [
            SearchQuery(text, search_type="websearch", config=config)
            for config in ("simple", "english")
        ]
        query = queries[0] | queries[1]
        found = Article.objects.published().filter(search_vector=query)
        suggestions = found.newest_first().for_lists()[:SUGGESTIONS]
    context = {
        "suggestions": suggestions,
        "words": " ".join(words),
        "is_nowhere": True,
    }
    return render(request, "404.html", context, status=404)
