"""What the database computes for columns and indexes of lists."""

from django.db import models
from django.db.models import Func


class SortKey(Func):
    """A name as lists sort it: small letters, no accents, no marks before it.

    In words of SQL that any PostgreSQL knows; collations for readers are an option
    that it may have been built without.
    """

    template = (
        "regexp_replace(normalize(%(expressions)s, NFKD),"
        " '[\u0300-\u036f]|^[[:punct:][:space:]“”‘’«»„¿¡–—…]+(?=.)', '', 'g')"
        ' COLLATE "C"'
    )
    output_field = models.TextField()


class MonthAndDay(Func):
    """The month and day of a time in UTC as one number: 223 is 23 February."""

    template = (
        "(extract(month FROM %(expressions)s AT TIME ZONE 'UTC') * 100"
        " + extract(day FROM %(expressions)s AT TIME ZONE 'UTC'))"
    )
    output_field = models.DecimalField(max_digits=4, decimal_places=0)
