"""The gate in a pipeline: what stands in examples/ci is run against the demo's audits, its page held to the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from auditor.analysis.policy import Policy
from auditor.analysis.policy_faults import known_keys
from auditor.analysis.rules import SELECTORS, WAIVABLE, Rule
from auditor.gating import list_presets

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CI = ROOT / "examples" / "ci"
DEMO = ROOT / "reports" / "demo"
PAGE = (CI / "POLICY.md").read_text(encoding="utf-8")
ENDS = [("biased", 1), ("balanced", 0)]


class Place:
    """A folder as a pipeline has it: an audit, a policy, `auditor` on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        command = folder / "bin" / "auditor"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m auditor "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        self.run("auditor policy init")

    def file(self, model: str) -> None:
        audit = self.folder / "reports" / "audit"
        audit.mkdir(parents=True, exist_ok=True)
        (audit / "audit.json").write_bytes((DEMO / model / "audit.json").read_bytes())

    def run(self, script: str, **variables: str) -> tuple[int, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 -- as runners do
            cwd=self.folder,
            env={**inherited, "PATH": path, "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def read(name: str) -> Any:
    return yaml.safe_load((CI / name).read_text(encoding="utf-8"))


def steps_of_the_action(**given: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Script and environment of each step that runs one, its inputs filled in."""
    action = read("action.yml")
    inputs = {name: str(told["default"]) for name, told in action["inputs"].items()} | given
    fill = lambda text: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: inputs[found[1]], text)  # noqa: E731
    return {
        step["name"]: (step["run"], {name: fill(value) for name, value in step["env"].items()})
        for step in action["runs"]["steps"]
        if "run" in step
    }


@pytest.mark.parametrize(("model", "code"), ENDS)
def test_the_action_judges_and_tells(place: Place, model: str, code: int) -> None:
    place.file(model)
    script, variables = steps_of_the_action(policy="release")["Gate"]
    output, summary = place.folder / "output", place.folder / "summary.md"
    found, told = place.run(script, **variables, GITHUB_OUTPUT=str(output), GITHUB_STEP_SUMMARY=str(summary))
    assert found == code, told
    assert output.read_text(encoding="utf-8") == f"outcome={'fail' if code else 'pass'}\n"
    assert summary.read_text(encoding="utf-8").startswith(f"## Gate: {'fail' if code else 'pass'}")
    assert (place.folder / "reports" / "audit" / "gate.xml").is_file()


def test_the_action_without_a_policy_asks_for_one(place: Place) -> None:
    place.file("balanced")
    script, variables = steps_of_the_action()["Gate"]
    found, told = place.run(script, **variables, GITHUB_OUTPUT=str(place.folder / "output"))
    assert found == 2, told
    assert "no policy: this audit's plan names none" in told
    assert (place.folder / "output").read_text(encoding="utf-8") == "outcome=error\n"


def test_the_action_heeds_a_baseline(place: Place) -> None:
    place.file("balanced")
    (place.folder / "strict.toml").write_text("[[rule]]\nmax_accuracy_drop = 0.03\n", encoding="utf-8")
    script, variables = steps_of_the_action(policy="strict.toml", baseline=str(DEMO / "biased"))["Gate"]
    found, told = place.run(script, **variables, GITHUB_OUTPUT=str(place.folder / "output"))
    assert found == 0, told


def test_the_audit_of_action_and_job_is_a_run_that_goes_on(place: Place) -> None:
    """The command is right, down to the plan that it asks for; what a run does is tested elsewhere."""
    (audit, variables), job = steps_of_the_action()["Audit"], read("gitlab-ci.yml")["audit"]
    assert audit in job["script"]
    assert variables == {"PLAN": "audit.toml", "OUT": "reports/audit"}
    found, told = place.run(audit, **variables)
    assert (found, "audit.toml: no such file; `auditor init` writes a commented plan" in told) == (2, True)


@pytest.mark.parametrize(("model", "code"), ENDS)
def test_the_gitlab_job_judges(place: Place, model: str, code: int) -> None:
    place.file(model)
    job = read("gitlab-ci.yml")["audit"]
    lines = [line for line in job["script"] if not line.startswith("auditor run")]
    assert len(lines) == 2
    found, told = place.run("\n".join(lines), **job["variables"])
    assert found == code, told
    named = job["artifacts"]["reports"]["junit"].replace("$OUT", job["variables"]["OUT"])
    assert (place.folder / named).is_file()
    assert job["allow_failure"]["exit_codes"] == [4]


@pytest.mark.parametrize(("model", "code"), ENDS)
def test_hooks_of_pre_commit_stop_what_the_policy_fails(place: Place, model: str, code: int) -> None:
    place.file(model)
    (repository,) = read("pre-commit-config.yaml")["repos"]
    check, gate = repository["hooks"]
    assert place.run(check["entry"])[0] == 0
    assert place.run(gate["entry"])[0] == code
    assert all(re.search(gate["files"], name) for name in ("policy.toml", "reports/audit/audit.json"))
    (place.folder / "policy.toml").write_text("[[rule]]\nmin_acuracy = 0.9\n", encoding="utf-8")
    found, told = place.run(check["entry"])
    assert (found, "line 2: min_acuracy: no such key; nearest: 'min_accuracy'" in told) == (2, True)


@pytest.mark.parametrize(("model", "code"), ENDS)
def test_the_stage_of_dvc_judges_what_it_depends_on(place: Place, model: str, code: int) -> None:
    place.file(model)
    stages = read("dvc.yaml")["stages"]
    found, told = place.run(stages["gate"]["cmd"])
    assert found == code, told
    assert all((place.folder / name).exists() for name in (*stages["gate"]["deps"], *stages["gate"]["outs"]))
    assert stages["audit"]["outs"][0] in stages["gate"]["deps"]


@pytest.mark.parametrize(("model", "code"), ENDS)
def test_the_recipe_is_a_test_that_tells_why(place: Place, model: str, code: int) -> None:
    recipe = f'"{sys.executable}" -m pytest -q -p no:cacheprovider -c /dev/null "{CI / "test_release.py"}"'
    found, told = place.run(recipe, AUDIT=str(DEMO / model), POLICY="release")
    assert found == code, told
    assert ("fail         no use found" in told) == bool(code)


def tables() -> Iterator[tuple[str, list[list[str]]]]:
    """Tables of the page, by the heading that they stand under."""
    heading = ""
    rows: list[list[str]] = []
    for line in [*PAGE.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
        elif rows:
            yield heading, rows[2:]
            rows = []
        if line.startswith("#"):
            heading = line.lstrip("# ")


def named(rows: list[list[str]]) -> list[str]:
    return [row[0].strip("|` ") for row in rows]


def test_the_page_names_every_key_and_no_other() -> None:
    by_heading: dict[str, list[str]] = {}
    for heading, rows in tables():
        by_heading.setdefault(heading, []).extend(named(rows))
    assert by_heading["The top of the file"] == list(known_keys(""))
    assert set(by_heading["The top of the file"]) == set(Policy.model_fields)
    assert by_heading["Waivers"] == list(known_keys("waiver"))
    conditions = [key for heading, keys in by_heading.items() if heading.startswith("Conditions") for key in keys]
    assert sorted(conditions) == sorted(SELECTORS)
    assert sorted([*by_heading["Rules"], *conditions]) == sorted(known_keys("rule"))


def test_the_page_says_what_narrows_each_condition() -> None:
    rows = [row for heading, some in tables() if heading.startswith("Conditions") for row in some]
    for row in rows:
        assert re.findall(r"`(\w+)`", row[2]) == list(SELECTORS[row[0].strip("|` ")]), row


def test_the_page_names_what_can_be_waived_and_every_level() -> None:
    paragraph = PAGE.split("only findings can be waived: ")[1].split(". ")[0]
    assert set(re.findall(r"`(\w+)`", paragraph)) == WAIVABLE
    (levels,) = (row[1] for _, rows in tables() for row in rows if row[0].strip("|` ") == "max_level")
    said = re.findall(r'"(\w+)"', levels)
    assert [Rule.model_validate({"max_level": level}).bound for level in said] == ["R", "E1", "E2", "E3"]


def test_policies_on_the_page_are_policies() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert blocks
    for block in blocks:
        Policy.parse(block.encode(), name="POLICY.md")
        assert tomllib.loads(block)
    assert all(name in PAGE for name in list_presets())


def test_links_of_the_page_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert {CI / link for link in links} == {
        path for path in CI.iterdir() if path.is_file() and path.name != "POLICY.md"
    }
