"""The moderators' desk: discussions and comments."""

from articles.admin import ArticleAdmin
from django.contrib import admin
from django.utils.html import strip_tags
from django.utils.text import Truncator

from comments.models import Comment, CommentStatus, Discussion


class DiscussionInline(admin.StackedInline):
    """A story's discussion, which is there from the start."""

    model = Discussion
    fields = [("policy", "closes_at")]
    can_delete = False


ArticleAdmin.inlines = [*ArticleAdmin.inlines, DiscussionInline]


@admin.register(Discussion)
class DiscussionAdmin(admin.ModelAdmin):
    list_display = ["article", "policy", "comment_count", "changed_at"]
    list_filter = ["policy"]
    list_select_related = ["article"]
    search_fields = ["article__headline"]
    fields = ["article", ("policy", "closes_at"), "comment_count", "changed_at"]
    readonly_fields = ["article", "comment_count", "changed_at"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    list_display = ["place", "author", "preview", "status", "posted_in_words", "story"]
    list_display_links = ["place", "preview"]
    list_filter = ["status", "kind", "reply_basis", "language"]
    list_select_related = ["discussion__article"]
    search_fields = ["author_name", "body"]
    actions = ["approve", "remove", "hide", "mark_as_spam"]
    raw_id_fields = ["parent"]
    fieldsets = [
        (None, {"fields": ["story", "place", "body", "body_format", "is_truncated"]}),
        ("State", {"fields": [("status", "kind"), "status_reason"]}),
        ("Author", {"fields": ["author_name", "author_url", "language"]}),
        (
            "Thread",
            {"fields": ["parent", ("reply_basis", "reply_confidence")]},
        ),
        ("Time", {"fields": [("posted_at", "posted_precision"), "edited_at"]}),
    ]
    readonly_fields = ["story", "place"]

    def get_queryset(self, request):
        comments = super().get_queryset(request).defer("search_vector")
        return comments.order_by("-pk")

    def has_add_permission(self, request):
        # Comments come from readers and from files.
        return False

    def has_delete_permission(self, request, obj=None):
        # A comment keeps its place: it is removed, hidden or marked as spam.
        return False

    def view_on_site(self, comment):
        is_shown = Comment.objects.shown().filter(pk=comment.pk).exists()
        return comment.get_absolute_url() if is_shown else None

    @admin.display(description="place", ordering="number")
    def place(self, comment):
        """Say where in the thread it stands, such as “#12, below #11 below #10”."""
        above = " below ".join(f"#{number}" for number in comment.path[-2:-5:-1])
        more = " …" if comment.depth > 4 else ""
        return f"#{comment.number}, below {above}{more}" if above else str(comment)

    @admin.display(description="author")
    def author(self, comment):
        return comment.author_name or "Unnamed reader"

    @admin.display(description="text")
    def preview(self, comment):
        return Truncator(strip_tags(comment.body_html)).words(18)

    @admin.display(description="story")
    def story(self, comment):
        return comment.discussion.article

    @admin.display(description="posted", ordering="posted_at")
    def posted_in_words(self, comment):
        return comment.posted_in_words

    def save_model(self, request, obj, form, change):
        if "status" in form.changed_data:
            obj.set_status(obj.status, reason=obj.status_reason)
        super().save_model(request, obj, form, change)

    def _set_status(self, request, queryset, status):
        count = queryset.set_status(status)
        self.message_user(request, f"{CommentStatus(status).label}: {count}.")

    @admin.action(description="Approve selected comments", permissions=["change"])
    def approve(self, request, queryset):
        self._set_status(request, queryset, CommentStatus.PUBLIC)

    @admin.action(description="Remove, leaving a tombstone", permissions=["change"])
    def remove(self, request, queryset):
        self._set_status(request, queryset, CommentStatus.REMOVED)

    @admin.action(description="Hide selected comments", permissions=["change"])
    def hide(self, request, queryset):
        self._set_status(request, queryset, CommentStatus.HIDDEN)

    @admin.action(description="Mark as spam", permissions=["change"])
    def mark_as_spam(self, request, queryset):
        self._set_status(request, queryset, CommentStatus.SPAM)
