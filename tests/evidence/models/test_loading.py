"""From a name, a file or a module to a classifier that is ready to be audited."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING, Any

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from auditor.errors import ModelError, UsageError
from auditor.evidence.cams import Layout
from auditor.evidence.models import MODELS, load_model
from auditor.evidence.models.classes import read_classes
from auditor.evidence.preprocessing import Preprocessing
from auditor.testing import colour_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLASSES = ["doctor", "nurse"]
SMALL = Preprocessing(resize=None, crop=64, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
FACTORY = """
import torch
from torch import nn
from auditor.evidence.preprocessing import Preprocessing
from auditor.testing import colour_model

FIELDS = dict(resize=32, crop=24, mean=(0, 0, 0), std=(1, 1, 1))
number = 3

def bare(): return colour_model()
def paired(): return colour_model(), Preprocessing(**FIELDS)
def mapped(): return colour_model(), FIELDS
def preset():
    from torchvision.models import ResNet18_Weights
    return colour_model(), ResNet18_Weights.DEFAULT.transforms()
def odd(): return colour_model(), 5
def wrong(): return "a model"
def asking(size): return colour_model()
"""


@pytest.fixture
def resnet(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "resnet.safetensors"
    save_file(torchvision.models.resnet18(num_classes=2).state_dict(), path)
    return path


@pytest.fixture
def factory(tmp_path: Path) -> Path:
    (tmp_path / "models.py").write_text(FACTORY)
    return tmp_path


def test_a_torchvision_name_with_weights(resnet: Path) -> None:
    model = load_model("resnet18", classes=CLASSES, weights=resnet.name, root=resnet.parent)
    assert model.classes == ("doctor", "nurse")
    assert (model.target_layer, model.target_layer_origin) == ("layer4", "found by probing")
    assert (model.layout, model.grid) == (Layout("nchw", (7, 7)), (7, 7))
    assert (model.preprocessing.resize, model.preprocessing.frame) == (256, (224, 224))
    assert model.preprocessing_origin == "torchvision resnet18 IMAGENET1K_V1"
    assert (model.source, model.weights_file) == ("resnet18", "resnet.safetensors")
    assert model.weights_sha256 == hashlib.sha256(resnet.read_bytes()).hexdigest()
    assert model.parameters == sum(p.numel() for p in torchvision.models.resnet18(num_classes=2).parameters())
    assert model.owned
    assert not any(module.training for module in model.module.modules())


def test_what_is_declared_goes_before_what_is_known(resnet: Path) -> None:
    model = load_model("resnet18", classes=CLASSES, weights=resnet, preprocessing=SMALL, target_layer="layer3")
    assert (model.preprocessing, model.preprocessing_origin) == (SMALL, "declared in the plan")
    assert (model.target_layer, model.target_layer_origin) == ("layer3", "named in the plan")
    assert model.grid == (4, 4)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
@pytest.mark.parametrize("auxiliary", [True, False])
def test_auxiliary_heads_follow_the_weights(tmp_path: Path, name: str, *, auxiliary: bool) -> None:
    made = torchvision.models.get_model(name, num_classes=2, init_weights=False, aux_logits=auxiliary)
    torch.save(made.state_dict(), tmp_path / "model.pt")
    model = load_model(name, classes=CLASSES, weights=tmp_path / "model.pt")
    assert model.notes == (
        f"{name} rescales its input inside (transform_input), as torchvision does for its own weights",
    )
    assert model.module.transform_input


@pytest.mark.parametrize(("name", "side"), [("vit_b_32", 224), ("vit_b_32", 96)])
def test_the_size_of_a_transformer_follows_its_weights(tmp_path: Path, name: str, side: int) -> None:
    made = torchvision.models.get_model(name, num_classes=2, image_size=side)
    torch.save(made.state_dict(), tmp_path / "model.pt")
    declared = None if side == 224 else Preprocessing(resize=side, crop=side, mean=(0.5,) * 3, std=(0.5,) * 3)
    model = load_model(name, classes=CLASSES, weights=tmp_path / "model.pt", preprocessing=declared)
    assert model.module.image_size == side
    assert model.grid == (side // 32, side // 32)
    if side != 224:
        with pytest.raises(ModelError, match="preprocessing of vit_b_32 is not known"):
            load_model(name, classes=CLASSES, weights=tmp_path / "model.pt")
        with pytest.raises(ModelError, match=r"cannot take an image of 3 × 64 × 64 pixels: .*height"):
            load_model(name, classes=CLASSES, weights=tmp_path / "model.pt", preprocessing=SMALL)


def test_old_names_and_old_formats_of_torchvisions_own_files(tmp_path: Path) -> None:
    dense = torchvision.models.densenet121(num_classes=2).state_dict()
    old = {name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): tensor for name, tensor in dense.items()}
    assert old.keys() != dense.keys()
    save_file(old, tmp_path / "dense.safetensors")
    assert load_model("densenet121", classes=CLASSES, weights=tmp_path / "dense.safetensors").target_layer == "features"
    save_file(torchvision.models.mnasnet0_5(num_classes=2).state_dict(), tmp_path / "mnas.safetensors")
    assert load_model("mnasnet0_5", classes=CLASSES, weights=tmp_path / "mnas.safetensors").target_layer == "layers"


def test_a_module_is_taken_as_it_is() -> None:
    module = colour_model().train()
    model = load_model(module, classes=["red", "green"], preprocessing=SMALL)
    assert model.module is module
    assert module.training
    assert not model.owned
    assert (model.source, model.weights_file) == ("ColourModel", None)
    assert len(model.weights_sha256) == 64
    again = load_model(colour_model(), classes=["red", "green"], preprocessing=SMALL)
    assert model.weights_sha256 == again.weights_sha256
    with torch.no_grad():
        module.decide.weight[0, 0] += 1
    assert load_model(module, classes=["red", "green"], preprocessing=SMALL).weights_sha256 != again.weights_sha256


def test_weights_of_a_module_in_half_precision_have_a_digest() -> None:
    model = load_model(colour_model().to(torch.bfloat16), classes=["red", "green"], preprocessing=SMALL)
    assert len(model.weights_sha256) == 64


@pytest.mark.parametrize(("name", "frame"), [("paired", (24, 24)), ("mapped", (24, 24)), ("preset", (224, 224))])
def test_a_factory_may_declare_its_preprocessing(factory: Path, name: str, frame: tuple[int, int]) -> None:
    model = load_model(f"models.py:{name}", classes=["red", "green"], root=factory)
    assert model.preprocessing.frame == frame
    assert model.preprocessing_origin == f"declared by models.py:{name}"
    assert model.source == f"models.py:{name}"
    assert model.owned


def test_weights_go_into_what_a_factory_builds(factory: Path) -> None:
    changed = colour_model().state_dict()
    changed["decide.weight"] = changed["decide.weight"] * 3
    save_file(changed, factory / "model.safetensors")
    model = load_model("models.py:paired", classes=["red", "green"], weights="model.safetensors", root=factory)
    assert torch.equal(model.module.decide.weight.detach(), changed["decide.weight"])
    assert model.weights_file == "model.safetensors"


def test_a_file_may_import_its_neighbours_but_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_a_model.py").write_text("from auditor.testing import colour_model as make\n")
    (tmp_path / "mine.py").write_text("from neighbour_of_a_model import make\n")
    path = list(sys.path)
    model = load_model("mine.py:make", classes=["red", "green"], root=tmp_path, preprocessing=SMALL)
    assert model.target_layer == "see"
    assert sys.path == path
    sys.modules.pop("neighbour_of_a_model")


def test_a_function_of_an_installed_package() -> None:
    model = load_model("auditor.testing:colour_model", classes=["red", "green"], preprocessing=SMALL)
    assert model.target_layer == "see"


def test_the_current_folder_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lying_about.py").write_text(FACTORY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry not in {"", str(tmp_path)}])
    with pytest.raises(ModelError, match=r"cannot import 'lying_about'.*file\.py:factory"):
        load_model("lying_about:bare", classes=["red", "green"], preprocessing=SMALL)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("models.py:bare", "preprocessing of models.py:bare is not known, and is never guessed"),
        ("models.py:bear", "models.py has no function 'bear'; nearest: 'bare'"),
        ("models.py:number", "no function 'number'"),
        ("models.py:wrong", "returned str: expected a torch.nn.Module"),
        ("models.py:odd", "returned a preprocessing that cannot be read"),
        ("models.py:asking", "could not be called without arguments"),
        ("missing.py:bare", "no file .*missing.py"),
        ("broken.py:bare", "cannot load broken.py: .*syntax"),
        ("raising.py:bare", r"raising.py:bare raised ValueError: no such depth \(raising.py, line 3\)"),
        ("raising.py:inner", r"raising.py:inner raised TypeError: .*\(raising.py, line 5\)"),
        ("failing.py:bare", r"cannot load failing.py: its code raised ZeroDivisionError.*\(failing.py, line 1\)"),
        ("failing_package_of_mine:bare", r"cannot import 'failing_package_of_mine': its code raised KeyError"),
        ("no_such_package.sub:bare", "cannot import 'no_such_package.sub'"),
        ("resnet19", "no model 'resnet19'; nearest: 'resnet18'"),
        ("", "no model ''"),
        ("resnet18", "no weights for 'resnet18': a model with random weights would be audited"),
    ],
)
def test_sources_that_cannot_be_loaded(
    factory: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    (factory / "broken.py").write_text("def bare(: pass")
    (factory / "raising.py").write_text(
        "def bare():\n    # says why\n    raise ValueError('no such\\ndepth')\ndef inner():\n    return len(3)\n"
    )
    (factory / "failing.py").write_text("number = 1 / 0\n")
    (factory / "failing_package_of_mine.py").write_text("{}['x']\n")
    monkeypatch.syspath_prepend(factory)
    with pytest.raises(ModelError, match=message) as caught:
        load_model(source, classes=["red", "green"], root=factory)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["a", "b", "c"], r"The weights tell 2 classes apart, the list of classes has 3"),
    ],
)
def test_another_number_of_classes(resnet: Path, classes: list[str], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_model("resnet18", classes=classes, weights=resnet)
    with pytest.raises(ModelError, match="tells 2 classes apart, the list of classes has 3"):
        load_model(colour_model(), classes=classes, preprocessing=SMALL)


def test_preprocessing_that_is_none() -> None:
    steps: Any = {"resize": 24}
    with pytest.raises(UsageError, match=r"expected Preprocessing\(resize=.*found dict"):
        load_model(colour_model(), classes=["red", "green"], preprocessing=steps)


def test_weights_that_are_no_numbers(resnet: Path) -> None:
    module = colour_model()
    nn.init.constant_(module.decide.weight, torch.nan)
    with pytest.raises(ModelError, match=r"ColourModel: decide\.weight holds NaN"):
        load_model(module, classes=["red", "green"], preprocessing=SMALL)


def test_classes_are_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("\ufeffdoctor \n nurse\n\n", encoding="utf-8")
    for given in ("classes.txt", tmp_path / "classes.txt"):
        assert read_classes(given, root=tmp_path) == ("doctor", "nurse")
    assert read_classes(["NA", "null"], root=tmp_path) == ("NA", "null")


def _latin(path: Path) -> None:
    path.write_bytes("Ärztin\nArzt\n".encode("latin-1"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_text("doctor\nnurse\ndoctor\n"), "'doctor' is listed 2 times"),
        (lambda path: path.write_text("doctor\n\nnurse\n"), "name 2 of 3 is empty"),
        (lambda path: path.write_text("doctor\n"), "expected at least two, found 1"),
        (lambda path: path.write_text(""), "expected at least two, found 0"),
        (_latin, "not UTF-8"),
        (lambda _: None, "cannot read .*classes.txt"),
    ],
)
def test_class_lists_that_cannot_be_used(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    make(tmp_path / "classes.txt")
    with pytest.raises(UsageError, match=message):
        read_classes("classes.txt", root=tmp_path)


@pytest.mark.parametrize("name", list(MODELS))
def test_every_format_says_what_it_is(name: str) -> None:
    entry = MODELS[name]
    assert entry.__doc__
    assert not entry().claims("no such model at all")
    assert isinstance(entry().suggestions(), list)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "file", "layer"),
    [("mobilenet_v2", "mobilenet_v2.safetensors", "features"), ("squeezenet1_0", "squeezenet1_0.pth", "features")],
)
def test_real_checkpoints(shared_data: Path, name: str, file: str, layer: str) -> None:
    classes = torchvision.models.ResNet18_Weights.DEFAULT.meta["categories"]
    model = load_model(name, classes=classes, weights=shared_data / "models" / file)
    assert model.target_layer == layer
    with pytest.raises(ModelError, match="The weights tell 1000 classes apart, the list of classes has 2"):
        load_model(name, classes=CLASSES, weights=shared_data / "models" / file)
