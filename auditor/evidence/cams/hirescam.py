"""HiResCAM: activations times gradients, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.evidence.cams.base import CAM

if TYPE_CHECKING:
    from torch import Tensor


class HiResCAM(CAM):
    r"""HiResCAM: what each cell of the layer adds to the score, to first order.

    .. math:: L_{ij} = \mathrm{ReLU}\Big(\sum_k \frac{\partial y}{\partial A^k_{ij}} A^k_{ij}\Big)

    Equal to `GradCAM` where the gradient is the same all over the grid, as before global average pooling and a linear
    layer.

    References
    ----------
    Draelos and Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks",
    arXiv 2011.08891, equation 5.

    Examples
    --------
    >>> import torch
    >>> from auditor.testing import colour_model
    >>> red = torch.zeros(1, 3, 16, 16)
    >>> red[:, 0, :8, :8] = 1.0
    >>> with HiResCAM(colour_model(), "see") as cam:
    ...     cam(red, torch.tensor([[0]])).maps
    tensor([[[[2.5000, 0.0000],
              [0.0000, 0.0000]]]])
    """

    def weigh(self, activations: Tensor, gradients: Tensor) -> Tensor:  # noqa: D102 -- said by the contract
        return (gradients * activations).sum(dim=1)
