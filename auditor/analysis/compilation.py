"""Header and tables in, audit.json out: every part of the document is filled here, without the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from auditor.analysis.cautions import list_not_tested, list_warnings
from auditor.analysis.duplicates import describe_clusters
from auditor.analysis.estimates import estimate
from auditor.analysis.examples import choose_examples
from auditor.analysis.maps import mean_maps
from auditor.analysis.protocol import follow_protocol
from auditor.analysis.rungs import as_estimates
from auditor.analysis.statistics.base import Evidence, Settings
from auditor.analysis.statistics.counting import count_distinct
from auditor.documents.document import (
    AttributeFacts,
    DataFacts,
    Document,
    LeftOut,
    Method,
    ModelFacts,
    PolicyLock,
    RegionFacts,
    Tool,
)
from auditor.records import READ, TARGETS

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN: Final = 200
"""Images left out that are kept by name; the counts cover all."""
MINIMUM_OPPORTUNITY: Final = 0.3
"""Cramér's V from which an association of label and attribute is called material (protocol, margins)."""


def compile_document(header: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Document:
    """Sum up a run.

    Parameters
    ----------
    header
        What ``run.json`` holds.
    tables
        The records by table name.

    Returns
    -------
    Document
        What audit.json says; the same for the same header and tables.
    """
    data, method = header["data"], header["method"]
    evidence = gather(header, tables)
    estimates = estimate(evidence)
    findings, protocol = follow_protocol(evidence, estimates)
    return Document(
        **introduce(header),
        model=ModelFacts.model_validate(header["model"]),
        data=_data_facts(data, evidence),
        method=_method(evidence.settings, cam=method["cam"]),
        warnings=[*_skipped(data), *list_warnings(evidence, estimates)],
        not_tested=list_not_tested(evidence, estimates),
        estimates=as_estimates(estimates),
        mean_maps=mean_maps(evidence),
        examples=choose_examples(evidence),
        findings=findings,
        protocol=protocol,
    )


def introduce(header: Mapping[str, Any]) -> dict[str, Any]:
    """Say of a run what no number of it depends on.

    Parameters
    ----------
    header
        What ``run.json`` holds.

    Returns
    -------
    dict
        Parts of the document by name.
    """
    policy = header.get("policy")  # not in runs that were begun with an earlier version
    return {
        **{name: header[name] for name in ("title", "created", "plan", "remarks")},
        "tool": Tool.model_validate(header["tool"]),
        "policy": None if policy is None else PolicyLock.model_validate(policy),
    }


def gather(header: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Evidence:
    """What the statistics are handed.

    Parameters
    ----------
    header
        What ``run.json`` holds.
    tables
        The records by table name; those of later stages may be missing.

    Returns
    -------
    Evidence
        The tables with the settings that the header fixes.
    """
    model, data = ModelFacts.model_validate(header["model"]), header["data"]
    settings = Settings(
        classes=tuple(model.classes),
        attributes=tuple(data["attributes"]),
        regions=tuple(data["regions"]),
        roles=data["roles"],
        frame=model.frame,
        grid=model.grid,
        seed=header["method"]["seed"],
        group_duplicates=data["clusters_origin"] == "one image each",
    )
    return Evidence(settings=settings, **tables)


def recall(document: Document, tables: Mapping[str, pd.DataFrame]) -> Evidence:
    """What the statistics are handed, of a saved audit: its settings from audit.json, as it has no header.

    Parameters
    ----------
    document
        The audit.
    tables
        Its records by table name; those without a column, which stand for stages that were not run, are left out.

    Returns
    -------
    Evidence
        As `gather` gave it to the audit.
    """
    data, method = document.data, document.method
    settings = Settings(
        classes=tuple(document.model.classes),
        attributes=tuple(attribute.name for attribute in data.attributes),
        regions=tuple(region.name for region in data.regions),
        roles={region.name: region.role for region in data.regions},
        frame=document.model.frame,
        grid=document.model.grid,
        seed=method.seed,
        draws=method.draws,
        borrowed=method.borrowed,
        confidence=method.confidence,
        min_clusters=method.min_clusters,
        group_duplicates=data.clusters_origin != "group_id",
    )
    return Evidence(settings=settings, **{name: table for name, table in tables.items() if len(table.columns)})


def _data_facts(data: Mapping[str, Any], evidence: Evidence) -> DataFacts:
    images, read = evidence.images, evidence.read
    bad = images[images["status"] != READ].sort_values("image_id")
    return DataFacts(
        images_folder=".",  # filled in where the result is saved: see AuditResult.located
        annotations=data["annotations"],
        manifest_sha256=data["manifest_sha256"],
        exif=data["exif"],
        n_listed=len(images) + (data.get("n_skipped") or 0),
        n_skipped=data.get("n_skipped"),  # not in runs that were begun with an earlier version
        n_read=len(read),
        n_clusters=count_distinct(evidence.clusters),
        clusters_origin=describe_clusters(evidence) if evidence.settings.group_duplicates else data["clusters_origin"],
        left_out=[LeftOut(image_id=row.image_id, reason=row.status) for row in bad.head(SHOWN).itertuples()],
        faults=data["faults"],
        n_faults=data["n_faults"],
        notes=_counts(read["notes"].fillna("").str.split(", ").explode()),
        labels=_counts(read["label"], evidence.labels),
        attributes=[
            AttributeFacts(name=name, counts=_counts(read[name], evidence.subgroups(name)))
            for name in evidence.settings.attributes
        ],
        regions=[_region_facts(name, data["roles"], evidence) for name in evidence.settings.regions],
    )


def _skipped(data: Mapping[str, Any]) -> list[str]:
    """What was left out on request before any image was read."""
    if not data["n_faults"]:
        return []
    return [f"{data['n_faults']} faulty rows were left out, as asked for; the first: {data['faults'][0]}."]


def _counts(values: pd.Series[str], order: tuple[str, ...] | None = None) -> dict[str, int]:
    """Images per value, in the order given or by name; without an order, the empty value is left out."""
    counts = values.value_counts()
    names = order if order is not None else sorted(name for name in counts.index if name)
    return {name: int(counts.get(name, 0)) for name in names}


def _region_facts(name: str, roles: Mapping[str, Any], evidence: Evidence) -> RegionFacts:
    view = evidence.region(name)
    area = pd.Series(view.area[view.seen])
    return RegionFacts(
        name=name,
        role=roles.get(name, "undeclared"),
        images=int(view.seen.sum()),
        median_area=None if area.empty else float(area.median()),
    )


def _method(settings: Settings, *, cam: str) -> Method:
    return Method(
        cam=cam,
        targets=list(TARGETS),
        seed=settings.seed,
        confidence=settings.confidence,
        draws=settings.draws,
        borrowed=settings.borrowed,
        min_clusters=settings.min_clusters,
        minimum_opportunity=MINIMUM_OPPORTUNITY,
    )
