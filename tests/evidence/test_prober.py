"""Maps put to the test on planted pictures: whole rows, true maps, and the user's model as it was."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from torch import Tensor, nn

from auditor.evidence.collector import Collector
from auditor.evidence.dataset import AnnotatedDataset
from auditor.evidence.models import load_model
from auditor.evidence.preprocessing import Preprocessing
from auditor.evidence.prober import PASSES, RANDOM_PASSES, Prober
from auditor.records import unpack_grids
from auditor.testing import CLASSES, SIZE, colour_model, plant
from auditor.trials import DELETION_KINDS, DELETIONS, HEADS, RANDOMISED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from auditor.evidence.models import LoadedModel

SMALL = Preprocessing(resize=None, crop=SIZE, mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7))
GRID = (6, 8)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> AnnotatedDataset:
    folder: Path = plant(tmp_path_factory.mktemp("planted"), count=20)
    return AnnotatedDataset.from_csv(
        folder / "annotations.csv", images=folder / "photos", regions=folder / "regions.csv"
    )


def load(module: nn.Module | None = None, layer: str | None = "see") -> LoadedModel:
    return load_model(module or colour_model(), classes=CLASSES, preprocessing=SMALL, target_layer=layer)


def collect(model: LoadedModel, dataset: AnnotatedDataset) -> dict[str, list[dict[str, Any]]]:
    return Collector(model, dataset, cam="gradcam", device="cpu").collect(dataset.samples, progress=lambda _: None)


def probe(
    model: LoadedModel,
    dataset: AnnotatedDataset,
    *,
    randomise: Iterable[str] = (),
    before: dict[str, bytes] | None = None,
    told: list[int] | None = None,
    seed: int = 0,
) -> dict[str, list[dict[str, Any]]]:
    if before is None:
        before = {row["image_id"]: row["logits"] for row in collect(model, dataset)["images"]}
    prober = Prober(
        model, dataset, cam="gradcam", randomise=frozenset(randomise), before=before, device="cpu", seed=seed
    )
    progress = (lambda _: None) if told is None else told.append
    rows = prober.collect(dataset.samples, progress=progress)
    for name, schema in prober.schemas.items():
        pa.Table.from_pylist(rows[name], schema=schema)  # or it raises
    return rows


def names(dataset: AnnotatedDataset) -> list[str]:
    return [sample.image_id for sample in dataset.samples]


def test_every_image_is_deleted_in_four_ways_of_one_size(planted: AnnotatedDataset) -> None:
    told: list[int] = []
    rows = probe(load(), planted, told=told)
    assert [(row["image_id"], row["kind"]) for row in rows["deletions"]] == [
        (name, kind) for name in names(planted) for kind in DELETION_KINDS
    ]
    assert {row["area"] for row in rows["deletions"]} == {round(0.1 * SIZE[0] * SIZE[1]) / (SIZE[0] * SIZE[1])}
    assert rows["randomised"] == []
    assert sum(told) == PASSES * 20


def test_the_margin_before_is_that_of_the_audit_and_the_map_matters(planted: AnnotatedDataset) -> None:
    model = load()
    images = collect(model, planted)["images"]
    rows = probe(model, planted)["deletions"]
    before = {row["image_id"]: row["margin"] for row in images}
    lost: dict[str, list[float]] = {kind: [] for kind in DELETION_KINDS}
    for row in rows:
        assert row["margin_before"] == pytest.approx(before[row["image_id"]], abs=1e-5)
        lost[row["kind"]].append(row["margin_before"] - row["margin"])
    means = {kind: float(np.mean(values)) for kind, values in lost.items()}
    assert means["map"] > 2 * max(means["blob"], means["centre"])


def test_the_rows_of_the_model_are_the_maps_of_the_audit(planted: AnnotatedDataset) -> None:
    model = load()
    attention = {r["image_id"]: r for r in collect(model, planted)["attention"] if r["target"] == "predicted"}
    told: list[int] = []
    chosen = names(planted)[3:13]
    rows = probe(model, planted, randomise=chosen, told=told)["randomised"]
    assert {row["image_id"] for row in rows} == set(chosen)
    kinds = ["model", *(f"head-{k}" for k in range(HEADS)), "cascade-1", "cascade-2"]
    assert sorted(row["kind"] for row in rows) == sorted(kinds * 10)
    for row in rows:
        cam = unpack_grids([row["cam"]], grid=GRID, dtype="float16")[0]
        assert (row["grid_height"], row["grid_width"]) == GRID
        assert cam.sum() * row["cam_max"] == pytest.approx(row["cam_sum"], rel=1e-3)
        if row["kind"] == "model":
            assert row["cam"] == attention[row["image_id"]]["cam"]
    assert sum(told) == PASSES * 20 + RANDOM_PASSES * 10


def test_maps_of_random_heads_are_those_of_the_model_with_that_head(planted: AnnotatedDataset) -> None:
    """Of the colour model a map is a sum of two channels, weighted by the two entries of the head."""
    model = load()
    rows = probe(model, planted, randomise=names(planted)[:4])["randomised"]
    channels: dict[str, Tensor] = {}
    kept = model.module.get_submodule("see").register_forward_hook(lambda _m, _a, out: channels.update(now=out))
    prober = Prober(model, planted, cam="gradcam", randomise=frozenset(), before={}, device="cpu", seed=0)
    seen = {}
    for name in names(planted)[:4]:
        model.module(prober.frames.load(name).image[None])
        seen[name] = channels["now"].detach()[0].double().numpy()
    kept.remove()
    fitted = 0
    for row in rows:
        if not row["kind"].startswith("head") or not row["cam_max"] > 0:
            continue
        cam = unpack_grids([row["cam"]], grid=GRID, dtype="float16")[0]
        lit = cam > 0
        pair = seen[row["image_id"]][:, lit].T
        if lit.sum() < 4 or np.linalg.matrix_rank(pair) < 2:
            continue
        weights = np.linalg.lstsq(pair, cam[lit], rcond=None)[0]
        np.testing.assert_allclose(np.maximum(np.tensordot(weights, seen[row["image_id"]], 1), 0), cam, atol=2e-3)
        fitted += 1
    assert fitted >= 5


def test_all_follows_from_the_seed_and_not_from_the_order(planted: AnnotatedDataset) -> None:
    model, chosen = load(), names(planted)[:5]
    before = {row["image_id"]: row["logits"] for row in collect(model, planted)["images"]}
    first, again, other = (probe(model, planted, randomise=chosen, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first["randomised"] != other["randomised"]
    prober = Prober(model, planted, cam="gradcam", randomise=frozenset(chosen), before=before, device="cpu", seed=0)
    parts = [prober.collect(planted.samples[i : i + 3], progress=lambda _: None) for i in (3, 0)]
    key = ("image_id", "kind")
    for table, value in (("deletions", "margin"), ("randomised", "cam_sum")):
        whole = {tuple(row[k] for k in key): row[value] for row in first[table]}
        for row in (row for part in parts for row in part[table]):
            assert row[value] == pytest.approx(whole[tuple(row[k] for k in key)], rel=1e-4, abs=1e-5)


def test_images_without_an_answer_have_no_rows(planted: AnnotatedDataset) -> None:
    model = load()
    told: list[int] = []
    before = {row["image_id"]: row["logits"] for row in collect(model, planted)["images"]}
    left = names(planted)[0]
    before.pop(left)
    rows = probe(model, planted, randomise=names(planted)[:2], before=before, told=told)
    assert left not in {row["image_id"] for table in rows.values() for row in table}
    assert sum(told) == PASSES * 20 + RANDOM_PASSES * 2


def test_an_empty_map_deletes_nothing(planted: AnnotatedDataset) -> None:
    module = colour_model()
    with torch.no_grad():
        module.get_submodule("decide").weight.neg_()
    rows = probe(load(module), planted, randomise=names(planted)[:3])
    assert rows["deletions"] == []
    assert {row["cam_max"] for row in rows["randomised"] if row["kind"] == "model"} == {0.0}


def test_a_model_without_a_head_has_no_random_copies_and_says_so(
    planted: AnnotatedDataset, caplog: pytest.LogCaptureFixture
) -> None:
    net = nn.Sequential(nn.Conv2d(3, 2, 8, 8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    told: list[int] = []
    with caplog.at_level(logging.WARNING, logger="auditor"):
        rows = probe(load(net, "1"), planted, randomise=names(planted)[:3], told=told)
    assert rows["randomised"] == []
    assert rows["deletions"]
    assert "cannot be checked: behind layer '1' there is no layer with weights" in caplog.text
    assert sum(told) == PASSES * 20 + RANDOM_PASSES * 3


def test_the_users_model_stays_as_it_is(planted: AnnotatedDataset) -> None:
    module = colour_model().train()
    module.get_submodule("see").eval()
    look = module.get_submodule("look")
    look.weight.grad = torch.full_like(look.weight, 2.0)
    module.get_submodule("decide").weight.requires_grad_(requires_grad=False)
    look.register_forward_hook(lambda *_: None)
    state = copy.deepcopy(module.state_dict())
    modes = [part.training for part in module.modules()]
    hooks = [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules()]
    chance = torch.random.get_rng_state()
    probe(load(module), planted, randomise=names(planted))
    assert all(torch.equal(value, module.state_dict()[key]) for key, value in state.items())
    assert [part.training for part in module.modules()] == modes
    assert [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules()] == hooks
    assert torch.equal(look.weight.grad, torch.full_like(look.weight, 2.0))
    assert [name for name, p in module.named_parameters() if p.requires_grad] == ["look.weight"]
    assert torch.equal(torch.random.get_rng_state(), chance)
    assert DELETIONS.names
    assert RANDOMISED.names
