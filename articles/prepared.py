"""Queries that are put into SQL once and run with other values each time.

Django takes longer to put a reader's page into SQL than PostgreSQL takes to answer it,
and PostgreSQL longer to plan that than to do it. So these are prepared on their
connection where it lets them, and PostgreSQL keeps the plan if it is as good as one for
the very values.
"""

from copy import copy

from django.db import connection, connections
from django.db.models import Expression, QuerySet
from psycopg.sql import Literal


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
        self.sql, self.params = _with_constants(*self.compiler.as_sql())
        columns = self.compiler.select[: self.compiler.col_count]
        self.converters = self.compiler.get_converters(it[0] for it in columns)
        # Each thread has its own, and this one's is not to be kept.
        self.compiler.connection = None

    def __call__(self, **values) -> list:
        compiler = copy(self.compiler)
        compiler.connection = connections[self.queryset.db]
        params = tuple(values[param.name] for param in self.params)
        compiler.as_sql = lambda *args, **options: (self.sql, params)
        compiler.get_converters = lambda expressions: self.converters
        found = self.queryset.all()
        found.query.get_compiler = lambda *args, **options: compiler
        with compiler.connection.preparing():
            return list(found)


def prepared_rows(statement: str, parameters: dict | list | None = None) -> list[tuple]:
    """Return what a statement gives that is always the same but for its parameters."""
    with connection.preparing(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _with_constants(sql: str, params: tuple) -> tuple[str, list[Parameter]]:
    """Return SQL with those values in it that are known, and the parameters.

    PostgreSQL must know them to see which indexes hold what is asked for.
    """
    parts = iter(sql.split("%s"))
    written, parameters = [next(parts)], []
    for param, part in zip(params, parts, strict=True):
        if isinstance(param, Parameter):
            parameters.append(param)
            written.append("%s")
        else:
            written.append(Literal(param).as_string().replace("%", "%%"))
        written.append(part)
    return "".join(written), parameters
