"""Provenance in admin: to read, not to change."""

from django.contrib import admin
from django.db import models
from django.urls import reverse
from django.utils.html import format_html

from articles.admin import DeskAdmin
from newsroom.archive.models import Record, Source


class ReadOnlyAdmin(DeskAdmin):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    list_display = ["name", "format", "size", "imported_at", "imported_by", "records"]
    list_filter = ["format"]
    list_select_related = ["imported_by"]
    search_fields = ["name", "sha256", "url"]
    exclude = ["file"]
    # Nothing is entered here, but Django builds the form's fields and asks.
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    @admin.display(description="records")
    def records(self, source):
        address = reverse("admin:archive_record_changelist")
        found = sum(counts["found"] for counts in source.ledger.values())
        return format_html('<a href="{}?source={}">{}</a>', address, source.pk, found)


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    list_display = ["source", "line", "kind", "given_id", "outcome", "reason", "became"]
    list_display_links = ["line", "given_id"]
    list_filter = ["outcome", "kind"]
    ordering = ["source_id", "position"]
    search_fields = ["given_id", "raw"]
    readonly_fields = ["became"]

    def get_queryset(self, request):
        records = super().get_queryset(request)
        return records.select_related("source", "article", "comment").defer(
            "raw",
            "article__body",
            "article__search_vector",
            "comment__body",
            "comment__body_html",
            "comment__search_vector",
        )

    @admin.display(description="became")
    def became(self, record):
        """Link to the story or comment that the record became."""
        thing = record.comment or record.article
        if thing is None:
            return "–"
        name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change"
        return format_html('<a href="{}">{}</a>', reverse(name, args=[thing.pk]), thing)
