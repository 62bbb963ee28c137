"""Weights' files: what tensors they hold, read without running any code in them."""

from __future__ import annotations

import argparse
import collections
import hashlib
import pathlib
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor

from auditor.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

WRAPPERS: Final = (
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "network",
    "module",
    "ema",
    "model_ema",
    "state_dict_ema",
    "ema_state_dict",
)
"""Keys under which training scripts keep the weights, in the order in which they are looked for."""
PICKLES: Final = (".pt", ".pth", ".bin", ".ckpt", ".tar")
_HINTS: Final = {
    ".pt2": "an exported program",
    ".onnx": "an ONNX graph",
    ".h5": "a Keras model",
    ".keras": "a Keras model",
    ".pb": "a TensorFlow graph",
}
_SAVE: Final = "save the state dict: safetensors.torch.save_file(model.state_dict(), 'model.safetensors')"
_SCALARS: Final = tuple(type(np.dtype(code)) for code in "?bhilqBHILQefd")


def _make_dict(*_factory: object) -> dict[object, object]:
    """Stand in for a defaultdict, which torch would make and then refuse to fill."""
    return {}


_SCALAR: Final = import_module("numpy._core.multiarray").scalar  # what pickled numbers of numpy are made by
SAFE: Final[list[Any]] = [
    argparse.Namespace,
    (_make_dict, "collections.defaultdict"),
    collections.OrderedDict,
    *(dict, float, int, list, set, str, tuple),  # what a defaultdict makes
    *(
        (kind, f"{home}.{kind.__name__}")
        for kind in (pathlib.PosixPath, pathlib.PurePosixPath, pathlib.Path)
        for home in ("pathlib", "pathlib._local")
    ),
    *((_SCALAR, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),
    np.dtype,
    *_SCALARS,
]
"""Harmless types that training scripts leave beside the weights: names, paths, counters."""


@dataclass(frozen=True)
class Weights:
    """Tensors of a weights' file.

    Parameters
    ----------
    tensors
        By name, as the file names them.
    sha256
        Of the file.
    notes
        What a reader should know, one sentence each.
    """

    tensors: dict[str, Tensor]
    sha256: str
    notes: tuple[str, ...] = ()


def read_weights(path: Path) -> Weights:
    """Read the tensors of a weights' file; wrappers of training scripts are taken off.

    Parameters
    ----------
    path
        ``.safetensors``, or a state dict as ``.pt``, ``.pth``, ``.bin``, ``.ckpt``.

    Returns
    -------
    Weights
        On the CPU.

    Raises
    ------
    ModelError
        If the file is missing, empty, damaged, of another format, holds no state dict, or holds objects whose loading
        could run code.
    """
    _check_file(path)
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    tensors, notes = _unwrap(content, path.name)
    with path.open("rb") as file:
        return Weights(tensors, hashlib.file_digest(file, "sha256").hexdigest(), notes)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise ModelError(f"no weights at {path}: expected a .safetensors, .pt or .pth file")
    if path.suffix in _HINTS:
        raise ModelError(f"{path.name} is {_HINTS[path.suffix]}, not weights: {_SAVE}")
    if path.suffix not in {".safetensors", *PICKLES}:
        raise ModelError(
            f"{path.name}: expected weights as .safetensors, .pt or .pth, found {path.suffix or 'no suffix'}"
        )
    with path.open("rb") as file:
        start = file.read(64)
    if not start:
        raise ModelError(f"{path.name} is empty: copy or download it again")
    if start.startswith(b"version https://git-lfs"):
        raise ModelError(f"{path.name} is a Git LFS pointer, not the weights: fetch them with git lfs pull")


def _read_safetensors(path: Path) -> object:
    try:
        return load_file(path)
    except safetensors.SafetensorError as error:
        raise ModelError(
            f"{path.name} is not a readable safetensors file ({error}): copy or download it again"
        ) from error


def _read_pickle(path: Path) -> object:
    archive = zipfile.is_zipfile(path)
    if archive:
        _refuse_programs(path)
    try:
        with torch.serialization.safe_globals(SAFE):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=archive)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(_explain(path, error, archive=archive)) from error


def _refuse_programs(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.endswith("/constants.pkl") for name in names):
        raise ModelError(
            f"{path.name} is a TorchScript program, not weights: "
            "save_file(torch.jit.load(path).state_dict(), 'model.safetensors') keeps what is needed of it"
        )
    if any(name.endswith("archive_format") for name in names):
        raise ModelError(f"{path.name} is {_HINTS['.pt2']}, not weights: {_SAVE}")


def _explain(path: Path, error: Exception, *, archive: bool) -> str:
    wanted = _list_unsafe(path) if archive else []
    if wanted:
        more = f" and {len(wanted) - 3} more" if len(wanted) > 3 else ""  # noqa: PLR2004 -- three are enough to see
        return f"{path.name} holds objects whose loading can run code ({', '.join(wanted[:3])}{more}): {_SAVE}"
    if "Unsupported global" in str(error) or "Unsupported class" in str(error):
        return f"{path.name} holds objects whose loading can run code: {_SAVE}"
    return f"{path.name} cannot be read as a checkpoint of torch ({_first_line(error)}): copy or download it again"


def _list_unsafe(path: Path) -> list[str]:
    try:
        with torch.serialization.safe_globals(SAFE):
            return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, ValueError):
        return []


def _first_line(error: Exception) -> str:
    text = str(error).rpartition("WeightsUnpickler error:")[2].strip()  # torch puts its advice first
    return text.splitlines()[0].rstrip(".:") if text else type(error).__name__


def _unwrap(content: object, name: str) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The state dict in a checkpoint, and a note where the checkpoint holds a second one."""
    if isinstance(content, Mapping) and content and all(isinstance(part, Tensor) for part in content.values()):
        return {str(key): tensor for key, tensor in content.items()}, ()
    found = [key for key in WRAPPERS if isinstance(content, Mapping) and isinstance(content.get(key), Mapping)]
    if not found or not isinstance(content, Mapping):
        held = ", ".join(map(str, list(content)[:5])) if isinstance(content, Mapping) else type(content).__name__
        raise ModelError(f"{name} holds no state dict but {held or 'nothing'}: {_SAVE}")
    tensors, notes = _unwrap(content[found[0]], name)
    others = [f"{name}: weights under {found[0]!r} were taken; {other!r} is there too" for other in found[1:]]
    return tensors, (*notes, *others)
