from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.statistics.conflict import mark_conflicts
from auditor.analysis.statistics.repair import measure_repair, pair_answers
from auditor.trials import INTERVENTIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence

OTHER = {"doctor": "nurse", "nurse": "doctor"}


def try_out(
    images: pd.DataFrame, chance: Callable[[Any, int], float], *, fills: tuple[str, ...] = ("noise",), controls: int = 3
) -> pd.DataFrame:
    """Interventions on the face: after each, the answer is the label with the chance given."""
    generator = np.random.default_rng(0)
    rows = []
    for image in images.itertuples():
        common = generator.random()
        for fill in fills:
            for place in range(controls + 1):
                uniform = common if place == 0 else generator.random()
                right = uniform < chance(image, place)
                predicted = image.label if right else OTHER[image.label]
                rows.append(
                    {"image_id": image.image_id, "region": "face", "fill": fill, "place": place}
                    | {"predicted": predicted}
                )
    return pd.DataFrame(rows).reindex(columns=INTERVENTIONS.names)


def doctors(build: SimpleNamespace, n: int = 400, **settings: Any) -> Evidence:
    """Women doctors and men nurses are read as the other label half of the time."""
    generator = np.random.default_rng(1)
    rows = []
    for _ in range(n):
        label = str(generator.choice(list(OTHER)))
        usual = generator.random() < 0.8
        gender = "man" if usual == (label == "doctor") else "woman"
        wrong = generator.random() < (0.05 if usual else 0.5)
        rows.append({"label": label, "predicted": OTHER[label] if wrong else label, "gender": gender})
    return build.evidence(build.images(rows), **settings)


def hide(evidence: Evidence, chance: Callable[[Any, int], float], **facts: Any) -> Evidence:
    return replace(evidence, interventions=try_out(evidence.images, chance, **facts))


def leaning(image: Any, place: int) -> float:
    """A model that leans on the face: without it, it is right in nine of ten; controls change little."""
    return 0.9 if place == 0 else 0.95 * image.correct + 0.05 * (not image.correct)


def test_against_plain_loops(build: SimpleNamespace) -> None:
    evidence = hide(doctors(build, n=80), leaning, fills=("noise", "mean"))
    rows = measure_repair(evidence)
    marks = dict(zip(evidence.read["image_id"], mark_conflicts(evidence, "gender"), strict=True))
    for row in rows:
        values: list[tuple[float, float]] = []
        for image in evidence.images.itertuples():
            repair = row.statistic.startswith("repair")
            if image.correct == repair or (row.attribute and marks[image.image_id] != 1):
                continue
            mine = evidence.interventions.query(f"image_id == '{image.image_id}' and fill == '{row.fill}'")
            wanted = (mine["predicted"] == image.label) == repair
            values.append((wanted[mine["place"] == 0].mean(), wanted[mine["place"] > 0].mean()))
        means = np.array(values).mean(axis=0)
        expected = means[0] - means[1] if "excess" in row.statistic else means[int("control" in row.statistic)]
        assert row.estimate == pytest.approx(expected)
        assert row.n == len(values)
        assert row.ci_low < row.estimate < row.ci_high
    assert [(r.statistic, r.attribute) for r in rows if r.fill == "noise"] == [
        *[(name, None) for name in ("repaired", "repaired_by_control", "repair_excess")],
        *[(name, "gender") for name in ("repaired", "repaired_by_control", "repair_excess")],
        *[(name, None) for name in ("broken", "broken_by_control", "break_excess")],
    ]


def test_a_model_that_leans_on_the_face_is_repaired_by_hiding_it(build: SimpleNamespace) -> None:
    rows = measure_repair(hide(doctors(build), leaning))
    (repair,) = (r for r in rows if r.statistic == "repair_excess" and r.attribute)
    assert repair.ci_low > 0.6
    assert repair.p_value < 0.001


def test_hiding_that_does_what_controls_do_repairs_nothing(build: SimpleNamespace) -> None:
    rows = measure_repair(hide(doctors(build), lambda _, __: 0.8))
    (repair,) = (r for r in rows if r.statistic == "repair_excess" and r.attribute)
    assert repair.ci_low < 0 < repair.ci_high
    assert repair.p_value > 0.01


def test_where_all_errors_are_repaired_there_is_an_interval_all_the_same(build: SimpleNamespace) -> None:
    evidence = hide(doctors(build), lambda image, place: 1.0 if place == 0 else float(image.correct))
    rows = {r.statistic: r for r in measure_repair(evidence) if r.attribute is None}
    assert rows["repair_excess"].estimate == 1
    assert 0.8 < rows["repair_excess"].ci_low < 1
    assert rows["repaired"].ci_low > 0.8
    assert rows["break_excess"].estimate == 0
    assert -0.05 < rows["break_excess"].ci_low < 0 < rows["break_excess"].ci_high < 0.05
    assert rows["break_excess"].p_value == 1


def test_what_counts_for_nothing_is_left_out(build: SimpleNamespace) -> None:
    evidence = hide(doctors(build, n=40), leaning, fills=("noise", "blur", "swap"))
    table = evidence.interventions
    assert set(pair_answers(evidence).pairs["fill"]) == {"noise"}
    names = sorted(table["image_id"].unique())
    table = table[~((table["image_id"] == names[0]) & (table["place"] > 0))]
    table = table[~((table["image_id"] == names[1]) & (table["place"] == 0))]
    table.loc[table["image_id"] == names[2], "image_id"] = "never read.jpg"
    pairs = pair_answers(replace(evidence, interventions=table)).pairs
    assert sorted(pairs["position"]) == list(range(3, 40))


def test_no_interventions_give_no_rows(build: SimpleNamespace) -> None:
    assert measure_repair(doctors(build, n=40)) == []
    background = hide(doctors(build, n=40), leaning, controls=0)
    assert measure_repair(background) == []


def test_unequal_numbers_of_controls_weigh_images_alike(build: SimpleNamespace) -> None:
    evidence = hide(doctors(build, n=60), leaning)
    table = evidence.interventions
    few = table["image_id"].isin(sorted(table["image_id"].unique())[::2]) & (table["place"] > 1)
    pairs = pair_answers(replace(evidence, interventions=table[~few])).pairs
    rows = {r.statistic: r for r in measure_repair(replace(evidence, interventions=table[~few])) if r.attribute is None}
    wrong = ~evidence.correct[pairs["position"]]
    assert rows["repaired_by_control"].estimate == pytest.approx(pairs["control"][wrong].mean())


def test_the_excess_is_covered_where_persons_have_many_pictures(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(3)
    covered = []
    for _ in range(50):
        rows = [{"label": "doctor", "predicted": "nurse", "gender": "man", "group_id": str(i // 3)} for i in range(150)]
        evidence = build.evidence(build.images(rows), draws=400)
        person = np.repeat(generator.beta(0.8, 1.2, 50), 3)
        uniform = generator.random((150, 4))
        right = uniform < np.column_stack([person, *[person * 0.25] * 3])
        table = pd.DataFrame(
            {
                "image_id": np.repeat(evidence.images["image_id"].to_numpy(), 4),
                "region": "face",
                "fill": "noise",
                "place": np.tile(np.arange(4), 150),
                "predicted": np.where(right.ravel(), "doctor", "nurse"),
            }
        ).reindex(columns=INTERVENTIONS.names)
        found = measure_repair(replace(evidence, interventions=table))
        (excess,) = (r for r in found if r.statistic == "repair_excess" and r.attribute is None)
        covered.append(excess.ci_low <= 0.3 <= excess.ci_high)
    assert np.mean(covered) >= 0.95 - 2.5 * (0.05 * 0.95 / 50) ** 0.5
