"""What a loaded classifier is, and the contract of a model format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor, nn

    from auditor.evidence.cams.layouts import Layout
    from auditor.evidence.preprocessing import Preprocessing
    from auditor.geometry import Size

Origin = Literal["named in the plan", "found by probing"]


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A classifier with everything that an audit needs to know of it.

    Parameters
    ----------
    module
        From images ``(B, 3, H, W)`` to logits ``(B, K)``.
    classes
        Names of the K classes, in the order of the logits.
    preprocessing
        How a photograph becomes the model's input.
    preprocessing_origin
        Who said so.
    target_layer
        Name of the module whose maps are taken.
    target_layer_origin
        Whether the plan named it or probing found it.
    layout
        How that layer lays its grid out.
    source
        As the user named the model.
    weights_file
        Name of the weights' file without its folder; None where the weights came with the module.
    weights_sha256
        Of the file, else of the module's state.
    parameters
        How many numbers were learnt.
    owned
        Whether the module was made here: nobody else holds it, so its memory format may be changed.
    notes
        What a reader should know, one sentence each.
    """

    module: nn.Module
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    preprocessing_origin: str
    target_layer: str
    target_layer_origin: Origin
    layout: Layout
    source: str
    weights_file: str | None
    weights_sha256: str
    parameters: int
    owned: bool
    notes: tuple[str, ...] = ()

    @property
    def grid(self) -> Size:
        """Height and width of the maps in cells."""
        return self.layout.grid


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a format needs to know to build a module.

    Parameters
    ----------
    classes
        Names of the classes.
    weights
        Tensors of the weights' file by name, for what can be told from their shapes; None where no file was named.
    root
        Folder that relative paths start from.
    """

    classes: tuple[str, ...]
    weights: Mapping[str, Tensor] | None
    root: Path


@dataclass(frozen=True, kw_only=True)
class Built:
    """A module before its weights are loaded.

    Parameters
    ----------
    module
        The classifier.
    preprocessing
        What the format knows of it; None where it must be declared.
    preprocessing_origin
        Who said so.
    notes
        What a reader should know, one sentence each.
    """

    module: nn.Module
    preprocessing: Preprocessing | None = None
    preprocessing_origin: str = ""
    notes: tuple[str, ...] = ()


class ModelFormat(ABC):
    """A way to name and build a classifier."""

    @abstractmethod
    def claims(self, source: str) -> bool:
        """Whether a source is written in this format.

        Parameters
        ----------
        source
            As the user wrote it.

        Returns
        -------
        bool
            True where `build` can be asked.
        """

    @abstractmethod
    def build(self, source: str, order: Order) -> Built:
        """Build the module.

        Parameters
        ----------
        source
            As the user wrote it.
        order
            Classes, weights and root.

        Returns
        -------
        Built
            The module, weights not yet loaded, and its preprocessing where known.

        Raises
        ------
        ModelError
            If it cannot be built.
        """

    def rename(self, source: str, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Give tensors of the format's own older files the names of today.

        Parameters
        ----------
        source
            As the user wrote it.
        weights
            Tensors by name.

        Returns
        -------
        Mapping
            The same tensors; here under the same names.
        """
        del source
        return weights

    def suggestions(self) -> list[str]:
        """Sources that this format knows by name, to offer when none fits.

        Returns
        -------
        list of str
            Empty where names are open.
        """
        return []
