"""The site as quickstart's server runs it: in processes that end with their parent."""

import multiprocessing
import multiprocessing.connection
import os
import threading


def application():
    """Return the WSGI application for a worker process of the server.

    Were the server killed, its workers would go on, hold the port and keep the database
    running. So each watches for the end of the process that started it.
    """
    from newsroom.wsgi import application

    threading.Thread(target=_end_with_parent, daemon=True).start()
    return application


def _end_with_parent() -> None:
    multiprocessing.connection.wait([multiprocessing.parent_process().sentinel])
    # Nobody is left to answer to, and the database has all that was committed.
    os._exit(1)
