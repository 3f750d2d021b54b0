"""The editors' desk as a whole: stories, discussions, and where they come from."""

from django.contrib import admin

from articles.admin import ArticleAdmin
from articles.models import Article
from comments.admin import CommentAdmin, DiscussionInline
from comments.models import Comment, Discussion
from newsroom.archive.admin import WithProvenance

admin.site.unregister([Article, Comment])


@admin.register(Article)
class ArticleWithDiscussionAdmin(WithProvenance, ArticleAdmin):
    inlines = [*ArticleAdmin.inlines, DiscussionInline]

    class Media:
        css = {"all": ["css/archive-admin.css"]}

    def get_deleted_objects(self, objs, request):
        """Let a draft go with its discussion, though neither part goes on its own."""
        found, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        parts = {model._meta.verbose_name for model in (Discussion, Comment)}
        return found, counts, forbidden - parts, protected


@admin.register(Comment)
class CommentWithProvenanceAdmin(WithProvenance, CommentAdmin):
    class Media:
        css = {"all": ["css/archive-admin.css"]}
