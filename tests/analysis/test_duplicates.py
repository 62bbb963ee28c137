"""Near-duplicates: copies are one case, look-alikes are not, and the page says so."""

from __future__ import annotations

import sys
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from auditor.analysis.cautions import list_not_tested, list_warnings
from auditor.analysis.duplicates import (
    LEAST_BITS,
    MOST_BITS,
    MOST_SHARE,
    count_groups,
    describe_clusters,
    find_pairs,
    group_duplicates,
)
from auditor.analysis.estimates import estimate
from auditor.evidence.properties import hash_steps, shrink
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence

Bits = np.ndarray


def table(bits: Bits, files: Sequence[str] | None = None) -> pd.DataFrame:
    hashes = [row.tobytes() for row in np.packbits(bits.astype(np.uint8), axis=1)]
    return pd.DataFrame({"sha256": files or [f"{k:064d}" for k in range(len(bits))], "hash": hashes})


def random_bits(n: int, seed: int = 0) -> Bits:
    return np.random.default_rng(seed).random((n, 256)) < 0.35


def flip(bits: Bits, places: Sequence[int]) -> Bits:
    changed = bits.copy()
    changed[list(places)] ^= True
    return changed


def plain_groups(bits: Bits, files: Sequence[str]) -> list[int]:
    """Every pair compared, and groups merged one by one."""
    groups = list(range(len(bits)))
    for i, j in combinations(range(len(bits)), 2):
        apart, both = int((bits[i] != bits[j]).sum()), int(bits[i].sum() + bits[j].sum())
        told = min(bits[i].sum(), bits[j].sum()) >= LEAST_BITS
        if files[i] == files[j] or (told and apart <= min(MOST_BITS, MOST_SHARE * both)):
            groups = [groups[i] if group == groups[j] else group for group in groups]
    return groups


def partition(groups: Sequence[int]) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(np.asarray(groups) == group).tolist()) for group in set(groups)}


def test_groups_are_those_of_comparing_every_pair() -> None:
    random = np.random.default_rng(1)
    bits = random_bits(60)
    bits[20:50] = bits[:30] ^ (random.random((30, 256)) < random.uniform(0, 0.07, (30, 1)))  # chains as well
    bits[50:] = random.random((10, 256)) < 0.05  # hardly any structure
    bits[55] = bits[54]
    files = [f"file {k if k != 59 else 3}" for k in range(60)]
    found = group_duplicates(table(bits, files)).tolist()
    assert partition(found) == partition(plain_groups(bits, files))
    assert 10 < count_groups(np.array(found))[0] < 40


@pytest.mark.parametrize(("apart", "together"), [(0, True), (15, True), (21, False)])
def test_a_few_bits_make_a_copy(apart: int, *, together: bool) -> None:
    first = random_bits(1)[0]
    second = flip(first, np.random.default_rng(2).choice(256, apart, replace=False).tolist())
    groups = group_duplicates(table(np.stack([first, second])))
    assert (len(set(groups.tolist())) == 1) is together


def test_plain_pictures_are_copies_only_as_files() -> None:
    bits = np.zeros((4, 256), dtype=bool)
    bits[:, :5] = True
    assert group_duplicates(table(bits)).tolist() == [0, 1, 2, 3]
    assert group_duplicates(table(bits, ["a", "b", "a", "c"])).tolist() == [0, 1, 0, 2]


def test_missing_hashes_and_files_are_no_copies() -> None:
    frame = pd.DataFrame({"sha256": [None, None, "a"], "hash": [None, None, None]})
    assert len(set(group_duplicates(frame).tolist())) == 3
    assert group_duplicates(frame[["sha256"]]).tolist() == [0, 1, 2]


def test_copies_of_copies_are_one_group_in_any_order() -> None:
    chain = [random_bits(1)[0]]
    for k in range(5):
        chain.append(flip(chain[-1], range(12 * k, 12 * k + 12)))
    bits = np.stack([*chain, *random_bits(5, seed=9)])
    groups = group_duplicates(table(bits))
    assert len(set(groups[:6].tolist())) == 1
    assert count_groups(groups) == (1, 6)
    order = np.random.default_rng(0).permutation(len(bits))
    assert count_groups(group_duplicates(table(bits[order]))) == (1, 6)


def test_no_pictures_have_no_groups() -> None:
    assert group_duplicates(table(np.zeros((0, 256), dtype=bool))).tolist() == []
    assert find_pairs(np.zeros((0, 4), dtype=np.uint64)).shape == (0, 2)


def test_crowds_of_like_hashes_are_bounded() -> None:
    """Thousands of different pictures that agree in whole bands must not be compared each with each."""
    random = np.random.default_rng(0)
    bits = np.zeros((5000, 256), dtype=bool)
    bits[:, 200:] = random.random((5000, 56)) < 0.5
    bits[4990:] = bits[:10]
    bits[4990:, 255] ^= True
    groups = group_duplicates(table(bits))
    assert (groups[4990:] == groups[:10]).all()


def copied(build: SimpleNamespace, **settings: bool) -> Evidence:
    """40 images, of which the first two and the next three look nearly the same."""
    images = build.random_images(40, np.random.default_rng(0))
    bits = random_bits(40)
    bits[1], bits[3], bits[4] = flip(bits[0], [3]), flip(bits[2], [9, 70]), flip(bits[2], [11])
    images = images.assign(**table(bits), label=["doctor", "nurse"] * 20)
    evidence: Evidence = build.evidence(images, **settings)
    return evidence


def test_clusters_are_the_merged_groups_where_no_group_was_given(build: SimpleNamespace) -> None:
    merged, given = copied(build, group_duplicates=True), copied(build)
    assert given.clusters.max() + 1 == 40
    assert merged.clusters.max() + 1 == 37
    assert merged.repeats
    accuracy = estimate(merged).query("statistic == 'accuracy'").iloc[0]
    assert (accuracy["n"], accuracy["clusters"]) == (40, 37)


def test_the_page_says_so(build: SimpleNamespace) -> None:
    evidence = copied(build, group_duplicates=True)
    assert describe_clusters(evidence) == "near-duplicates by perceptual hash: 2 groups of 5 images"
    estimates = estimate(evidence)
    assert (
        "No group_id was given, and 5 images look nearly the same as another (perceptual hash): they form 2 groups, "
        "the largest of 3 images, and each group counts as one case; in 2 groups the labels differ."
    ) in list_warnings(evidence, estimates)
    assert any(s.startswith("No group_id was given: apart from") for s in list_not_tested(evidence, estimates))


def test_nothing_is_said_where_groups_were_given_or_nothing_found(build: SimpleNamespace) -> None:
    given = copied(build)
    assert not any("perceptual" in sentence for sentence in list_warnings(given, estimate(given)))
    images = build.random_images(40, np.random.default_rng(0)).assign(**table(random_bits(40)))
    alone = build.evidence(images, group_duplicates=True)
    assert describe_clusters(alone) == "one image each (no near-duplicates by perceptual hash)"
    assert not any("perceptual" in sentence for sentence in list_warnings(alone, estimate(alone)))


def hash_all(pictures: Sequence[Image.Image]) -> pd.DataFrame:
    hashes = [hash_steps(shrink(picture.convert("RGB"))) for picture in pictures]
    return pd.DataFrame({"sha256": [str(k) for k in range(len(hashes))], "hash": hashes})


def test_drawn_people_are_all_different(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "doctor_nurse"))
    import render  # type: ignore[import-not-found]

    roster = render.draw_roster(100, seed=3, men={"doctor": 0.78, "nurse": 0.07})
    groups = group_duplicates(hash_all([render.draw_scene(person, seed=3)[0] for person in roster]))
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(ROOT / "examples")):
            monkeypatch.delitem(sys.modules, name)
    assert count_groups(groups) == (0, 0)


@pytest.mark.shared
def test_photographs_and_their_copies(shared_data: Path) -> None:
    """Halved and cropped copies come back to their originals, and no two originals are one."""
    originals = []
    for path in sorted((shared_data / "imagenet" / "photos").iterdir()):
        with Image.open(path) as image:
            originals.append(image.convert("RGB"))
    halves = [image.resize((image.width // 2, image.height // 2)) for image in originals]
    cut = [image.crop((w // 100, h // 100, w - w // 100, h - h // 100)) for image in originals for w, h in [image.size]]
    groups = group_duplicates(hash_all([*originals, *halves, *cut])).reshape(3, -1)
    assert len(set(groups[0].tolist())) == len(originals)
    assert (groups[1] == groups[0]).mean() > 0.95
    assert (groups[2] == groups[0]).mean() > 0.65
