"""Ways to change one place of an image, one file each: hide it, swap it for another image's, or add a cue.

Write one by deriving from `Fill` and filling in `Fill.paint`; that nothing outside of the place changes, and that
nothing of what is hidden shines through, are the base's care. Other packages add theirs under the entry-point group
``auditor.interventions``, as instances.
"""

from __future__ import annotations

from typing import Final

from auditor.evidence.interventions.base import Context, Donor, Fill
from auditor.evidence.interventions.blur import Blur
from auditor.evidence.interventions.inpaint import Inpaint
from auditor.evidence.interventions.insert import Insert
from auditor.evidence.interventions.mean import MeanColour
from auditor.evidence.interventions.noise import SurroundNoise
from auditor.evidence.interventions.swap import Swap
from auditor.registries import Registry, load_registry

__all__ = ["FILLS", "Context", "Donor", "Fill"]

_BUILTIN: Final[dict[str, Fill]] = {
    "noise": SurroundNoise(),
    "mean": MeanColour(),
    "inpaint": Inpaint(),
    "swap": Swap(),
    "insert": Insert(),
    "blur": Blur(),
}
FILLS: Final[Registry[Fill]] = load_registry("auditor.interventions", _BUILTIN)
"""Fills by name."""
