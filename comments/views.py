"""Pages of a discussion, and the page of a single comment."""

from functools import cache

from articles.models import Article
from articles.prepared import Parameter, Prepared
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from comments import threads
from comments.choices import ThreadOrder
from comments.forms import DiscussionPageForm, RepliesPageForm
from comments.models import Branch, Comment


@require_safe
def discussion_detail(request, slug):
    """Show a page of a discussion, in one of its orders."""
    found = _stories()(slug=slug)
    if not found:
        raise Http404("No story has or had this address.")
    article = found[0]
    if article.slug != slug:
        address = reverse("comments:discussion", args=[article.slug])
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(address + query, permanent=True)
    asked = _cleaned(DiscussionPageForm(request.GET))
    discussion = article.discussion
    page = _page(discussion, asked["order"], asked["start"])
    if asked["start"] and not page.entries:
        raise Http404("No comment comes from this number on.")
    return render(
        request,
        "comments/discussion_detail.html",
        {"article": article, "discussion": discussion, "page": page},
    )


@cache
def _stories():
    """Return the query of the story at an address, with its discussion."""
    articles = Article.objects.published().for_lists().select_related("discussion")
    return Prepared(articles.at_address(Parameter("slug")))


def _page(discussion, order, start):
    if order == ThreadOrder.CAPTURED:
        return threads.captured_page(discussion, start)
    if order == ThreadOrder.WRITTEN:
        comments = Comment.objects.shown().filter(discussion=discussion)
        return threads.page(discussion, start and _row_or_404(comments, start))
    branches = Branch.objects.filter(discussion=discussion)
    first = get_object_or_404(branches, number=start) if start else None
    return threads.ordered_page(discussion, order, first)


@require_safe
def comment_detail(request, pk):
    """Show one comment: what it answers above it, its replies below."""
    comments = Comment.objects.shown().filter(
        discussion__article__in=Article.objects.published()
    )
    comment = get_object_or_404(comments.with_story().for_reading(), pk=pk)
    start = _cleaned(RepliesPageForm(request.GET))["start"]
    replies = Comment.objects.shown().subtree_of(comment)
    first = _row_or_404(replies, start) if start else None
    return render(
        request,
        "comments/comment_detail.html",
        {
            "article": comment.discussion.article,
            "comment": comment,
            "in_discussion": threads.address_in_discussion(comment),
            "ancestors": threads.answered_by(comment),
            "page": threads.replies_page(comment, first),
        },
    )


def _cleaned(form):
    """Return what is asked for; a page that cannot be is not there."""
    if not form.is_valid():
        raise Http404(form.errors.as_text())
    return form.cleaned_data


def _row_or_404(comments, number):
    rows = comments.filter(number=number).rows()
    if not rows:
        raise Http404("No comment has this number.")
    return rows[0]
