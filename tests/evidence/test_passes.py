"""Work done ahead, the mode of a model, and margins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from torch import nn

from auditor.evidence.passes import evaluate, measure_margin, work_ahead


@pytest.mark.parametrize("depth", [1, 3, 50])
def test_results_come_in_order(depth: int) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(work_ahead(pool, lambda k: k * k, range(20), depth=depth)) == [k * k for k in range(20)]
        assert list(work_ahead(pool, lambda k: k, [], depth=depth)) == []


def test_no_more_is_taken_than_is_asked_for() -> None:
    taken = []
    with ThreadPoolExecutor(2) as pool:
        results = work_ahead(pool, lambda k: k, (taken.append(k) or k for k in range(20)), depth=4)
        assert taken == []
        assert next(results) == 0
        assert taken == [0, 1, 2, 3, 4]


def test_work_goes_on_while_the_caller_is_busy() -> None:
    done = Event()
    with ThreadPoolExecutor(2) as pool:
        results = work_ahead(pool, lambda k: k == 1 and done.set(), range(3), depth=2)
        next(results)
        assert done.wait(10)


def test_a_failure_comes_out_where_the_result_would() -> None:
    with ThreadPoolExecutor(2) as pool:
        results = work_ahead(pool, lambda k: 1 / k, [1, 0, 1], depth=3)
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_modes_are_put_back_part_by_part() -> None:
    model = nn.Sequential(nn.Dropout(), nn.BatchNorm2d(3))
    model.train()
    model[1].eval()

    def fail() -> None:
        with evaluate(model):
            assert not any(part.training for part in model.modules())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [part.training for part in model.modules()] == [True, True, False]


@pytest.mark.parametrize(
    ("logits", "answer", "margin"),
    [([3.0, 1.0], 0, 2.0), ([3.0, 1.0], 1, -2.0), ([1.0, 5.0, 4.0], 2, -1.0), ([2.0, 2.0], 0, 0.0), ([7.0], 0, 0.0)],
)
def test_margins(logits: list[float], answer: int, margin: float) -> None:
    assert measure_margin(np.array(logits), answer) == margin
