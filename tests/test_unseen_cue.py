"""A model that uses a corner tag which its maps do not show: attention alone would find nothing, hiding finds it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import auditor

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.documents.ladder import Finding

COUNT, SIDE, CELL, PATCH = 120, 56, 8, 16
CLASSES = ("red", "green")
BLUE, YELLOW = (40, 40, 230), (230, 230, 40)


class WideModel(nn.Module):
    """Sees the patch where it is; what it sees of the tag it spreads over the whole map before it decides.

    The answer is (redness - greenness of the patch) + (blue or yellow of the tag), both of about the same size.
    """

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(3, 4, CELL, stride=CELL, bias=False)
        self.spread = nn.Conv2d(4, 4, 13, padding=6, bias=False)
        self.see = nn.ReLU()
        self.decide = nn.Linear(4, 2, bias=False)
        seen = torch.tensor([[1.0, -1, 0], [-1.0, 1, 0], [-0.5, -0.5, 1], [0.5, 0.5, -1]])  # red, green, blue, yellow
        with torch.no_grad():
            self.look.weight.copy_(seen[:, :, None, None].expand(4, 3, CELL, CELL) / CELL**2)
            self.spread.weight.zero_()
            for channel in range(4):
                everywhere = channel >= 2
                self.spread.weight[channel, channel] = 1.0 if everywhere else 0.0
                self.spread.weight[channel, channel, 6, 6] = 1.0
            self.decide.weight.copy_(torch.tensor([[40.0, 0, 1.5, 0], [0, 40.0, 0, 1.5]]))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        seen = self.see(self.spread(torch.relu(self.look(images))))
        logits: torch.Tensor = self.decide(seen.mean(dim=(2, 3)))
        return logits


def draw(folder: Path) -> Path:
    """Patches in the colour of the label, more or less strongly; tags in some corner, in the colour of the site."""
    (folder / "photos").mkdir()
    annotations, regions = [], []
    for k in range(COUNT):
        random, name = np.random.default_rng([5, k]), f"{k:04d}.png"
        site = ("north", "south")[k % 2 if random.random() < 0.6 else 1 - k % 2]
        pixels = random.integers(90, 150, (SIDE, SIDE, 1)).repeat(3, axis=2)
        x, y = random.integers(CELL, SIDE - CELL - PATCH, 2).tolist()
        weaker = 230 - 2 * int(100 * random.random())
        red, green = (230, weaker) if k % 2 == 0 else (weaker, 230)
        pixels[y : y + PATCH, x : x + PATCH] = red, green, (red + green) / 2  # neither blue nor yellow
        left, top = random.choice([0, SIDE - CELL], 2).tolist()
        pixels[top : top + CELL, left : left + CELL] = BLUE if site == "north" else YELLOW
        Image.fromarray(pixels.astype(np.uint8)).save(folder / "photos" / name)
        annotations.append((name, CLASSES[k % 2], site))
        regions.append((name, "patch", x, y, x + PATCH, y + PATCH))
        regions.append((name, "tag", left, top, left + CELL, top + CELL))
    tables = (
        ("annotations", "image label site", annotations),
        ("regions", "image region x_min y_min x_max y_max", regions),
    )
    for table, header, rows in tables:
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header.split(), *rows])
    return folder


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> auditor.AuditResult:
    folder = draw(tmp_path_factory.mktemp("tagged"))
    steps = auditor.Preprocessing(resize=(SIDE, SIDE), crop=None, mean=(0, 0, 0), std=(1, 1, 1))
    model = auditor.load_model(WideModel().eval(), classes=CLASSES, preprocessing=steps, target_layer="see")
    dataset = auditor.AnnotatedDataset.from_csv(
        folder / "annotations.csv",
        images=folder / "photos",
        regions=folder / "regions.csv",
        roles={"patch": "core", "tag": "artefact"},
    )
    asked = {"controls": 2, "fills": ["mean", "noise"]}
    return auditor.audit(model, dataset, attributes=["site"], interventions=asked)


def pick(result: auditor.AuditResult, region: str, attribute: str | None) -> Finding:
    (found,) = (one for one in result.document.findings if (one.region, one.attribute) == (region, attribute))
    return found


def test_the_maps_do_not_show_the_tag(result: auditor.AuditResult) -> None:
    table = result.estimates
    row = table[(table["statistic"] == "enrichment") & (table["target"] == "predicted") & (table["region"] == "tag")]
    assert row["ci_high"].iloc[0] < 1.5
    protocol = result.document.protocol
    assert protocol is not None
    assert {check.name: check.passed for check in protocol.checks}["faithful maps"]
    assert all(check.withholds != "attention" for check in protocol.checks)


def test_the_tag_is_used_all_the_same(result: auditor.AuditResult) -> None:
    finding = pick(result, "tag", "site")
    assert finding.level in {"E3'", "E4"}
    assert {rung.name: rung.answer for rung in finding.rungs} | {"hurts": ""} == {
        "opportunity": "not enough evidence",
        "looks": "ruled out",
        "uses": "found",
        "hurts": "",
    }
    assert "The heat map does not show this." in finding.headline
    assert pick(result, "tag", None).level == "E3'"


def test_what_the_maps_show_is_not_used_by_site(result: auditor.AuditResult) -> None:
    finding = pick(result, "patch", "site")
    assert finding.rungs[1].answer == "found"
    assert finding.rungs[2].answer != "found"


def test_there_are_no_false_alarms(result: auditor.AuditResult) -> None:
    assert result.document.protocol is not None
    assert [alarm.flagged for alarm in result.document.protocol.false_alarms] == [0] * 4
