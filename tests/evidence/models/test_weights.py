"""Weights' files of every kind, sound and broken."""

from __future__ import annotations

import argparse
import collections
import hashlib
import pathlib
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from auditor.errors import ModelError
from auditor.evidence.models.fitting import check_values, fit_weights
from auditor.evidence.models.weights import WRAPPERS, read_weights

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("doctor", "nurse")


def net(classes: int = 2) -> nn.Module:
    torch.manual_seed(0)
    layers = collections.OrderedDict(conv=nn.Conv2d(3, 4, 3), norm=nn.BatchNorm2d(4), head=nn.Linear(4, classes))
    return nn.Sequential(layers)


def state() -> dict[str, torch.Tensor]:
    return dict(net().state_dict())


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


class Trainer:
    """Something of the user's own that a checkpoint may drag along."""


def test_safetensors_are_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(state(), path)
    read = read_weights(path)
    assert same(read.tensors, state())
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read.notes == ()


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".ckpt"])
@pytest.mark.parametrize("zipped", [True, False])
def test_state_dicts_are_read(tmp_path: Path, suffix: str, *, zipped: bool) -> None:
    path = tmp_path / f"model{suffix}"
    torch.save(state(), path, _use_new_zipfile_serialization=zipped)
    assert same(read_weights(path).tensors, state())


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_wrappers_are_taken_off(tmp_path: Path, wrapper: str) -> None:
    torch.save({"epoch": 3, wrapper: state(), "optimizer": {"state": {}}}, tmp_path / "model.pt")
    assert same(read_weights(tmp_path / "model.pt").tensors, state())


def test_a_second_set_of_weights_is_noted(tmp_path: Path) -> None:
    other = {name: tensor + 1 for name, tensor in state().items()}
    torch.save({"ema": {"module": other}, "model": state()}, tmp_path / "model.pt")
    read = read_weights(tmp_path / "model.pt")
    assert same(read.tensors, state())
    assert read.notes == ("model.pt: weights under 'model' were taken; 'ema' is there too",)


def test_harmless_company_is_accepted(tmp_path: Path) -> None:
    company = {
        "args": argparse.Namespace(lr=0.1, out=pathlib.Path("runs")),
        "folder": pathlib.PurePosixPath("a/b"),
        "best": np.float64(0.9),
        "count": np.int64(3),
        "small": np.float32(0.5),
        "log": collections.defaultdict(list, {"loss": [1.0]}),
        "state_dict": collections.OrderedDict(state()),
    }
    torch.save(company, tmp_path / "model.pt")
    assert same(read_weights(tmp_path / "model.pt").tensors, state())


@pytest.mark.parametrize("zipped", [True, False])
def test_objects_that_could_run_code_are_refused_by_name(tmp_path: Path, *, zipped: bool) -> None:
    path = tmp_path / "model.pt"
    torch.save({"trainer": Trainer(), "model": net()}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(ModelError, match="loading can run code") as caught:
        read_weights(path)
    assert "save_file(model.state_dict()" in str(caught.value)
    assert not zipped or "Trainer" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pickle_that_runs_code_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "went-off"

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return pathlib.Path.touch, (mark,)

    torch.save({"model": Bomb()}, tmp_path / "model.pt")
    with pytest.raises(ModelError, match=r"loading can run code .*getattr"):
        read_weights(tmp_path / "model.pt")
    assert not mark.exists()


def torchscript(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/constants.pkl", b"x")
        archive.writestr("model/data.pkl", b"x")


def exported(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/archive_format", b"pt2")


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("no.pt", lambda _: None, "no weights at .*no.pt"),
        ("a.pt", lambda path: path.touch(), "a.pt is empty"),
        ("a.safetensors", lambda path: path.touch(), "a.safetensors is empty"),
        ("a.safetensors", lambda path: path.write_bytes(b"\x10" * 100), "not a readable safetensors file"),
        ("a.pt", lambda path: path.write_bytes(b"<html>404</html>" * 9), "cannot be read as a checkpoint of torch"),
        ("a.pt", lambda path: path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n"), "Git LFS pointer"),
        ("a.pt", torchscript, "TorchScript program"),
        ("a.pt", exported, "an exported program"),
        ("a.pt2", lambda path: path.write_bytes(b"x"), "an exported program"),
        ("a.onnx", lambda path: path.write_bytes(b"x"), "an ONNX graph"),
        ("a.h5", lambda path: path.write_bytes(b"x"), "a Keras model"),
        ("a.csv", lambda path: path.write_bytes(b"x"), "found .csv"),
        ("weights", lambda path: path.write_bytes(b"x"), "found no suffix"),
        ("a.pt", lambda path: torch.save({"epoch": 3, "loss": 1.0}, path), "holds no state dict but epoch, loss"),
        ("a.pt", lambda path: torch.save(torch.zeros(3), path), "holds no state dict but Tensor"),
        ("a.pt", lambda path: torch.save({}, path), "holds no state dict but nothing"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, name: str, make: object, message: str) -> None:
    make(tmp_path / name)
    with pytest.raises(ModelError, match=message) as caught:
        read_weights(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_truncated_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    save_file(state(), path) if suffix == ".safetensors" else torch.save(state(), path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ModelError, match="copy or download it again"):
        read_weights(path)


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "model.", "module._orig_mod.", "model.net."])
def test_prefixes_that_all_names_carry_are_taken_off(prefix: str) -> None:
    module = net()
    nn.init.zeros_(module.conv.weight)
    given = {prefix + name: tensor for name, tensor in state().items()}
    fit_weights(module, given, name="model.pt", classes=CLASSES)
    assert same(dict(module.state_dict()), state())


def test_a_prefix_of_the_model_itself_is_kept() -> None:
    module = nn.Sequential(collections.OrderedDict(model=net()))
    given = {f"model.{name}": tensor + 1 for name, tensor in state().items()}
    fit_weights(module, given, name="model.pt", classes=CLASSES)
    assert same(dict(module.state_dict()), given)


def test_half_precision_and_missing_counters_are_fine() -> None:
    module = net()
    given = {name: tensor.half() for name, tensor in state().items() if "num_batches" not in name}
    fit_weights(module, given, name="model.pt", classes=CLASSES)
    assert module.conv.weight.dtype is torch.float32
    torch.testing.assert_close(module.conv.weight, state()["conv.weight"], atol=1e-3, rtol=1e-2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda given: given.pop("conv.bias"), r"missing: conv\.bias\."),
        (lambda given: given.update(extra=torch.zeros(1)), "left over: extra"),
        (
            lambda given: given.update({f"x.{k}": torch.zeros(1) for k in range(5)}),
            r"left over: x\.0, x\.1, x\.2 and 2 more",
        ),
        (
            lambda given: given.update({"conv.weight": torch.zeros(4, 3, 5, 5)}),
            r"of another shape: conv\.weight \(4, 3, 5, 5\) instead of \(4, 3, 3, 3\)",
        ),
        (
            lambda given: given.update({"head.weight": torch.zeros(1000, 4), "head.bias": torch.zeros(1000)}),
            r"The weights tell 1000 classes apart, the list of classes has 2",
        ),
        (
            lambda given: given.update(
                {"head.1.weight": given.pop("head.weight"), "head.1.bias": given.pop("head.bias")}
            ),
            r"missing: head\.weight, head\.bias; left over: head\.1\.weight, head\.1\.bias\. Only 'head' differs",
        ),
    ],
)
def test_weights_that_do_not_fit_are_named(change: object, message: str) -> None:
    module, given = net(), state()
    change(given)
    with pytest.raises(ModelError, match=message) as caught:
        fit_weights(module, given, name="model.pt", classes=CLASSES)
    assert str(caught.value).startswith("model.pt does not fit the model: ")
    assert same(dict(module.state_dict()), state())


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_weights_that_are_no_numbers_are_refused(value: float) -> None:
    module = net()
    check_values(module, name="model.pt")
    with torch.no_grad():
        module.conv.weight[0, 0, 0, 0] = value
    with pytest.raises(ModelError, match=r"model\.pt: conv\.weight holds NaN or infinite values"):
        check_values(module, name="model.pt")
