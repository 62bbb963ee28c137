"""The validity benchmark on photographs and the further kinds of decoys: their parts, and a small cut of each."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

FOLDER = Path(__file__).parents[2] / "examples" / "validity"
PARTS = tuple(path.stem for path in FOLDER.glob("*.py"))
HIDING = {"fills": ["noise", "mean"], "controls": 1}


@pytest.fixture(scope="module")
def example() -> Iterator[dict[str, ModuleType]]:
    shadowed = {part: sys.modules.pop(part) for part in PARTS if part in sys.modules}
    sys.path.insert(0, str(FOLDER))
    yield {part: import_module(part) for part in PARTS}
    sys.path.remove(str(FOLDER))
    for part in PARTS:
        del sys.modules[part]
    sys.modules.update(shadowed)


@pytest.fixture
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def list_cues(example: dict[str, ModuleType]) -> dict[str, tuple[Any, int]]:
    """Every cue that is planted, and the side of its pictures."""
    garments, cifar = example["t2_garments"], example["t2_cifar"]
    return {kind: (told.cue, 112) for kind, told in garments.KINDS.items()} | {"patch": (cifar.CUE, 32)}


def plant(example: dict[str, ModuleType], kind: str, *, count: int = 200) -> Any:
    cue, pixels = list_cues(example)[kind]
    random = np.random.default_rng(3)
    photographs = random.integers(60, 200, (count, pixels, pixels, 3), dtype=np.uint8)
    return example["planting"].plant(photographs, np.arange(count) % 2, cue, level=0.8, seed=[5])


def _corner_of(box: tuple[int, int, int, int]) -> tuple[bool, bool]:
    return box[0] > 20, box[1] > 20


@pytest.mark.parametrize("kind", ["tag", "watermark", "sticker", "watermark-classless", "patch"])
def test_a_swap_changes_the_cue_and_nothing_else(example: dict[str, ModuleType], kind: str) -> None:
    planted = plant(example, kind)
    before, after = planted.draw().astype(int), planted.swap().draw().astype(int)
    painted, side = planted.cue.shape().astype(bool), before.shape[1]
    assert (planted.draw() == before).all()
    for k in range(len(before)):
        x_min, y_min, x_max, y_max = planted.boxes["cue"][k]
        inside = np.zeros((side, side), dtype=bool)
        inside[y_min:y_max, x_min:x_max] = painted
        changed = (before[k] != after[k]).any(axis=2)
        assert not changed[~inside].any()
        assert changed[inside].mean() > 0.9
        a, b, c, d = planted.boxes["control"][k]
        assert min(a, b, x_min, y_min) >= 0
        assert max(c, d, x_max, y_max) <= side
        assert (before[k, b:d, a:c] == planted.photographs[k, b:d, a:c]).all()


def test_a_cue_agrees_with_the_class_as_often_as_asked(example: dict[str, ModuleType]) -> None:
    planted = plant(example, "tag", count=2000)
    assert float((planted.shows == planted.labels).mean()) == pytest.approx(0.8, abs=0.03)
    for label in (0, 1):
        inside = planted.labels == label
        assert planted.shuffled[inside].sum() == planted.shows[inside].sum()
        assert abs(np.corrcoef(planted.shuffled[inside], planted.shows[inside])[0, 1]) < 0.1


def test_regions_that_are_declared_share_no_pixel(example: dict[str, ModuleType]) -> None:
    for kind, tier in (
        ("tag", "t2_garments"),
        ("watermark", "t2_garments"),
        ("sticker", "t2_garments"),
        ("patch", "t2_cifar"),
    ):
        planted = plant(example, kind)
        exhibit = example[tier].make_exhibit(planted)
        for k in range(len(planted.labels)):
            covered = np.zeros(planted.photographs.shape[1:3], dtype=int)
            for x_min, y_min, x_max, y_max in (box[k] for box in exhibit.boxes.values() if box[k] is not None):
                covered[y_min:y_max, x_min:x_max] += 1
            assert covered.max() == 1
        shown = [box is not None for box in exhibit.boxes["cue"]]
        assert shown == (planted.shows == 1).tolist() if kind == "sticker" else all(shown)


def test_truth_of_a_swap_and_of_taking_away_and_adding(example: dict[str, ModuleType]) -> None:
    compare = example["planting"].compare_answers
    tag, sticker = plant(example, "tag", count=4), plant(example, "sticker", count=4)
    shows, before, changed = np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0]), np.array([0, 0, 1, 0])
    for planted in (tag, sticker):
        object.__setattr__(planted, "shows", shows)
    assert compare(tag, before, changed=changed) == ({"pull": 0.5}, {("cue", "colour"): 0.5, ("cue", ""): 0.5})
    told, truth = compare(sticker, before, changed=changed)
    assert told == {"pull": 0.5, "flips_without": 0.5, "flips_with": 0.5}
    assert truth == {("cue", ""): 0.5, ("cue", "presence"): None}
    # what only disturbs changes answers both ways and pulls nowhere
    assert compare(tag, np.array([1, 0, 0, 1]), changed=np.array([0, 1, 0, 1]))[0] == {"pull": 0.0}


def test_no_photograph_is_learned_from_and_looked_at(example: dict[str, ModuleType]) -> None:
    files = [[Path(f"{name}{k}") for k in range(count)] for name, count in (("a", 30), ("b", 50))]
    (learned, labels), (held, known) = example["photos"].split(files, training=40, seed=[1])
    assert not set(learned) & set(held)
    assert (len(learned), labels.sum(), len(held), known.sum()) == (40, 20, 20, 10)
    assert all((path.name[0] == "b") == bool(label) for path, label in zip(learned, labels, strict=True))
    again = example["photos"].split(files, training=40, seed=[2])
    assert set(again[0][0]) != set(learned)


def test_plans_name_every_model_once(example: dict[str, ModuleType]) -> None:
    counts = {"t2_cifar": 2 * 6 * 3, "t2_garments": (4 * 4 + 1) * 3, "people": 3 * 3}
    for tier, count in counts.items():
        jobs = list(example[tier].plan(None, None, count=3, images=1000))
        assert len({job.name for job in jobs}) == len(jobs) == count
        kinds = example[tier].KINDS
        assert len({tuple(job.mix(kinds, part)) for job in jobs for part in range(4)}) == 4 * count
    assert {job.images for job in example["t2_garments"].plan(None, [0.7], count=1, images=1000)} == {500}
    (job,) = example["t2_garments"].plan(["watermark-classless"], [0.9], count=1, images=80)
    assert (job.level, job.images, job.name) == (0.5, 80, "t2_garments-watermark-classless-050-000-80")


def test_strips_are_large_and_share_no_pixel(example: dict[str, ModuleType]) -> None:
    decoys = example["decoys"]
    layout = example["t1"].KINDS["large"].layout
    scenes = decoys.sample_scenes(200, alignment=0.8, seed=[1], layout=layout)
    changed = np.abs(decoys.draw(scenes.swap("cue")).astype(int) - decoys.draw(scenes)).max(axis=3) > 0
    for k in range(200):
        covered = np.zeros((48, 48), dtype=int)
        boxes = decoys.find_boxes(scenes, k)
        for x_min, y_min, x_max, y_max in boxes.values():
            assert min(x_min, y_min) >= 0
            assert max(x_max, y_max) <= 48
            covered[y_min:y_max, x_min:x_max] += 1
        assert covered.max() == 1
        x_min, y_min, x_max, y_max = boxes["cue"]
        assert (x_max - x_min) * (y_max - y_min) / 48**2 == pytest.approx(0.15, abs=0.01)
        assert changed[k, y_min:y_max, x_min:x_max].mean() > 0.9
        assert changed[k].sum() <= (x_max - x_min) * (y_max - y_min)


def test_a_fixed_cue_keeps_its_corner_and_the_others_do_not(example: dict[str, ModuleType]) -> None:
    decoys = example["decoys"]
    scenes = decoys.sample_scenes(200, alignment=0.8, seed=[1], layout=decoys.Layout(fixed=True))
    boxes = [decoys.find_boxes(scenes, k) for k in range(200)]
    corners = {name: {_corner_of(box[name]) for box in boxes} for name in ("cue", "distractor", "control")}
    assert corners["cue"] == {(False, False)}
    assert all(len(corners[name]) == 3 for name in ("distractor", "control"))
    assert all(len({_corner_of(box[name]) for name in corners}) == 3 for box in boxes)


def test_twins_say_the_same_and_each_can_be_taken_away(example: dict[str, ModuleType]) -> None:
    decoys, t1 = example["decoys"], example["t1"]
    scenes = decoys.sample_scenes(50, alignment=0.8, seed=[1], layout=t1.KINDS["redundant"].layout)
    assert (scenes.shows["cue"] == scenes.shows["distractor"]).all()
    gone = np.abs(decoys.draw(scenes.without("cue")).astype(int) - decoys.draw(scenes)).max(axis=3) > 0
    for k in range(50):
        x_min, y_min, x_max, y_max = decoys.find_boxes(scenes, k)["cue"]
        assert gone[k, y_min:y_max, x_min:x_max].mean() > 0.9
        assert gone[k].sum() <= 81
    flips = {"cue": 0.3, "distractor": 0.2}
    plain = {("cue", ""): 0.3, ("distractor", ""): 0.2, ("cue", "colour"): 0.3, ("distractor", "other"): 0.2}
    assert t1._know(flips, twins=False) == plain
    assert t1._know(flips, twins=True) == plain | {("cue", "other"): 0.3, ("distractor", "colour"): 0.2}


def test_a_network_of_peaks_does_not_count_twice(example: dict[str, ModuleType]) -> None:
    torch.manual_seed(0)
    network = example["networks"].make_network(peak=True).eval()
    with torch.no_grad():
        maps = network.features(torch.rand(2, 3, 48, 48))
        assert (network.pool(torch.cat([maps, maps], dim=3)) == network.pool(maps)).all()
        assert network(torch.rand(2, 3, 48, 48)).shape == (2, 2)


def test_a_part_of_a_picture_gets_another_tint(example: dict[str, ModuleType]) -> None:
    tint = example["people"].tint_picture
    picture = np.full((4, 4, 3), 100, dtype=np.uint8)
    where = np.zeros((4, 4), dtype=bool)
    where[1:3, 1:3] = True
    warm, mixed = tint(picture, 0), tint(picture, 0, where=where, other=1)
    assert warm[0, 0].tolist() == [112, 100, 88]
    assert (mixed[~where] == warm[~where]).all()
    assert mixed[1, 1].tolist() == [88, 100, 112]
    assert (tint(picture, None) == picture).all()


def test_tiers_without_their_photographs_are_passed_over_or_refused(
    example: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUDITOR_SHARED_DATA", str(tmp_path / "nowhere"))
    run = example["run"]
    run.main(["--models", "cifar-local", "--models", "tag", "--out", str(tmp_path)])
    told = capsys.readouterr().out
    assert "t2_cifar is passed over: no cifar in the folder of photographs" in told
    assert "t2_garments is passed over: no garments and no models" in told
    assert "t0" not in told
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SystemExit, match="people cannot be run: no people and no models"):
        run.main(["--tier", "people", "--out", str(tmp_path)])


@pytest.mark.usefixtures("_one_thread")
def test_cats_and_dogs_with_a_patch(example: dict[str, ModuleType], shared_data: Path) -> None:
    cifar = example["t2_cifar"]
    effort = cifar.Effort(training=600, held=160, recipe=example["networks"].Recipe(epochs=4), hiding=HIDING)
    rows = pd.DataFrame(cifar.run(cifar.Job("t2_cifar", "cifar-local", 0.7, 0, 160), effort=effort))
    (cue,) = rows[(rows["region"] == "cue") & (rows["attribute"] == "colour")].to_dict("records")
    assert cue["band"] == "material"
    assert abs(cue["pull"]) >= 0.05
    assert abs(cue["noise"]) > 0.1
    nulls = rows[(rows["band"] == "immaterial") & (rows["attribute"] != "")]
    assert {"control", "subject"} <= set(nulls["region"])
    assert not (nulls["answer"] == "found").any()


@pytest.mark.slow
@pytest.mark.usefixtures("_one_thread")
def test_garments_with_a_sticker_and_people(example: dict[str, ModuleType], shared_data: Path, tmp_path: Path) -> None:
    garments, people = example["t2_garments"], example["people"]
    effort = garments.Effort(training=60, held=24, hiding=HIDING | {"fills": ["noise", "mean", "insert"]})
    rows = garments.run(garments.Job("t2_garments", "sticker", 0.9, 0, 24), effort=effort)
    rows += people.run(people.Job("people", "tinted", 0.5, 0, 20), training=30, held=20)
    table = pd.DataFrame(rows)
    cue = table[(table["kind"] == "sticker") & (table["region"] == "cue") & (table["attribute"] == "")].iloc[0]
    assert 0 <= cue["truth"] == cue["flips_without"] <= 1
    assert np.isfinite(cue["insertion_shift"])
    tinted = table[table["kind"] == "tinted"]
    truth = tinted.set_index(["region", "attribute"])["truth"]
    assert truth["person", "tinge"] < 1
    assert truth["person", "shuffled"] == 0
    assert np.isnan(truth["background", ""])
    page = example["report"].write(json.loads(table.to_json(orient="records")), tmp_path).read_text(encoding="utf-8")
    assert "## Cues that are there or not" in page
    assert "| tinted | person | tinge | 1 |" in page
