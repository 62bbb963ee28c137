"""What the provider declared, in tables; what was left out says so."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from auditor.report import tables
from auditor.report.facts import facts
from auditor.report.figures import points, share
from auditor.report.names import NOT_RECORDED, shown, value_name
from auditor.report.tables import Cell, Table, head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.declared import Declared
    from auditor.documents.document import AttributeFacts, Document

NOTHING: Final = "Not declared by provider"
SCOPE: Final = {
    "intended_use": "Intended use",
    "users": "Users",
    "affected_groups": "Groups affected",
    "deployment": "Setting of deployment",
    "used_since": "In use since",
    "foreseeable_misuse": "Foreseeable misuse",
    "out_of_scope": "Out of scope",
    "risk_class": "Risk class claimed",
    "metrics_rationale": "Why these metrics",
}
PROVIDER: Final = {
    "model_name": "Model name",
    "model_version": "Model version",
    "pretrained_from": "Pretrained from",
    "provider": "Provider",
    "owner": "Owner",
    "contact": "Contact",
}
DATASET: Final = {
    "dataset_name": "Dataset name",
    "dataset_version": "Dataset version",
    "licence": "Licence",
    "collection": "How it was collected",
    "label_source": "Where labels come from",
    "personal_data": "Personal data",
    "legal_basis": "Legal basis",
}
RESIDUAL: Final = {
    "residual_risk": "Residual risk",
    "oversight": "Human oversight",
    "monitoring": "Monitoring in use",
}


def told(declared: Declared, names: dict[str, str], caption: str) -> Table:
    """Put declared facts into a table.

    Parameters
    ----------
    declared
        Of the document.
    names
        What each is called in print.
    caption
        What the table is about.

    Returns
    -------
    Table
        A row per fact, also where nothing was declared.
    """
    rows = [(words, _cell(getattr(declared, name))) for name, words in names.items()]
    return facts(caption, rows, source="declared")


def _cell(said: str | None) -> Cell:
    return Cell(text=said or NOTHING, faint=said is None)


def missing_table(document: Document) -> Table:
    """Count what the metadata leave open.

    Parameters
    ----------
    document
        What the report speaks of.

    Returns
    -------
    Table
        A row per attribute and per region, also where nothing is missing.
    """
    n = document.data.n_read
    counted = (one for one in document.data.attributes if not document.hides(attribute=one.name, subgroup=""))
    rows = [(f"attribute {shown(one.name)}", one.counts.get("", 0)) for one in counted]
    rows += [(f"region {shown(one.name)}", n - one.images) for one in document.data.regions]
    return Table(
        caption="Missing metadata",
        columns=(head("Metadata"), *(tables.number_head(name) for name in ("Recorded", "Not recorded", "Share"))),
        rows=tuple(
            (
                head(name),
                tables.whole(n - missing),
                tables.whole(missing),
                tables.figure(share(missing / n) if n else ""),
            )
            for name, missing in rows
        ),
        note="Images read. A region that is not marked may be absent from the photograph, or marked by nobody.",
    )


def population_tables(document: Document) -> Iterator[Table]:
    """Set the sample against the population that the model is meant for.

    Parameters
    ----------
    document
        What the report speaks of.

    Yields
    ------
    Table
        One per attribute with declared shares; none where no population was declared.
    """
    known = {one.name: one for one in document.data.attributes}
    for attribute, shares in document.declared.population.items():
        if attribute in known:
            yield _population(document, known[attribute], shares)
        else:
            rows = tuple((head(shown(value)), tables.figure(share(part))) for value, part in shares.items())
            yield Table(
                caption=f"Declared population and sample: {shown(attribute)}",
                columns=(head("Value"), tables.number_head("Declared")),
                rows=rows,
                source="declared",
                note=f"{shown(attribute)} is no attribute of this audit: the sample cannot be set against it.",
            )


def _population(document: Document, attribute: AttributeFacts, shares: dict[str, float]) -> Table:
    n = sum(number for value, number in attribute.counts.items() if value)
    values = [*shares, *(value for value in attribute.counts if value and value not in shares)]
    level = document.method.confidence
    rows = [
        _population_row(value, shares.get(value), (attribute.counts.get(value, 0), n), confidence=level)
        for value in values
    ]
    gone = attribute.counts.get("", 0)
    nothing = tables.figure("")
    rows.append((head(NOT_RECORDED), nothing, nothing, nothing, tables.whole(gone)))
    names = ("Declared", "Sample", "Difference", "n")
    cased = "" if document.data.n_clusters == document.data.n_read else ", as if each image stood alone"
    return Table(
        caption=f"Declared population and sample: {shown(attribute.name)}",
        columns=(head("Value"), *(tables.number_head(name) for name in names)),
        rows=tuple(rows),
        source="declared, measured, derived",
        note=f"Sample: share of the images with a record, with Wilson's {share(document.method.confidence)} interval"
        f"{cased}. Difference: sample minus declared.",
    )


def _population_row(
    value: str, declared: float | None, seen: tuple[int, int], *, confidence: float
) -> tuple[Cell, ...]:
    hits, n = seen
    first = (head(value_name(value)), tables.figure("not declared" if declared is None else share(declared)))
    if not n:
        return (*first, tables.figure(""), tables.figure(""), tables.whole(hits))
    low, high = wilson(hits, n, confidence=confidence)
    return (
        *first,
        tables.figure(share(hits / n), note=f"[{share(low)}, {share(high)}]"),
        tables.figure("" if declared is None else points(hits / n - declared)),
        tables.whole(hits),
    )


def wilson(hits: int, n: int, *, confidence: float) -> tuple[float, float]:
    """Wilson score interval of a share of independent images.

    Parameters
    ----------
    hits, n
        Images that count, and images; `n` at least 1.
    confidence
        Level, in (0, 1).

    Returns
    -------
    tuple of float
        Lower and upper limit.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.

    Examples
    --------
    >>> [round(end, 4) for end in wilson(5, 10, confidence=0.95)]
    [0.2366, 0.7634]
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    part, scale = hits / n, 1 + z**2 / n
    centre = (part + z**2 / (2 * n)) / scale
    half = z * sqrt(part * (1 - part) / n + z**2 / (4 * n**2)) / scale
    return (0.0 if hits == 0 else centre - half), (1.0 if hits == n else centre + half)
