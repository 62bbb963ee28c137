"""One process per device, all drawing units from one queue."""

from __future__ import annotations

import os
import queue
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import multiprocessing

from auditor.errors import AuditorError, ModelError
from auditor.evidence.engines.base import Job, work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.evidence.engines.base import Progress
    from auditor.runs import Unit

POLL: Final = 0.2
"""Seconds between looks at workers that say nothing."""


def run_in_processes(job: Job, units: Sequence[Unit], *, devices: Sequence[str], progress: Progress) -> None:
    """Do the units in one spawned process per device.

    Parameters
    ----------
    job
        What is done to each; it is sent to the processes.
    units
        Which.
    devices
        One process each; ``["cpu", "cpu"]`` makes two that share the cores.
    progress
        Called as images are done.

    Raises
    ------
    AuditorError
        If a process failed; what it had committed stays.
    """
    context = multiprocessing.get_context("spawn")
    todo, news = context.Queue(), context.Queue()
    for unit in (*units, *(None for _ in devices)):
        todo.put(unit)
    threads = max(1, (os.cpu_count() or 1) // len(devices))
    workers = [
        context.Process(target=_serve, args=(job, device, todo), kwargs={"news": news, "threads": threads}, daemon=True)
        for device in devices
    ]
    for worker in workers:
        worker.start()
    try:
        _listen(workers, news, progress)
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _listen(workers: Sequence[Any], news: Any, progress: Progress) -> None:
    """Pass progress on until every worker has left; a worker that fails ends the run."""
    finished = 0
    while finished < len(workers):
        try:
            word = news.get(timeout=POLL)
        except queue.Empty:
            _check_alive(workers)
            continue
        if isinstance(word, int):
            progress(word)
        elif isinstance(word, AuditorError):
            raise word
        else:
            finished += 1


def _check_alive(workers: Sequence[Any]) -> None:
    for worker in workers:
        if worker.exitcode not in (None, 0):
            msg = (
                f"a worker process ended with exit code {worker.exitcode} (memory? a decoder?); "
                "what was done is kept: run again with --resume"
            )
            raise ModelError(msg)


def _serve(job: Job, device: str, todo: Any, *, news: Any, threads: int) -> None:
    """In the worker: draw units until none is left."""
    if device == "cpu":
        torch.set_num_threads(threads)
    try:
        work(job, iter(todo.get, None), device=device, progress=news.put)
    except AuditorError as error:
        news.put(error)
    else:
        news.put("done")
