"""What an image classifier looks at, whether that differs between groups of people, and whether it changes the answer.

The public names are loaded when they are first asked for: ``import auditor`` loads nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditor.analysis.policy import Policy
    from auditor.comparing.comparison import compare
    from auditor.comparing.tracking import history
    from auditor.documents.verdicts import Verdict
    from auditor.errors import AuditorError
    from auditor.evidence.dataset import AnnotatedDataset
    from auditor.evidence.models import LoadedModel, load_model
    from auditor.evidence.preprocessing import Preprocessing
    from auditor.gating import gate
    from auditor.pipeline import audit, run
    from auditor.plans.plan import Audit
    from auditor.publishing.rendering import write_report
    from auditor.result import AuditResult, load

__all__ = [
    "AnnotatedDataset",
    "Audit",
    "AuditResult",
    "AuditorError",
    "LoadedModel",
    "Policy",
    "Preprocessing",
    "Verdict",
    "audit",
    "compare",
    "gate",
    "history",
    "load",
    "load_model",
    "run",
    "write_report",
]

_ROOMS = {
    "AnnotatedDataset": "auditor.evidence.dataset",
    "Audit": "auditor.plans.plan",
    "AuditResult": "auditor.result",
    "AuditorError": "auditor.errors",
    "LoadedModel": "auditor.evidence.models",
    "Policy": "auditor.analysis.policy",
    "Preprocessing": "auditor.evidence.preprocessing",
    "Verdict": "auditor.documents.verdicts",
    "audit": "auditor.pipeline",
    "compare": "auditor.comparing.comparison",
    "gate": "auditor.gating",
    "history": "auditor.comparing.tracking",
    "load": "auditor.result",
    "load_model": "auditor.evidence.models",
    "run": "auditor.pipeline",
    "write_report": "auditor.publishing.rendering",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _ROOMS:
        msg = f"module 'auditor' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    """Public names."""
    return __all__
