"""Addresses of lists; those of the archive write dates as digits."""

from django.urls import path, register_converter

from newsroom.lists import by_date, views


class Year:
    regex = "[0-9]{4}"
    to_python = int

    def to_url(self, value):
        return f"{value:04}"


class TwoDigits:
    regex = "[0-9]{2}"
    to_python = int

    def to_url(self, value):
        return f"{value:02}"


register_converter(Year, "yyyy")
register_converter(TwoDigits, "dd")

urlpatterns = [
    path("articles/", views.article_list, name="article-list"),
    path("sections/", views.section_list, name="section-list"),
    path("sections/<slug:slug>/", views.section_detail, name="section-detail"),
    path("topics/", views.topic_list, name="topic-list"),
    path("topics/<slug:slug>/", views.topic_detail, name="topic-detail"),
    path("authors/", views.author_list, name="author-list"),
    path("authors/<slug:slug>/", views.author_detail, name="author-detail"),
    path("archive/", by_date.archive, name="archive"),
    path("archive/undated/", by_date.archive_undated, name="archive-undated"),
    path("archive/on-this-day/", by_date.today, name="on-this-day"),
    path(
        "archive/on-this-day/<dd:month>/<dd:day>/",
        by_date.on_this_day,
        name="on-this-day",
    ),
    path("archive/<yyyy:year>/", by_date.archive_year, name="archive-year"),
    path(
        "archive/<yyyy:year>/undated/", by_date.archive_undated, name="archive-undated"
    ),
    path(
        "archive/<yyyy:year>/<dd:month>/", by_date.archive_month, name="archive-month"
    ),
    path(
        "archive/<yyyy:year>/<dd:month>/undated/",
        by_date.archive_undated,
        name="archive-undated",
    ),
    path(
        "archive/<yyyy:year>/<dd:month>/<dd:day>/",
        by_date.archive_day,
        name="archive-day",
    ),
]
