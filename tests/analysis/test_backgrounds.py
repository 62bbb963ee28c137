"""Findings on backgrounds: what exchanging them says, which is never that they are used."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.backgrounds import judge_exchange, list_background_findings
from auditor.analysis.protocol import follow_protocol
from auditor.documents.ladder import Check
from tests.analysis.asking import answer, drawn, looks, row, table
from tests.analysis.statistics.trialling import CLASSES, make_read, make_told, make_trials

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.ladder import Finding

NEVER = re.compile(r"\b(un)?fair|bias|prove", re.IGNORECASE)


def make_swapped(n: int = 400, *, own: float = 0.0, other: float = 0.0, seed: int = 0, **settings: Any) -> Evidence:
    """Backgrounds exchanged on doctors and nurses: the share of right answers lost on those of either label."""
    generator = np.random.default_rng(seed)
    labels = np.tile(CLASSES, n)[:n]
    truth = np.array([CLASSES.index(label) for label in labels])
    right = generator.random(n) < 0.9
    before = np.eye(2)[np.where(right, truth, 1 - truth)] * 2 + generator.normal(scale=0.1, size=(n, 2))
    images = make_read(before, labels=labels.tolist(), gender=["man", "woman"] * (n // 2))
    images = images.assign(path="photos/" + images["image_id"])
    trials = []
    foreign = generator.random(n) < 0.5
    for group, lost in (("own_label", np.full(n, own)), ("any_label", np.where(foreign, other, own))):
        keeps = right & (generator.random(n) >= lost)
        after = np.eye(2)[np.where(keeps, truth, 1 - truth)] * 2
        part = make_trials(images, after, at=range(n), region="room", fill="swap", donor_group=group)
        step = np.where(foreign, 1, 2) if group == "any_label" else 2  # labels alternate
        part["donor"] = images["image_id"].to_numpy()[(np.arange(n) + step) % n]
        trials.append(part)
    told = make_told(images, trials, areas={"room": np.full(n, 0.6)}, **settings)
    return drawn(told)


def find(evidence: Evidence, *more: dict[str, Any], checks: tuple[Check, ...] = ()) -> Finding:
    estimates = pd.concat([answer(evidence, "background"), table(*more)]) if more else answer(evidence, "background")
    (finding,) = list_background_findings(evidence, estimates, checks=checks)
    assert not NEVER.search(finding.headline)
    assert finding.p_value is finding.q_value is finding.ci_adjusted is None
    return finding


def by_hand(gap: tuple[float, float, float], drop: tuple[float, float, float] = (0.0, -0.01, 0.01)) -> pd.DataFrame:
    keys: dict[str, Any] = {"region": "room", "fill": "swap", "unit": "difference"}
    return table(row("other_label_gap", *gap, **keys), row("pasting_drop", *drop, **keys))


def test_the_gap_is_that_of_donors_of_another_label() -> None:
    evidence = make_swapped(own=0.05, other=0.3)
    rows = answer(evidence, "background")
    told = rows[rows["label"].isna() & rows["attribute"].isna()].set_index("statistic")
    trials = evidence.interventions.set_index(["image_id", "donor_group"])
    label = evidence.read.set_index("image_id")["label"]
    own, other, drop = [], [], []
    for name in label.index:
        pasted = float(trials.loc[(name, "own_label"), "predicted"] == label[name])
        drop.append(float(evidence.read.set_index("image_id")["predicted"][name] == label[name]) - pasted)
        if label[trials.loc[(name, "any_label"), "donor"]] != label[name]:
            own.append(pasted)
            other.append(float(trials.loc[(name, "any_label"), "predicted"] == label[name]))
    gap = told.loc["other_label_gap"]
    assert gap["estimate"] == pytest.approx(np.mean(own) - np.mean(other))
    assert gap["n"] == len(own)
    assert told.loc["other_label_accuracy", "estimate"] == pytest.approx(np.mean(other))
    assert told.loc["pasting_drop", "estimate"] == pytest.approx(np.mean(drop))
    assert told.loc["pasting_drop", "n"] == 400
    assert gap["estimate"] > told.loc["background_gap", "estimate"] > 0


def test_a_gap_beyond_the_margin_stays_open_since_one_way_is_not_two() -> None:
    finding = find(make_swapped(other=0.4))
    uses = finding.rungs[2]
    assert (finding.level, uses.answer, finding.fills, finding.needed) == ("I", "not enough evidence", ["swap"], None)
    assert finding.headline.startswith("room: shown in one way only. Pasting the room of an image of another label")
    assert "use counts as found only where two ways agree" in finding.headline
    assert uses.estimates[0].statistic == "other_label_gap"
    assert uses.estimates[0].ci is not None
    assert uses.estimates[0].ci[0] > 0.05


def test_nothing_lost_is_ruled_out_with_its_bound() -> None:
    finding = find(make_swapped(1200))
    assert finding.level == "R"
    gap = finding.rungs[2].estimates[0]
    assert gap.ci is not None
    assert max(abs(end) for end in gap.ci) < 0.05
    assert "With 95 % confidence that is at most" in finding.headline


def test_what_pasting_itself_breaks_rules_nothing_out() -> None:
    """Right on neither: the difference is small because the model is thrown off."""
    finding = find(
        make_swapped(1600, own=0.6, other=0.6),
    )
    gap = finding.rungs[2].estimates[0]
    broken = judge_exchange(by_hand((0.0, -0.02, 0.02), (0.4, 0.35, 0.45)), "room", least=20)[0]
    assert finding.level == "I"
    assert gap.statistic == "other_label_gap"
    assert broken.answer == "not enough evidence"
    assert "pasting one of the same label by itself changes it by -40 points" in broken.sentence


@pytest.mark.parametrize(
    ("gap", "drop", "answered"),
    [
        ((0.2, 0.06, 0.3), (0.0, -0.01, 0.01), "not enough evidence"),
        ((-0.2, -0.3, -0.06), (0.0, -0.01, 0.01), "not enough evidence"),
        ((0.02, 0.0, 0.04), (0.0, -0.01, 0.01), "ruled out"),
        ((-0.02, -0.04, 0.0), (0.02, 0.01, 0.04), "ruled out"),
        ((0.02, 0.0, 0.04), (0.04, 0.02, 0.06), "not enough evidence"),
        ((0.04, 0.0, 0.08), (0.0, -0.01, 0.01), "not enough evidence"),
        ((0.04, np.nan, np.nan), (0.0, -0.01, 0.01), "not evaluated"),
    ],
)
def test_the_three_way_rule(gap: tuple[float, ...], drop: tuple[float, ...], answered: str) -> None:
    rung, more = judge_exchange(by_hand(gap, drop), "room", least=20)  # type: ignore[arg-type]
    assert rung.answer == answered
    assert (more is not None) == (gap == (0.04, 0.0, 0.08))
    if more is not None:
        assert more == 300 * 4**2


def test_few_images_are_not_evaluated() -> None:
    finding = find(make_swapped(30))
    assert finding.level == "E0"
    assert finding.headline.startswith("room: we could not check this: nothing as large lies beside it")
    assert "independent images were given both a background of their label and one of another; 20 are needed" in (
        finding.headline
    )


def test_looks_and_checks_enter_as_for_other_regions() -> None:
    evidence = make_swapped(1200)
    finding = find(evidence, looks("room", 2.0, 1.8, 2.2))
    assert finding.level == "E2"
    assert "Looking is not using: pasting the room" in finding.headline
    facts = {"name": "positive control", "passed": False, "statistic": "-", "region": None}
    dead = Check.model_validate({**facts, "consequence": "edits do not reach the model", "withholds": "interventions"})
    withheld = find(evidence, checks=(dead,))
    assert (withheld.level, withheld.rungs[2].answer) == ("E0", "withheld")


def test_core_regions_and_regions_that_were_not_exchanged_have_none() -> None:
    evidence = make_swapped(100)
    core = replace(evidence, settings=replace(evidence.settings, roles={"room": "core"}))
    assert list_background_findings(core, answer(core, "background"), checks=[]) == []
    assert list_background_findings(evidence, table(), checks=[]) == []


def test_they_are_among_the_findings_and_outside_of_the_family() -> None:
    evidence = make_swapped(400, other=0.4)
    findings, protocol = follow_protocol(evidence, answer(evidence, "background"))
    assert [(one.region, one.level) for one in findings] == [("room", "I")]
    assert protocol is not None
    assert protocol.family == 0
    assert any("at most that it is ruled out" in note for note in protocol.notes)
