"""What is being run: facts on model, data and tools, and the fingerprints that a resumed run must match."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from auditor.documents.document import SCHEMA_VERSION, ModelFacts, Tool
from auditor.documents.private import name_source
from auditor.runs.files import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.documents.document import PolicyLock
    from auditor.evidence.dataset import AnnotatedDataset
    from auditor.evidence.models import LoadedModel
    from auditor.plans.plan import AuditPlan

RECORDS: Final = "1.1"
"""Form of the records: another one, and a run that was begun cannot be gone on with."""
LISTED: Final = ("torch", "torchvision", "numpy", "pandas", "scipy", "pillow")
MEASURING: Final = ("torch", "torchvision", "numpy", "pillow")
"""What the records depend on; what follows from the records is not among them."""
SHOWN: Final = 200
"""Faults kept word by word; the count is kept of all."""


def make_header(
    model: LoadedModel,
    dataset: AnnotatedDataset,
    asked: AuditPlan,
    *,
    plan: dict[str, Any],
    policy: PolicyLock | None = None,
) -> dict[str, Any]:
    """Describe a run before it starts.

    Parameters
    ----------
    model
        The classifier.
    dataset
        The images and what is known of them.
    asked
        What is asked of them.
    plan
        The plan as the report prints it.
    policy
        What it will be judged by; a run that was begun under one is not gone on with under another.

    Returns
    -------
    dict
        JSON: what ``run.json`` holds. ``fingerprints`` is what a resumed run must match, ``content`` what an earlier
        one must, to answer in its place.
    """
    facts = _model_facts(model)
    data = _data_facts(dataset)
    engine = {"torch": version("torch"), "records": RECORDS}
    under = {"policy": policy.sha256} if policy is not None else {}
    declared = {"roles": dict(dataset.roles), "exif": dataset.exif, **asked.model_dump(exclude={"title"})}
    measured = {
        "plan": fingerprint(declared),
        "model": fingerprint(facts),
        "data": data["manifest_sha256"],
        "engine": fingerprint(engine),
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "title": asked.title or f"Audit of {model.weights_file or name_source(model.source)}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "tool": _tool().model_dump(mode="json"),
        "plan": plan,
        "policy": None if policy is None else policy.model_dump(mode="json"),
        "model": facts,
        "data": data,
        "method": {"cam": asked.cam, "seed": asked.seed},
        "remarks": [*model.notes, *dataset.notes],
        "fingerprints": measured | under,
        "content": address(measured),
    }


def address(made_from: Mapping[str, str]) -> str:
    """Content address of records: equal where what they were made from is, by tools of the same versions.

    Parameters
    ----------
    made_from
        Fingerprints.

    Returns
    -------
    str
        SHA-256 in hexadecimal. The bytes of the photographs are not in it: they are checked one by one.
    """
    tools = {name: version(name) for name in MEASURING}
    return fingerprint({**made_from, **tools, "auditor": tool_version(), "records": RECORDS})


def _model_facts(model: LoadedModel) -> dict[str, Any]:
    return ModelFacts(
        source=name_source(model.source),
        classes=list(model.classes),
        weights_file=model.weights_file,
        weights_sha256=model.weights_sha256,
        parameters=model.parameters,
        target_layer=model.target_layer,
        target_layer_origin=model.target_layer_origin,
        grid=model.grid,
        frame=model.preprocessing.frame,
        preprocessing=model.preprocessing.describe(),
        preprocessing_origin=model.preprocessing_origin,
    ).model_dump(mode="json")


def _data_facts(dataset: AnnotatedDataset) -> dict[str, Any]:
    """What is known of the data before an image is read."""
    return {
        "annotations": dataset.source,
        "manifest_sha256": dataset.fingerprint(),
        "exif": f"{dataset.exif} ({dataset.exif_origin})",
        "clusters_origin": dataset.clusters_origin,
        "attributes": list(dataset.attributes),
        "regions": list(dataset.regions),
        "roles": dict(dataset.roles),
        "faults": list(dataset.faults[:SHOWN]),
        "n_faults": len(dataset.faults),
        "n_skipped": dataset.n_skipped,
    }


def _tool() -> Tool:
    packages = {name: version(name) for name in LISTED}
    system = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    return Tool(name="auditor", version=tool_version(), environment=system | packages)


def tool_version() -> str:
    """Version of this package.

    Returns
    -------
    str
        As installed; ``"0+checkout"`` where it runs from a bare checkout.
    """
    try:
        return version("auditor")
    except PackageNotFoundError:
        return "0+checkout"
