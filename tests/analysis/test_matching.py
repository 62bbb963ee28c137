"""Audits brought to the same images, and every reason why that is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from auditor.analysis.matching import match
from auditor.analysis.matching_notes import note_methods
from auditor.analysis.statistics.contrasts import contrasts
from auditor.analysis.statistics.effects import read_effects
from auditor.errors import DataError, UsageError
from tests.analysis.pairing import Lean, make_model, make_scene
from tests.analysis.statistics.trialling import pack

if TYPE_CHECKING:
    import pandas as pd

    from auditor.analysis.statistics.base import Evidence

N = 80


def make(seed: int = 0, **facts: Any) -> Evidence:
    return make_model(make_scene(N), {"face": Lean(0.2)}, seed=seed, **facts)


def changed(evidence: Evidence, **columns: Any) -> Evidence:
    return replace(evidence, images=evidence.images.assign(**columns))


def renamed(evidence: Evidence, names: dict[str, str]) -> Evidence:
    def rename(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(image_id=table["image_id"].map(lambda name: names.get(name, name)))

    tables = {name: rename(getattr(evidence, name)) for name in ("images", "attention", "regions", "interventions")}
    return replace(evidence, **tables)


def test_the_same_images_are_found_by_name_whatever_the_order_of_rows() -> None:
    first, second = make(0), make(1)
    shuffled = replace(first, images=first.images.sample(frac=1, random_state=0))
    matched = match({"a": shuffled, "b": second})
    assert (matched.n, matched.clusters, matched.notes) == (N, N, [])
    assert matched.rule == "by name, contents equal (SHA-256)"
    assert matched.only == {"a": 0, "b": 0}
    a, b = matched.evidences.values()
    assert a.read["image_id"].tolist() == b.read["image_id"].tolist()
    assert np.array_equal(a.clusters, b.clusters)
    assert np.array_equal(a.weights, b.weights)
    assert contrasts(a)[0].before == pytest.approx(contrasts(first)[0].before)


def test_a_moved_folder_is_matched_by_content() -> None:
    first, second = make(0), make(1)
    names = {name: f"moved/{name}" for name in second.images["image_id"]}
    matched = match({"a": first, "b": renamed(second, names)})
    assert matched.rule == "by content (SHA-256), as their names differ"
    a, b = matched.evidences.values()
    assert a.read["image_id"].str.startswith("moved/").all()
    assert a.read["sha256"].tolist() == b.read["sha256"].tolist()
    effect, own = read_effects(a)[0], read_effects(first)[0]
    assert effect.own == pytest.approx(own.own)
    some = {name: names[name] for name in list(names)[:10]}
    partly = match({"a": first, "b": renamed(second, some)})
    assert partly.n == N
    assert "10 images whose names differ, by content" in partly.rule


def test_content_that_occurs_twice_is_not_guessed_at() -> None:
    first, second = make(0), make(1)
    names = {name: f"moved/{name}" for name in second.images["image_id"][:4]}
    sha = first.images["sha256"].tolist()
    sha[1] = sha[0]
    matched = match({"a": changed(first, sha256=sha), "b": renamed(changed(second, sha256=sha), names)})
    assert matched.n == N - 2
    assert matched.only == {"a": 2, "b": 2}


def test_a_name_with_other_content_is_left_out_and_counted() -> None:
    first, second = make(0), make(1)
    sha = ["f" * 64, *first.images["sha256"][1:]]
    matched = match({"a": changed(first, sha256=sha), "b": second})
    assert matched.n == N - 1
    assert matched.only == {"a": 1, "b": 1}
    assert "Images with the same name in 'a' and 'b' and other content are left out: 1." in matched.notes
    assert "000000.jpg" not in set(matched.evidences["a"].interventions["image_id"])


def test_images_that_one_model_did_not_read_are_counted() -> None:
    first, second = make(0), make(1)
    status = ["cannot be decoded", "read", "cannot be decoded", *["read"] * (N - 3)]
    matched = match({"a": changed(first, status=status), "b": second, "c": make(2)})
    assert matched.n == N - 2
    assert matched.only == {"a": 0, "b": 2, "c": 2}
    assert {len(one.read) for one in matched.evidences.values()} == {N - 2}


def test_fewer_than_two_audits_are_refused() -> None:
    with pytest.raises(UsageError, match="expected at least two audits, found 1"):
        match({"a": make()})


def test_audits_without_a_shared_image_are_refused() -> None:
    first, second = make(0), make(1)
    names = {name: f"other/{name}" for name in second.images["image_id"]}
    foreign = renamed(changed(second, sha256=[f"{i:x>64d}" for i in range(N)]), names)
    with pytest.raises(DataError, match=r"no image is in all of 'a' \(80 images, first 000000.jpg\) and 'b'"):
        match({"a": first, "b": foreign})
    with pytest.raises(DataError, match="found none in 'a'"):
        match({"a": changed(first, status="not read"), "b": second})


def test_labels_that_differ_are_refused_with_count_and_names() -> None:
    first, second = make(0), make(1)
    labels = first.images["label"].tolist()
    labels[:5] = ["nurse" if label == "doctor" else "doctor" for label in labels[:5]]
    with pytest.raises(DataError, match=r"the same label .* 5 of 80 images \(000000.jpg: 'nurse' against 'doctor'; "):
        match({"a": changed(first, label=labels), "b": second})


def test_values_of_attributes_that_differ_are_refused() -> None:
    first, second = make(0), make(1)
    gender = [None, *first.images["gender"][1:]]
    with pytest.raises(DataError, match=r"the same gender .* 1 of 80 images \(000000.jpg: '' against 'man'\)"):
        match({"a": changed(first, gender=gender), "b": second})


def test_other_classes_are_refused_with_the_nearest_name() -> None:
    first, second = make(0), make(1)
    other = replace(first, settings=replace(first.settings, classes=("doctor", "nurses")))
    with pytest.raises(DataError, match=r"doctor, nurses in 'a' and doctor, nurse in 'b'; nearest: 'nurse'"):
        match({"a": other, "b": second})


def test_the_same_classes_in_another_order_are_compared_by_name() -> None:
    first, second = make(0), make(1)

    def turn(table: pd.DataFrame) -> pd.DataFrame:
        logits = np.stack([np.frombuffer(row, dtype="<f4") for row in table["logits"]])[:, ::-1]
        return table.assign(logits=pack(logits))

    turned = replace(
        first,
        images=turn(first.images),
        interventions=turn(first.interventions),
        settings=replace(first.settings, classes=("nurse", "doctor")),
    )
    plain, other = (match({"a": one, "b": second}).evidences["a"] for one in (first, turned))
    assert other.settings.classes == ("doctor", "nurse")
    assert contrasts(other)[0].before == pytest.approx(contrasts(plain)[0].before)
    for one, two in zip(read_effects(other), read_effects(plain), strict=True):
        assert one.own == pytest.approx(two.own)
        assert one.controls == pytest.approx(two.controls)


def test_persons_are_those_of_the_audit_that_names_them() -> None:
    second = make_model(make_scene(N, per_cluster=2), {"face": Lean()}, seed=1)
    labels = {name: second.images[name].tolist() for name in ("label", "gender")}
    first = changed(make(0), **labels)
    lone = replace(first, settings=replace(first.settings, group_duplicates=True))
    matched = match({"a": lone, "b": second})
    assert matched.clusters == N // 2
    assert any("Persons or sources are those of b: a names none." in note for note in matched.notes)


def test_what_either_audit_joins_is_joined() -> None:
    first, second = make(0), make(1)
    ones = [f"person {i // 2}" for i in range(N)]
    others = [f"someone {(i + 1) // 2}" if i < 4 else f"someone {i}" for i in range(N)]
    matched = match({"a": changed(first, group_id=ones), "b": changed(second, group_id=others)})
    groups = matched.evidences["a"].clusters
    assert len(set(groups[:6])) == 2  # 0-1, 2-3 of the one and 1-2, 3 of the other hold together
    assert groups[0] == groups[3] != groups[4]
    assert np.array_equal(groups, matched.evidences["b"].clusters)
    assert any("what either joins is joined" in note for note in matched.notes)


def test_few_persons_are_noted() -> None:
    groups = [f"person {i % 10}" for i in range(N)]
    matched = match({"a": changed(make(0), group_id=groups), "b": changed(make(1), group_id=groups)})
    assert matched.clusters == 10
    assert matched.notes[0].startswith("Only 10 independent persons or sources are shared")


def test_what_the_audits_do_not_share_is_noted() -> None:
    first = make_model(make_scene(N), {"face": Lean(), "hair": Lean()}, seed=0, controls=1, fills=("mean", "blur"))
    second = make(1)
    roles = {**second.settings.roles, "face": "context"}
    settings = replace(second.settings, roles=roles, seed=5, frame=(96, 96))
    tried = second.interventions[second.interventions["image_id"] > "000009.jpg"]
    other = replace(second, settings=settings, interventions=tried, regions=second.regions.assign(area=0.2))
    matched = match({"a": first, "b": other})
    told = "\n".join(matched.notes)
    assert matched.last.settings.regions == ("face",)
    assert "hair is not among the regions of 'b': not compared." in told
    assert "face has another role in each audit (a: declared protected; b: declared context)" in told
    assert "face covers different shares of what the models see (medians: a: 10 %; b: 20 %)" in told
    assert "Frames differ (a: 56 × 56; b: 96 × 96)" in told
    assert "Ways of hiding differ (a: blur and mean; b: mean and noise)" in told
    assert "Numbers of controls per region differ (a: 1; b: 2)" in told
    assert "Seeds differ (a: 0; b: 5)" in told
    assert "Regions were hidden from every model on 70 of 80 images" in told
    assert matched.evidences["a"].settings.frame == (56, 56)


def test_an_audit_that_hid_nothing_is_noted() -> None:
    first = make(0)
    matched = match({"a": replace(first, interventions=first.interventions[:0]), "b": make(1)})
    assert "Nothing was hidden from 'a': no cue can be told." in matched.notes


def test_other_maps_are_noted() -> None:
    from types import SimpleNamespace as Space

    def audit(cam: str) -> Any:
        return Space(method=Space(cam=cam), model=Space(target_layer="layer4"))

    assert note_methods({"a": audit("gradcam"), "b": audit("gradcam")}) == []
    (note,) = note_methods({"a": audit("gradcam"), "b": audit("hirescam")})
    assert "a: gradcam at layer4; b: hirescam at layer4" in note
