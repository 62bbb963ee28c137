"""What two audits found on a cue, and what became of it from the one to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.analysis.overlap import OVERLAP

if TYPE_CHECKING:
    from auditor.analysis.cue_numbers import Cue
    from auditor.documents.comparisons import Fate, Leaning
    from auditor.documents.document import Document
    from auditor.documents.ladder import Answer, Finding, Level


def find_level(document: Document, cue: Cue) -> Level | None:
    """Level of the finding on a cue.

    Parameters
    ----------
    document
        An audit.
    cue
        A region alone, or with an attribute.

    Returns
    -------
    str or None
        Of the finding with the cue's fingerprint. Where an audit of several contrasts tells of another one of the same
        region and attribute, which it does not find used either, its level holds for the cue as well. None where there
        is no such finding.
    """
    finding = _find(document, cue)
    return None if finding is None else finding.level


def find_use(document: Document, cue: Cue) -> Answer | None:
    """What an audit answers on whether a cue is used; None where it does not say."""
    finding = _find(document, cue)
    return None if finding is None else _answer(finding)


def _find(document: Document, cue: Cue) -> Finding | None:
    family = [one for one in document.findings if (one.region, one.attribute) == (cue.region, cue.attribute)]
    for finding in family:
        if finding.fingerprint == cue.fingerprint:
            return finding
    # a family is told by the cell that shows most: where that is not found used, none is
    return next((finding for finding in family if _answer(finding) != "found"), None)


def _answer(finding: Finding) -> Answer | None:
    return next((rung.answer for rung in finding.rungs if rung.name == "uses"), None)


def find_fate(baseline: Answer | None, candidate: Answer | None, leaning: Leaning) -> Fate:
    """What became of a finding.

    Parameters
    ----------
    baseline, candidate
        Whether each audit found the cue used.
    leaning
        What the pairs say.

    Returns
    -------
    str
        *Appeared* and *disappeared* where one audit has found use and the other has looked and not found it, and the
        pairs agree; *grew* and *shrank* where both have; *unchanged* where both answered alike and the sizes are.

    Examples
    --------
    >>> find_fate("found", "ruled out", "candidate leans less"), find_fate("found", "ruled out", "cannot tell")
    ('disappeared', 'cannot tell')
    """
    looked = {"found", "ruled out", "not enough evidence"}
    if baseline not in looked or candidate not in looked:
        return "cannot tell"
    if leaning == "alike":
        return "unchanged" if baseline == candidate else "cannot tell"
    used = (baseline == "found", candidate == "found")
    fates: dict[tuple[Leaning, tuple[bool, bool]], Fate] = {
        ("candidate leans less", (True, True)): "shrank",
        ("candidate leans less", (True, False)): "disappeared",
        ("baseline leans less", (True, True)): "grew",
        ("baseline leans less", (False, True)): "appeared",
    }
    return fates.get((leaning, used), "cannot tell")


def withholds(document: Document, region: str) -> str | None:
    """Why an audit does not tell what hiding a region does.

    Parameters
    ----------
    document
        An audit.
    region
        Its name.

    Returns
    -------
    str or None
        What follows from the failed check; None where none failed.
    """
    checks = document.protocol.checks if document.protocol is not None else []
    failed = [one for one in checks if one.passed is False and one.region in {None, region}]
    return next((one.consequence for one in failed if one.withholds == "interventions"), None)


def is_balanced(document: Document, region: str) -> bool:
    """Whether an audit found a region equally large and central in the groups that it compares."""
    checks = document.protocol.checks if document.protocol is not None else []
    return any(one.passed is True for one in checks if (one.name, one.region) == (OVERLAP, region))
