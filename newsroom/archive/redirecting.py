"""Old addresses: what led to a story or a comment where it comes from leads to it here.

When the archive is served on the host that its stories come from, a reader follows a
link that somebody wrote years ago: `/2018/02/some-slug/`, `/?p=12#comment-345`. An
address that is none of ours is looked up among those of the stories' sources. Comments
had ids there that may be others' keys here, and a server never sees a fragment; so such
an address leads to the story at `given/`, where its comments carry the given ids.
"""

import re
from collections import defaultdict
from functools import wraps

from django.conf import settings
from django.db.models import Q
from django.http import HttpResponsePermanentRedirect
from django.http.request import split_domain_port
from django.urls import reverse

from articles.models import Article
from comments.models import Comment
from comments.threads import ThreadPage
from newsroom.archive.addresses import key_of
from newsroom.archive.models import Record, RecordKind, SourceAddress

# What may stand in a fragment as it is.
_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
# WordPress shows a page of comments, a story for phones, and a story's feed below the
# story's address.
_VARIANT = re.compile(r"/(?:comment-page-\d+|amp|trackback)/?(?=\?|$)")
_FEED = re.compile(r"/feed(?:/(?:atom|rss|rss2|rdf))?/?(?=\?|$)")
# What the front page itself reads from its query string.
_FRONT_PAGE_READS = {"after"}
# Systems whose ids other sources know, as Record.also has them.
_SYSTEMS = ("disqus", "wordpress")


def moved(request):
    """Return a redirect to the story that was known at this address, or None.

    One query, by the hash of the address; no story is given away that readers may not
    see. An address that two stories had leads to neither.
    """
    if request.method not in ("GET", "HEAD"):
        return None
    path = _VARIANT.sub("", request.get_full_path())
    without_feed = _FEED.sub("", path)
    # Sources' addresses have no port, but a site that is tried out has one.
    name, _port = split_domain_port(request.get_host())
    hosts = [request.get_host(), name, *settings.OLD_HOSTS]
    keys = [key_of(f"https://{host}{path}") for host in hosts]
    if without_feed != path:
        keys += [key_of(f"https://{host}{without_feed}") for host in hosts]
    found = _stories_known_by(filter(None, keys))
    # What comes first is meant more likely.
    for index, key in enumerate(keys):
        if len(found[key]) == 1:
            [(slug, comment_count)] = found[key]
            is_feed = index >= len(hosts)
            name = "article-as-given" if comment_count else "article-detail"
            name = "feeds:discussion" if is_feed else name
            return HttpResponsePermanentRedirect(reverse(name, args=[slug]))
    return None


def _stories_known_by(keys):
    """Return by key which published stories it leads to: slug and comment count."""
    known = SourceAddress.objects.filter(
        key__in=keys, article__in=Article.objects.published()
    )
    found = defaultdict(set)
    for key, *story in known.order_by().values_list(
        "key", "article__slug", "article__discussion__comment_count"
    ):
        found[key].add(tuple(story))
    return found


def at_old_addresses(view):
    """Let the front page be a story when its query string says so, as in `/?p=12`."""

    @wraps(view)
    def front_page(request):
        is_foreign = not request.GET.keys() <= _FRONT_PAGE_READS
        return (is_foreign and moved(request)) or view(request)

    return front_page


def give_anchors(page: ThreadPage) -> None:
    """Let the comments of a page carry the ids that their first source gave them.

    One that no source gave an id gets another kind of id than those, so that none of
    the given ones is taken.
    """
    keys = [comment.pk for comment in page.comments]
    records = Record.objects.filter(comment__in=keys, kind=RecordKind.COMMENT)
    page.anchors = {key: f"our-comment-{key}" for key in keys}
    taken = set()
    for key, given_id in records.order_by("pk").values_list("comment_id", "given_id"):
        if key in taken or given_id in taken or not _GIVEN_ID.fullmatch(given_id):
            continue
        page.anchors[key] = f"comment-{given_id}"
        taken |= {key, given_id}


def comment_given_as(article: Article, given_id: str) -> Comment | None:
    """Return the comment on a story that a source knew by this id, if it is shown."""
    elsewhere = [f"{system}:{given_id}" for system in _SYSTEMS]
    by_record = Q(records__given_id=given_id, records__kind=RecordKind.COMMENT)
    comments = Comment.objects.shown().filter(
        by_record | Q(records__also__in=elsewhere), discussion=article.pk
    )
    return comments.with_story().for_reading().order_by("records").first()
