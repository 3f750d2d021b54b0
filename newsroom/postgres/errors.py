"""What goes wrong between the site and its database, in words for a person."""

from django.db.utils import OperationalError


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be used; the text is one line that says why."""


class DatabaseUnavailable(OperationalError):
    """No usable connection; the text is one line, without the password."""
