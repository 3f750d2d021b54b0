"""Sitemaps for search engines, and what they are asked to leave alone.

A sitemap holds the stories whose keys lie in one range, so that each is one read of an
index whatever the archive's size, and stays the same while others grow; Django's own
framework counts and skips rows. Comments are not in them: a story's page and the pages
of its discussion, linked from it, show each one whole, and ten million addresses of
single comments would have search engines read everything twice.
"""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min
from django.db.models.functions import Greatest
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.choices import Precision
from articles.models import Article
from newsroom.citing.citations import one_line

# Keys in a sitemap: some two megabytes, and below the 50,000 that are allowed.
KEYS = 10_000
# What the rules for news sitemaps allow.
NEWS_DAYS = 2
MOST_NEWS = 1000
_OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
)
_XML = "application/xml; charset=utf-8"

# For each range, whether there is a story in it: one look-up in the index of keys.
_RANGES = """
    SELECT number FROM generate_series(%s, %s) AS number
    WHERE EXISTS ({stories} AND id >= number * {keys} AND id < (number + 1) * {keys})
    ORDER BY number
"""


@require_safe
def index(request):
    """List the sitemaps."""
    paths = [reverse("sitemap-news")]
    paths += [reverse("sitemap", args=[number]) for number in _ranges()]
    addresses = map(request.build_absolute_uri, paths)
    context = {"addresses": addresses}
    return render(request, "sitemaps/index.xml", context, content_type=_XML)


@require_safe
def sitemap(request, number):
    """List the stories of one range of keys."""
    if number > 2**63 // KEYS - 1:
        raise Http404("No key is so large.")
    first = number * KEYS
    stories = Article.objects.published().filter(pk__gte=first, pk__lt=first + KEYS)
    changed = Greatest("changed_at", "discussion__changed_at")
    rows = list(stories.order_by("pk").values_list("slug", changed))
    if not rows:
        raise Http404("There is no story in this sitemap.")
    stem = request.build_absolute_uri(reverse("article-detail", args=["x"]))
    stem = stem.removesuffix("x/")
    lines = [
        f"<url><loc>{stem}{slug}/</loc>"
        f"<lastmod>{at.isoformat(timespec='seconds')}</lastmod></url>"
        for slug, at in rows
    ]
    text = "\n".join([_OPENING, *lines, "</urlset>\n"])
    return HttpResponse(text, content_type=_XML)


@require_safe
def news(request):
    """List the stories of the last two days, as search engines for news ask for."""
    now = timezone.now()
    stories = Article.objects.published().for_lists().newest_first()
    # Of a month or a year nobody knows whether it was these days.
    exact = [Precision.SECOND, Precision.MINUTE, Precision.DAY]
    stories = stories.filter(
        listed_at__gte=now - timedelta(days=NEWS_DAYS), published_precision__in=exact
    )
    items = [
        {
            "address": request.build_absolute_uri(story.get_absolute_url()),
            "language": story.language.partition("-")[0],
            "published": story.published_machine_readable,
            "headline": one_line(story.headline),
        }
        for story in stories[:MOST_NEWS]
    ]
    context = {"items": items, "name": one_line(settings.SITE_NAME)}
    return render(request, "sitemaps/news.xml", context, content_type=_XML)


@require_safe
def robots(request):
    """Say where the sitemaps are and what is no page to be found."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /search/",
        f"Sitemap: {request.build_absolute_uri(reverse('sitemap-index'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


def _ranges() -> list[int]:
    """Return the numbers of the ranges that hold a published story."""
    keys = Article.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if keys["last"] is None:
        return []
    published = Article.objects.published().order_by().values("pk")
    sql, parameters = published.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            _RANGES.format(stories=sql, keys=KEYS),
            [keys["first"] // KEYS, keys["last"] // KEYS, *parameters],
        )
        return [number for (number,) in cursor.fetchall()]
