from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from auditor.analysis.statistics.effects import read_effects
from auditor.analysis.statistics.occlusion import measure_occlusion
from tests.analysis.statistics.trialling import make_random, make_read, make_told, make_trials

if TYPE_CHECKING:
    from auditor.analysis.statistics.cells import Row


def pick(rows: list[Row], statistic: str, **keys: str | None) -> Row:
    wanted = {"region": "face", "fill": "noise", "label": None, "attribute": None, "subgroup": None} | keys
    (row,) = (r for r in rows if r.statistic == statistic and all(getattr(r, k) == v for k, v in wanted.items()))
    return row


def test_rows_against_plain_loops() -> None:
    evidence = make_random(150)
    rows = measure_occlusion(evidence)
    splits = [{}, *({"label": label} for label in ("doctor", "nurse"))]
    splits += [{"attribute": "gender", "subgroup": value} for value in ("", "man", "woman")]
    for effect in read_effects(evidence):
        for split in splits:
            place = {"region": effect.region, "fill": effect.fill} | split
            flips, sizes = [], []
            for i, image in evidence.read.iterrows():
                wanted = image["label"] == split.get("label", image["label"])
                wanted &= image["gender"] == split.get("subgroup", image["gender"])
                if wanted and effect.paired[i]:
                    flips.append((effect.flip_own[i], np.nanmean(effect.flip_controls[i])))
                    sizes.append(abs(effect.own[i]) - np.nanmean(np.abs(effect.controls[i])))
            one, two = np.mean(flips, axis=0)
            row = pick(rows, "flip_excess", **place)
            assert (row.estimate, row.n, row.unit) == (pytest.approx(one - two), len(flips), "difference")
            assert pick(rows, "flips", **place).estimate == pytest.approx(one)
            assert pick(rows, "control_flips", **place).estimate == pytest.approx(two)
            assert pick(rows, "flips", **place).unit == "share"
            if "subgroup" not in split:
                found = pick(rows, "occlusion_excess", **place)
                assert found.estimate == pytest.approx(np.mean(sizes) / effect.contrast.spread)
                assert (found.predicted, found.unit) == ("nurse", "SD")
                assert 0 < found.p_value <= 1


def test_with_one_control_the_test_is_mcnemars() -> None:
    evidence = make_random(150, controls=1)
    row = pick(measure_occlusion(evidence), "flip_excess")
    effect = next(e for e in read_effects(evidence) if (e.region, e.fill) == ("face", "noise"))
    own, control = effect.flip_own[effect.paired], effect.flip_control[effect.paired]
    only = ((own > control).sum(), (own < control).sum())
    assert row.p_value == pytest.approx(mcnemar([[0, only[0]], [only[1], 0]], exact=True).pvalue)


def test_controls_of_both_signs_do_not_cancel() -> None:
    generator = np.random.default_rng(1)
    before = generator.normal(size=(400, 2))
    images = make_read(before, labels=["nurse", "doctor"] * 200, gender=["man"] * 400)
    trials = [make_trials(images, before + generator.normal(size=(400, 2)), at=range(400), place=p) for p in range(6)]
    row = pick(measure_occlusion(make_told(images, trials)), "occlusion_excess")
    assert row.ci_low < 0 < row.ci_high
    assert row.p_value > 0.05


def test_images_without_controls_take_no_part_and_that_is_said() -> None:
    evidence = make_random(60, controls=1)
    rows = measure_occlusion(evidence)
    effect = next(e for e in read_effects(evidence) if (e.region, e.fill) == ("face", "noise"))
    hidden = np.isfinite(effect.own)
    assert f"{(hidden & ~effect.paired).sum()} of {hidden.sum()} images without controls left out" in rows[-1].method
    alone = replace(evidence, interventions=evidence.interventions[evidence.interventions["place"] == 0])
    row = pick(measure_occlusion(alone), "flip_excess")
    assert np.isnan(row.estimate)
    assert row.n == 0
    assert "no image has controls" in row.method


def test_without_trials_there_is_nothing() -> None:
    evidence = make_random(20)
    assert measure_occlusion(replace(evidence, interventions=evidence.interventions.iloc[:0])) == []
    nothing = replace(evidence, images=evidence.images.assign(status="truncated"))
    assert all(row.n == 0 for row in measure_occlusion(nothing))
