"""The site's addresses."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from newsroom import sitemaps, views
from newsroom.archive import views as archive_views
from newsroom.archive.redirecting import at_old_addresses

urlpatterns = [
    path("", at_old_addresses(views.front_page), name="front-page"),
    path("articles/<slug:slug>/", views.article_detail, name="article-detail"),
    path(
        "articles/<slug:slug>/given/", views.article_as_given, name="article-as-given"
    ),
    path(
        "articles/<slug:slug>/given/<slug:given_id>/",
        archive_views.comment_as_given,
        name="comment-as-given",
    ),
    path(
        "articles/<slug:slug>/discussion.json",
        archive_views.article_archive,
        name="article-archive",
    ),
    path("", include("newsroom.lists.urls")),
    path("", include("comments.urls")),
    path("", include("newsroom.search.urls")),
    path("", include("newsroom.citing.urls")),
    path("", include("newsroom.feeds.urls")),
    path("sitemap.xml", sitemaps.index, name="sitemap-index"),
    path("sitemaps/news.xml", sitemaps.news, name="sitemap-news"),
    path("sitemaps/<int:number>.xml", sitemaps.sitemap, name="sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("healthz", views.healthz, name="healthz"),
    path("admin/", admin.site.urls),
]
admin.site.site_header = admin.site.site_title = format_lazy(
    _("{site}: editors’ desk"), site=settings.SITE_NAME
)
admin.site.index_title = _("Publish, moderate, take in")
handler404 = "newsroom.views.page_not_found"
