"""Progress of an audit: a bar on a terminal, plain lines elsewhere, with images per second and the time left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress

QUIET: Final = 2.0
"""Seconds of work before the first plain line."""
EVERY: Final = 10.0
"""Seconds between plain lines."""


class Shown(Protocol):
    """What shows progress."""

    def __call__(self, done: int, total: int, what: str = "images") -> None:
        """Take note of what is done and what is to do."""

    def close(self) -> None:
        """Stop showing."""


def make_progress(stream: TextIO) -> Shown:
    """Choose how progress is shown.

    Parameters
    ----------
    stream
        Where to.

    Returns
    -------
    Shown
        A bar if the stream is a terminal, else plain lines.
    """
    return Bar(stream) if stream.isatty() else Lines(stream)


class Lines:
    """One plain line now and then.

    Parameters
    ----------
    stream
        Where to.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.started = self.last = time.monotonic()

    def __call__(self, done: int, total: int, what: str = "images") -> None:
        """Say how far the work is, if it is time to."""
        now = time.monotonic()
        if done == 0:
            self.started, self.last = now, now - EVERY + QUIET
        elif now - self.last >= EVERY or (done == total and now - self.started >= QUIET):
            self.last = now
            rate = done / max(now - self.started, 1e-9)
            left = (total - done) / rate
            self.stream.write(f"{done} of {total} {what}, {rate:.1f} per second, {left:.0f} s left\n")
            self.stream.flush()

    def close(self) -> None:
        """Nothing is left to do."""


class Bar:
    """A bar that is drawn in place.

    Parameters
    ----------
    stream
        A terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.bar: Progress | None = None

    def __call__(self, done: int, total: int, what: str = "images") -> None:
        """Draw the bar."""
        if self.bar is None or done == 0:
            self.close()
            self._open(total, what)
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=done, rate=self._rate())

    def _open(self, total: int, what: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]} per second"),
            TimeRemainingColumn(),
        )
        self.bar = Progress(*columns, console=Console(file=self.stream))
        self.bar.add_task(what, total=total, rate="–")
        self.bar.start()

    def _rate(self) -> str:
        speed = self.bar.tasks[0].speed if self.bar else None
        return "–" if speed is None else f"{speed:.1f}"

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
