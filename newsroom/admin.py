"""The editors' desk as a whole: a story together with its discussion."""

from django.contrib import admin

from articles.admin import ArticleAdmin
from articles.models import Article
from comments.admin import DiscussionInline
from comments.models import Comment, Discussion

admin.site.unregister(Article)


@admin.register(Article)
class ArticleWithDiscussionAdmin(ArticleAdmin):
    inlines = [*ArticleAdmin.inlines, DiscussionInline]

    def get_deleted_objects(self, objs, request):
        """Let a draft go with its discussion, though neither part goes on its own."""
        found, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        parts = {model._meta.verbose_name for model in (Discussion, Comment)}
        return found, counts, forbidden - parts, protected
