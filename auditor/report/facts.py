"""What was audited: the model, the data and the settings, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from auditor.report.attention import TARGETS
from auditor.report.figures import SPACE, TIMES, count, share
from auditor.report.names import shorten
from auditor.report.tables import Cell, Table, head, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from auditor.documents.document import Document, ModelFacts

CLASSES_NAMED: Final = 12
STEPS: Final = ("resize", "crop", "interpolation", "antialias", "mean", "std")


def facts(caption: str, rows: Sequence[tuple[str, Cell]], *, source: str = "measured", verbatim: bool = False) -> Table:
    """Put names and what they stand for into a table.

    Parameters
    ----------
    caption
        What the table is about.
    rows
        Name and cell.
    source
        Where these come from.
    verbatim
        Whether they are words of a file or a machine, the same in every language.

    Returns
    -------
    Table
        Two columns.

    Examples
    --------
    >>> facts("Model", [("Source", text("resnet18"))]).kind
    'facts'
    """
    named = tuple((head(name), cell) for name, cell in rows)
    return Table(caption=caption, kind="facts", columns=(), rows=named, source=source, verbatim=verbatim)


def printed_time(created: str) -> str:
    """A time stamp for readers.

    Parameters
    ----------
    created
        ISO 8601 in UTC.

    Returns
    -------
    str
        Date and minute.

    Examples
    --------
    >>> printed_time("2026-11-22T21:43:05Z")
    '2026-11-22 21:43 UTC'
    """
    day, _, time = created.partition("T")
    return f"{day} {time[:5]} UTC" if time else created


def model_facts(document: Document) -> Table:
    """Describe the model.

    Parameters
    ----------
    document
        What the report speaks of.

    Returns
    -------
    Table
        Name and value of each fact.
    """
    model = document.model
    return facts(
        "The model",
        [
            ("Source", text(model.source, source="recorded")),
            ("Classes", text(_classes(model.classes), source="recorded")),
            ("Weights file", text(model.weights_file or "none: weights came with the source")),
            ("Weights SHA-256", text(model.weights_sha256, code=True)),
            ("Parameters", text(count(model.parameters))),
            ("Target layer", text(model.target_layer, note=model.target_layer_origin)),
            ("Grid of the map", text(_sides(model.grid, "cells"))),
            ("Frame the model sees", text(_sides(model.frame, "pixels"))),
            ("Preprocessing", _preprocessing(model)),
        ],
    )


def _preprocessing(model: ModelFacts) -> Cell:
    return text(_setting(model.preprocessing), note=model.preprocessing_origin, source="recorded")


def _classes(names: Sequence[str]) -> str:
    more = f" and {len(names) - CLASSES_NAMED} more" if len(names) > CLASSES_NAMED else ""
    return f"{len(names)}: {', '.join(shorten(name, 60) for name in names[:CLASSES_NAMED])}{more}"


def _sides(size: tuple[int, int], unit: str) -> str:
    return f"{size[0]}{SPACE}{TIMES}{SPACE}{size[1]} {unit} (height {TIMES} width)"


def _setting(values: Mapping[str, Any]) -> str:
    ranked = sorted(values.items(), key=lambda item: STEPS.index(item[0]) if item[0] in STEPS else len(STEPS))
    return "; ".join(f"{name} {_value(value)}" for name, value in ranked)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_value(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)


def data_facts(document: Document) -> Table:
    """Describe the dataset.

    Parameters
    ----------
    document
        What the report speaks of.

    Returns
    -------
    Table
        Name and value of each fact.
    """
    data = document.data
    return facts(
        "The data",
        [
            ("Annotations", text(data.annotations, source="recorded")),
            ("Images folder", text(data.images_folder, source="recorded")),
            ("Manifest SHA-256", text(data.manifest_sha256, code=True)),
            ("Images listed", text(count(data.n_listed))),
            ("Images read", text(count(data.n_read))),
            ("Left out", text(count(data.n_listed - data.n_read))),
            ("Rows skipped before reading", text(count(data.n_faults))),
            ("Independent cases", text(count(data.n_clusters), note=f"from {data.clusters_origin}")),
            ("Orientation of files (EXIF)", text(data.exif)),
        ],
    )


def appendix_tables(document: Document) -> tuple[Table, ...]:
    """List what was left out, the plan and the environment.

    Parameters
    ----------
    document
        What the report speaks of.

    Returns
    -------
    tuple of Table
        Those that have rows.
    """
    data = document.data
    more = data.n_listed - (data.n_skipped or 0) - data.n_read - len(data.left_out)
    left = Table(
        caption="Images left out",
        columns=(head("Image"), head("Reason")),
        rows=tuple((head(one.image_id), text(one.reason)) for one in data.left_out),
        note=f"{count(more)} more are in the images table." if more > 0 else "",
    )
    skipped = Table(
        caption="Rows skipped before reading",
        columns=(head("Fault"),),
        rows=tuple((text(fault),) for fault in data.faults),
        note=f"{count(data.n_faults - len(data.faults))} more." if data.n_faults > len(data.faults) else "",
    )
    planned = [(name, text(_value(value))) for name, value in _flat(document.plan)]
    plan = facts("The plan", planned, source="recorded", verbatim=True)
    versions = [(name, text(version)) for name, version in document.tool.environment.items()]
    environment = facts("Environment", versions, source="recorded", verbatim=True)
    return tuple(table for table in (left, skipped, plan, environment) if table.rows)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def policy_rows(document: Document) -> tuple[tuple[str, Cell], ...]:
    """Say by which policy the audit is judged, and when that was fixed.

    Parameters
    ----------
    document
        What the report speaks of.

    Returns
    -------
    tuple
        Name and cell of each fact.
    """
    lock = document.policy
    if lock is None:
        return (("Policy", Cell(text="None was locked before the run", faint=True)),)
    return (
        ("Policy", text(lock.name, note=f"locked {printed_time(lock.locked_at)}, before the run", source="recorded")),
        ("Policy SHA-256", text(lock.sha256, code=True)),
    )


def method_facts(document: Document) -> Table:
    """Say how the numbers were made.

    Parameters
    ----------
    document
        What the report speaks of.

    Returns
    -------
    Table
        Name and value of each setting.
    """
    method = document.method
    return facts(
        "Settings",
        [
            ("Map", text(method.cam)),
            ("Targets", text(", ".join(TARGETS.get(target, target) for target in method.targets))),
            ("Intervals", text(f"{share(method.confidence)}, {count(method.draws)} draws of the bootstrap")),
            ("Resampled unit", text(document.data.clusters_origin)),
            ("Borrowed regions", text(f"{count(method.borrowed)} per image and region")),
            ("Marked as few cases", text(f"below {count(method.min_clusters)} independent cases")),
            ("Seed", text(str(method.seed))),
            *policy_rows(document),
            *((f"Rule {k} of the policy", text(words)) for k, words in enumerate(_rules(document), start=1)),
        ],
        source="recorded",
    )


def _rules(document: Document) -> Sequence[str]:
    return document.policy.rules if document.policy is not None else ()
