"""How far a long command has come: a bar on a terminal, else a line now and then."""

import time

from tqdm import tqdm

# Without a terminal, in seconds: often enough to see that it lives.
EVERY = 30


class Progress:
    """Called with what is done, how much of it, and of how much.

    `output` is a stream as Django's commands have them.
    """

    def __init__(self, output):
        self.output = output
        self.is_terminal = output.isatty()
        self.bar = None
        self.phase = ""
        self.told_at = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.bar is not None:
            self.bar.close()

    def __call__(self, phase: str, done: int, of: int):
        if self.is_terminal:
            self.move_bar(phase, done, of)
        elif time.monotonic() - self.told_at >= EVERY:
            self.told_at = time.monotonic()
            share = f", {done / of:.0%}" if of else ""
            self.output.write(f"{phase}: {done:,} of {of:,}{share}")

    def move_bar(self, phase: str, done: int, of: int):
        if self.bar is None or phase != self.phase:
            if self.bar is not None:
                self.bar.close()
            self.phase = phase
            self.bar = tqdm(total=of, desc=phase, unit_scale=True, leave=False, unit="")
        self.bar.update(done - self.bar.n)
