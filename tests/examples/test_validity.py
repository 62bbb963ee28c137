"""The validity benchmark: a small cut of it, and the parts it is made of."""

from __future__ import annotations

import json
import sys
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

FOLDER = Path(__file__).parents[2] / "examples" / "validity"
PARTS = tuple(path.stem for path in FOLDER.glob("*.py"))
HIDING = {"fills": ["noise", "mean"], "controls": 1}
SMALL = {"training": 700, "fresh": 300, "attributes": ("colour",), "regions": ("cue", "distractor"), "hiding": HIDING}
IMAGES = {0.5: 100, 0.75: 160}


@pytest.fixture(scope="module")
def example() -> Iterator[dict[str, ModuleType]]:
    shadowed = {part: sys.modules.pop(part) for part in PARTS if part in sys.modules}
    sys.path.insert(0, str(FOLDER))
    yield {part: import_module(part) for part in PARTS}
    sys.path.remove(str(FOLDER))
    for part in PARTS:
        del sys.modules[part]
    sys.modules.update(shadowed)


@pytest.fixture(scope="module")
def scenes(example: dict[str, ModuleType]) -> Any:
    return example["decoys"].sample_scenes(400, alignment=0.8, seed=[7])


@pytest.fixture(scope="module")
def closed(example: dict[str, ModuleType]) -> dict[float, list[pd.DataFrame]]:
    """Closed-form models with no shift, a shift at the margin, and a large one."""
    t0 = example["t0"]
    return {
        theta: [pd.DataFrame(t0.run(t0.Job("plain", theta, seed, 400))) for seed in range(count)]
        for theta, count in ((0.0, 1), (0.1, 1), (0.3, 1))
    }


@pytest.fixture(scope="module")
def several(example: dict[str, ModuleType]) -> pd.DataFrame:
    """A model of three classes that uses the cue; what the attribute does elsewhere bends margins."""
    jobs, t0_classes = example["jobs"], example["t0_classes"]
    return pd.DataFrame(t0_classes.run(jobs.Job("t0_classes", "three-elsewhere", 1.2, 0, 500)))


@pytest.fixture(scope="module")
def decoys(example: dict[str, ModuleType]) -> dict[float, pd.DataFrame]:
    """A network trained with a cue that agrees with the class three times in four, and one with one in two."""
    t1 = example["t1"]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    effort = t1.Effort(**SMALL, recipe=example["networks"].Recipe(epochs=5))
    jobs = {level: t1.Job("base", level, 0, images) for level, images in IMAGES.items()}
    made = {level: pd.DataFrame(t1.run(job, effort=effort)) for level, job in jobs.items()}
    torch.set_num_threads(threads)
    return made


def _cell(rows: pd.DataFrame, region: str, attribute: str) -> Any:
    (row,) = rows[(rows["region"] == region) & (rows["attribute"] == attribute)].to_dict("records")
    return row


def test_alignment_is_as_asked_and_nothing_else_goes_with_the_label(scenes: Any) -> None:
    agree = {tag: float((values == scenes.labels).mean()) for tag, values in scenes.shows.items()}
    assert agree["cue"] == pytest.approx(0.8, abs=0.06)
    assert agree["distractor"] == pytest.approx(0.5, abs=0.08)
    for label in (0, 1):
        inside = scenes.labels == label
        assert scenes.shuffled[inside].sum() == scenes.shows["cue"][inside].sum()
        assert abs(np.corrcoef(scenes.shuffled[inside], scenes.shows["cue"][inside])[0, 1]) < 0.2


def test_a_swap_changes_the_pixels_of_its_tag_and_no_other(example: dict[str, ModuleType], scenes: Any) -> None:
    draw, find_boxes = example["decoys"].draw, example["decoys"].find_boxes
    before = draw(scenes).astype(int)
    assert (draw(scenes) == before).all()
    for tag in ("cue", "distractor"):
        changed = np.abs(draw(scenes.swap(tag)).astype(int) - before).max(axis=3) > 0
        for k in range(0, 400, 40):
            x_min, y_min, x_max, y_max = find_boxes(scenes, k)[tag]
            inside = np.zeros((48, 48), dtype=bool)
            inside[y_min:y_max, x_min:x_max] = True
            assert changed[k][inside].mean() > 0.9
            assert not changed[k][~inside].any()


def test_regions_lie_apart_and_the_empty_corner_is_empty(example: dict[str, ModuleType], scenes: Any) -> None:
    decoys = example["decoys"]
    bare = np.abs(decoys.draw(scenes).astype(int) - decoys.draw(scenes.untagged()).astype(int)).max(axis=3) > 0
    for k in range(400):
        covered = np.zeros((48, 48), dtype=int)
        boxes = decoys.find_boxes(scenes, k)
        for x_min, y_min, x_max, y_max in boxes.values():
            assert min(x_min, y_min) >= 0
            assert max(x_max, y_max) <= 48
            covered[y_min:y_max, x_min:x_max] += 1
        assert covered.max() == 1
        x_min, y_min, x_max, y_max = boxes["control"]
        assert not bare[k, y_min:y_max, x_min:x_max].any()


def test_weight_gives_the_shift_that_was_asked_for(example: dict[str, ModuleType]) -> None:
    t0 = example["t0"]
    for kind, theta in (("plain", 0.3), ("aligned", 0.1)):
        weight = t0.set_weight(theta, alignment=t0.KINDS[kind].alignment)
        evidence = t0.make_evidence(t0.Job(kind, theta, 0, 20_000))
        margins = np.array([np.diff(np.frombuffer(part, dtype="<f4"))[0] for part in evidence.images["logits"]])
        assert weight / margins.std() == pytest.approx(theta, rel=0.03)


def test_of_several_classes_the_cue_is_found_and_not_what_only_bends_the_margin(several: pd.DataFrame) -> None:
    cue, loud = (_cell(several, region, "colour") for region in ("cue", "loud"))
    assert (cue["answer"], cue["band"]) == ("found", "material")
    assert loud["truth"] == 0
    assert abs(loud["noise"]) > 0.1, "else nothing is tempting"
    assert loud["answer"] == "not enough evidence"
    assert set(several[several["attribute"] == "shuffled"]["answer"]) == {"ruled out"}


def test_the_truth_of_several_classes_is_what_swaps_change(example: dict[str, ModuleType]) -> None:
    """A donor's region of another value brings its own noise along: it changes a little more than the value alone."""
    t0_classes = example["t0_classes"]
    for kind in ("three", "five-elsewhere"):
        job = example["jobs"].Job("t0_classes", kind, 1.2, 1, 1500)
        trials = t0_classes.make_evidence(job).interventions
        swaps = trials[(trials["fill"] == "swap") & (trials["region"] == "cue") & (trials["attribute"] == "colour")]
        changed = swaps["predicted"] != swaps["predicted_before"]
        other = changed[swaps["donor_group"] == "opposite"].mean()
        assert t0_classes.find_truth(job) == pytest.approx(other, abs=0.04)
    assert t0_classes.find_truth(example["jobs"].Job("t0_classes", "three", 0.0, 0, 100)) == 0


def test_no_shift_is_never_found_and_a_shift_at_the_margin_is_neither_found_nor_ruled_out(
    closed: dict[float, list[pd.DataFrame]],
) -> None:
    assert {_cell(rows, "cue", "colour")["answer"] for rows in closed[0.0]} == {"ruled out"}
    assert {_cell(rows, "cue", "colour")["answer"] for rows in closed[0.1]} == {"not enough evidence"}
    assert _cell(closed[0.3][0], "cue", "colour")["answer"] == "found"
    for rows in (rows for many in closed.values() for rows in many):
        quiet = rows[(rows["theta"] == 0) & (rows["attribute"] != "")]
        assert not (quiet["answer"] == "found").any()


def test_interval_holds_the_exact_shift(closed: dict[float, list[pd.DataFrame]]) -> None:
    for theta, many in closed.items():
        for row in (_cell(rows, "cue", "colour") for rows in many):
            assert row["noise_low"] <= theta <= row["noise_high"]
            assert row["mean_low"] <= theta <= row["mean_high"]


@pytest.mark.slow
def test_a_cue_is_found_where_it_tells_the_class_and_not_where_it_does_not(decoys: dict[float, pd.DataFrame]) -> None:
    strong, none = (_cell(decoys[level], "cue", "colour") for level in (0.75, 0.5))
    assert strong["band"] == "material"
    assert strong["answer"] == "found"
    assert none["truth"] < 0.05
    assert none["answer"] != "found"
    assert not (decoys[0.5]["answer"] == "found").any()


def test_a_run_goes_on_where_it_stopped(
    example: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, t1 = example["run"], example["t1"]
    asked: list[str] = []

    def answer(job: Any) -> list[dict[str, Any]]:
        asked.append(job.name)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return [{"model": job.name}]

    monkeypatch.setattr(t1, "run", answer)
    jobs = list(t1.plan(["base", "test-only"], [0.5, 0.9], count=2, images=10))
    assert len(jobs) == len({job.name for job in jobs}) == 6
    with pytest.raises(KeyboardInterrupt):
        run.fill("t1", jobs, out=tmp_path)
    assert len(run.fill("t1", jobs, out=tmp_path)) == 4
    assert run.fill("t1", jobs, out=tmp_path) == []
    assert [row["model"] for row in run.read([tmp_path])] == sorted(job.name for job in jobs)
    assert asked.count(jobs[2].name) == 2
    assert len(asked) == 7
    assert {path.suffix for path in tmp_path.iterdir()} == {".json"}


def test_page_tells_how_many_models_and_every_table(
    example: dict[str, ModuleType],
    closed: dict[float, list[pd.DataFrame]],
    decoys: dict[float, pd.DataFrame],
    several: pd.DataFrame,
    tmp_path: Path,
) -> None:
    tables = [*(rows for many in closed.values() for rows in many), *decoys.values(), several]
    rows = [row for table in tables for row in json.loads(table.to_json(orient="records"))]
    page = example["report"].write(rows, tmp_path).read_text(encoding="utf-8")
    assert "from 6 models: 3 of tier t0, 1 of tier t0_classes, 2 of tier t1" in page
    assert "small cut" in page
    for title, tabulate, _ in example["report"].SECTIONS:
        assert (f"## {title}\n" in page) == (not tabulate(pd.DataFrame(rows)).empty)
    assert page.count("\n## ") >= 7
    assert "1/1 = 100.0 % [20.7, 100.0]" in page
    assert len(pd.read_csv(tmp_path / "results.csv")) == len(rows)
    plot = (tmp_path / "p_values.svg").read_text(encoding="utf-8")
    assert plot.count("<path") >= 4


def test_page_tells_which_kinds_are_run_in_full(example: dict[str, ModuleType]) -> None:
    def models(kind: str, level: float, count: int) -> list[dict[str, Any]]:
        return [{"model": f"{kind} {level} {k}", "kind": kind, "level": level, "tier": "t1"} for k in range(count)]

    rows = [*models("base", 0.5, 20), *models("base", 0.9, 25), *models("size", 0.5, 20), *models("test-only", 0.5, 20)]
    told = example["report"]._introduce(pd.DataFrame([*rows, *models("wide", 0.9, 4)]).assign(images=1000))
    assert "base, size, test-only are run in full, with 20 models or more of each level, and 60 models have" in told
    assert "Of wide (4) there are fewer" in told
    assert "small cut" in example["report"]._introduce(pd.DataFrame(rows[:-1]).assign(images=1000))


def test_a_material_cue_that_is_ruled_out_is_counted_and_never_hidden(example: dict[str, ModuleType]) -> None:
    """Photographs as well: how far changed answers pull to one class is told, and makes no cell immaterial."""
    answers = ["found", "ruled out", "not enough evidence", "ruled out"]
    cells = pd.DataFrame({"answer": answers, "band": ["material"] * 3 + ["immaterial"], "pull": 0.0})
    cells = cells.assign(tier="t2_cifar", region="cue", attribute="colour")
    table = example["measures"].tabulate_confusion(cells).set_index("truth")
    assert table.loc["material", "ruled out"].startswith("1/3 = 33.3 %")
    assert table.loc["material", "found"].startswith("1/3 = 33.3 %")
    assert table.loc["immaterial", "ruled out"].startswith("1/1")


def test_each_material_cell_that_is_ruled_out_stands_on_the_page(example: dict[str, ModuleType]) -> None:
    cells = pd.DataFrame({"answer": ["found", "ruled out", "ruled out"], "band": ["material", "material", "grey"]})
    cells = cells.assign(tier="t1", model=["a", "b", "c"], region="cue", attribute="colour", truth=0.0512)
    for name in ("noise", "cross_swap_excess"):
        cells = cells.assign(**{name: 0.02, f"{name}_low": 0.01, f"{name}_high": 0.03})
    (told,) = example["measures"].tabulate_missed(cells).to_dict("records")
    assert (told["model"], told["true flips"], told["swap against swap"]) == ("b", "5.1 %", "0.020 [0.010, 0.030]")


@pytest.mark.parametrize(
    ("hits", "n", "met"),
    [(0, 200, "yes"), (0, 20, "yes, by"), (1, 10, "no, by"), (10, 20, "no")],
)
def test_goals_are_met_by_share_and_by_interval(example: dict[str, ModuleType], hits: int, n: int, met: str) -> None:
    goals = example["goals"]
    told = goals._judge(goals.Goal("false alarms", 0, 0.05, pd.Series([True] * hits + [False] * (n - hits))))
    assert told.startswith(met)
    assert ("interval" in told) == (" by" in met)


def test_goals_count_models_for_alarms_and_cells_for_power(example: dict[str, ModuleType]) -> None:
    def row(model: str, level: float, answer: str, **rest: Any) -> dict[str, Any]:
        cell = {"kind": "base", "tier": "t1", "region": "cue", "attribute": "colour", "band": "material"}
        scores = {"mass_low": 0.1, "area": 0.1, "attention_iou": 0.5, "gap_p": 0.5, "enrichment": 1.0}
        limits = {"noise": 0.2, "noise_low": 0.1, "noise_high": 0.3, "mean_low": 0.1, "mean_high": 0.3}
        return {
            "model": model,
            "level": level,
            "answer": answer,
            "truth": 0.055,
            **cell,
            **scores,
            **limits,
            "noise_p": 0.5,
        } | rest

    null = {"band": "immaterial", "noise_low": -0.1, "region": "distractor", "attribute": "other"}
    rows = [
        *(row(f"strong {k}", 0.9, "found" if k else "not enough evidence") for k in range(4)),
        row("strong 0", 0.9, "found", **null), row("strong 0", 0.9, "found", **null),
        *(row(f"null {k}", 0.5, "ruled out", **null) for k in range(3)),
        row("all", 1.0, "not evaluated"), row("used", 0.8, "ruled out"),
    ]  # fmt: skip
    told = example["goals"].tabulate_goals(pd.DataFrame(rows)).set_index("goal")["measured"]
    assert told["audits of decoys with a false finding"].startswith("1/4 ")
    assert told["audits of decoys without a planted cue with a false finding"].startswith("0/3 ")
    assert told["cells of decoys that are used and ruled out"].startswith("1/6 ")
    assert "cells of decoys that are used and ruled out, where it changes 6 % of answers or more" not in told
    assert told["cues found, alignment 0.8 to 0.95, kind *base*"].startswith("3/5 ")
    assert "cues found, alignment 0.7, kind *base*" not in told
    assert example["goals"].tabulate_goals(pd.DataFrame(rows).assign(tier="people")).empty


def test_rules_are_compared_at_one_in_twenty_false_alarms(example: dict[str, ModuleType]) -> None:
    equal = example["rivals"]._equal
    scores = pd.Series(np.random.default_rng(0).permutation(100).astype(float))
    assert (scores > equal(scores)).sum() == 5
    assert (scores[scores < 10] > equal(scores[scores < 10])).sum() == 0


def test_closed_form_command_writes_the_page(
    example: dict[str, ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--tier", "t0", "--models", "plain", "--levels", "0.3", "--count", "1", "--images", "80"]
    example["run"].main([*words, "--out", str(tmp_path / "records"), "--report", str(tmp_path)])
    assert "1/1  t0-plain-030-000-80" in capsys.readouterr().out
    assert "## Coverage" in (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit, match="no such models: plane"):
        example["run"].main(["--tier", "t0", "--models", "plane", "--out", str(tmp_path)])
