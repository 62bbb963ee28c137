"""Whether one of two models leans less on a cue: formulas, rules, and how often it is wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from auditor.analysis.cue_changes import ALPHA, compare_cues
from auditor.analysis.cue_effects import measure_cues
from auditor.analysis.cue_numbers import Cue
from auditor.analysis.cue_tests import holm, weigh_cues
from auditor.analysis.fates import find_fate, find_level, find_use
from auditor.analysis.paired import PairedEvidence
from auditor.analysis.questions import list_cells
from auditor.analysis.statistics.effects import read_effects
from tests.analysis.pairing import BALANCED, Lean, check, document, finding, make_model, make_pair, make_scene

if TYPE_CHECKING:
    from auditor.documents.comparisons import CueChange

FACE = "face:gender:woman:nurse"


def told(pair: PairedEvidence, **documents: Any) -> dict[str, CueChange]:
    facts = {"baseline": BALANCED, "candidate": BALANCED, **documents}
    return {cue.fingerprint: cue for cue in compare_cues(pair, **facts)}


def test_holm_is_that_of_statsmodels() -> None:
    p = np.random.default_rng(0).uniform(size=12) ** 3
    expected = multipletests(p, method="holm")[1]
    assert holm(p) == pytest.approx(expected)
    with_gap = np.insert(p, 3, np.nan)
    assert np.delete(holm(with_gap), 3) == pytest.approx(expected)
    assert np.isnan(holm(with_gap)[3])


@pytest.mark.parametrize("per_cluster", [1, 2])
def test_effects_are_plain_means_over_the_images_tried_with_both(per_cluster: int) -> None:
    scene = make_scene(160, per_cluster=per_cluster)
    first = make_model(scene, {"face": Lean(0.3, 0.3)}, seed=0, tried=range(120), min_clusters=5)
    second = make_model(scene, {"face": Lean(0.1)}, seed=1, tried=range(40, 160), scale=3.0, min_clusters=5)
    gender, labels = np.array(scene.gender), np.array(scene.labels)
    for effect in measure_cues([first, second]):
        for i, (model, number) in enumerate(zip((first, second), effect.effects, strict=True)):
            (own,) = (one for one in read_effects(model) if one.fill == effect.fill)
            at = slice(40, 120)
            assert (number.n, number.clusters) == (80, 80 // per_cluster)
            if effect.cue.attribute is None:
                excess = own.flip_own[at] - own.flip_controls[at].mean(axis=1)
                assert number.value == pytest.approx(excess.mean())
                continue
            lost = own.own[at] - own.controls[at].mean(axis=1)
            apart = [
                lost[(labels[at] == label) & (gender[at] == "woman")].mean()
                - lost[(labels[at] == label) & (gender[at] == "man")].mean()
                for label in ("doctor", "nurse")
            ]
            assert number.value == pytest.approx(np.mean(apart) / 2 / own.contrast.spread)
            women, men = (side.value for side in effect.sides[i])
            assert (women - men) / 2 == pytest.approx(number.value)


def test_alone_effects_are_those_of_each_audit() -> None:
    pair = make_pair({"face": Lean(0.3)}, {"face": Lean(0.1)}, n=120)
    for i, model in enumerate((pair.baseline, pair.candidate)):
        cells = {(cell.region, part.effect.fill): part for cell in list_cells(model) for part in cell.parts}
        for effect in measure_cues([pair.baseline, pair.candidate]):
            if effect.cue.attribute is not None:
                assert effect.effects[i].value == pytest.approx(cells["face", effect.fill].estimate)


def test_draws_of_both_models_are_shared_so_that_a_difference_has_its_own_spread() -> None:
    scene = make_scene(200)
    logits = np.random.default_rng(9).normal(size=(200, 2))
    first = make_model(scene, {"face": Lean(0.3)}, seed=0, logits=logits, draws=2000)
    test = weigh_cues(measure_cues([first, first]), settings=first.settings, draws=99)
    assert all(way.change.still for one in test for way in one.ways)
    second = make_model(scene, {"face": Lean(0.3)}, seed=0, logits=logits, draws=2000, noise=0.25)
    (way,) = (w for t in weigh_cues(measure_cues([first, second]), settings=first.settings, draws=99)
              for w in t.ways if w.effect.cue.attribute and w.effect.fill == "mean")  # fmt: skip
    assert way.change.se < 0.5 * way.effect.effects[0].se


def test_clear_changes_are_found_in_their_direction() -> None:
    less = told(make_pair({"face": Lean(0.4), "hair": Lean(0.1)}, {"face": Lean(0.1), "hair": Lean(-0.4)}))
    assert less[FACE].leaning == "candidate leans less"
    assert less["hair:gender:woman:nurse"].leaning == "baseline leans less"
    face = less[FACE]
    assert face.size is not None
    assert face.size.ci is not None
    assert face.size.ci[0] < -0.3 < face.size.ci[1] < 0
    assert face.p_adjusted is not None
    assert face.p_adjusted < 1e-4
    assert [change.change.fill for change in face.changes] == ["mean", "noise"]
    assert "leans less on face (declared protected) with gender" in face.sentence
    size = less["hair:gender:woman:nurse"].size
    assert size is not None
    assert size.value == pytest.approx(0.3, abs=0.1)


def test_the_same_size_with_another_sign_is_no_lesser_leaning() -> None:
    found = document(finding(FACE, "E3", "found"))
    cue = told(make_pair({"face": Lean(0.3)}, {"face": Lean(-0.3)}, n=400), baseline=found, candidate=found)[FACE]
    assert "less" not in cue.leaning
    assert cue.fate == "cannot tell"
    assert cue.changes[0].change.p_value is not None
    assert cue.changes[0].change.p_value < 1e-6


def test_equal_models_are_alike_where_there_are_images_enough() -> None:
    still = Lean(0.3, spread=0.05)
    cue = told(make_pair({"face": still}, {"face": still}, n=1200, noise=0.1))[FACE]
    assert cue.leaning == "alike"
    assert cue.size is not None
    assert cue.size.ci is not None
    assert -0.1 < cue.size.ci[0] < 0 < cue.size.ci[1] < 0.1


def test_images_that_would_settle_it_are_those_that_would_show_models_alike() -> None:
    """Of equal models a difference is never shown: what would settle it is that they are alike, in every way."""
    still = Lean(0.3)
    cue = told(make_pair({"face": still}, {"face": still}, n=160, seed=1))[FACE]
    assert cue.leaning == "cannot tell"
    (number,) = re.findall(r"About ([\d,]+) images tried with both would settle it", cue.sentence)
    assert 160 < int(number.replace(",", "")) < 1600
    assert told(make_pair({"face": still}, {"face": still}, n=1600, seed=1))[FACE].leaning == "alike"


def test_an_audit_against_itself_is_alike_in_shifts() -> None:
    pair = make_pair({"face": Lean(0.3)}, {"face": Lean(0.3)})
    cue = told(PairedEvidence(baseline=pair.baseline, candidate=pair.baseline))[FACE]
    assert (cue.leaning, cue.size.value, cue.size.ci) == ("alike", 0, (0, 0))


def test_ways_of_hiding_must_agree() -> None:
    scene = make_scene(200)
    first = make_model(scene, {"face": Lean(0.4)}, seed=0)
    second = make_model(scene, {"face": Lean(0.1)}, seed=1)
    same = make_model(scene, {"face": Lean(0.7)}, seed=2)
    tried = second.interventions
    mixed = [tried[tried["fill"] == "mean"], same.interventions[same.interventions["fill"] == "noise"]]
    images = second.images
    other = replace(second, interventions=pd.concat(mixed, ignore_index=True), images=images)
    assert told(PairedEvidence(baseline=first, candidate=second))[FACE].leaning == "candidate leans less"
    cue = told(PairedEvidence(baseline=first, candidate=other))[FACE]
    assert (cue.leaning, cue.p_adjusted) == ("cannot tell", 1.0)


def test_one_common_way_of_hiding_tells_nothing_and_blur_never_counts() -> None:
    pair = make_pair({"face": Lean(0.6)}, {"face": Lean(0.0)}, fills=("blur", "mean"))
    cue = told(pair)[FACE]
    assert (cue.leaning, cue.p_adjusted) == ("cannot tell", None)
    assert "1 way that counts" in cue.sentence
    assert {change.change.fill for change in cue.changes} == {"blur", "mean"}


FAILED = check("positive control", None, passed=False, withholds="interventions")


@pytest.mark.parametrize(
    ("leans", "side", "leaning"),
    [
        ((0.6, 0.0), "candidate", "cannot tell"), ((0.6, 0.0), "baseline", "candidate leans less"),
        ((0.0, 0.6), "baseline", "cannot tell"), ((0.0, 0.6), "candidate", "baseline leans less"),
        ((0.0, 0.0), "baseline", "cannot tell"), ((0.0, 0.0), "candidate", "cannot tell"),
    ],
)  # fmt: skip
def test_a_model_may_lean_more_than_an_audit_with_a_failed_check_measured(
    leans: tuple[float, float], side: str, leaning: str
) -> None:
    """A model that leans on nothing but the cue fails the positive control: that it leans more is told all the same."""
    pair = make_pair({"face": Lean(leans[0])}, {"face": Lean(leans[1])})
    cue = told(pair, **{side: document(checks=[FAILED])})[FACE]
    assert cue.leaning == leaning
    assert ("withholds what hiding does" in cue.sentence) == (leaning == "cannot tell")


def test_few_persons_tell_nothing() -> None:
    pair = make_pair({"face": Lean(0.6)}, {"face": Lean(0.0)}, n=60, per_cluster=4, min_clusters=2)
    cues = told(pair)
    assert {cue.leaning for cue in cues.values()} == {"cannot tell"}
    assert "share 15 independent persons or sources; at least 20" in cues[FACE].sentence


def test_only_declared_roles_count_and_families_are_apart() -> None:
    leans = {"face": Lean(0.4), "tag": Lean(), "coat": Lean(0.4)}
    cues = told(make_pair(leans, {name: Lean() for name in leans}))
    assert {cue.region for cue in cues.values() if cue.counts} == {"face", "tag"}
    coat = cues["coat:gender:woman:nurse"]
    assert (coat.role, coat.counts, coat.leaning) == ("core", False, "candidate leans less")
    ours = [cue for cue in cues.values() if cue.counts]
    raw = [max(c.change.p_value or 0 for c in cue.changes) for cue in ours if cue.fingerprint == FACE]
    assert cues[FACE].p_adjusted >= raw[0]


def test_nothing_hidden_from_either_gives_no_cue() -> None:
    pair = make_pair({"face": Lean()}, {"face": Lean()}, n=60)
    empty = replace(pair.baseline, interventions=pair.baseline.interventions[:0])
    assert told(PairedEvidence(baseline=empty, candidate=pair.candidate)) == {}


def shifted_by_size(push: float, *, seed: int) -> Any:
    """A model that loses evidence for nurses where the region is large, which it is on images of women."""
    scene = make_scene(240)
    model = make_model(scene, {"face": Lean()}, seed=seed)
    tried = model.interventions.reset_index(drop=True)
    woman = model.images.set_index("image_id")["gender"].loc[tried["image_id"]].to_numpy() == "woman"
    hit = woman & (tried["place"].to_numpy() == 0)
    logits = np.stack([np.frombuffer(row, dtype="<f4") for row in tried["logits"]]).copy()
    logits[hit, 1] -= push
    return replace(model, interventions=tried.assign(logits=[row.tobytes() for row in logits]))


def test_a_change_that_pushes_both_sides_one_way_is_doubted_where_regions_are_not_alike() -> None:
    pair = PairedEvidence(baseline=shifted_by_size(1.0, seed=0), candidate=shifted_by_size(0.0, seed=1))
    unbalanced = document()
    assert told(pair)[FACE].leaning == "candidate leans less"
    cue = told(pair, baseline=unbalanced, candidate=unbalanced)[FACE]
    assert cue.leaning == "cannot tell"
    assert "not equally large or central in the groups of gender" in cue.sentence
    used = document(finding(FACE, "E3", "found"))  # the audit's own guard has been passed
    assert told(pair, baseline=used, candidate=unbalanced)[FACE].leaning == "candidate leans less"


def test_a_change_that_controls_make_is_doubted() -> None:
    scene = make_scene(240)
    second = make_model(scene, {"face": Lean()}, seed=1)
    first = make_model(scene, {"face": Lean()}, seed=0)
    tried = first.interventions.reset_index(drop=True)
    woman = first.images.set_index("image_id")["gender"].loc[tried["image_id"]].to_numpy() == "woman"
    control = tried["place"].to_numpy() > 0
    logits = np.stack([np.frombuffer(row, dtype="<f4") for row in tried["logits"]]).copy()
    logits[control, 1] -= np.where(woman, 0.4, -0.4)[control]
    other = replace(first, interventions=tried.assign(logits=[row.tobytes() for row in logits]))
    cue = told(PairedEvidence(baseline=other, candidate=second))[FACE]
    assert cue.p_adjusted is not None
    assert cue.p_adjusted < ALPHA
    assert cue.leaning == "cannot tell"
    assert "these areas may lie on something" in cue.sentence


def test_a_trace_in_the_region_is_no_change_however_much_controls_make_of_it() -> None:
    """The baseline uses something else, on which controls of the region lie; of the region itself it has a trace."""
    pair = make_pair({"face": Lean(-0.02, spread=0.02, leak=0.15)}, {"face": Lean(spread=0.02)}, noise=0.05, n=400)
    cue = told(pair)[FACE]
    assert cue.size is not None
    assert cue.size.value is not None
    assert cue.size.value < -0.1
    assert cue.p_adjusted is not None
    assert cue.p_adjusted < 0.001
    assert cue.leaning == "cannot tell"
    assert "only against equally large other areas" in cue.sentence


def test_fates_need_findings_and_pairs_that_agree() -> None:
    pair = make_pair({"face": Lean(0.4)}, {"face": Lean(0.05)})
    used, none = document(finding(FACE, "E4", "found")), document(finding(FACE, "R", "ruled out"))
    cue = told(pair, baseline=used, candidate=none)[FACE]
    assert (cue.baseline_level, cue.candidate_level, cue.fate) == ("E4", "R", "disappeared")
    turned = PairedEvidence(baseline=pair.candidate, candidate=pair.baseline)
    assert told(turned, baseline=none, candidate=used)[FACE].fate == "appeared"
    assert told(pair, baseline=used, candidate=used)[FACE].fate == "shrank"
    assert told(turned, baseline=used, candidate=used)[FACE].fate == "grew"
    assert told(pair, baseline=none, candidate=used)[FACE].fate == "cannot tell"
    assert told(pair, baseline=used)[FACE].fate == "cannot tell"
    assert find_fate("found", "found", "alike") == "unchanged"
    assert find_fate("ruled out", "not enough evidence", "alike") == "cannot tell"
    assert find_fate("withheld", "found", "baseline leans less") == "cannot tell"


def test_a_family_that_is_not_found_used_speaks_for_all_of_its_contrasts() -> None:
    cue = Cue("face", "gender", "woman", "man", "nurse")
    other = "face:gender:woman:doctor"
    assert find_level(document(finding(other, "R", "ruled out")), cue) == "R"
    assert find_use(document(finding(other, "R", "ruled out")), cue) == "ruled out"
    assert find_level(document(finding(other, "E3", "found")), cue) is None


def count_wrong(leans: dict[str, Lean], repeats: int, *, n: int = 120) -> tuple[int, int, int]:
    """Comparisons of a model with itself under other seeds: those with a leaning; limits that miss 0, of how many."""
    wrong = missed = limits = 0
    for seed in range(repeats):
        cues = [cue for cue in told(make_pair(leans, leans, n=n, seed=seed)).values() if cue.counts]
        wrong += any("less" in cue.leaning for cue in cues)
        known = [cue.size.ci for cue in cues if cue.size is not None and cue.size.ci is not None]
        missed += any(not low <= 0 <= high for low, high in known)
        limits += 1
    return wrong, missed, limits


@pytest.mark.parametrize("leans", [{"face": Lean(0.3, 0.5), "hair": Lean(0.3, 0.5)}, {"face": Lean(), "hair": Lean()}])
def test_a_model_against_itself_leans_less_no_more_often_than_declared(leans: dict[str, Lean]) -> None:
    repeats = 25
    wrong, missed, limits = count_wrong(leans, repeats)
    most = stats.binom.ppf(0.9999, repeats, ALPHA)
    assert wrong <= most
    assert limits == repeats
    assert missed <= most
