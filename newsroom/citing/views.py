"""How to cite a story or a comment: a page for people, files for their programs."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from articles.models import Article
from comments.models import Comment
from newsroom.archive.models import Record
from newsroom.citing import citations
from newsroom.citing.formats import FORMATS


@require_safe
def article_cite(request, slug):
    """Show how to cite a story."""
    article = _article(slug)
    if article.slug != slug:
        return redirect("citing:article", article.slug, permanent=True)
    return render(
        request,
        "citing/article_cite.html",
        {
            "article": article,
            "citation": _of_article(request, article),
            "formats": FORMATS.items(),
        },
    )


@require_safe
def article_citation(request, slug, ending):
    """Return the citation of a story as a file."""
    article = _article(slug)
    if article.slug != slug:
        return redirect("citing:article-as", article.slug, ending, permanent=True)
    return _file(_of_article(request, article), ending, article.slug)


@require_safe
def comment_cite(request, pk):
    """Show how to cite a comment."""
    comment = _comment(pk)
    return render(
        request,
        "citing/comment_cite.html",
        {
            "article": comment.discussion.article,
            "comment": comment,
            "citation": _of_comment(request, comment),
            "formats": FORMATS.items(),
        },
    )


@require_safe
def comment_citation(request, pk, ending):
    """Return the citation of a comment as a file."""
    comment = _comment(pk)
    return _file(_of_comment(request, comment), ending, f"comment-{comment.pk}")


def _article(slug):
    published = Article.objects.published().for_lists().with_bylines()
    return get_object_or_404(published.at_address(slug))


def _comment(pk):
    """Return a comment that readers see; one that was removed cannot be cited."""
    published = Article.objects.published()
    comments = Comment.objects.public().filter(discussion__article__in=published)
    return get_object_or_404(comments.with_story().for_reading(), pk=pk)


def _of_article(request, article):
    record = Record.objects.for_article(article).first()
    url = request.build_absolute_uri(article.get_absolute_url())
    return citations.of_article(article, record, url)


def _of_comment(request, comment):
    record = Record.objects.for_comment(comment).first()
    url = request.build_absolute_uri(comment.get_absolute_url())
    return citations.of_comment(comment, record, url)


def _file(citation, ending, name):
    if ending not in FORMATS:
        raise Http404(f"There are no citations in “{ending}”.")
    format = FORMATS[ending]
    response = HttpResponse(format.write(citation), content_type=format.content_type)
    # The name is a slug or a number: nothing in it needs quoting.
    response["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response
