"""The site as quickstart's server runs it: in processes that end with their parent."""

import multiprocessing
import multiprocessing.connection
import os
import threading

PAUSE = 3  # seconds before it starts, so that the server has the machine to itself
POLL = 1


def application():
    """Return the WSGI application for a worker process of the server.

    Were the server killed, its workers would go on, hold the port and keep the database
    running. So each watches for the end of the process that started it.
    """
    from newsroom.wsgi import application

    threading.Thread(target=_end_with_parent, daemon=True).start()
    return application


class BackgroundWorker:
    """A process beside the server that takes files in, for as long as a block lasts.

    It is started anew when it ends before that: a file may take all the memory.
    """

    def __enter__(self):
        self._is_over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()
        return self

    def __exit__(self, *exception):
        self._is_over.set()
        self._keeper.join()

    def _keep(self):
        while not self._is_over.wait(PAUSE):
            # No daemon, for those may have no processes that read files for them.
            process = multiprocessing.Process(target=_work, daemon=False)
            process.start()
            while process.is_alive() and not self._is_over.wait(POLL):
                pass
            # It would first finish the file it is at. What it has not finished is
            # undone or taken up again, and the file's page in admin says so.
            process.kill()
            process.join()


def _work() -> None:
    """Run what is queued for the background, one after the other, until killed."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "setsid"):
        # Ctrl-C is for the server alone, and readers come first.
        os.setsid()
        os.nice(10)
    # Its settings are those of the server, from the environment.
    import django
    from django.core.management import call_command

    django.setup()
    call_command("db_worker", verbosity=0, startup_delay=False, reload=False)


def _end_with_parent() -> None:
    multiprocessing.connection.wait([multiprocessing.parent_process().sentinel])
    # Nobody is left to answer to, and the database has all that was committed.
    os._exit(1)
