"""The README tells the truth: every command and flag is in it, its plan is a plan, its links lead somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from auditor.cli import main
from auditor.plans.plan import Audit

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FLAGS = [
    (name, flag)
    for name, command in main.commands.items()
    for parameter in command.params
    if isinstance(parameter, click.Option)
    for flag in parameter.opts
]


@pytest.mark.parametrize("command", main.commands)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`auditor {command}" in README


@pytest.mark.parametrize(("command", "flag"), FLAGS)
def test_every_flag_is_in_the_readme(command: str, flag: str) -> None:
    assert re.search(rf"`{flag}[ `]", README), f"{command} {flag}"


def test_the_plan_in_the_readme_is_a_plan(tmp_path: Path) -> None:
    block = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert block is not None
    (tmp_path / "audit.toml").write_text(block[1], encoding="utf-8")
    assert Audit.from_toml(tmp_path / "audit.toml").audit.attributes == ["gender"]


def test_every_link_in_the_readme_leads_to_a_file() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    headings = {f"#{title.lower().replace(' ', '-')}" for title in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}
    assert [link for link in links if link not in headings and not (ROOT / link).exists()] == []


@pytest.mark.parametrize("model", ["biased", "balanced"])
def test_the_accuracy_in_the_readme_is_that_of_the_committed_audit(model: str) -> None:
    audit = json.loads((ROOT / "reports" / "demo" / model / "audit.json").read_text(encoding="utf-8"))
    keys = ("label", "attribute")
    overall = next(
        row for row in audit["estimates"] if row["statistic"] == "accuracy" and all(row[key] is None for key in keys)
    )
    low, high = overall["ci"]
    printed = f"{overall['value'] * 100 + 1e-9:.0f} %"  # halves up, as the report prints them
    assert f"| {model} | {printed} [" in README
    assert f"[{low * 100:.0f}, {high * 100:.0f}]" in README
