"""Which processes use a server, kept in file locks and so never out of date."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fasteners import InterProcessLock, InterProcessReaderWriterLock

from .errors import EmbeddedPostgresError


class ServerClaim:
    """The share one process has in a server; there is one object per folder.

    Every process that uses the server holds a shared lock on `clients.lock`. The
    kernel drops it even after kill -9, so that no list of processes can go stale. It
    drops it too when this process opens and closes that file a second time.
    """

    def __init__(self, folder: Path) -> None:
        self.mutex = threading.RLock()
        self._startup_path = folder / "startup.lock"
        self._clients = InterProcessReaderWriterLock(folder / "clients.lock")
        self._pid: int | None = None
        if hasattr(os, "register_at_fork"):
            # Another thread of the parent may hold the mutex; it has no child here.
            os.register_at_fork(after_in_child=self._renew_mutex)

    @property
    def is_held(self) -> bool:
        """Whether this very process has a share: a forked child must take its own."""
        return self._pid == os.getpid()

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Wait for the sole right to start or stop the server; not to be nested."""
        # A file lock does not keep threads of one process apart, hence the mutex.
        with self.mutex:
            lock = InterProcessLock(self._startup_path)
            try:
                lock.acquire()
            except threading.ThreadError as error:
                raise EmbeddedPostgresError(
                    f"{error} The folder has to be on a disk that knows file locks."
                ) from error
            try:
                yield
            finally:
                lock.release()

    def hold(self) -> None:
        """Take a share, unless this process has one. Call it while deciding."""
        if not self.is_held:
            # A forked child uses the file it inherited: closing that one later would
            # drop the child's lock, as POSIX ties locks to process and file.
            self._clients.acquire_read_lock()
            self._pid = os.getpid()

    def let_go(self) -> bool:
        """Give up the share; return whether it was the last. Call it while deciding."""
        self._clients.release_read_lock()
        self._pid = None
        is_last = self._clients.acquire_write_lock(blocking=False)
        if is_last:
            self._clients.release_write_lock()
        return is_last

    def _renew_mutex(self) -> None:
        self.mutex = threading.RLock()


_claims: dict[Path, ServerClaim] = {}


def claim_on(folder: Path) -> ServerClaim:
    """Return the claim on the server in `folder`, the same one for each caller.

    Two objects would drop each other's lock by closing their file.
    """
    if folder not in _claims:
        # Two threads may get here; both return what the first one put in.
        _claims.setdefault(folder, ServerClaim(folder))
    return _claims[folder]
