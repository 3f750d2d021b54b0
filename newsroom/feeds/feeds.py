"""The feeds: what is in each, and how a story or a comment is told in one.

Ids are tag URIs (RFC 4151): they stay when an address, a scheme or a port changes. A
date that is not known is left out; Atom cannot do without the time of the last change,
and for a comment of unknown date that is when this archive got it, which the feed says.
"""

from datetime import UTC
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext

from articles.choices import Basis, Precision
from articles.models import Article, Section, Topic
from comments.choices import CommentKind, CommentStatus
from comments.models import Comment

STORIES = 25
COMMENTS = 50
# A longer body is not in a feed, so that no feed is larger than a few megabytes.
LONGEST_BODY = 100_000
# A month or a year is no moment that a feed could tell as one.
_MOMENTS = {Precision.SECOND, Precision.MINUTE, Precision.DAY}
_COMMENT_FIELDS = (
    "number", "author_name", "body_html", "language", "posted_at", "posted_precision",
    "edited_at", "created_at", "discussion__article__headline",
    "discussion__article__slug", "discussion__article__created_at",
)  # fmt: skip


# A reply link that was only inferred is not told as a fact, nor one to what is hidden.
KNOWN_PARENT = Case(
    When(
        reply_basis__in=[Basis.GIVEN, Basis.EDITED],
        parent__kind=CommentKind.COMMENT,
        parent__status__in=[CommentStatus.PUBLIC, CommentStatus.REMOVED],
        then=F("parent_id"),
    )
)
BODY = Case(
    When(LessThanOrEqual(Length("body"), LONGEST_BODY), then=F("body")),
    default=Value(""),
    output_field=TextField(),
)


class _SiteFeed(Feed):
    """A feed that is made for one request, of which it needs the host."""

    def __init__(self, request, feed_type):
        self.request, self.feed_type = request, feed_type
        # One name for all: under another, readers' programs would take all for new.
        self.host = settings.ALLOWED_HOSTS[0].lstrip(".")
        if self.host == "*":
            self.host = urlsplit(f"//{request.get_host()}").hostname

    def __call__(self, request, *args, **kwargs):
        response = super().__call__(request, *args, **kwargs)
        # Django's is the newest item's, which stays when an item is hidden.
        del response.headers["Last-Modified"]
        return response

    def link(self, obj):
        return reverse("front-page")

    def feed_guid(self, obj):
        return self.absolute(self.request.path)

    def absolute(self, path):
        return self.request.build_absolute_uri(path)

    def article_id(self, article):
        on = article.created_at.astimezone(UTC).date()
        return f"tag:{self.host},{on}:articles/{article.pk}"

    def comment_id(self, article, pk):
        return f"{self.article_id(article)}/comments/{pk}"

    def item_link(self, item):
        return item.get_absolute_url()

    def item_description(self, item):
        return None


class ArticlesFeed(_SiteFeed):
    """The latest stories, of all or of a section or a topic."""

    def __init__(self, request, feed_type, chosen=None):
        super().__init__(request, feed_type)
        self.chosen = chosen

    def title(self, obj):
        if self.chosen:
            return f"{settings.SITE_NAME}: {self.chosen.name}"
        return settings.SITE_NAME

    def link(self, obj):
        return self.chosen.get_absolute_url() if self.chosen else super().link(obj)

    def subtitle(self, obj):
        return gettext("Latest stories")

    def items(self, obj):
        stories = Article.objects.published()
        if isinstance(self.chosen, Section):
            stories = stories.filter(section=self.chosen)
        if isinstance(self.chosen, Topic):
            stories = stories.filter(topics=self.chosen)
        stories = stories.newest_first().for_lists().select_related("discussion")
        stories = stories.with_bylines().prefetch_related("topics")
        return stories.annotate(feed_body=BODY)[:STORIES]

    def item_title(self, item):
        return item.headline

    def item_guid(self, item):
        return self.article_id(item)

    def item_pubdate(self, item):
        return _moment(item.published_at, item.published_precision)

    def item_updateddate(self, item):
        return item.changed_at

    def item_categories(self, item):
        section = [item.section.name] if item.section else []
        return [*section, *(topic.name for topic in item.topics.all())]

    def item_extra_kwargs(self, item):
        names = [byline.author.name for byline in item.bylines.all()]
        args = [item.slug]
        return {
            "language": item.language,
            "authors": names or [gettext("Unnamed author")],
            "summary": item.standfirst,
            "html": item.feed_body,
            "in_reply_to": None,
            "replies": {
                "atom": self.absolute(reverse("feeds:discussion", args=args)),
                "json": self.absolute(reverse("feeds:discussion-json", args=args)),
                "count": item.discussion.comment_count,
                "updated": item.discussion.changed_at,
            },
        }


class CommentsFeed(_SiteFeed):
    """The latest comments on all stories."""

    def title(self, obj):
        return gettext("Comments on %(site)s") % {"site": settings.SITE_NAME}

    def subtitle(self, obj):
        return gettext(
            "Where it is not known when a comment was written, “updated” is when this "
            "archive got it."
        )

    def items(self, obj):
        published = Article.objects.published()
        comments = Comment.objects.public().filter(discussion__article__in=published)
        return _for_feeds(comments).newest_first()[:COMMENTS]

    def item_title(self, item):
        return gettext("%(name)s on “%(headline)s”") % {
            "name": _name(item),
            "headline": item.discussion.article.headline,
        }

    def item_guid(self, item):
        return self.comment_id(item.discussion.article, item.pk)

    def item_pubdate(self, item):
        return _moment(item.posted_at, item.posted_precision)

    def item_updateddate(self, item):
        known = [at for at in (item.posted_at, item.edited_at) if at]
        return max(known, default=item.created_at)

    def item_extra_kwargs(self, item):
        return {
            "language": item.language,
            "authors": [_name(item)],
            "summary": "",
            "html": item.body_html,
            "in_reply_to": self._answered(item),
            "replies": None,
        }

    def _answered(self, item):
        article = item.discussion.article
        if item.known_parent is None:
            path, id = article.get_absolute_url(), self.article_id(article)
        else:
            path = reverse("comments:detail", args=[item.known_parent])
            id = self.comment_id(article, item.known_parent)
        return {"id": id, "url": self.absolute(path)}


class DiscussionFeed(CommentsFeed):
    """The latest comments on one story, as they came in."""

    def __init__(self, request, feed_type, article):
        super().__init__(request, feed_type)
        self.article = article

    def title(self, obj):
        return gettext("Comments on “%(headline)s”") % {
            "headline": self.article.headline
        }

    def link(self, obj):
        return self.article.get_absolute_url()

    def items(self, obj):
        comments = Comment.objects.public().filter(discussion=self.article.pk)
        return _for_feeds(comments).order_by("-number")[:COMMENTS]

    def item_title(self, item):
        return f"{_name(item)}, #{item.number}"


def _for_feeds(comments):
    comments = comments.select_related("discussion__article").only(*_COMMENT_FIELDS)
    return comments.annotate(known_parent=KNOWN_PARENT)


def _name(comment):
    return comment.author_name or gettext("Unnamed reader")


def _moment(at, precision):
    return at if precision in _MOMENTS else None
