"""Django's PostgreSQL backend, with the embedded server and clear words on failure."""

import atexit
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base, client, features
from django.db.utils import NotSupportedError
from psycopg_pool import PoolTimeout

from .errors import DatabaseUnavailable, EmbeddedPostgresError
from .place import wheel_programs
from .server import ConnectionParams, EmbeddedPostgres

CONNECT_TIMEOUT = 5  # seconds; OPTIONS["connect_timeout"] overrides it
# Each request asks where the embedded server is: seen so many seconds ago, it is there.
SEEN_LATELY = 1
# What the driver's message contains, and what that means. A server may speak another
# language than English; its words are then shown as they are.
REASONS = {
    r"password authentication failed": "the user or the password is wrong",
    r"no password supplied": "the server asks for a password",
    r'database ".*" does not exist': "this database does not exist; create it first",
    r'role ".*" does not exist': "the server does not know this user",
    r"Connection refused|No such file or directory": "no server listens there",
    r"could not translate host name|failed to resolve": "this host is not known",
    r"timeout expired|timed out": "the server does not answer",
    r"No route to host|Network is unreachable": "the host cannot be reached",
}


class DatabaseFeatures(features.DatabaseFeatures):
    minimum_database_version = (15,)


class DatabaseClient(client.DatabaseClient):
    @classmethod
    def settings_to_cmd_args_env(cls, settings_dict, parameters):
        server = embedded_server(settings_dict)
        if server is None:
            return super().settings_to_cmd_args_env(settings_dict, parameters)
        address = {name.upper(): value for name, value in running(server).items()}
        command, environment = super().settings_to_cmd_args_env(
            settings_dict | address, parameters
        )
        # Who needs the embedded server has no psql installed either.
        return [str(wheel_programs() / "psql"), *command[1:]], environment


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    client_class = DatabaseClient

    def get_connection_params(self):
        params = {"connect_timeout": CONNECT_TIMEOUT, **super().get_connection_params()}
        if server := embedded_server(self.settings_dict):
            params.update(running(server))
        return params

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Have the statements inside prepared, so that their plans may be kept.

        For statements that are always the same: they are sent as they are, and their
        values beside them.
        """
        self.ensure_connection()
        connection, usual = self.connection, self.connection.cursor_factory
        if connection.prepare_threshold is not None:
            connection.cursor_factory = base.ServerBindingCursor
        try:
            yield
        finally:
            connection.cursor_factory = usual

    def get_new_connection(self, conn_params):
        # An open pool would try for 30 s and fill the log before it gives up.
        if self.pool and self.pool.closed:
            self.connect_once(conn_params).close()
        try:
            return super().get_new_connection(conn_params)
        except PoolTimeout:
            # Either all connections are busy, or none can be made any more.
            self.connect_once(conn_params).close()
            raise
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(explain(error, conn_params)) from error

    def connect_once(self, conn_params):
        """Return a connection outside the pool, or raise DatabaseUnavailable."""
        try:
            return self.Database.connect(**conn_params)
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(explain(error, conn_params)) from error

    def check_database_version_supported(self):
        try:
            super().check_database_version_supported()
        except NotSupportedError as error:
            info = self.connection.info
            where = describe(info.dbname, info.host, info.port)
            found = ".".join(map(str, self.get_database_version()))
            needed = ".".join(map(str, self.features.minimum_database_version))
            # Left open, this connection would be used next time without the check.
            self.close()
            raise DatabaseUnavailable(
                f"{where} needs PostgreSQL {needed} or newer; this is {found}."
            ) from error


def embedded_server(settings_dict: dict) -> EmbeddedPostgres | None:
    """Return the server for a database that names no host, if there is to be one."""
    home = getattr(settings, "EMBEDDED_POSTGRES", None)
    if home is None or settings_dict.get("HOST"):
        return None
    return server_in(Path(home))


@cache
def server_in(home: Path) -> EmbeddedPostgres:
    """Return the server of `home`, the same object for all connections."""
    return EmbeddedPostgres(home)


def running(server: EmbeddedPostgres) -> ConnectionParams:
    """Return how to connect to `server`, started if needed."""
    try:
        params = server.ensure_running(unless_seen=SEEN_LATELY)
    except EmbeddedPostgresError as error:
        raise DatabaseUnavailable(str(error)) from error
    close_pools_at_exit()
    return params


@cache
def close_pools_at_exit() -> None:
    """Have the pools closed before the server stops; else they try to connect anew.

    What is registered last runs first at exit, and the server has registered its stop.
    """
    atexit.register(close_pools)


def close_pools() -> None:
    for pool in list(base.DatabaseWrapper._connection_pools.values()):
        pool.close()


def explain(error: psycopg.OperationalError, params: dict) -> str:
    """Return one line on why a connection with `params` could not be made."""
    message = " ".join(str(error).split())
    meanings = (text for found, text in REASONS.items() if re.search(found, message))
    where = describe(
        params.get("dbname", ""), params.get("host", ""), params.get("port") or 5432
    )
    user = params.get("user", "")
    return f'{where} (user "{user}") cannot be used: {next(meanings, message)}.'


def describe(name: str, host: str, port: int | str) -> str:
    """Return how to name a database in a message; a password has no place there."""
    return f'The database "{name}" at {host or "the local socket"}:{port}'
