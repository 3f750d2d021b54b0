"""The site's addresses."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from newsroom import views

urlpatterns = [
    path("", views.front_page, name="front-page"),
    path("articles/<slug:slug>/", views.article_detail, name="article-detail"),
    path("", include("comments.urls")),
    path("", include("newsroom.search.urls")),
    path("healthz", views.healthz, name="healthz"),
    path("admin/", admin.site.urls),
]
admin.site.site_header = admin.site.site_title = f"{settings.SITE_NAME}: editors' desk"
admin.site.index_title = "Publish, moderate, take in"
handler404 = "newsroom.views.page_not_found"
