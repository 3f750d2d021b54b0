"""Addresses of citations."""

from django.urls import path

from newsroom.citing import views

app_name = "citing"
urlpatterns = [
    path("articles/<slug:slug>/cite/", views.article_cite, name="article"),
    path(
        "articles/<slug:slug>/cite.<str:ending>",
        views.article_citation,
        name="article-as",
    ),
    path("comments/<int:pk>/cite/", views.comment_cite, name="comment"),
    path(
        "comments/<int:pk>/cite.<str:ending>", views.comment_citation, name="comment-as"
    ),
]
