"""The comparison: audits of the same images in, what differs between the models and what may be said of it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.analysis.comparison_trust import AGREEING, Grounds
from auditor.analysis.comparison_words import judge_pair
from auditor.analysis.cue_changes import ALPHA, compare_cues
from auditor.analysis.disagreements import choose_pair_examples, pair_maps
from auditor.analysis.matching_notes import note_methods
from auditor.analysis.paired import PairedEvidence, list_changes
from auditor.analysis.ranking import rank
from auditor.documents.comparisons import Comparison, Matching, Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from auditor.analysis.matching import Matched
    from auditor.documents.comparisons import ComparedModel
    from auditor.documents.document import Document

DECLARED: Final = frozenset({"protected", "artefact"})
"""Roles of the regions that a verdict rests on."""
_PAIR: Final = 2


def compare_evidence(
    matched: Matched,
    documents: Mapping[str, Document],
    *,
    models: Sequence[ComparedModel],
    step: Callable[[], object] = lambda: None,
) -> Comparison:
    """Compare models on the same images.

    Parameters
    ----------
    matched
        Their tables, the baseline first.
    documents
        Their audits, by the same names.
    models
        What they are, in the same order.
    step
        Called before each candidate, and before models are ranked.

    Returns
    -------
    Comparison
        The same for the same audits.
    """
    baseline, *candidates = matched.evidences
    pairs = []
    for name in candidates:
        step()
        pairs.append(_compare_pair(matched, documents, names=(baseline, name)))
    ranking = []
    if len(matched.evidences) > _PAIR:
        step()
        ranking = rank(matched, documents=documents)
    settings = matched.last.settings
    return Comparison(
        baseline=baseline,
        models=list(models),
        matching=Matching(
            n=matched.n,
            clusters=matched.clusters,
            rule=matched.rule,
            only=matched.only,
            notes=[*matched.notes, *note_methods(documents)],
        ),
        pairs=pairs,
        ranking=ranking,
        confidence=settings.confidence,
        alpha=ALPHA,
        method=_tell_method(len(matched.evidences), confidence=settings.confidence, draws=settings.draws),
    )


def _compare_pair(matched: Matched, documents: Mapping[str, Document], *, names: tuple[str, str]) -> Pair:
    pair = PairedEvidence(baseline=matched.evidences[names[0]], candidate=matched.evidences[names[1]])
    changes = list_changes(pair)
    cues = compare_cues(pair, baseline=documents[names[0]], candidate=documents[names[1]], names=names)
    examples, rule, counts = choose_pair_examples(pair)
    return Pair(
        candidate=names[1],
        verdict=judge_pair(changes, cues, grounds=find_grounds(matched, documents, names=names)),
        changes=changes,
        cues=cues,
        examples=examples,
        example_rule=rule,
        n_disagree=counts,
        maps=pair_maps(pair),
    )


def find_grounds(matched: Matched, documents: Mapping[str, Document], *, names: tuple[str, str]) -> Grounds:
    """Find what a verdict on two models stands on, beside numbers.

    Parameters
    ----------
    matched
        Their tables.
    documents
        Their audits.
    names
        Of baseline and candidate.

    Returns
    -------
    Grounds
        What both tried, what checks withhold, which regions were declared what.
    """
    pair = [documents[name] for name in names]
    settings = matched.last.settings
    roles = {name: settings.roles.get(name, "undeclared") for name in settings.regions}
    ways = [[] if one.protocol is None else one.protocol.agreeing for one in pair]
    return Grounds(
        names=names,
        n=matched.n,
        clusters=matched.clusters,
        ways=tuple(way for way in ways[1] if way in ways[0]),
        core=tuple(name for name, role in roles.items() if role == "core"),
        cues=tuple(name for name, role in roles.items() if role in DECLARED),
        unhidden=tuple(name for name in names if matched.evidences[name].interventions.empty),
        withheld=tuple(name for name in names if withholds(documents[name], "interventions")),
        blurred=tuple(name for name in names if withholds(documents[name], "attention")),
        same_weights=pair[0].model.weights_sha256 == pair[1].model.weights_sha256,
        aside=sum(matched.only.get(name, 0) for name in names),
    )


def withholds(document: Document, layer: str) -> bool:
    """Whether a check of an audit as a whole failed, so that a layer of it is not to be relied on.

    Parameters
    ----------
    document
        The audit.
    layer
        ``"attention"`` or ``"interventions"``.

    Returns
    -------
    bool
        False where no check was made.
    """
    checks = [] if document.protocol is None else document.protocol.checks
    return any(check.passed is False and check.withholds == layer and check.region is None for check in checks)


def _tell_method(models: int, *, confidence: float, draws: int) -> list[str]:
    pairs = (
        "Every number of a pair is of images that all models read; a change is the candidate's minus the baseline's on "
        "the same image."
    )
    intervals = (
        f"Intervals of changes are of {confidence:.0%} each, by a bootstrap over persons or sources ({draws:,} draws "
        "that both models share); p-values flip signs person by person, which for hits and misses is McNemar's exact "
        "test."
    )
    cues = (
        "A cue is a region that was declared protected or an artefact, alone or with an attribute. One model leans "
        "less on it where hiding it changes that model's answers less, beyond what hiding equally large other areas "
        f"does, in at least {AGREEING} ways of hiding; the chance of even one wrong such statement is held at "
        f"{ALPHA:.0%} (Holm). Where a check of an audit failed, hiding may do more than it measured: that its model "
        "leans less is not told, that it leans more is."
    )
    whole = (
        "Properties of whole pictures that can go both ways are compared as well, by bringing them to one value and as "
        "far the other way; nobody declares them, so they are adjusted among themselves and do not count towards the "
        "verdict."
    )
    alike = (
        "Alike is said only where simultaneous intervals of the difference in size lie inside of the material margin; "
        "all else cannot be told."
    )
    maps = "Where maps lie is told beside this and decides nothing: attention alone does not show what a model uses."
    ranked = (
        "Models are ranked by the mean size of the effects of declared cues, in units of their material margins; "
        "places follow from simultaneous intervals of all pairs of models."
    )
    return [pairs, intervals, cues, whole, alike, maps, *([ranked] if models > _PAIR else [])]
