"""Reading a kept file: what stands in it, record by record.

A large file is read by a process of its own, so that one core reads while another
prepares what was read. It knows formats only, and nothing of the database.
"""

import gc
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from newsroom.archive.formats import FORMATS
from newsroom.archive.records import FormatError, Found
from newsroom.archive.unpacking import unpack

# From this size on a process of its own is worth its start, in bytes.
LARGE = 16 * 1024 * 1024
CHUNK = 500
# How many seconds a reader gets to end once nobody listens.
PATIENCE = 10

Chunk = tuple[int, list[tuple[int, Found]]]


def read_file(file: BinaryIO, size: int, format: str) -> Iterator[Chunk]:
    """Yield a file's records in chunks: how far it is read, in bytes, and pairs.

    A pair is a record and the number of the file it is in, from 0, as several may be
    packed together. Raises FormatError.
    """
    chunk: list[tuple[int, Found]] = []
    for member, unpacked in enumerate(unpack(file, size)):
        for found in FORMATS[format].read(unpacked):
            chunk.append((member, found))
            if len(chunk) == CHUNK:
                yield file.tell(), chunk
                chunk = []
    yield file.tell(), chunk


def read_path(path: Path, size: int, format: str) -> Iterator[Chunk]:
    """Yield what `read_file` does, read by another process."""
    # A new interpreter: a copy of this one would share its connections.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    reader = context.Process(
        target=_send, args=(sender, str(path), size, format), daemon=True
    )
    reader.start()
    sender.close()
    try:
        while isinstance(message := _receive(receiver), tuple):
            yield message
        if isinstance(message, Exception):
            raise message
    finally:
        receiver.close()
        reader.join(PATIENCE)
        if reader.is_alive():
            reader.kill()


def _receive(receiver):
    try:
        return receiver.recv()
    except EOFError:
        return RuntimeError("The process that reads the file was ended.")


def _send(sender, path: str, size: int, format: str):
    # Records hold no circles; looking for some takes a tenth of the time.
    gc.disable()
    try:
        with Path(path).open("rb") as file:
            for chunk in read_file(file, size, format):
                sender.send(chunk)
        sender.send(None)
    except BrokenPipeError:
        pass  # Nobody listens any more.
    except (FormatError, OSError) as error:
        sender.send(error)
