"""What was compared: models and their audits, how images were matched, the ranking, and how all of it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.documents.document import REDACTED
from auditor.report import tables
from auditor.report.control import control_rows
from auditor.report.facts import facts, printed_time
from auditor.report.figures import SPACE, TIMES, count, number, share
from auditor.report.names import shown
from auditor.report.tables import Table, figure, head, number_head, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.documents.comparisons import ComparedModel, Comparison, Ranked
    from auditor.documents.document import Document
    from auditor.documents.ladder import Estimate

SPLIT: Final = 4
"""Models of one table."""


def find_time(document: Document) -> str:
    """Say when a comparison was made.

    Parameters
    ----------
    document
        Which holds it.

    Returns
    -------
    str
        UTC, ISO 8601; that of the last candidate's audit where nobody wrote it down.
    """
    made = document.comparison.made if document.comparison is not None else ""
    return made or document.created


def comparison_identity(document: Document, comparison: Comparison, *, sha256: str, derived: str) -> Table:
    """Say which comparison this is.

    Parameters
    ----------
    document
        What the report speaks of.
    comparison
        Its comparison.
    sha256
        Of audit.json.
    derived
        SHA-256 of the version of it that the report was made from; nothing where it is audit.json itself.

    Returns
    -------
    Table
        Names and hashes.
    """
    candidates = [shown(pair.candidate) for pair in comparison.pairs]
    last = candidates[-1] if candidates else ""
    itself = ", the comparison itself" if derived else ""
    return facts(
        "Document control",
        [
            *control_rows(document),
            ("Baseline", text(shown(comparison.baseline), source="recorded")),
            ("Candidate" if len(candidates) == 1 else "Candidates", text(", ".join(candidates), source="recorded")),
            ("Images compared", text(count(comparison.matching.n))),
            ("Manifest SHA-256", text(document.data.manifest_sha256, note=f"of {last}", code=True)),
            ("Created", text(printed_time(find_time(document)), source="recorded")),
            ("Made by", text(f"{document.tool.name} {document.tool.version}", source="recorded")),
            (f"audit.json SHA-256{itself}", text(sha256, code=True)),
            *([(f"{REDACTED} SHA-256, this version", text(derived, code=True))] if derived else []),
        ],
    )


def model_tables(comparison: Comparison) -> tuple[Table, ...]:
    """Set the models side by side.

    Parameters
    ----------
    comparison
        Of the document.

    Returns
    -------
    tuple of Table
        A column for each model.
    """
    models = comparison.models
    parts = [models[k : k + SPLIT] for k in range(0, len(models), SPLIT)]
    return tuple(_model_table(part, comparison.baseline) for part in parts)


def _model_table(models: Sequence[ComparedModel], baseline: str) -> Table:
    rows = (
        ("Title of its audit", [text(one.title, source="recorded") for one in models]),
        ("Source", [text(one.source, source="recorded") for one in models]),
        ("Audited", [text(printed_time(one.created), source="recorded") for one in models]),
        ("SHA-256 of its audit.json", [text(one.audit_sha256, code=True) for one in models]),
        ("SHA-256 of its weights", [text(one.weights_sha256, code=True) for one in models]),
        ("Parameters", [text(count(one.parameters)) for one in models]),
        ("Map", [text(f"{one.cam}, {_sides(one.grid, 'cells')}", note=one.target_layer) for one in models]),
        ("Frame the model sees", [text(_sides(one.frame, "pixels")) for one in models]),
        ("Images read", [text(count(one.n_read)) for one in models]),
    )
    columns = [head(shown(one.name), note="baseline" if one.name == baseline else "candidate") for one in models]
    return Table(
        caption="The models and their audits",
        kind="models",
        columns=(head("Fact"), *columns),
        rows=tuple((head(name), *cells) for name, cells in rows),
    )


def _sides(size: tuple[int, int], unit: str) -> str:
    return f"{size[0]}{SPACE}{TIMES}{SPACE}{size[1]} {unit}"


def matching_table(comparison: Comparison) -> Table:
    """Say which images are compared, and what was left aside.

    Parameters
    ----------
    comparison
        Of the document.

    Returns
    -------
    Table
        Counts.
    """
    matching = comparison.matching
    rows = [
        ("Images compared", text(count(matching.n))),
        ("Independent cases", text(count(matching.clusters))),
        ("How an image was found in another audit", text(matching.rule, source="recorded")),
    ]
    rows += [(f"Read by {shown(name)} and not by all", text(count(n))) for name, n in matching.only.items()]
    return facts("Which images are compared", rows)


def ranking_table(comparison: Comparison, *, few: int) -> Table | None:
    """Rank more than two models.

    Parameters
    ----------
    comparison
        Of the document.
    few
        Below this count of independent cases a number is marked as small.

    Returns
    -------
    Table or None
        None for two models.
    """
    if not comparison.ranking:
        return None
    columns = (
        head("Model"),
        number_head("Place", note="best to worst that is left open"),
        number_head("Reliance on declared cues", note="in margins; simultaneous interval"),
        number_head("Answered right", note="simultaneous interval"),
    )
    return Table(
        caption="Models, the one that leans least on declared cues first",
        kind="ranking",
        columns=columns,
        rows=tuple(_ranked(one, comparison, few=few) for one in comparison.ranking),
        source="derived",
    )


def _ranked(one: Ranked, comparison: Comparison, *, few: int) -> tuple[tables.Cell, ...]:
    note = "baseline" if one.name == comparison.baseline else ""
    return (
        head(shown(one.name), note=note),
        figure(print_place(one)),
        _number(one.reliance, few),
        _number(one.accuracy, few),
    )


def print_place(one: Ranked) -> str:
    """Print the places that are left open.

    Parameters
    ----------
    one
        A model.

    Returns
    -------
    str
        One place, or the best and the worst.
    """
    first, last = one.place
    return count(first) if first == last else f"{count(first)} to {count(last)}"


def _number(estimate: Estimate, few: int) -> tables.Cell:
    """A number with its interval and n below it."""
    made = number(estimate, min_clusters=few)
    n = f"n{SPACE}={SPACE}{count(made.n)}"
    return tables.Cell(text=made.text, note=f"{made.interval} {n}".strip(), numeric=True, small=made.small)


def method_table(document: Document, comparison: Comparison) -> Table:
    """Say with what settings the comparison was made.

    Parameters
    ----------
    document
        What the report speaks of.
    comparison
        Its comparison.

    Returns
    -------
    Table
        Confidence and error rates.
    """
    return facts(
        "How the comparison was made",
        [
            ("Confidence of intervals", text(share(comparison.confidence))),
            ("Chance of one wrong “leans less” in a pair", text(share(comparison.alpha), note="if nothing differs")),
            ("Draws of the bootstrap", text(count(document.method.draws))),
            ("Few cases", text(f"fewer than {count(document.method.min_clusters)} independent cases")),
        ],
        source="recorded",
    )
