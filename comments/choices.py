"""The states that comments can be in, for models and for formats alike."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DiscussionPolicy(TextChoices):
    OPEN = "open", _("Open")
    PREMODERATED = "premoderated", _("Every comment is read first")
    CLOSED = "closed", _("Closed")


class CommentStatus(TextChoices):
    PENDING = "pending", _("Waits for a moderator")
    PUBLIC = "public", _("Public")
    HIDDEN = "hidden", _("Hidden")
    SPAM = "spam", _("Spam")
    REMOVED = "removed", _("Removed")


class CommentKind(TextChoices):
    COMMENT = "comment", _("Comment")
    PINGBACK = "pingback", _("Pingback")
    TRACKBACK = "trackback", _("Trackback")
    NOTE = "note", _("Editors' note")
    OTHER = "other", _("Other")


class BodyFormat(TextChoices):
    """How a comment's text was written."""

    TEXT = "text", _("plain text")
    HTML = "html", _("HTML")
    MARKDOWN = "markdown", _("Markdown")
    WORDPRESS = "wordpress", _("HTML with WordPress's newlines")


class ThreadOrder(TextChoices):
    """In which order the branches of a discussion are read; replies stay in theirs."""

    WRITTEN = "", _("As written")
    NEWEST = "newest", _("Newest first")
    ANSWERED = "answered", _("Most answered")
    CAPTURED = "captured", _("As captured")
