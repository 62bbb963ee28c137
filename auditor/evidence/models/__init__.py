"""Ways to name and load a trained classifier: a format is one file, a class under `MODELS`.

Other packages add theirs under the entry-point group ``auditor.models``, as classes derived from `ModelFormat`.
"""

from __future__ import annotations

from auditor.evidence.models.base import Built, LoadedModel, ModelFormat, Order
from auditor.evidence.models.loading import MODELS, load_model

__all__ = ["MODELS", "Built", "LoadedModel", "ModelFormat", "Order", "load_model"]
