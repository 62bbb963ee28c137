"""The series of strong and weak models, and the repeats in which nothing differs: their parts, and a small cut."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = (EXAMPLES / "strong_weak", EXAMPLES / "validity")
OURS = tuple(path.stem for path in FOLDERS[0].glob("*.py"))
PARTS = tuple(path.stem for folder in FOLDERS for path in folder.glob("*.py"))


@pytest.fixture(scope="module")
def example() -> Iterator[dict[str, ModuleType]]:
    shadowed = {part: sys.modules.pop(part) for part in PARTS if part in sys.modules}
    before = list(sys.path)
    sys.path[:0] = [str(folder) for folder in FOLDERS]
    yield {part: import_module(part) for part in OURS}
    sys.path[:] = before
    for part in PARTS:
        sys.modules.pop(part, None)
    sys.modules.update(shadowed)


@pytest.fixture
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_series(**columns: list[float]) -> pd.DataFrame:
    levels, count = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0], 6
    table = pd.DataFrame({"alignment": levels, "quality": ["weak", "strong"] * 3, "model": list("abcdef")})
    table = table.assign(recoloured=levels, removed=levels, moved=0.1, pull=levels, reliance=levels, training=300)
    table = table.assign(biased=levels, balanced=levels[::-1], audited=800, tested=0.9, flip_excess=0.1)
    places = range(1, count + 1)
    table = table.assign(best_place=places, worst_place=places, aligned_shift=0.2)
    table = table.assign(reliance_low=table["reliance"] - 0.1, reliance_high=table["reliance"] + 0.1)
    return table.assign(**columns)


def make_rows(leanings: list[str], **columns: object) -> list[dict[str, Any]]:
    facts = {"part": "laws", "model": "m", "true_change": 0.0, "true_size": 0.0, "size_low": -1.0, "size_high": 1.0}
    limits = {f"{fill}_{end}": value for fill in ("noise", "mean") for end, value in (("low", -1.0), ("high", 1.0))}
    told = enumerate(leanings)
    return [
        facts | limits | {"repeat": k, "region": "cue", "attribute": "", "leaning": one} | columns for k, one in told
    ]


def test_names_and_order_tell_nothing_of_what_was_planted(example: dict[str, ModuleType]) -> None:
    members = example["series"].list_members()
    assert len({member.name for member in members}) == len(members) == 12
    assert [member.name for member in members] == sorted(member.name for member in members)
    ranks = [member.level for member in members]
    assert abs(np.corrcoef(ranks, np.arange(12))[0, 1]) < 0.3
    assert {member.quality for member in members[:6]} == {"weak", "strong"}


def test_orders_that_agree_and_that_are_reversed(example: dict[str, ModuleType]) -> None:
    rows = list(example["measures"].correlate(make_series()))
    planted = next(row for row in rows if row["models"] == "all 6")
    assert planted["by evidence"] == "+1.00"
    assert planted["by accuracy on the biased test set"] == "-1.00"
    assert planted["by accuracy on the balanced one"] == "+1.00"
    tied = make_series(alignment=[0.5, 0.5, 0.7, 0.7, 0.9, 0.9])
    planted = next(iter(example["measures"].correlate(tied)))
    assert planted["by evidence"] == "+0.89"
    assert planted["most possible"] == "0.89"


def test_models_without_a_number_take_no_part_and_are_named(example: dict[str, ModuleType], tmp_path: Path) -> None:
    table = make_series(reliance=[0.5, 0.6, 0.7, 0.8, 0.9, np.nan])
    assert next(iter(example["measures"].correlate(table)))["models"] == "all 5"
    example["page"].keep(table, tmp_path, name="series.csv")
    page = example["page"].write(tmp_path).read_text(encoding="utf-8")
    assert "Of f it says that it cannot tell" in page
    assert (tmp_path / "series.svg").read_text(encoding="utf-8").count("<circle") == 6 + 5


def test_places_that_do_not_overlap_are_counted_against_the_truth(example: dict[str, ModuleType]) -> None:
    count = example["measures"].count_sure
    assert count(make_series(), "recoloured") == (15, 15, 0)
    assert count(make_series(recoloured=[0.6, 0.5, 0.7, 0.8, 0.9, 1.0]), "recoloured") == (15, 15, 1)
    assert count(make_series(best_place=[1] * 6, worst_place=[6] * 6), "recoloured") == (15, 0, 0)


def test_answers_that_claim_the_wrong_direction_are_wrong(example: dict[str, ModuleType]) -> None:
    count = example["measures"].count_repeats
    leanings = ["candidate leans less", "baseline leans less", "alike", "cannot tell"]
    (equal,) = count(make_rows(leanings)).to_dict("records")
    assert (equal["comparisons"], equal["with_wrong"], equal["wrong"], equal["right"]) == (4, 2, 2, 0)
    assert (equal["alike"], equal["cannot_tell"]) == (1, 1)
    (less,) = count(make_rows(leanings, true_size=-0.2)).to_dict("records")
    assert (less["wrong"], less["right"]) == (1, 1)


def test_intervals_are_counted_by_quantity_and_sizes_all_at_once(example: dict[str, ModuleType]) -> None:
    rows = make_rows(["alike"] * 3) + make_rows(["alike"] * 3, attribute="colour", true_change=2.0, true_size=2.0)
    (row,) = example["measures"].count_repeats(rows).to_dict("records")
    assert (row["flips_held"], row["flips_tried"]) == (6, 6)
    assert (row["shift_held"], row["shift_tried"]) == (0, 6)
    assert (row["sizes_held"], row["sizes_tried"]) == (0, 3)


def test_shares_have_wilson_intervals(example: dict[str, ModuleType]) -> None:
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(3, 60, method="wilson")
    assert example["measures"].share(3, 60) == f"3/60 = 5.0 % [{100 * low:.1f}, {100 * high:.1f}]"


def test_laws_know_their_effects(example: dict[str, ModuleType]) -> None:
    laws = example["null_laws"]
    known = laws.know("plain", (0.1, 0.3))
    assert known["cue", "colour"] == (0.1, 0.3)
    assert known["quiet", "colour"] == known["cue", "shuffled"] == (0.0, 0.0)
    assert known["cue", ""][0] < known["cue", ""][1]
    random = np.random.default_rng(0)
    pictures = laws.sample_pictures("plain", 20_000, random)
    evidence = laws.draw_side("plain", 0.3, pictures, random=random)
    margins = np.frombuffer(b"".join(evidence.images["logits"]), "<f4").reshape(-1, 2)
    scale = np.diff(margins, axis=1).std()
    hidden = evidence.interventions.query("region == 'cue' and fill == 'noise' and place == 0")
    after = np.frombuffer(b"".join(hidden["logits"]), "<f4").reshape(-1, 2)
    lost = np.diff(margins - after, axis=1)[:, 0]
    halves = [lost[(pictures.labels == k) & (pictures.colour == c)].mean() for k in (0, 1) for c in (1, 0)]
    assert (halves[0] - halves[1] + halves[2] - halves[3]) / 4 / scale == pytest.approx(0.3, abs=0.02)


def test_unequal_laws_are_told_apart_and_equal_ones_are_not(example: dict[str, ModuleType]) -> None:
    null, laws = example["null"], example["null_laws"]
    rows = list(null.repeat_laws("plain", (0.1, 0.5), count=1, images=300))
    assert {row["leaning"] for row in rows if row["attribute"] == "colour" and row["region"] == "cue"} == {
        "baseline leans less"
    }
    equal = list(null.repeat_laws("plain", (0.3, 0.3), count=2, images=300))
    assert not {"baseline leans less", "candidate leans less"} & {row["leaning"] for row in equal}
    assert {row["part"] for row in equal} == {"laws"}
    assert laws.count_flips("plain", 0.3)["cue"] > 0.03


@pytest.mark.usefixtures("_one_thread")
def test_trials_with_another_seed_are_those_of_an_audit_and_sides_of_mixtures_are_swapped(
    example: dict[str, ModuleType], tmp_path: Path
) -> None:
    models = example["null_models"]
    effort = models.SMALL
    first, again = models.audit_again(0.9, 0, effort, out=tmp_path / "audit")
    same = first.evidence.interventions.merge(again.evidence.interventions, on=["image_id", "region", "fill", "place"])
    own, controls = same[same["place"] == 0], same[same["place"] > 0]
    assert len(same) == len(first.evidence.interventions) == len(again.evidence.interventions)
    mean = own[own["fill"] == "mean"]
    assert np.allclose(mean["margin_x"], mean["margin_y"], atol=1e-4)  # the same pixels, whatever the seed
    assert (np.abs(controls["margin_x"] - controls["margin_y"]) > 1e-3).any()
    other = replace(again, evidence=replace(again.evidence, images=again.evidence.images.assign(score=0.0)))
    heads = set(first.evidence.read["image_id"][:20])
    mixed, rest = models.mix(first, other, heads), models.mix(other, first, heads)
    zero = mixed.evidence.images.set_index("image_id")["score"] == 0
    assert set(zero[~zero].index) == heads
    assert (zero.to_numpy() == ~(rest.evidence.images.set_index("image_id")["score"] == 0).to_numpy()).all()
    assert len(models.compare_sides(mixed, rest)) == 6


def test_repeats_go_on_where_they_stopped(
    example: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    null, asked = example["null"], []

    def do(name: str) -> Iterator[dict[str, Any]]:
        asked.append(name)
        if asked == ["a", "b"]:
            raise KeyboardInterrupt
        yield from make_rows(["alike"], model=name)

    monkeypatch.setattr(null, "list_tasks", lambda *_, **__: {name: lambda name=name: do(name) for name in "abc"})
    with pytest.raises(KeyboardInterrupt):
        null.fill(tmp_path)
    assert [row["model"] for row in null.fill(tmp_path)] == ["a", "b", "c"]
    assert [row["model"] for row in null.fill(tmp_path)] == ["a", "b", "c"]
    assert asked == ["a", "b", "b", "c"]
    example["page"].keep(example["measures"].count_repeats(null.fill(tmp_path)), tmp_path, name="null.csv")
    page = example["page"].write(tmp_path).read_text(encoding="utf-8")
    assert "0/3 = 0.0 % [0.0, 56.1]" in page


def test_committed_page_is_made_from_the_committed_rows(example: dict[str, ModuleType], tmp_path: Path) -> None:
    for name in ("series.csv", "null.csv"):
        shutil.copy(FOLDERS[0] / name, tmp_path)
    made = example["page"].write(tmp_path).read_text(encoding="utf-8")
    assert made == (FOLDERS[0] / "RESULTS.md").read_text(encoding="utf-8")
    assert (tmp_path / "series.svg").read_text(encoding="utf-8") == (FOLDERS[0] / "series.svg").read_text(
        encoding="utf-8"
    )


@pytest.mark.slow
@pytest.mark.usefixtures("_one_thread")
def test_small_series_from_photographs_to_the_page(
    example: dict[str, ModuleType], shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = example["run"], tmp_path / "out"
    run.main(["--out", str(out), "--small"])
    assert "3 models, 0 of them done before" in capsys.readouterr().out
    page = (out / "RESULTS.md").read_text(encoding="utf-8")
    table = pd.read_csv(out / "series.csv").set_index(["alignment", "quality"])
    assert len(table) == 3
    strong, none = table.loc[(0.9, "strong")], table.loc[(0.5, "strong")]
    assert strong["recoloured"] > none["recoloured"] + 0.1
    assert strong["aligned_shift"] > none["aligned_shift"] + 0.1
    assert (none["best_place"], strong["worst_place"]) == (1, 3)
    assert strong["biased"] - strong["balanced"] > none["biased"] - none["balanced"]
    assert ("it says that it cannot tell" in page) == bool(table["reliance"].isna().any())
    # without a word of the truth, the ranking is the same
    members = example["series"].list_members(example["series"].SOME)[:3]
    before = [one.name for one in run.compare(members, out).document.comparison.ranking]
    shutil.rmtree(out / "comparison")
    shutil.move(out / "truth", tmp_path / "elsewhere")
    assert [one.name for one in run.compare(members, out).document.comparison.ranking] == before
    shutil.move(tmp_path / "elsewhere", out / "truth")
    run.main(["--out", str(out), "--small"])
    assert "3 models, 3 of them done before" in capsys.readouterr().out
    assert json.loads((out / "truth" / f"{members[0].name}.json").read_text(encoding="utf-8"))["balanced"] > 0.5


def test_without_the_photographs_the_series_is_refused(
    example: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_SHARED_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(SystemExit, match="no cifar in the folder of photographs"):
        example["run"].main(["--out", str(tmp_path / "out"), "--small"])
    assert not (tmp_path / "out").exists()
