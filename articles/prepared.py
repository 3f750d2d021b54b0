"""Queries that are put into SQL once and run with other values each time.

Django takes longer to put a reader's page into SQL than PostgreSQL takes to answer it.
"""

from copy import copy

from django.db import connections
from django.db.models import Expression, QuerySet


class Parameter(Expression):
    """Stands in a query for a value that is not known yet."""

    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def as_sql(self, compiler, connection):
        return "%s", [self]


class Prepared:
    """A QuerySet that has parameters. To call it with their values runs it.

    It stays as it was made: nothing in it may depend on a time zone, a language or
    anything else that changes while the process runs.
    """

    def __init__(self, queryset: QuerySet):
        self.queryset = queryset
        self.compiler = queryset.query.get_compiler(queryset.db)
        self.sql, self.params = self.compiler.as_sql()
        columns = self.compiler.select[: self.compiler.col_count]
        self.converters = self.compiler.get_converters(it[0] for it in columns)
        # Each thread has its own, and this one's is not to be kept.
        self.compiler.connection = None

    def __call__(self, **values) -> list:
        compiler = copy(self.compiler)
        compiler.connection = connections[self.queryset.db]
        params = tuple(
            values[param.name] if isinstance(param, Parameter) else param
            for param in self.params
        )
        compiler.as_sql = lambda *args, **options: (self.sql, params)
        compiler.get_converters = lambda expressions: self.converters
        found = self.queryset.all()
        found.query.get_compiler = lambda *args, **options: compiler
        return list(found)
