"""What readers get of the archive itself: stories as data, and old addresses."""

from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from articles.models import Article
from comments import threads
from newsroom.archive.exporting import public
from newsroom.archive.models import Record
from newsroom.archive.redirecting import comment_given_as


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
    # It has no validator: a time of change tells of no section's new name, nor of the
    # second change in a second.
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def comment_as_given(request, slug, given_id):
    """Lead to the comment on a story that its source knew by this id."""
    published = Article.objects.published()
    article = get_object_or_404(published.for_lists().at_address(slug))
    comment = comment_given_as(article, given_id)
    if comment is None:
        raise Http404("No comment on this story was known by that id.")
    # Not for ever: it may move to another page of the discussion.
    return redirect(threads.address_in_discussion(comment))
