"""What readers get of the archive itself: stories as data."""

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from articles.models import Article
from newsroom.archive.exporting import public
from newsroom.archive.models import Record


@require_safe
def article_archive(request, slug):
    """Return a story and its discussion as data, written as it is read."""
    stories = public.with_what_is_told(Article.objects.published())
    article = get_object_or_404(stories.at_address(slug))
    if article.slug != slug:
        return redirect("article-archive", article.slug, permanent=True)
    record = Record.objects.for_article(article).first()
    origin = f"newsroom:{request.get_host()}"
    response = StreamingHttpResponse(
        public.parts(article, record, origin), content_type="application/json"
    )
    changes = article.changed_at, article.discussion.changed_at
    response["Last-Modified"] = http_date(max(changes).timestamp())
    return response
