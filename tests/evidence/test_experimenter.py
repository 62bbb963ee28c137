"""Trials on drawn pictures, whose answers can be worked out by hand."""

from __future__ import annotations

import math
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import resnet18

from auditor.errors import DataError, ModelError, UsageError
from auditor.evidence.collector import Collector
from auditor.evidence.dataset import AnnotatedDataset
from auditor.evidence.experimenter import Experimenter
from auditor.evidence.frames import FrameLoader
from auditor.evidence.interventions import FILLS
from auditor.evidence.interventions.base import Fill
from auditor.evidence.models import LoadedModel, load_model
from auditor.evidence.preprocessing import Preprocessing
from auditor.evidence.properties import measure_colours
from auditor.properties import NEUTRAL, make_trials
from auditor.records import write_table
from auditor.testing import CLASSES, PATCH, SIZE, colour_model, plant
from auditor.trials import INTERVENTIONS, Trial

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HEIGHT, WIDTH = SIZE
PIXELS = HEIGHT * WIDTH
REDNESS = (220 - 40) / 255  # of the patch; all else is grey
ALL_OF_IT = 10 * REDNESS * PATCH**2 / PIXELS
COUNT = 12
AS_IT_IS = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("planted"), count=COUNT)


def read(folder: Path) -> AnnotatedDataset:
    return AnnotatedDataset.from_csv(
        folder / "annotations.csv", images=folder / "photos", regions=folder / "regions.csv", attributes=["site"]
    )


@pytest.fixture(scope="module")
def dataset(folder: Path) -> AnnotatedDataset:
    return read(folder)


def load(module: torch.nn.Module | None = None, **steps: object) -> LoadedModel:
    preprocessing = Preprocessing(**({"resize": None, "crop": SIZE} | AS_IT_IS | steps))
    return load_model(module or colour_model(), classes=CLASSES, preprocessing=preprocessing, target_layer="see")


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load()


def look(model: LoadedModel, dataset: AnnotatedDataset) -> dict[str, bytes]:
    """Logits of the audit's own pass."""
    rows = Collector(model, dataset, cam="gradcam", device="cpu").collect(dataset.samples, progress=lambda _: None)
    return {str(row["image_id"]): row["logits"] for row in rows["images"]}


@pytest.fixture(scope="module")
def before(model: LoadedModel, dataset: AnnotatedDataset) -> dict[str, bytes]:
    return look(model, dataset)


def group(trials: Iterable[Trial]) -> dict[str, list[Trial]]:
    by_image: dict[str, list[Trial]] = {}
    for trial in trials:
        by_image.setdefault(trial.image_id, []).append(trial)
    return by_image


def run(
    model: LoadedModel, dataset: AnnotatedDataset, trials: Iterable[Trial], *, before: dict[str, bytes], seed: int = 7
) -> list[dict[str, object]]:
    made = Experimenter(model, dataset, trials=group(trials), before=before, device="cpu", seed=seed)
    return made.collect(dataset.samples, progress=lambda _: None)["interventions"]


def name(k: int) -> str:
    return f"{k:04d}.png"


def shown(dataset: AnnotatedDataset, k: int) -> str:
    """Colour of the patch."""
    pixels = np.asarray(Image.open(dataset.samples[k].path))
    x, y, _, _ = map(int, dataset.samples[k].regions[0].boxes[0])
    return CLASSES[int(pixels[y + 1, x + 1, 1] > pixels[y + 1, x + 1, 0])]


def share(x_min: float, y_min: float, x_max: float, y_max: float) -> tuple[float, float, float, float]:
    return x_min / WIDTH, y_min / HEIGHT, x_max / WIDTH, y_max / HEIGHT


def test_hiding_the_cue_takes_all_the_evidence_away(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    rows = run(model, dataset, [Trial(name(k), "patch", "mean", 0) for k in range(COUNT)], before=before)
    assert [row["image_id"] for row in rows] == [name(k) for k in range(COUNT)]
    for k, row in enumerate(rows):
        assert row["margin_before"] == pytest.approx(ALL_OF_IT, rel=1e-5)
        assert row["margin"] == pytest.approx(0, abs=1e-6)  # the mean of the outside is grey
        assert row["area"] == PATCH**2 / PIXELS
        assert row["predicted_before"] == shown(dataset, k)
        assert np.frombuffer(row["logits"], "<f4") == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("fill", ["noise", "inpaint"])
def test_other_fills_take_it_away_as_well(
    fill: str, model: LoadedModel, dataset: AnnotatedDataset, *, before: dict[str, bytes]
) -> None:
    for row in run(model, dataset, [Trial(name(k), "patch", fill, 0) for k in range(COUNT)], before=before):
        assert abs(row["margin"]) < 0.02 * ALL_OF_IT


def test_blur_leaves_it_there(model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]) -> None:
    for row in run(model, dataset, [Trial(name(k), "patch", "blur", 0) for k in range(COUNT)], before=before):
        assert row["margin"] > 0.4 * ALL_OF_IT


def test_a_control_spreads_the_colour_of_the_rest(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    trial = Trial(name(3), "patch", "mean", 1, box=share(40, 5, 56, 45))
    (row,) = run(model, dataset, [trial], before=before)
    hidden = 16 * 40  # right of the patch
    spread = hidden / (PIXELS - hidden)
    assert row["area"] == hidden / PIXELS
    assert row["margin"] == pytest.approx(ALL_OF_IT * (1 + spread), rel=1e-4)
    assert row["predicted"] == row["predicted_before"]


def test_half_of_the_cue_is_half_of_the_evidence(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    x, y, _, _ = dataset.samples[5].regions[0].boxes[0]
    box = share(x, y, x + PATCH / 2, y + PATCH)
    (row,) = run(model, dataset, [Trial(name(5), "patch", "noise", 1, box=box)], before=before)
    left = 10 * REDNESS * PATCH * (PATCH / 2) / PIXELS
    ring = 1 / (2 * 3 + 1)  # at least: the other half is in the ring, so the noise is coloured by it
    assert left < row["margin"] < left * (1 + 4 * ring)


def test_a_donor_of_the_other_colour_turns_the_answer(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    colours = [shown(dataset, k) for k in range(COUNT)]
    image = colours.index("red")
    donors = {"same": colours.index("red", image + 1), "opposite": colours.index("green")}
    trials = [
        Trial(name(image), "patch", "swap", 0, attribute="site", donor_group=group, donor=name(donor))
        for group, donor in donors.items()
    ]
    same, opposite = run(model, dataset, trials, before=before)
    assert same["margin"] == pytest.approx(ALL_OF_IT, rel=1e-5)
    assert (same["predicted"], same["donor_group"], same["donor"]) == ("red", "same", name(donors["same"]))
    assert opposite["margin"] == pytest.approx(-ALL_OF_IT, rel=1e-5)
    assert (opposite["predicted"], opposite["predicted_before"]) == ("green", "red")
    assert opposite["attribute"] == "site"


def test_a_cue_adds_its_evidence_and_a_sham_none(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    colours = [shown(dataset, k) for k in range(COUNT)]
    image, donor = colours.index("red"), colours.index("green")
    box = share(WIDTH - PATCH, 4, WIDTH, 4 + PATCH)
    cue, *shams = run(
        model,
        dataset,
        [
            Trial(name(image), "patch", "insert", k, box=box, donor_group="sham" if k else "cue", donor=name(donor))
            for k in range(6)
        ],
        before=before,
    )
    assert cue["margin"] == pytest.approx(0, abs=1e-5)
    assert cue["area"] == PATCH**2 / PIXELS
    for sham in shams:
        assert 0.9 * ALL_OF_IT - 1e-5 <= sham["margin"] <= ALL_OF_IT + 1e-5
        assert sham["area"] == cue["area"]
    assert len({sham["logits"] for sham in shams}) > 1


def test_a_box_in_a_resized_and_cropped_frame_hides_the_right_pixels(tmp_path: Path) -> None:
    pixels = np.full((120, 200, 3), 128, dtype=np.uint8)
    pixels[52:80, 90:130] = (220, 40, 40)
    pixels[20:30, 20:30] = (40, 220, 40)  # cropped away
    (tmp_path / "photos").mkdir()
    Image.fromarray(pixels).save(tmp_path / "photos" / "a.png")
    (tmp_path / "annotations.csv").write_text("image,label\na.png,red\n", encoding="utf-8")
    boxes = "image,region,x_min,y_min,x_max,y_max\na.png,patch,88,50,132,82\na.png,gone,20,20,30,30\n"
    (tmp_path / "regions.csv").write_text(boxes, encoding="utf-8")
    dataset = AnnotatedDataset.from_csv(
        tmp_path / "annotations.csv", images=tmp_path / "photos", regions=tmp_path / "regions.csv"
    )
    # 120 × 200 becomes 60 × 100, and of that the middle: rows 6 to 54, columns 26 to 74
    model = load(resize=60, crop=48)
    before = look(model, dataset)
    patch = (44 - 26, 25 - 6, 66 - 26, 41 - 6)
    box = tuple(edge / 48 for edge in patch)
    shifted = (box[0] - 12 / 48, box[1], box[2] - 12 / 48, box[3])
    region, same, beside = run(
        model,
        dataset,
        [
            Trial("a.png", "patch", "mean", 0),
            Trial("a.png", "patch", "mean", 1, box=box),
            Trial("a.png", "patch", "mean", 2, box=shifted),
        ],
        before=before,
    )
    assert region["margin"] == pytest.approx(0, abs=1e-4)
    assert region["area"] == same["area"] == beside["area"] == 22 * 16 / 48**2
    assert region["logits"] == same["logits"]
    assert beside["margin"] > 0.4 * region["margin_before"] > 0.1
    with pytest.raises(DataError, match=r"'a.png' shows no region 'gone', which the trial 'mean' of 'gone'"):
        run(model, dataset, [Trial("a.png", "gone", "mean", 0)], before=before)


def everything(dataset: AnnotatedDataset) -> list[Trial]:
    """Every fill on every image, and some controls."""
    trials = []
    for k in range(COUNT):
        other = name((k + 5) % COUNT)
        for place in range(3):
            box = share(20 + place, 10, 50 + place, 30) if place else None
            trials += [Trial(name(k), "patch", fill, place, box=box) for fill in ("noise", "mean", "inpaint", "blur")]
            trials.append(Trial(name(k), "patch", "swap", place, box=box, donor_group="same", donor=other))
            trials.append(
                Trial(name(k), "patch", "insert", place, box=share(30, 20, 41, 36), donor_group="cue", donor=other)
            )
    assert len(trials) == 18 * len(dataset)
    return trials


def test_neither_order_nor_units_matter(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    trials = everything(dataset)
    whole = run(model, dataset, trials, before=before)
    assert [(row["image_id"], row["fill"], row["place"]) for row in whole] == [
        (trial.image_id, trial.fill, trial.place) for trial in trials
    ]
    backwards = Experimenter(model, dataset, trials=group(trials[::-1]), before=before, device="cpu", seed=7)
    parts = [
        row
        for sample in reversed(dataset.samples)
        for row in backwards.collect([sample], progress=lambda _: None)["interventions"]
    ]
    assert parts[::-1] == whole
    assert run(model, dataset, trials, before=before, seed=8) != whole


def test_units_do_not_matter_for_a_deep_net(dataset: AnnotatedDataset) -> None:
    """Libraries take another path for another size of batch: every batch has the same."""
    torch.manual_seed(0)
    deep = resnet18(num_classes=2)
    steps = Preprocessing(resize=SIZE, crop=None, **AS_IT_IS)
    model = load_model(deep, classes=CLASSES, preprocessing=steps, target_layer="layer4")
    trials = [Trial(name(k), "patch", "mean", 0) for k in range(COUNT)]
    ones = {name(k): np.ones(2) for k in range(COUNT)}
    made = Experimenter(model, dataset, trials=group(trials), before=ones, device="cpu", seed=7)
    whole = made.collect(dataset.samples, progress=lambda _: None)["interventions"]
    single = [made.collect([one], progress=lambda _: None)["interventions"][0] for one in dataset.samples]
    assert [row["logits"] for row in whole] == [row["logits"] for row in single]


def test_batches_are_full_across_images(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    trials = [Trial(name(k), "patch", "mean", 0) for k in range(COUNT)]
    made = Experimenter(model, dataset, trials=group(trials), before=before, device="cpu", seed=0)
    sizes, told = [], []
    hook = made.module.register_forward_pre_hook(lambda _, args: sizes.append(len(args[0])))
    made.collect(dataset.samples, progress=told.append)
    hook.remove()
    assert sizes == [made.batch] * math.ceil(COUNT / made.batch)
    assert sum(told) == COUNT


def test_samples_without_a_trial_have_no_rows(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    rows = run(model, dataset, [Trial(name(4), "patch", "mean", 0)], before={name(4): before[name(4)]})
    assert [row["image_id"] for row in rows] == [name(4)]
    assert run(model, dataset, [], before={}) == []


def test_rows_fit_the_table(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes], *, tmp_path: Path
) -> None:
    made = Experimenter(model, dataset, trials=group(everything(dataset)), before=before, device="cpu", seed=0)
    rows = made.collect(dataset.samples[:2], progress=lambda _: None)["interventions"]
    assert made.schemas == {"interventions": INTERVENTIONS}
    assert all(list(row) == INTERVENTIONS.names for row in rows)
    write_table(rows, tmp_path / "interventions.parquet", schema=INTERVENTIONS)


def test_the_model_stays_as_found(dataset: AnnotatedDataset, before: dict[str, bytes]) -> None:
    module = colour_model().train()
    module.see.eval()
    module.look.weight.grad = torch.ones_like(module.look.weight)
    state = {key: value.clone() for key, value in module.state_dict().items()}
    modes = [part.training for part in module.modules()]
    run(load(module), dataset, [Trial(name(0), "patch", "noise", 0)], before=before)
    assert [part.training for part in module.modules()] == modes
    assert all(torch.equal(value, state[key]) for key, value in module.state_dict().items())
    assert torch.equal(module.look.weight.grad, torch.ones_like(module.look.weight))
    assert all(parameter.requires_grad for parameter in module.parameters())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
    assert not torch.is_inference_mode_enabled()


def test_each_photograph_is_read_once(
    model: LoadedModel,
    dataset: AnnotatedDataset,
    before: dict[str, bytes],
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    original = FrameLoader._read
    monkeypatch.setattr(
        FrameLoader, "_read", lambda self, sample: (read.append(sample.image_id), original(self, sample))[1]
    )
    trials = [
        Trial(name(k), "patch", fill, 0, donor=name(0) if fill == "swap" else None)
        for k in range(1, COUNT)
        for fill in ("noise", "swap", "mean")
    ]
    run(model, dataset, trials, before=before)
    assert set(read) == {name(k) for k in range(COUNT)}
    assert len(read) <= COUNT + 1  # two threads may both want the donor at first


GOOD = Trial(name(0), "patch", "mean", 0)
CONTROL = {"place": 1, "box": (0.1, 0.1, 0.4, 0.4)}


@pytest.mark.parametrize(
    ("trial", "message"),
    [
        (GOOD._replace(fill="meen"), "no 'meen'; nearest: 'mean'"),
        (GOOD._replace(image_id="x.png"), "expected its own image, and one of the dataset"),
        (GOOD._replace(place=2), "'mean' of 'patch' on '0000.png', place 2: a control needs a box"),
        (GOOD._replace(place=1, box=(0.4, 0.1, 0.4, 0.4)), "expected a box as shares of the frame"),
        (GOOD._replace(place=1, box=(0.4, 0.1, 1.4, 0.4)), "expected a box as shares of the frame"),
        (GOOD._replace(place=1, box=(math.nan, 0.1, 0.4, 0.4)), "expected a box as shares of the frame"),
        (GOOD._replace(fill="swap"), "expected a donor from the dataset, found None"),
        (GOOD._replace(fill="swap", donor="x.png"), "expected a donor from the dataset, found 'x.png'"),
    ],
)
def test_a_trial_that_cannot_be_done_is_refused_before_any(
    trial: Trial, message: str, model: LoadedModel, *, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    with pytest.raises((UsageError, DataError), match=message):
        Experimenter(model, dataset, trials={trial.image_id: [trial]}, before=before, device="cpu", seed=0)


@pytest.mark.parametrize("raw", [None, b"", np.ones(3), np.array([1.0, np.nan])], ids=str)
def test_an_image_without_an_answer_is_refused(raw: object, model: LoadedModel, dataset: AnnotatedDataset) -> None:
    with pytest.raises(DataError, match=r"has not answered on '0000.png'|expected 2 finite numbers, found \["):
        run(model, dataset, [GOOD], before={name(0): raw})


def test_a_trial_under_another_image_is_refused(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    with pytest.raises(DataError, match=r"is listed under '0001.png'"):
        Experimenter(model, dataset, trials={name(1): [GOOD]}, before=before, device="cpu", seed=0)


def test_a_donor_that_lacks_the_region_is_named(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    (bare,) = [k for k in range(4) if len(dataset.samples[k].regions) == 1][:1]
    trial = Trial(name(0), "tag", "swap", 0, donor=name(bare))
    with pytest.raises(DataError, match=f"'{name(bare)}' shows no region 'tag', which the trial 'swap' of 'tag'"):
        run(model, dataset, [trial], before=before)


@pytest.mark.parametrize("lost", [0, 1], ids=["the image", "the donor"])
def test_a_file_that_is_gone_is_named_with_its_trial(
    lost: int, model: LoadedModel, folder: Path, *, before: dict[str, bytes], tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    dataset = read(tmp_path / "copy")
    (tmp_path / "copy" / "photos" / name(lost)).unlink()
    trial = Trial(name(0), "patch", "swap", 0, donor=name(1))
    with pytest.raises(DataError, match=rf"{name(lost)}: no such file; .* 'swap' of 'patch' on '0000.png', place 0"):
        run(model, dataset, [trial], before=before)


def test_an_answer_that_is_not_finite_is_named(dataset: AnnotatedDataset, before: dict[str, bytes]) -> None:
    model = load()
    with torch.no_grad():
        model.module.decide.weight.fill_(math.inf)
    with pytest.raises(ModelError, match=r"not finite for the trial 'noise' of 'patch' on '0002.png'"):
        run(model, dataset, [Trial(name(2), "patch", "noise", 0)], before=before)


def test_a_fill_of_ones_own_is_used(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes], *, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Green(Fill):
        """Green all over."""

        def paint(self, image: torch.Tensor, mask: torch.Tensor, *, context: object) -> torch.Tensor:  # noqa: ARG002
            return torch.tensor([0.0, 1.0, 0.0])[:, None, None]

    monkeypatch.setattr(FILLS, "_builtin", {"green": Green()})
    (row,) = run(model, dataset, [GOOD._replace(fill="green")], before=before)
    assert row["predicted"] == "green"
    assert np.frombuffer(row["logits"], "<f4") == pytest.approx([0, 10 * PATCH**2 / PIXELS])


def whole(k: int, region: str, target: float) -> list[Trial]:
    return list(make_trials(name(k), region, target))


def properties_of(dataset: AnnotatedDataset, k: int) -> dict[str, float]:
    pixels = np.asarray(Image.open(dataset.samples[k].path), dtype=np.float32) / 255
    return measure_colours(pixels)


def test_tint_moves_the_margin_by_what_the_patch_gains(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    """Tint up by t at equal luma and warmth: green gains t over red on every pixel, so the margin gains 10 t."""
    step = 0.1
    for k in (2, 3, 6, 7):  # without the white tag, nothing is cut off
        own = properties_of(dataset, k)["tint"]
        up, down = run(model, dataset, whole(k, "tint", own + step), before=before)
        unchanged = {"red": -ALL_OF_IT, "green": ALL_OF_IT}[shown(dataset, k)]
        for row, gain in ((up, step), (down, -step)):
            red, green = np.frombuffer(row["logits"], "<f4")
            assert green - red == pytest.approx(unchanged + 10 * gain, abs=1e-3)
        assert (up["area"], down["area"]) == (1.0, 1.0)
        assert (up["donor_group"], up["region"], up["fill"], up["donor"]) == (
            f"{own + step:.6g}",
            "(tint)",
            NEUTRAL,
            None,
        )


def test_brightness_moves_nothing_where_colours_are_compared(
    model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    own = properties_of(dataset, 0)["brightness"]
    for row in run(model, dataset, whole(0, "brightness", own + 0.03), before=before):
        assert row["margin"] == pytest.approx(row["margin_before"], abs=1e-4)
        assert row["predicted"] == row["predicted_before"]


def test_a_whole_picture_needs_no_region(
    tmp_path: Path, folder: Path, model: LoadedModel, before: dict[str, bytes]
) -> None:
    dataset = AnnotatedDataset.from_csv(folder / "annotations.csv", images=folder / "photos", attributes=["site"])
    rows = run(model, dataset, whole(1, "warmth", 0.05) + whole(1, "sharpness", -9.0), before=before)
    assert [(row["region"], row["place"]) for row in rows] == [("(warmth)", 0), ("(warmth)", 1), ("(sharpness)", 0)]
    write_table(rows, tmp_path / "interventions.parquet", schema=INTERVENTIONS)


@pytest.mark.parametrize(
    ("trial", "said"),
    [
        (Trial(name(0), "(tint)", NEUTRAL, 0), "expected a number that tint is brought to, found None"),
        (Trial(name(0), "(tint)", NEUTRAL, 0, donor_group="lots"), "brought to, found 'lots'"),
        (Trial(name(0), "(tint)", NEUTRAL, 0, donor_group="nan"), "brought to, found 'nan'"),
        (Trial(name(0), "(tint)", NEUTRAL, 2, donor_group="0.1"), "no such change of tint"),
        (Trial(name(0), "(sharpness)", NEUTRAL, 1, donor_group="-8"), "no such change of sharpness"),
    ],
)
def test_properties_without_a_target_are_refused(
    trial: Trial, said: str, model: LoadedModel, dataset: AnnotatedDataset, before: dict[str, bytes]
) -> None:
    with pytest.raises(DataError, match=said):
        run(model, dataset, [trial], before=before)
