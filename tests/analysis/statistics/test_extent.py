from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.statistics.extent import find_backgrounds, find_cues

if TYPE_CHECKING:
    from types import SimpleNamespace


def test_backgrounds_by_the_median_of_the_images_that_show_them(build: SimpleNamespace) -> None:
    boxes = {name: np.tile([0.0, 0.0, 1.0, side], (100, 1)) for name, side in (("half", 0.41), ("less", 0.39))}
    boxes["half"][:80] = np.nan
    evidence = build.evidence(build.random_images(100, np.random.default_rng(0)), boxes=boxes)
    assert find_backgrounds(evidence) == ("half",)


@pytest.mark.parametrize(("shown", "side", "is_cue"), [(5, 0.3, True), (95, 0.3, True), (4, 0.3, False)])
@pytest.mark.parametrize(("wide", "small"), [(False, True), (True, False)])
def test_cues_are_small_and_on_some_images(
    build: SimpleNamespace, *, shown: int, side: float, is_cue: bool, wide: bool, small: bool
) -> None:
    boxes = np.tile([0.0, 0.0, 1.0 if wide else 0.4, side], (100, 1))
    boxes[shown:] = np.nan
    evidence = build.evidence(build.random_images(100, np.random.default_rng(0)), boxes={"tag": boxes})
    assert find_cues(evidence) == (("tag",) if is_cue and small else ())


def test_nothing_is_found_where_nothing_is(build: SimpleNamespace) -> None:
    evidence = build.evidence(build.random_images(3, np.random.default_rng(0)), boxes={"tag": np.full((3, 4), np.nan)})
    assert (find_backgrounds(evidence), find_cues(evidence)) == ((), ())
