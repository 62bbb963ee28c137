"""Audits of successive versions for the tests of histories: findings of given levels, with dates and models."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.documents.document import serialise
from auditor.documents.histories import Version
from auditor.result import read_document
from tests.report.comparisons_made import comparison
from tests.report.laddered import finding, protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.documents.comparisons import Comparison
    from auditor.documents.document import Document
    from auditor.documents.ladder import Level

DEMO = Path(__file__).parents[2] / "reports" / "demo"
RATES = ("accuracy", "worst_group_accuracy")
REGIONS = ("face", "hair", "coat", "stethoscope")


@functools.cache
def demo() -> Document:
    return read_document(DEMO / "biased")


def audit(levels: Mapping[str, Level], day: int = 1, **changes: Any) -> Document:
    """The demo's first audit with findings of these levels on these regions, of the model of that day."""
    found = demo()
    kept = {
        "mean_maps": [],
        "examples": found.examples.model_copy(update={"items": []}),
        "estimates": [row for row in found.estimates if row.statistic in RATES],
        "created": f"2026-03-{day:02}T10:00:00Z",
        "model": found.model.model_copy(update={"weights_sha256": hashlib.sha256(bytes([day])).hexdigest()}),
        "findings": [
            finding(level, found, region=region, fingerprint=f"{region}:gender:woman:nurse", examples=[])
            for region, level in levels.items()
        ],
        "protocol": protocol(),
    }
    return found.model_copy(update={**kept, **changes})


def version(document: Document, name: str = "", **changes: Any) -> Version:
    sha256 = hashlib.sha256(serialise(document)).hexdigest()
    return Version(**{"name": name or document.created[:10], "document": document, "sha256": sha256, **changes})


def series(*levels: Mapping[str, Level], **changes: Any) -> list[Version]:
    """One audit a day."""
    return [version(audit(one, day, **changes), f"v{day}") for day, one in enumerate(levels, start=1)]


def put(document: Document, folder: Path) -> Path:
    """Lay an audit down as `auditor run` does."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "audit.json").write_bytes(serialise(document))
    return folder


def redate(folder: Path, target: Path, **changes: Any) -> Path:
    """A copy of a committed audit with other words in its JSON."""
    values = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    target.mkdir(parents=True)
    (target / "audit.json").write_text(json.dumps({**values, **changes}), encoding="utf-8")
    return target


def comparison_of(baseline: Version, candidate: Version) -> Comparison:
    """A comparison made by hand, of these two audits."""
    made = comparison(names=(baseline.name, candidate.name))
    hashes = {one.name: one.sha256 for one in (baseline, candidate)}
    models = [model.model_copy(update={"audit_sha256": hashes[model.name]}) for model in made.models]
    return made.model_copy(update={"models": models})
