"""The moderators' desk: discussions and comments."""

from html import unescape

from articles.admin import DeskAdmin, DeskForm, EnteredTimeField
from articles.choices import Basis
from articles.search import parted
from django.contrib import admin
from django.contrib.postgres.search import SearchQuery
from django.utils.html import strip_tags
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, CommentStatus, Discussion


class DiscussionInline(admin.StackedInline):
    """A story's discussion, which is there from the start."""

    model = Discussion
    fields = [("policy", "closes_at")]
    can_delete = False


@admin.register(Discussion)
class DiscussionAdmin(DeskAdmin):
    list_display = ["article", "policy", "comment_count", "changed_at"]
    list_filter = ["policy"]
    search_fields = ["article__headline"]
    fields = ["article", ("policy", "closes_at"), "comment_count", "changed_at"]
    readonly_fields = ["article", "comment_count", "changed_at"]

    def get_queryset(self, request):
        return super().get_queryset(request).with_story()

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class CommentForm(DeskForm):
    time_fields = ["posted_at", "edited_at"]

    class Meta:
        model = Comment
        fields = "__all__"
        field_classes = dict.fromkeys(["posted_at", "edited_at"], EnteredTimeField)
        help_texts = {
            "parent": _(
                "The comment it answers: the number in that one's address, "
                "/comments/…/, not the # that readers see."
            )
        }

    def clean(self):
        """Note that an editor says so when a comment gets another parent."""
        data = super().clean()
        if "parent" in data and "parent" in self.changed_data:
            self.instance.reply_basis = Basis.EDITED if data["parent"] else ""
            self.instance.reply_confidence = None
        return data


@admin.register(Comment)
class CommentAdmin(DeskAdmin):
    form = CommentForm
    # What a moderator decides by first: where it is narrow, the rest is out of sight.
    list_display = ["place", "status", "story", "preview", "author", "posted_in_words"]
    list_display_links = ["place", "preview"]
    list_filter = ["status", "kind", "reply_basis"]
    # Shows the search box; `get_search_results` reads the index instead.
    search_fields = ["body"]
    search_help_text = _(
        "Words of the comment, “a phrase in quotation marks”, -without"
    )
    ordering = ["-pk"]
    actions = ["approve", "remove", "hide", "mark_as_spam"]
    raw_id_fields = ["parent"]
    fieldsets = [
        (None, {"fields": ["story", "place", "body", "body_format", "is_truncated"]}),
        (_("State"), {"fields": [("status", "kind"), "status_reason"]}),
        (_("Author"), {"fields": ["author_name", "author_url", "language"]}),
        (
            _("Thread"),
            {"fields": ["parent", ("reply_basis", "reply_confidence")]},
        ),
        (
            _("Time"),
            {
                "fields": [
                    ("posted_at", "posted_precision"),
                    ("edited_at", "edited_precision"),
                ]
            },
        ),
    ]
    readonly_fields = ["story", "place", "reply_basis", "reply_confidence"]

    def get_queryset(self, request):
        return super().get_queryset(request).with_story().defer("search_vector")

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        as_written, stemmed = (
            SearchQuery(parted(search_term), search_type="websearch", config=config)
            for config in ("simple", "english")
        )
        return queryset.filter(search_vector=as_written | stemmed), False

    def has_add_permission(self, request):
        # Comments come from readers and from files.
        return False

    def has_delete_permission(self, request, obj=None):
        # A comment keeps its place: it is removed, hidden or marked as spam.
        return False

    def view_on_site(self, comment):
        is_shown = Comment.objects.shown().filter(pk=comment.pk).exists()
        return comment.get_absolute_url() if is_shown else None

    @admin.display(description=_("place"), ordering="number")
    def place(self, comment):
        """Say where in the thread it stands, such as “#12, below #11, #10”."""
        above = ", ".join(f"#{number}" for number in comment.path[-2:-5:-1])
        if not above:
            return str(comment)
        told = {
            "comment": f"#{comment.number}",
            "parents": f"{above} …" if comment.depth > 4 else above,
        }
        return gettext("%(comment)s, below %(parents)s") % told

    @admin.display(description=_("author"))
    def author(self, comment):
        return comment.author_name or gettext("Unnamed reader")

    @admin.display(description=_("text"))
    def preview(self, comment):
        text = unescape(strip_tags(comment.body_html.replace("</p>", " ")))
        return Truncator(" ".join(text.split())).chars(80)

    @admin.display(description=_("story"))
    def story(self, comment):
        return comment.discussion.article

    @admin.display(description=_("posted"), ordering="posted_at")
    def posted_in_words(self, comment):
        return comment.posted_in_words

    def save_model(self, request, obj, form, change):
        if "status" in form.changed_data:
            obj.set_status(obj.status, reason=obj.status_reason)
        super().save_model(request, obj, form, change)

    def _set_status(self, request, queryset, status):
        count = queryset.set_status(status)
        told = {"state": CommentStatus(status).label, "count": count}
        self.message_user(request, gettext("%(state)s: %(count)d.") % told)

    @admin.action(description=_("Approve selected comments"), permissions=["change"])
    def approve(self, request, queryset):
        self._set_status(request, queryset, CommentStatus.PUBLIC)

    @admin.action(description=_("Remove, leaving a tombstone"), permissions=["change"])
    def remove(self, request, queryset):
        self._set_status(request, queryset, CommentStatus.REMOVED)

    @admin.action(description=_("Hide selected comments"), permissions=["change"])
    def hide(self, request, queryset):
        self._set_status(request, queryset, CommentStatus.HIDDEN)

    @admin.action(description=_("Mark as spam"), permissions=["change"])
    def mark_as_spam(self, request, queryset):
        self._set_status(request, queryset, CommentStatus.SPAM)
