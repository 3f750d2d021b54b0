"""Change marks, asked of the database at each request, in as few queries as can be."""

import time
from collections import deque
from select import POLLIN, POLLOUT, poll
from threading import Lock
from typing import NamedTuple

import psycopg
from django.db import connection
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

# What is asked and answered is described in the migration that makes the function.
MARKS = b"SELECT comments_change_marks($1)"
# Seconds. A database that does not answer must not hold requests for long: they then
# are answered without the cache, as well as that goes.
ANSWERS_WITHIN = 2.0
CONNECTS_WITHIN = 2
WAITS_AT_MOST = 5.0


class Silence(psycopg.OperationalError):
    """The server has not answered in time."""


class Mark(NamedTuple):
    """Under what a page stands. Two equal ones mean: nothing has changed.

    `story` is the story's key, and `modified` when it changed, in seconds; 0 where that
    is not known.
    """

    text: str
    story: int
    modified: int


class Question:
    """What a request waits for: the mark of a story, by its slug; of the story of a
    comment, such as “#12”; or with "" the mark of every page.

    The answer is None where there is no such story for readers.
    """

    def __init__(self, asks: str):
        self.asks = asks
        self.mark: Mark | None = None
        self.error: Exception | None = None
        self.is_answered = False


class ChangeMarks:
    """Answers the questions of a process, all that wait by one query.

    A query through Django costs more than all else that a cached page needs, above all
    where each request takes a connection from the pool. This keeps one connection of
    its own. A request may use no query that began before it came, so it waits for the
    one after that.
    """

    def __init__(self):
        self._turn = Lock()
        self._waiting: deque[Question] = deque()
        self._connection: psycopg.Connection | None = None

    def current(self, asks: str) -> Mark | None:
        """Return a mark as it is now, by a query that begins after this call."""
        question = Question(asks)
        self._waiting.append(question)
        if not self._turn.acquire(timeout=WAITS_AT_MOST):
            raise Silence("Those who asked before still wait for an answer.")
        try:
            if not question.is_answered:
                self._answer_all()
        finally:
            self._turn.release()
        if question.error:
            raise question.error
        return question.mark

    def _answer_all(self) -> None:
        questions = []
        while self._waiting:
            questions.append(self._waiting.popleft())
        try:
            marks = self._ask(questions)
            for question in questions:
                question.mark = marks.get(question.asks)
        except Exception as error:
            for question in questions:
                question.error = error
        for question in questions:
            question.is_answered = True

    def _ask(self, questions: list[Question]) -> dict[str, Mark]:
        wanted = {question.asks for question in questions}
        is_new = self._connection is None
        try:
            answers = self._query(wanted)
        except psycopg.OperationalError as error:
            self.close()
            if is_new or isinstance(error, Silence):
                raise
            # The server was restarted, or has closed what was idle for long.
            answers = self._query(wanted)
        lines = (line.split("\t") for line in answers.splitlines())
        return {
            asked: Mark(mark, int(story), int(modified))
            for asked, mark, story, modified in lines
        }

    def _query(self, wanted: set[str]) -> str:
        """Ask the server, past psycopg's cursors, which take half the time.

        Slugs have no character that would have to be escaped in an array.
        """
        if self._connection is None:
            parameters = connection.get_connection_params() | {
                "connect_timeout": CONNECTS_WITHIN,
                "tcp_user_timeout": CONNECTS_WITHIN * 1000,
            }
            self._connection = connection.connect_once(parameters)
            self._connection.autocommit = True
        names = ",".join(f'"{name}"' for name in wanted)
        pgconn = self._connection.pgconn
        pgconn.send_query_params(MARKS, [f"{{{names}}}".encode()])
        result = answer_of(pgconn, time.monotonic() + ANSWERS_WITHIN)
        if result.status != ExecStatus.TUPLES_OK:
            raise psycopg.OperationalError(result.get_error_message())
        return result.get_value(0, 0).decode()

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None


def answer_of(pgconn: PGconn, until: float) -> PGresult:
    """Return the answer to what was sent; libpq itself would wait for ever."""
    while pgconn.flush():
        _wait(pgconn, POLLIN | POLLOUT, until)
    result = None
    while True:
        while pgconn.is_busy():
            _wait(pgconn, POLLIN, until)
        following = pgconn.get_result()
        if following is None:
            return result
        result = result or following


def _wait(pgconn: PGconn, events: int, until: float) -> None:
    socket = poll()
    socket.register(pgconn.socket, events)
    remaining = until - time.monotonic()
    if remaining <= 0 or not socket.poll(remaining * 1000):
        raise Silence("The server has not answered in time.")
    pgconn.consume_input()
