"""What every pass of a model over many images needs: work ahead of it, its mode, and margins of what it answers."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import ThreadPoolExecutor

    from torch import nn

    from auditor.geometry import FloatArray

T = TypeVar("T")
U = TypeVar("U")


def measure_margin(logits: FloatArray, answer: int) -> float:
    """By how much a class is ahead of the best other.

    Parameters
    ----------
    logits
        ``(K,)``.
    answer
        Index of the class.

    Returns
    -------
    float
        Below 0 where another class is ahead; 0 where there is no other.

    Examples
    --------
    >>> measure_margin(np.array([1.0, 3.0, 2.5]), 0)
    -2.0
    """
    others = np.delete(logits, answer)
    return float(logits[answer] - others.max()) if others.size else 0.0


def work_ahead(pool: ThreadPoolExecutor, work: Callable[[T], U], items: Iterable[T], *, depth: int) -> Iterator[U]:
    """Results of some work in the order of the items, done in threads while the caller is busy.

    Parameters
    ----------
    pool
        The threads.
    work
        Done to each item.
    items
        Taken one by one, as results are taken.
    depth
        Items under way at once, at least 1.

    Yields
    ------
    object
        One result per item.
    """
    waiting = iter(items)
    queue = deque(pool.submit(work, item) for item in islice(waiting, depth))
    while queue:
        done = queue.popleft().result()
        queue.extend(pool.submit(work, item) for item in islice(waiting, 1))
        yield done


@contextmanager
def evaluate(module: nn.Module) -> Iterator[None]:
    """Keep a module in evaluation mode until the block ends, then put back every part's own mode.

    Parameters
    ----------
    module
        The classifier.

    Yields
    ------
    None
        While it is in evaluation mode.
    """
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
