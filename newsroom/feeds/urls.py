"""Addresses of feeds: Atom at a folder of its own, JSON Feed at a file."""

from django.urls import path

from newsroom.feeds import views
from newsroom.feeds.generators import AtomFeed, JSONFeed

app_name = "feeds"
_FEEDS = {
    "feeds/articles": views.articles,
    "feeds/comments": views.comments,
    "feeds/sections/<slug:slug>": views.section,
    "feeds/topics/<slug:slug>": views.topic,
    "articles/<slug:slug>/feed": views.discussion,
}
_KINDS = [("/", AtomFeed, ""), (".json", JSONFeed, "-json")]
urlpatterns = [
    path(f"{base}{ending}", view, {"feed_type": kind}, name=f"{view.__name__}{suffix}")
    for base, view in _FEEDS.items()
    for ending, kind, suffix in _KINDS
]
