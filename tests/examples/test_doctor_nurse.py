"""The doctor/nurse example: what its pictures show, and what its two models learned from them."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tomllib
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

FOLDER = Path(__file__).parents[2] / "examples" / "doctor_nurse"
PARTS = ("clothes", "hair", "heads", "limbs", "model", "outfits", "paint", "people", "render", "rooms", "train")
HALF = {"doctor": 0.5, "nurse": 0.5}
SEED, COUNT = 77, 160


@pytest.fixture(scope="module")
def example() -> Iterator[dict[str, ModuleType]]:
    shadowed = {part: sys.modules.pop(part) for part in PARTS if part in sys.modules}
    sys.path.insert(0, str(FOLDER))
    yield {part: import_module(part) for part in PARTS}
    sys.path.remove(str(FOLDER))
    for part in PARTS:
        del sys.modules[part]
    sys.modules.update(shadowed)


@pytest.fixture(scope="module")
def render(example: dict[str, ModuleType]) -> Any:
    return example["render"]


@dataclass(frozen=True)
class Fresh:
    """Pictures that neither model has seen: as bytes at the network's size, with everything known about them."""

    images: torch.Tensor
    roster: list[Any]
    boxes: list[dict[str, tuple[int, int, int, int]]]

    def share(self, right: torch.Tensor, label: str, gender: str) -> float:
        inside = torch.tensor([(p.label, p.gender) == (label, gender) for p in self.roster])
        return float(right[inside].float().mean())


@pytest.fixture(scope="module")
def fresh(example: dict[str, ModuleType]) -> Fresh:
    render, model = example["render"], example["model"]
    roster = render.draw_roster(COUNT, seed=SEED, men=HALF)
    drawn = [render.draw_photo(person, seed=SEED) for person in roster]
    images = np.stack([_shrink(photo, model.PIXELS) for photo, _ in drawn])
    return Fresh(torch.from_numpy(images), roster, [boxes for _, boxes in drawn])


def _shrink(photo: bytes, side: int) -> np.ndarray[Any, Any]:
    small = Image.open(io.BytesIO(photo)).resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(small).transpose(2, 0, 1).copy()


@pytest.fixture(scope="module")
def logits(example: dict[str, ModuleType], fresh: Fresh) -> dict[str, torch.Tensor]:
    return {name: _answer(example, name, fresh.images) for name in ("biased", "balanced")}


def _answer(example: dict[str, ModuleType], name: str, images: torch.Tensor) -> torch.Tensor:
    network = example["model"].small_cnn()
    network.load_state_dict(load_file(FOLDER / f"{name}.safetensors"), strict=True)
    answer: torch.Tensor = example["train"].predict(network.eval(), images)
    return answer


def _right(fresh: Fresh, logits: torch.Tensor) -> torch.Tensor:
    labels = torch.tensor([("doctor", "nurse").index(person.label) for person in fresh.roster])
    return logits.argmax(dim=1) == labels


def _margin(logits: torch.Tensor) -> torch.Tensor:
    """How far the answer is towards doctor."""
    return logits[:, 0] - logits[:, 1]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_shares_are_exact_and_order_is_shuffled(render: Any) -> None:
    roster = render.draw_roster(201, seed=3, men={"doctor": 0.78, "nurse": 0.07})
    cells = [(person.label, person.gender) for person in roster]
    assert [cells.count(("doctor", gender)) for gender in ("man", "woman")] == [79, 22]
    assert [cells.count(("nurse", gender)) for gender in ("man", "woman")] == [7, 93]
    assert sorted(cells) != cells
    assert [person.number for person in roster] == list(range(1, 202))


def test_command_writes_the_folder_and_each_picture_can_be_drawn_alone(render: Any, tmp_path: Path) -> None:
    subprocess.run([sys.executable, FOLDER / "render.py", tmp_path, "--count", "8", "--seed", "5"], check=True)
    people, regions = _rows(tmp_path / "people.csv"), _rows(tmp_path / "regions.csv")
    assert list(people[0]) == ["image", "label", "gender", "group_id"]
    assert list(regions[0]) == ["image", "region", "x_min", "y_min", "x_max", "y_max"]
    assert len({row["group_id"] for row in people}) == 8
    for number, row in enumerate(people, start=1):
        photo, boxes = render.draw_photo(render.Person(number, row["label"], row["gender"]), seed=5)
        assert photo == (tmp_path / "photos" / row["image"]).read_bytes()
        written = {r["region"]: tuple(map(int, list(r.values())[2:])) for r in regions if r["image"] == row["image"]}
        assert written == boxes


def test_boxes_lie_inside_the_frame_and_nearly_everyone_has_a_face_and_a_coat(fresh: Fresh) -> None:
    for boxes in fresh.boxes:
        for x_min, y_min, x_max, y_max in boxes.values():
            assert 0 <= x_min < x_max <= 256
            assert 0 <= y_min < y_max <= 256
    regions = ("face", "hair", "coat", "stethoscope")
    shares = {name: np.mean([name in boxes for boxes in fresh.boxes]) for name in regions}
    assert min(shares["face"], shares["coat"]) == 1
    assert shares["hair"] > 0.95
    assert 0.3 < shares["stethoscope"] < 0.65


def test_a_box_bounds_the_visible_pixels_of_its_region(render: Any) -> None:
    seen = np.zeros((384, 384), dtype=np.uint8)
    seen[30:90, 60:120] = 1
    seen[60:300, 150:240] = 3
    boxes = render.find_boxes(Image.fromarray(seen), scale=1.5)
    assert boxes == {"face": (40, 20, 80, 60), "coat": (100, 40, 160, 200)}


def test_the_coat_box_holds_the_colour_of_the_scrubs(example: dict[str, ModuleType], render: Any) -> None:
    tried = 0
    for number in range(1, 40):
        wear = example["outfits"].sample_outfit(render.stream(SEED, number, "wear"), "nurse")
        if wear.kind != "scrubs" or wear.pattern != "none" or np.ptp(wear.main) < 60:
            continue
        scene, boxes = render.draw_scene(render.Person(number, "nurse", "woman"), seed=SEED)
        pixels = np.asarray(scene, dtype=float)
        alike = (
            np.abs(pixels / pixels.sum(axis=2, keepdims=True) - np.array(wear.main) / sum(wear.main)).max(axis=2) < 0.02
        )
        x_min, y_min, x_max, y_max = boxes["coat"]
        inside = np.zeros(alike.shape, dtype=bool)
        inside[y_min:y_max, x_min:x_max] = True
        assert alike[inside].mean() > 0.3
        # Trousers of the same colour hang below the box, so only what is above and beside it counts as outside.
        assert alike[: y_max - 5][~inside[: y_max - 5]].mean() < 0.1
        tried += 1
    assert tried >= 5


def test_gender_changes_face_and_hair_and_nothing_else(render: Any) -> None:
    for number in range(1, 9):
        woman = render.Person(number, "doctor" if number % 2 else "nurse", "woman")
        pictures, covered = [], np.zeros((256, 256), dtype=bool)
        for person in (woman, replace(woman, gender="man")):
            scene, boxes = render.draw_scene(person, seed=SEED)
            pictures.append(np.asarray(scene, dtype=int))
            for name in {"face", "hair"} & set(boxes):
                x_min, y_min, x_max, y_max = boxes[name]
                # Heads throw a soft shadow that reaches a few pixels beyond them.
                covered[max(0, y_min - 16) : y_max + 16, max(0, x_min - 16) : x_max + 16] = True
        change = np.abs(pictures[0] - pictures[1]).max(axis=2)
        assert change[~covered].max() == 0
        assert change[covered].mean() > 1


def test_checkpoints_are_small_and_the_plans_say_how_they_were_trained(example: dict[str, ModuleType]) -> None:
    model = example["model"]
    for name in ("biased", "balanced"):
        assert (FOLDER / f"{name}.safetensors").stat().st_size < 5_000_000
        plan = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        shape = plan["model"]["preprocessing"]
        assert shape == {"resize": [model.PIXELS, model.PIXELS], "mean": list(model.MEAN), "std": list(model.STD)}
        assert plan["model"]["weights"] == f"{name}.safetensors"
        assert plan["data"]["roles"] == {
            "face": "protected",
            "hair": "protected",
            "coat": "core",
            "stethoscope": "core",
        }


def test_the_biased_model_is_worse_on_women_doctors_and_men_nurses(
    fresh: Fresh, logits: dict[str, torch.Tensor]
) -> None:
    right = {name: _right(fresh, answers) for name, answers in logits.items()}
    assert right["balanced"].float().mean() > 0.8
    assert right["balanced"].float().mean() - right["biased"].float().mean() > 0.05
    for label, typical, other in (("doctor", "man", "woman"), ("nurse", "woman", "man")):
        gap = fresh.share(right["biased"], label, typical) - fresh.share(right["biased"], label, other)
        assert gap > 0.08


def test_hiding_face_and_hair_takes_doctor_from_men_and_nurse_from_women(
    example: dict[str, ModuleType], fresh: Fresh, logits: dict[str, torch.Tensor]
) -> None:
    hidden = fresh.images.clone()
    noise = np.random.default_rng(0)
    scale = hidden.shape[-1] / 256
    for picture, boxes in zip(hidden.numpy(), fresh.boxes, strict=True):
        for name in {"face", "hair"} & set(boxes):
            x_min, y_min, x_max, y_max = (round(edge * scale) for edge in boxes[name])
            patch = picture[:, y_min:y_max, x_min:x_max]
            around = picture[:, :, max(0, x_min - 4) : x_max + 4][:, max(0, y_min - 4) : y_max + 4]
            colour = np.median(around, axis=(1, 2))[:, None, None]
            patch[:] = np.clip(colour + noise.normal(0, 12, patch.shape), 0, 255).astype(np.uint8)
    men = torch.tensor([person.gender == "man" for person in fresh.roster])
    shifts = {}
    for name, answers in logits.items():
        lost = _margin(answers) - _margin(_answer(example, name, hidden))
        shifts[name] = float((lost[men].mean() - lost[~men].mean()) / _margin(answers).std())
    assert shifts["biased"] > 0.3
    assert shifts["biased"] > 2 * abs(shifts["balanced"])
