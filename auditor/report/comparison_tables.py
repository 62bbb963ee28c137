"""Tables of a comparison for spreadsheets: every change, every cue and every model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.report.names import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.comparisons import Change, Comparison, CueChange

    Cell = str | float | bool | None

CHANGES: Final = "changes.csv"
CUES: Final = "cues.csv"
MODELS: Final = "models.csv"
COMPARED: Final = (CHANGES, CUES, MODELS)
"""Files that the tables of a comparison have beside those of an audit."""
_KEYS: Final = ("statistic", "target", "region", "fill", "label", "predicted", "attribute", "subgroup", "outcome")
CHANGE_COLUMNS: Final = (
    "baseline_name", "candidate_name", "cue", *_KEYS, "baseline", "baseline_low", "baseline_high", "candidate",
    "candidate_low", "candidate_high", "change", "change_low", "change_high", "n", "clusters", "p_value", "unit",
    "method",
)  # fmt: skip
CUE_COLUMNS: Final = (
    "baseline_name", "candidate_name", "fingerprint", "region", "role", "attribute", "subgroup", "counts",
    "baseline_level", "candidate_level", "fate", "leaning", "size", "size_low", "size_high", "unit", "n", "p_adjusted",
    "sentence",
)  # fmt: skip
MODEL_COLUMNS: Final = (
    "name", "source", "title", "created", "audit_sha256", "weights_sha256", "parameters", "cam", "target_layer",
    "n_read", "best_place", "worst_place", "reliance", "reliance_low", "reliance_high",
)  # fmt: skip


def compare_tables(comparison: Comparison) -> dict[str, tuple[Sequence[str], Iterator[list[Cell]]]]:
    """Gather the tables of a comparison.

    Parameters
    ----------
    comparison
        Of the document.

    Returns
    -------
    dict
        Columns and rows by file name; an empty cell means *not split by it*.
    """
    return {
        CHANGES: (CHANGE_COLUMNS, _changes(comparison)),
        CUES: (CUE_COLUMNS, _cues(comparison)),
        MODELS: (MODEL_COLUMNS, _models(comparison)),
    }


def _changes(comparison: Comparison) -> Iterator[list[Cell]]:
    for pair in comparison.pairs:
        names: list[Cell] = [comparison.baseline, pair.candidate]
        for cue in pair.cues:
            yield from ([*names, cue.fingerprint, *_change(one)] for one in cue.changes)
        yield from ([*names, None, *_change(one)] for one in pair.changes)


def _change(one: Change) -> list[Cell]:
    row, moved = one.baseline, one.change
    keys: list[Cell] = [NOT_RECORDED if value == "" else value for value in (getattr(row, name) for name in _KEYS)]
    values = [cell for side in (row, one.candidate, moved) for cell in (side.value, *(side.ci or (None, None)))]
    return [*keys, *values, moved.n, moved.clusters, moved.p_value, moved.unit, moved.method]


def _cues(comparison: Comparison) -> Iterator[list[Cell]]:
    for pair in comparison.pairs:
        yield from ([comparison.baseline, pair.candidate, *_cue(cue)] for cue in pair.cues)


def _cue(cue: CueChange) -> list[Cell]:
    size = cue.size
    told: list[Cell] = [None] * 5
    if size is not None:
        told = [size.value, *(size.ci or (None, None)), size.unit, size.n]
    levels: list[Cell] = [cue.baseline_level, cue.candidate_level]
    subgroup = NOT_RECORDED if cue.subgroup == "" else cue.subgroup
    about: list[Cell] = [cue.fingerprint, cue.region, cue.role, cue.attribute, subgroup, cue.counts]
    return [*about, *levels, cue.fate, cue.leaning, *told, cue.p_adjusted, cue.sentence]


def _models(comparison: Comparison) -> Iterator[list[Cell]]:
    ranked = {one.name: one for one in comparison.ranking}
    for model in comparison.models:
        told: list[Cell] = [None] * 5
        if model.name in ranked:
            one = ranked[model.name]
            told = [*one.place, one.reliance.value, *(one.reliance.ci or (None, None))]
        yield [*(getattr(model, name) for name in MODEL_COLUMNS[:10]), *told]
