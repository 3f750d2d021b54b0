"""The states that comments can be in, for models and for formats alike."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy


class DiscussionPolicy(TextChoices):
    OPEN = "open", "Open"
    PREMODERATED = "premoderated", "Every comment is read first"
    CLOSED = "closed", "Closed"


class CommentStatus(TextChoices):
    PENDING = "pending", "Waits for a moderator"
    PUBLIC = "public", "Public"
    HIDDEN = "hidden", "Hidden"
    SPAM = "spam", "Spam"
    REMOVED = "removed", "Removed"


class CommentKind(TextChoices):
    COMMENT = "comment", "Comment"
    PINGBACK = "pingback", "Pingback"
    TRACKBACK = "trackback", "Trackback"
    NOTE = "note", "Editors' note"
    OTHER = "other", "Other"


class BodyFormat(TextChoices):
    """How a comment's text was written."""

    TEXT = "text", "plain text"
    HTML = "html", "HTML"
    MARKDOWN = "markdown", "Markdown"
    WORDPRESS = "wordpress", "HTML with WordPress's newlines"


class ThreadOrder(TextChoices):
    """In which order the branches of a discussion are read; replies stay in theirs."""

    WRITTEN = "", gettext_lazy("As written")
    NEWEST = "newest", gettext_lazy("Newest first")
    ANSWERED = "answered", gettext_lazy("Most answered")
    CAPTURED = "captured", gettext_lazy("As captured")
