"""Methods that say where in an image a class score comes from: a method is one file, a class under `CAMS`.

Write one by deriving from `CAM` and filling in `CAM.weigh`; the pass of the model, the layouts and the state of the
model are the base's care. Other packages add theirs under the entry-point group ``auditor.cams``.
"""

from __future__ import annotations

from typing import Final

from auditor.evidence.cams.base import CAM, Seen, Targets
from auditor.evidence.cams.gradcam import GradCAM
from auditor.evidence.cams.hirescam import HiResCAM
from auditor.evidence.cams.layouts import Layout
from auditor.registries import Registry, load_registry

__all__ = ["CAM", "CAMS", "GradCAM", "HiResCAM", "Layout", "Seen", "Targets"]

CAMS: Final[Registry[type[CAM]]] = load_registry("auditor.cams", {"gradcam": GradCAM, "hirescam": HiResCAM})
"""Methods by name."""
