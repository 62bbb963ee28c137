"""Changes to whole pictures: each reaches its target, moves nothing else that it need not, and can be mirrored."""

from __future__ import annotations

import pytest
import torch

from auditor.evidence.perturbations import PERTURBATIONS, measure_frame, mirror, perturb
from auditor.properties import PROPERTIES, is_global, make_trials, read_target
from auditor.trials import Trial

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BOTH_WAYS = [name for name, about in PROPERTIES.items() if about.both_ways]
ONE_WAY = [name for name, about in PROPERTIES.items() if not about.both_ways]
LOWER = {"sharpness": -9.0, "jpeg_quality": 10.0, "megapixels": 0.0004}


def frame(seed: int = 0) -> torch.Tensor:
    """``(3, 64, 80)`` well within black and white, with structure."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 8, 10, generator=generator)
    soft = torch.nn.functional.interpolate(coarse, size=(64, 80), mode="bilinear")[0]
    return 0.3 + 0.3 * soft + 0.05 * torch.rand(3, 64, 80, generator=generator)


def normalise(image: torch.Tensor) -> torch.Tensor:
    return (image - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def restore(image: torch.Tensor) -> torch.Tensor:
    return image * torch.tensor(STD)[:, None, None] + torch.tensor(MEAN)[:, None, None]


def test_every_property_has_its_change() -> None:
    assert list(PERTURBATIONS) == list(PROPERTIES)
    assert all(change.__doc__ for change in PERTURBATIONS.values())


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_contract(name: str) -> None:
    image = normalise(frame())
    before = image.clone()
    target = LOWER.get(name, 0.1)
    for trial in make_trials("a.jpg", name, target):
        changed = perturb(trial, image, mean=MEAN, std=STD)
        assert changed.shape == image.shape
        assert changed.dtype == image.dtype
        assert torch.equal(image, before)
        assert not torch.allclose(changed, image, atol=1e-3)
        assert torch.equal(changed, perturb(trial, image, mean=MEAN, std=STD))
        shown = restore(changed)
        assert shown.min() >= -1e-6
        assert shown.max() <= 1 + 1e-6


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_target_and_its_mirror_are_reached(name: str) -> None:
    image = frame()
    own = measure_frame(name, image)
    target = 0.8 * own + 0.02
    first, second = make_trials("a.jpg", name, target)
    there = measure_frame(name, restore(perturb(first, normalise(image), mean=MEAN, std=STD)))
    back = measure_frame(name, restore(perturb(second, normalise(image), mean=MEAN, std=STD)))
    assert there == pytest.approx(target, abs=2e-4)
    if name in {"contrast", "saturation"}:
        assert own / there == pytest.approx(back / own, rel=5e-3)
    else:
        assert own - there == pytest.approx(back - own, abs=5e-4)


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("brightness", ("contrast", "saturation", "warmth", "tint")),
        ("contrast", ("brightness",)),
        ("saturation", ("brightness", "contrast")),
        ("warmth", ("brightness", "tint")),
        ("tint", ("brightness", "warmth")),
    ],
)
def test_other_properties_stay(name: str, others: tuple[str, ...]) -> None:
    image = frame()
    changed = PERTURBATIONS[name](image, measure_frame(name, image) * 0.9 + 0.01)
    for other in others:
        assert measure_frame(other, changed) == pytest.approx(measure_frame(other, image), abs=1e-4)


def test_what_is_cut_off_at_white_is_made_up_for() -> None:
    image = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(1))
    assert measure_frame("brightness", PERTURBATIONS["brightness"](image, 0.8)) == pytest.approx(0.8, abs=0.01)


def test_a_grey_picture_has_no_colours_to_strengthen() -> None:
    grey = torch.rand(1, 16, 16).expand(3, 16, 16)
    assert torch.allclose(PERTURBATIONS["saturation"](grey, 0.4), grey)
    plain = torch.full((3, 16, 16), 0.4)
    assert torch.allclose(PERTURBATIONS["contrast"](plain, 0.4), plain)


def test_blur_goes_no_further_than_asked() -> None:
    image = frame()
    own = measure_frame("sharpness", image)
    blurred = PERTURBATIONS["sharpness"](image, own - 2)
    assert own - 2.3 < measure_frame("sharpness", blurred) <= own - 2
    assert torch.equal(PERTURBATIONS["sharpness"](image, own + 1), image)


def test_compression_and_resolution_lose_detail_in_order() -> None:
    image = frame()
    by_quality = [(PERTURBATIONS["jpeg_quality"](image, quality) - image).abs().mean() for quality in (95, 60, 20)]
    assert by_quality == sorted(by_quality)
    by_size = [(PERTURBATIONS["megapixels"](image, size) - image).abs().mean() for size in (0.004, 0.002, 0.0005)]
    assert by_size == sorted(by_size)
    assert torch.equal(PERTURBATIONS["megapixels"](image, 1.0), image)


@pytest.mark.parametrize("name", ONE_WAY)
def test_lost_detail_has_no_mirror(name: str) -> None:
    assert [trial.place for trial in make_trials("a.jpg", name, 1.0)] == [0]


def test_trials_name_their_property_and_target() -> None:
    trial = make_trials("a.jpg", "warmth", -0.0123456)[1]
    assert is_global(trial)
    assert read_target(trial) == ("warmth", pytest.approx(-0.0123456))
    for other in (Trial("a.jpg", "(warmth)", "neutral", 0), Trial("a.jpg", "face", "mean", 0, donor_group="same")):
        with pytest.raises(ValueError, match="has no target"):
            read_target(other)


def test_mirrors() -> None:
    assert mirror("tint", 0.1, 0.3) == pytest.approx(-0.1)
    assert mirror("saturation", 0.2, 0.4) == pytest.approx(0.1)
