"""Addresses of discussions and comments."""

from django.urls import path

from comments import views

app_name = "comments"
urlpatterns = [
    path(
        "articles/<slug:slug>/discussion/", views.discussion_detail, name="discussion"
    ),
    path("comments/<int:pk>/", views.comment_detail, name="detail"),
]
