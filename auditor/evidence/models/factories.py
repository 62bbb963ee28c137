"""Models that the user's own code builds: ``package.module:factory`` or ``file.py:factory``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from auditor.errors import AuditorError, ModelError, nearest
from auditor.evidence.models.base import Built, ModelFormat
from auditor.evidence.models.presets import adopt_preset
from auditor.evidence.preprocessing import Preprocessing

if TYPE_CHECKING:
    from types import ModuleType

    from auditor.evidence.models.base import Order


class Factory(ModelFormat):
    """A function of the user's, ``package.module:factory`` or ``file.py:factory``, that returns the module.

    It takes no arguments and returns the module, or the module and its preprocessing. Its code is run.
    """

    def claims(self, source: str) -> bool:  # noqa: D102 -- said by the contract
        place, _, name = source.rpartition(":")
        return bool(place) and name.isidentifier()

    def build(self, source: str, order: Order) -> Built:  # noqa: D102 -- said by the contract
        place, _, name = source.rpartition(":")
        code = _load_file(order.root / place) if place.endswith(".py") else _import_module(place)
        factory = getattr(code, name, None)
        if not callable(factory):
            known = [other for other in vars(code) if not other.startswith("_")]
            raise ModelError(f"{place} has no function {name!r}{nearest(name, known)}")
        return _accept(_call(factory, source), source)


def _import_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ModelError(
            f"cannot import {name!r}: {error}; install its package, or name the file as 'path/to/file.py:factory'"
        ) from error
    except Exception as error:  # the user's code may raise anything
        raise ModelError(f"cannot import {name!r}: its code raised {_tell(error)}") from error


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ModelError(f"no file {path}: expected Python code with the model's factory")
    spec = importlib.util.spec_from_file_location(f"_auditor_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ModelError(f"{path} is not Python code")
    module = importlib.util.module_from_spec(spec)
    sys.path.append(str(path.parent))  # at the end: a neighbour may be imported, but can hide no other package
    try:
        spec.loader.exec_module(module)
    except (ImportError, SyntaxError) as error:
        raise ModelError(f"cannot load {path.name}: {error}") from error
    except Exception as error:  # the user's code may raise anything
        raise ModelError(f"cannot load {path.name}: its code raised {_tell(error)}") from error
    finally:
        sys.path.remove(str(path.parent))
    return module


def _call(factory: Any, source: str) -> object:
    try:
        return factory()
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is None:  # the call itself, not what it did
            raise ModelError(f"{source} could not be called without arguments: {error}") from error
        raise ModelError(f"{source} raised {_tell(error)}") from error
    except AuditorError:
        raise
    except Exception as error:  # the user's code may raise anything
        raise ModelError(f"{source} raised {_tell(error)}") from error


def _tell(error: Exception) -> str:
    """What the user's code raised, and where, in one line."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split())
    return f"{type(error).__name__}{f': {words}' if words else ''} ({Path(last.filename).name}, line {last.lineno})"


def _accept(made: object, source: str) -> Built:
    module, declared = made if isinstance(made, tuple) and len(made) == 2 else (made, None)  # noqa: PLR2004 -- a pair
    if not isinstance(module, nn.Module):
        raise ModelError(
            f"{source} returned {type(module).__name__}: expected a torch.nn.Module, alone or with its preprocessing"
        )
    return Built(
        module=module,
        preprocessing=None if declared is None else _read_preprocessing(declared, source),
        preprocessing_origin=f"declared by {source}",
    )


def _read_preprocessing(declared: object, source: str) -> Preprocessing:
    if isinstance(declared, Preprocessing):
        return declared
    try:
        return Preprocessing(**declared) if isinstance(declared, Mapping) else adopt_preset(declared)
    except (TypeError, AttributeError) as error:
        raise ModelError(
            f"{source} returned a preprocessing that cannot be read ({error}): "
            "expected a Preprocessing, a mapping of its fields, or a torchvision preset"
        ) from error
