"""Grad-CAM: channels weighted by the mean gradient of the score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.evidence.cams.base import CAM

if TYPE_CHECKING:
    from torch import Tensor


class GradCAM(CAM):
    r"""Grad-CAM: each channel of the layer, weighted by the mean of the score's gradient over its grid.

    .. math:: L_{ij} = \mathrm{ReLU}\Big(\sum_k \alpha_k A^k_{ij}\Big), \quad
              \alpha_k = \frac{1}{hw} \sum_{ij} \frac{\partial y}{\partial A^k_{ij}}

    Where the layer is followed by more than pooling and a linear layer, the averaging can highlight places that the
    score does not use; `HiResCAM` cannot.

    References
    ----------
    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", IJCV 128,
    2020, equations 1 and 2.

    Examples
    --------
    >>> import torch
    >>> from auditor.testing import colour_model
    >>> red = torch.zeros(1, 3, 16, 16)
    >>> red[:, 0, :8, :8] = 1.0
    >>> with GradCAM(colour_model(), "see") as cam:
    ...     cam(red, torch.tensor([[0]])).maps
    tensor([[[[2.5000, 0.0000],
              [0.0000, 0.0000]]]])
    """

    def weigh(self, activations: Tensor, gradients: Tensor) -> Tensor:  # noqa: D102 -- said by the contract
        weights = gradients.mean(dim=(2, 3), keepdim=True)
        return (weights * activations).sum(dim=1)
