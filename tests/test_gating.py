"""The gate from folders and by command: presets on the demo's models and on a small cut, locks, files, exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from junitparser import JUnitXml

import auditor
from auditor.analysis.policy import Policy
from auditor.cli import main
from auditor.documents.document import serialise
from auditor.errors import DataError, UsageError
from auditor.gating import find_policy, gate, list_presets, lock_policy, read_policy, write_policy, write_verdict
from auditor.resources import examples
from auditor.result import read_document
from tests.analysis.gated import audit
from tests.test_docs import ROOT

if TYPE_CHECKING:
    from pathlib import Path

DEMO = ROOT / "reports" / "demo"


def invoke(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "audit.json").write_bytes(serialise(audit()))
    return tmp_path


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty of the demo's pictures, audited under the release policy."""
    from auditor.plans.plan import Audit

    place, story = tmp_path_factory.mktemp("cut"), examples() / "doctor_nurse"
    drawing = [sys.executable, str(story / "render.py"), str(place / "data"), "--count", "30", "--seed", "2020"]
    subprocess.run(drawing, check=True)
    data = {"images": "photos", "annotations": "people.csv", "regions": "regions.csv"}
    overrides: dict[str, object] = {f"data.{key}": str(place / "data" / name) for key, name in data.items()}
    plan = Audit.from_toml(story / "balanced.toml", overrides={**overrides, "policy": "release"})
    auditor.run(plan, out=place / "audit")
    return place / "audit"


@pytest.mark.parametrize(("model", "outcome", "code"), [("biased", "fail", 1), ("balanced", "pass", 0)])
def test_the_release_policy_tells_the_demos_models_apart(model: str, outcome: str, code: int) -> None:
    verdict = auditor.gate(DEMO / model, policy="release")
    assert (verdict.outcome, verdict.passed, verdict.exit_code) == (outcome, code == 0, code)
    names = {rule.name for rule in verdict.violations}
    assert names == (
        {"no use found", "large use ruled out", "worst group", "no gap shown", "large gap ruled out"} if code else set()
    )


def test_thirty_pictures_are_too_few_to_tell(cut: Path) -> None:
    verdict = auditor.gate(cut)
    assert (verdict.outcome, verdict.violations, verdict.exit_code) == ("cannot tell", (), 4)
    assert {"sample size", "no use found", "large use ruled out", "worst group"} <= {
        rule.name for rule in verdict.unsettled
    }


def test_a_policy_is_locked_before_the_run(cut: Path) -> None:
    document = read_document(cut)
    header = json.loads((cut / "records" / "run.json").read_text(encoding="utf-8"))
    assert document.policy is not None
    assert header["policy"]["sha256"] == document.policy.sha256 == read_policy("release").sha256
    assert document.policy.locked_at <= document.created
    assert document.policy.text.encode() == find_policy("release").read_bytes()
    assert "policy" not in document.plan
    verdict = auditor.gate(cut)
    assert verdict.locked_at == document.policy.locked_at
    assert verdict.notes[0].startswith("this policy was locked before the run")
    assert "was not locked before the run: that was release" in auditor.gate(cut, policy="medical").notes[0]


def test_a_run_is_not_gone_on_with_under_another_policy(cut: Path) -> None:
    from auditor.plans.plan import Audit

    data, story = cut.parent / "data", examples() / "doctor_nurse"
    places = {"images": "photos", "annotations": "people.csv", "regions": "regions.csv"}
    overrides: dict[str, object] = {f"data.{key}": str(data / name) for key, name in places.items()}
    plan = Audit.from_toml(story / "balanced.toml", overrides={**overrides, "policy": "medical"})
    with pytest.raises(UsageError, match="was started with another policy"):
        auditor.run(plan, out=cut, resume=True)


def test_the_report_says_which_policy_was_locked(cut: Path) -> None:
    page = (auditor.write_report(cut, formats=("html",))[0]).read_text(encoding="utf-8")
    lock = read_document(cut).policy
    assert lock is not None
    assert page.count(lock.sha256) == 2  # document control, method
    assert re.search(r"Rule 1 of the policy</th>\s*<td[^>]*>\s*checks = passed for check positive control", page)
    bare = (auditor.write_report(DEMO / "balanced", cut.parent / "bare", formats=("html",))[0]).read_text(
        encoding="utf-8"
    )
    assert bare.count("None was locked before the run") == 2


def test_the_medical_policy_asks_for_the_checks_of_each_region() -> None:
    document = read_document(DEMO / "biased")
    assert document.protocol is not None
    asked = [rule for rule in gate(document, policy="medical").rules if rule.name.startswith("instruments")]
    states = [item.state for rule in asked for item in rule.items]
    passed = [check.passed is True for check in document.protocol.checks]
    assert (len(states), states.count("inside")) == (len(passed), sum(passed))
    assert asked[1].outcome == "cannot tell"


def test_every_preset_is_a_policy_with_a_reason_for_every_number() -> None:
    assert list_presets() == ["ll144", "medical", "release"]
    for name in list_presets():
        policy = read_policy(name)
        assert policy.title == name
        assert all(rule.why for rule in policy.rule)
        assert auditor.gate(DEMO / "balanced", policy=name).outcome in {"pass", "cannot tell"}


def test_a_written_policy_is_the_preset(tmp_path: Path) -> None:
    code, text = invoke("policy", "init", tmp_path / "policy.toml", "--preset", "medical")
    assert (code, "policy.toml: edit it, name it in the plan" in text) == (0, True)
    assert (tmp_path / "policy.toml").read_bytes() == find_policy("medical").read_bytes()
    assert "exists; name another file" in invoke("policy", "init", tmp_path / "policy.toml")[1]
    with pytest.raises(UsageError, match="nearest: 'release'"):
        write_policy(tmp_path / "a.toml", preset="relase")
    with pytest.raises(UsageError, match="its folder does not exist"):
        write_policy(tmp_path / "none" / "a.toml")


def test_check_prints_rules_or_faults(tmp_path: Path) -> None:
    code, text = invoke("policy", "check", "release")
    assert code == 0
    assert re.search(r"line \d+: min_n = 20\n", text)
    assert read_policy("release").sha256 in text
    (tmp_path / "p.toml").write_text("[[rule]]\nmin_n = 0\n", encoding="utf-8")
    code, text = invoke("policy", "check", tmp_path / "p.toml")
    assert (code, "line 2: min_n: input should be greater than or equal to 1" in text) == (2, True)
    assert invoke("policy", "check", "relase")[1].endswith("nearest: 'release', or name a .toml file\n")


@pytest.mark.parametrize(
    ("rule", "code", "word"),
    [("min_accuracy = 0.8", 0, "pass"), ("min_accuracy = 0.95", 1, "fail"), ("min_accuracy = 0.9", 4, "cannot tell")],
)
def test_the_exit_code_is_the_verdict(folder: Path, rule: str, code: int, word: str) -> None:
    (folder / "p.toml").write_text(f"[[rule]]\n{rule}\n", encoding="utf-8")
    found, text = invoke("gate", folder, "--policy", folder / "p.toml", "--format", "junit,markdown")
    assert found == code
    assert text.startswith(f"{word}: policy policy on Stripes and dots")
    (case,) = next(iter(JUnitXml.fromfile(str(folder / "gate.xml"))))
    assert [type(one).__name__ for one in case.result] == {0: [], 1: ["Failure"], 4: ["Skipped"]}[code]
    assert (folder / "gate.md").read_text(encoding="utf-8").startswith(f"## Gate: {word}\n")


def test_a_verdict_goes_where_it_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    code, text = invoke("gate", folder, "--policy", "release", "--out", folder / "gate", "--format", "markdown")
    assert code in {0, 1, 4}
    assert (folder / "gate" / "gate.md").read_text(encoding="utf-8") == page.read_text(encoding="utf-8")[:-1]
    assert f"summary appended to {page}" in text


def test_a_baseline_is_compared_with(folder: Path) -> None:
    (folder / "p.toml").write_text("[[rule]]\nno_new_findings = true\nrole = 'protected'\n", encoding="utf-8")
    found, text = invoke("gate", folder, "--policy", folder / "p.toml")
    assert (found, "no baseline audit was given" in text) == (4, True)
    assert invoke("gate", folder, "--policy", folder / "p.toml", "--baseline", folder)[0] == 0
    assert invoke("gate", DEMO / "biased", "--policy", folder / "p.toml", "--baseline", DEMO / "balanced")[0] == 1


def test_a_users_mistake_is_one_line(folder: Path) -> None:
    asked = "give --policy FILE or one of: ll144, medical, release"
    assert invoke("gate", folder) == (2, f"auditor: no policy: this audit's plan names none; {asked}\n")
    code, text = invoke("gate", folder, "--policy", "release", "--format", "jnit")
    assert (code, text) == (2, "auditor: no such format: 'jnit'; nearest: 'junit'; there is: junit, markdown\n")
    with pytest.raises(DataError, match="cannot be read"):
        gate(folder / "none.json", policy="release")
    with pytest.raises(UsageError, match="no such policy: 'relase'; nearest: 'release'"):
        lock_policy("relase")


def test_names_of_the_data_are_text_in_every_output(tmp_path: Path) -> None:
    hostile = "<b>|`x`"
    policy = Policy.model_validate(
        {"title": hostile, "rule": [{"name": hostile, "region": hostile, "max_level": "E1"}]}
    )
    document = audit()
    verdict = gate(document, policy=policy)
    write_verdict(verdict, document, tmp_path, formats=("junit", "markdown"))
    assert "<b>" not in (tmp_path / "gate.md").read_text(encoding="utf-8")
    assert next(iter(next(iter(JUnitXml.fromfile(str(tmp_path / "gate.xml")))))).name == hostile


def test_a_result_and_its_folder_get_the_same_verdict() -> None:
    document = read_document(DEMO / "balanced")
    assert gate(document, policy="release") == gate(DEMO / "balanced", policy="release")
    assert gate(document, policy=read_policy("release")) == gate(DEMO / "balanced" / "audit.json", policy="release")
