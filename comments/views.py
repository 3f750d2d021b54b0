"""Pages of a discussion, and the page of a single comment."""

from articles.models import Article
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from comments import threads
from comments.forms import DiscussionPageForm
from comments.models import Comment


@require_safe
def discussion_detail(request, slug):
    """Show a page of a long discussion, or the comments as they were captured."""
    articles = Article.objects.published().for_lists().select_related("discussion")
    article = get_object_or_404(articles.at_address(slug))
    if article.slug != slug:
        return redirect("comments:discussion", article.slug, permanent=True)
    form = DiscussionPageForm(request.GET)
    if not form.is_valid():
        raise Http404(form.errors.as_text())
    start = form.cleaned_data["start"]
    is_captured = form.cleaned_data["order"] == "captured"
    if is_captured:
        page = threads.captured_page(article.discussion, start or 1)
    else:
        comments = Comment.objects.filter(discussion=article.discussion)
        first = get_object_or_404(comments, number=start) if start else None
        page = threads.page(article.discussion, first)
    return render(
        request,
        "comments/discussion_detail.html",
        {
            "article": article,
            "discussion": article.discussion,
            "page": page,
            "is_captured": is_captured,
        },
    )


@require_safe
def comment_detail(request, pk):
    """Show one comment: what it answers above it, its replies below."""
    comments = Comment.objects.shown().filter(
        discussion__article__in=Article.objects.published()
    )
    comment = get_object_or_404(comments.with_story().for_reading(), pk=pk)
    return render(
        request,
        "comments/comment_detail.html",
        {
            "article": comment.discussion.article,
            "comment": comment,
            "in_discussion": threads.address_in_discussion(comment),
            "ancestors": threads.answered_by(comment),
            "page": threads.replies_page(comment),
        },
    )
