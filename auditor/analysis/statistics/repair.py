"""Repair: how many errors vanish, and how many right answers break, when a region is hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from auditor.analysis.statistics.bootstrap import Ratio, ratios
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.conflict import mark_conflicts
from auditor.analysis.statistics.intervals import differences, proportions, sum_by_cluster
from auditor.analysis.statistics.performance import share_method
from auditor.analysis.statistics.signs import sign_flip_p

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import Intervals
    from auditor.geometry import BoolArray, FloatArray

REMOVING: Final = ("noise", "mean", "inpaint")
"""Fills that leave nothing of what they cover and are done to the region and to its controls alike."""
_HOW: Final = "a region counts against the mean over its equally large controls on the same image"
_ELSE: Final = "Newcombe interval where all images agree; p-value by flipping signs of clusters"


class Answers(NamedTuple):
    """What the model answered with a region hidden, and with its controls hidden.

    Attributes
    ----------
    pairs
        One row per region, fill and image that has both: ``region``, ``fill``, ``position`` among the images read,
        ``hidden`` (1.0 right, 0.0 wrong) and ``control`` (share of controls that are right).
    trials
        One row per trial of those images: the same keys, ``place`` and ``right``.
    """

    pairs: pd.DataFrame
    trials: pd.DataFrame


class Question(NamedTuple):
    """Which images are looked at, and what is counted among them."""

    name: str
    excess: str
    words: str
    attribute: str | None
    asked: BoolArray
    wanted_right: bool


def measure_repair(evidence: Evidence) -> list[Row]:
    """Errors that hiding a region repairs, and right answers that it breaks, beyond what controls do.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        Per region and fill of `REMOVING`: ``repaired``, ``repaired_by_control`` (shares of wrong answers that are right
        after hiding) and ``repair_excess`` (their difference) among all errors, and per attribute among errors on
        images in conflict (`auditor.analysis.statistics.conflict.mark_conflicts`); likewise ``broken``,
        ``broken_by_control`` and ``break_excess`` among all images answered right.
    """
    answers = pair_answers(evidence)
    if answers.pairs.empty:
        return []
    right = evidence.correct
    wrong = "errors made right by hiding"
    questions = [Question("repaired", "repair_excess", f"share of {wrong}", None, ~right, wanted_right=True)]
    for attribute in evidence.settings.attributes:
        asked = ~right & (mark_conflicts(evidence, attribute) == 1)
        words = f"share, among images in conflict, of {wrong}"
        questions.append(Question("repaired", "repair_excess", words, attribute, asked, wanted_right=True))
    words = "share of right answers made wrong by hiding"
    questions.append(Question("broken", "break_excess", words, None, right, wanted_right=False))
    return [row for question in questions for row in _answer(evidence, question, answers)]


def pair_answers(evidence: Evidence) -> Answers:
    """Bring each hidden region together with its controls.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    Answers
        Sorted; images that were not read, and those without controls or without the region itself, are left out.
    """
    table = evidence.interventions
    table = table[table["fill"].isin(REMOVING)]
    position = pd.Index(evidence.read["image_id"]).get_indexer(pd.Index(table["image_id"]))
    keys = ["region", "fill", "position"]
    trials = table.assign(position=position)[[*keys, "place", "predicted"]][position >= 0]
    label = evidence.texts("label")[trials["position"].to_numpy(dtype=np.int64)]
    trials = trials.assign(right=trials["predicted"].to_numpy(dtype=str) == label, inside=trials["place"] == 0)
    means = trials.pivot_table(index=keys, columns="inside", values="right").reindex(columns=[True, False])
    pairs = means.dropna().set_axis(["hidden", "control"], axis=1).astype(np.float64).reset_index()
    kept = trials.merge(pairs[keys], on=keys).sort_values([*keys, "place"], ignore_index=True)
    return Answers(pairs, kept)


def _answer(evidence: Evidence, question: Question, answers: Answers) -> list[Row]:
    """Three statistics of one question, for each region and fill."""
    names = answers.pairs[["region", "fill"]].drop_duplicates().reset_index(drop=True)
    number = {(region, fill): i for i, (region, fill) in enumerate(names.itertuples(index=False))}
    pairs, trials = (_asked(part, question) for part in answers)
    codes, clusters = (_codes(pairs, number), evidence.clusters[pairs["position"].to_numpy(dtype=np.int64)])
    values = pairs[["hidden", "control"]].to_numpy(dtype=np.float64)
    values = values if question.wanted_right else 1 - values
    effect = values[:, 0] - values[:, 1]
    columns = np.column_stack([values, effect, np.ones(len(pairs))])
    confidence = evidence.settings.confidence
    found = ratios(
        columns,
        [Ratio(i, 3, 3) for i in range(3)],
        codes=codes,
        clusters=clusters,
        n_cells=len(names),
        weights=evidence.weights,
        confidence=confidence,
    )
    hits = values[:, 0] > 0
    found[0] = proportions(hits, codes=codes, clusters=clusters, n_cells=len(names), confidence=confidence)
    found[2] = _complete(evidence, found[2], trials, number=number, right=question.wanted_right)
    sums = sum_by_cluster(effect[:, None], codes=codes, clusters=clusters, n_cells=len(names))
    generator = evidence.settings.generator(f"{question.excess} {question.attribute}")
    p = [sign_flip_p(sums.sums[rows], generator=generator)[0] for rows in sums.slices()]
    p_value = np.where(found[2].n > 0, np.array(p, dtype=np.float64), np.nan)
    found[2] = replace(found[2], p_value=p_value)
    return _rows(evidence, question, found, names=names)


def _asked(part: pd.DataFrame, question: Question) -> pd.DataFrame:
    kept: pd.DataFrame = part[question.asked[part["position"].to_numpy(dtype=np.int64)]]
    return kept


def _codes(part: pd.DataFrame, number: dict[tuple[str, str], int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    pairs = zip(part["region"], part["fill"], strict=True)
    return np.array([number[pair] for pair in pairs], dtype=np.int64)


def _complete(
    evidence: Evidence, found: Intervals, trials: pd.DataFrame, *, number: dict[tuple[str, str], int], right: bool
) -> Intervals:
    """Newcombe's interval where a bootstrap says nothing because all images agree."""
    other = differences(
        trials["right"].to_numpy(dtype=bool) == right,
        member=trials["inside"].to_numpy(dtype=bool),
        codes=_codes(trials, number),
        clusters=evidence.clusters[trials["position"].to_numpy(dtype=np.int64)],
        n_cells=len(number),
        confidence=evidence.settings.confidence,
    )
    silent = np.isnan(found.low)
    low: FloatArray = np.where(silent, other.low, found.low)
    return replace(found, low=low, high=np.where(silent, other.high, found.high))


def _rows(evidence: Evidence, question: Question, found: list[Intervals], *, names: pd.DataFrame) -> list[Row]:
    rows: list[Row] = []
    draws = f"BCa bootstrap over clusters, {evidence.settings.draws} draws"
    methods = {
        question.name: (f"{question.words} the region; {share_method(evidence)}", "share"),
        f"{question.name}_by_control": (f"{question.words} equally large other areas; {draws}", "share"),
        question.excess: (
            f"{question.words}: region minus controls; {_HOW}; {draws}; {_ELSE}",
            "difference",
        ),
    }
    for (statistic, (method, unit)), result in zip(methods.items(), found, strict=True):
        for i, (region, fill) in enumerate(names.itertuples(index=False)):
            keep = np.arange(len(names)) == i
            keys = [Key(attribute=question.attribute)] * len(names)
            facts = {"statistic": statistic, "region": region, "fill": fill, "unit": unit, "method": method}
            rows += tabulate(result, keys=keys, keep=keep, **facts)
    return rows
