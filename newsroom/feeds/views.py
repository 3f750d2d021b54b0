"""The feeds' addresses, each in Atom and in JSON."""

from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from articles.models import Article, Section, Topic
from newsroom.feeds.feeds import ArticlesFeed, CommentsFeed, DiscussionFeed


@require_safe
def articles(request, feed_type):
    """Tell the latest stories."""
    return ArticlesFeed(request, feed_type)(request)


@require_safe
def section(request, slug, feed_type):
    """Tell the latest stories of a section."""
    chosen = get_object_or_404(Section.objects.with_stories(), slug=slug)
    return ArticlesFeed(request, feed_type, chosen)(request)


@require_safe
def topic(request, slug, feed_type):
    """Tell the latest stories on a topic."""
    chosen = get_object_or_404(Topic.objects.with_stories(), slug=slug)
    return ArticlesFeed(request, feed_type, chosen)(request)


@require_safe
def comments(request, feed_type):
    """Tell the latest comments."""
    return CommentsFeed(request, feed_type)(request)


@require_safe
def discussion(request, slug, feed_type):
    """Tell the latest comments on a story."""
    published = Article.objects.published().for_lists()
    article = get_object_or_404(published.at_address(slug))
    if article.slug != slug:
        name = request.resolver_match.view_name
        return redirect(name, article.slug, permanent=True)
    return DiscussionFeed(request, feed_type, article)(request)
