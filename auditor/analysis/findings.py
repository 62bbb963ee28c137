"""Findings: for each region, alone and with each attribute, how far up the evidence ladder the evidence reaches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from auditor.analysis.doubts import find_doubt
from auditor.analysis.guards import find_guard
from auditor.analysis.headlines import tell_use, write_headline
from auditor.analysis.illustrations import Illustrator
from auditor.analysis.looks import hides_use, judge_looks
from auditor.analysis.overlap import explain_overlap
from auditor.analysis.questions import list_cells
from auditor.analysis.rungs import as_estimates, judge_harm, judge_opportunity
from auditor.analysis.uses import hold, judge
from auditor.documents.ladder import Finding, Rung

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from auditor.analysis.questions import Cell
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.uses import Use
    from auditor.documents.ladder import Check, Level

GRAVITY: Final[tuple[Level, ...]] = ("E4", "E3", "E3'", "E2", "E1", "I", "R", "E0")
_ALIGNED: Final = (
    "aligned_shift", "both_ways_shift", "cross_swap_excess", "cross_swap_shift", "area_balance", "eccentricity_balance",
)  # fmt: skip
_ALONE: Final = ("flip_excess", "flips", "control_flips", "occlusion_excess")
_RANK: Final = ("found", "not enough evidence", "ruled out", "not evaluated")


def list_findings(evidence: Evidence, estimates: pd.DataFrame, *, checks: Sequence[Check]) -> list[Finding]:
    """Say what the evidence says, one finding per region and attribute and one per region alone.

    Parameters
    ----------
    evidence
        The tables.
    estimates
        What `auditor.analysis.estimates.estimate` made of them.
    checks
        Of the audit's own instruments: what a failed one withholds is not said.

    Returns
    -------
    list of Finding
        Gravest first; empty where nothing was hidden.
    """
    cells = [explain_overlap(evidence, cell) for cell in list_cells(evidence)]
    uses = judge(
        cells,
        guards=lambda cell: find_guard(evidence, estimates, cell),
        doubts=lambda cell: find_doubt(evidence, estimates, cell),
    )
    together: dict[tuple[str, str | None], list[Use]] = {}
    for use in uses:
        together.setdefault((use.cell.region, use.cell.attribute), []).append(use)
    illustrate = Illustrator(evidence)
    found = [_find(evidence, estimates, family, checks=checks, illustrate=illustrate) for family in together.values()]
    return sorted(found, key=lambda finding: (GRAVITY.index(finding.level), finding.role == "core"))


def _find(
    evidence: Evidence,
    estimates: pd.DataFrame,
    family: Sequence[Use],
    *,
    checks: Sequence[Check],
    illustrate: Illustrator,
) -> Finding:
    use = _decisive(family)
    cell, classes = use.cell, evidence.settings.classes
    role = evidence.settings.roles.get(cell.region, "undeclared")
    rungs = _climb(evidence, estimates, use, checks=checks)
    level = find_level(rungs)
    found = level in {"E3", "E3'", "E4"}
    tested = cell.reason is None
    return Finding(
        fingerprint=":".join(escape(part) for part in (cell.region, cell.attribute, cell.subgroup, cell.favours)),
        region=cell.region,
        role=role,
        attribute=cell.attribute,
        subgroup=cell.subgroup,
        contrast=cell.favours,
        level=level,
        headline=write_headline(level, use, role=role, rungs=rungs, classes=classes),
        rungs=list(rungs.values()),
        fills=[part.effect.fill for part in cell.parts],
        p_value=_number(use.p_value),
        q_value=_number(use.q_value),
        by_value=_number(use.by_value),
        familywise=_number(use.familywise),
        gate="withheld" if rungs["uses"].answer == "withheld" else hold(use),
        ci_adjusted=cell.weakest.interval(use.level) if found else None,
        needed=use.needed,
        examples=illustrate(cell) if tested and cell.weakest.effect.contrast.spread > 0 else [],
    )


def escape(name: str | None) -> str:
    r"""A name as a part of a fingerprint.

    Parameters
    ----------
    name
        Of a region, an attribute or a class; None for none.

    Returns
    -------
    str
        Without the sign that parts the parts.

    Examples
    --------
    >>> escape("a:b"), escape(None)
    ('a\\:b', '')
    """
    return (name or "").replace("\\", "\\\\").replace(":", "\\:")


def _decisive(family: Sequence[Use]) -> Use:
    """The cell that speaks for its family: the most telling answer, and of several the largest effect."""
    return min(family, key=lambda use: (_RANK.index(use.answer), -_size(use)))


def _size(use: Use) -> float:
    size = use.cell.weakest.size if use.cell.parts else math.nan
    return size if math.isfinite(size) else -1.0


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _climb(evidence: Evidence, estimates: pd.DataFrame, use: Use, *, checks: Sequence[Check]) -> dict[str, Rung]:
    cell = use.cell
    failed = [check for check in checks if check.passed is False and check.region in {None, cell.region}]
    withheld = {check.withholds: check.consequence for check in reversed(failed)}
    repairs = estimates[
        (estimates["statistic"] == "repair_excess")
        & (estimates["region"] == cell.region)
        & (estimates["attribute"] == cell.attribute)
        & estimates["label"].isna()
    ]
    rungs = (
        judge_opportunity(estimates, cell.attribute),
        judge_looks(estimates, cell.region, withheld=withheld.get("attention")),
        _judge_use(evidence, estimates, use, withheld=withheld.get("interventions")),
        judge_harm(
            estimates,
            attribute=cell.attribute,
            labels=evidence.labels,
            repairs=repairs,
            least=evidence.settings.min_clusters,
        ),
    )
    return {rung.name: rung for rung in rungs}


def _judge_use(evidence: Evidence, estimates: pd.DataFrame, use: Use, *, withheld: str | None) -> Rung:
    """The third rung; where edits may not reach the model, only that they changed answers is still worth saying."""
    hidden = withheld is not None and use.answer in {"ruled out", "not enough evidence"}
    sentence = f"Withheld: {withheld}." if hidden else tell_use(use, evidence.settings.classes)
    return Rung(
        name="uses",
        answer="withheld" if hidden else use.answer,
        sentence=sentence,
        estimates=as_estimates(_used(estimates, use.cell)),
    )


def _used(estimates: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """Numbers behind the third rung."""
    ours = (estimates["region"] == cell.region) & estimates["label"].isna()
    if cell.attribute is None:
        return _in_order(estimates[ours & estimates["attribute"].isna()], _ALONE)
    theirs = (estimates["attribute"] == cell.attribute) & (
        estimates["subgroup"].isna() | (estimates["subgroup"] == cell.subgroup)
    )
    return _in_order(estimates[ours & theirs], _ALIGNED)


def _in_order(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Rows of some statistics, the one that decides first."""
    rows = rows[rows["statistic"].isin(names)]
    return rows.sort_values("statistic", key=lambda column: column.map(names.index), kind="stable")


def find_level(rungs: Mapping[str, Rung]) -> Level:
    """Read the level off the ladder.

    Parameters
    ----------
    rungs
        By name.

    Returns
    -------
    str
        E0 to E4, E3', R or I (protocol, section 5.9).
    """
    looks, uses, hurts = (rungs[name].answer for name in ("looks", "uses", "hurts"))
    if uses == "found":
        if hurts == "found":
            return "E4"
        return "E3'" if hides_use(rungs["looks"]) else "E3"
    if looks == "found":
        return "E2"
    if uses == "ruled out":
        return "R"
    if uses == "not enough evidence":
        return "I"
    return "E1" if rungs["opportunity"].answer == "found" else "E0"
