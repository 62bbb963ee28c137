"""SARIF: the structure that code hosts ask for, and alerts that stay the same from audit to audit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from auditor.documents.document import serialise
from auditor.report import sarif
from auditor.report.sarif import make_run, write_sarif
from tests.report.hostile import EDGES, hostile
from tests.report.laddered import ALL_LEVELS, MANY, finding, laddered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document

    Make = Callable[..., Document]


def closed(required: str, **properties: Any) -> dict[str, Any]:
    names = required.split()
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def many(items: Any, **rest: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **rest}


TEXT = {"type": "string", "minLength": 1}
MESSAGE = closed("text", text=TEXT)
BAG = {"type": "object"}
LOCATION = closed(
    "physicalLocation",
    physicalLocation=closed(
        "artifactLocation region",
        artifactLocation=closed("uri", uri={"type": "string", "pattern": "^[a-z.]+$"}, index={"const": 0}),
        region=closed("startLine", startLine={"type": "integer", "minimum": 1}),
    ),
)
RULE = closed(
    "id shortDescription fullDescription help",
    id={"type": "string", "pattern": "^[a-z-]+$"},
    name={"type": "string", "pattern": "^[A-Za-z]+$"},
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=closed("level", level={"enum": ["warning"]}),
    properties=BAG,
)
RESULT = closed(
    "ruleId ruleIndex kind level message locations partialFingerprints properties",
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    kind={"enum": ["fail", "open"]},
    level={"enum": ["error", "warning", "none"]},
    message=MESSAGE,
    locations=many(LOCATION, minItems=1),
    partialFingerprints={"type": "object", "additionalProperties": TEXT, "minProperties": 1},
    properties=BAG,
)
NOTIFICATION = closed("message level", message=MESSAGE, level={"enum": ["warning", "note"]})
RUN = closed(
    "tool automationDetails invocations artifacts results",
    tool=closed("driver", driver=closed("name rules", name=TEXT, version=TEXT, rules=many(RULE))),
    automationDetails=closed("id", id={"type": "string", "pattern": "^auditor/[a-z0-9-]+/$"}),
    invocations=many(
        closed(
            "executionSuccessful toolExecutionNotifications",
            executionSuccessful={"const": True},
            toolExecutionNotifications=many(NOTIFICATION),
        )
    ),
    artifacts=many(closed("location", location=closed("uri", uri=TEXT), mimeType=TEXT)),
    columnKind={"const": "unicodeCodePoints"},
    results=many(RESULT, maxItems=5000),
)
LOG = {"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": many(RUN, minItems=1, maxItems=1)}
"""The part of the specification that is used here, written down by hand: no package ships the official schema."""


def check(run: dict[str, Any]) -> None:
    Draft202012Validator(RUN).validate(run)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["kind"] == "fail" or result["level"] == "none"  # as the specification demands


@pytest.fixture
def audit(make_document: Make) -> Document:
    return laddered(make_document(pairs=0), ALL_LEVELS)


def test_the_file_is_a_log(audit: Document, tmp_path: Path) -> None:
    write_sarif(audit, tmp_path / "audit.sarif", audit=serialise(audit))
    log = json.loads((tmp_path / "audit.sarif").read_bytes())
    Draft202012Validator(closed("$schema version runs", **LOG)).validate(log)
    check(log["runs"][0])


def test_only_use_and_open_questions_are_results(audit: Document) -> None:
    results = make_run(audit)["results"]
    assert [(one["properties"]["level"], one["kind"], one["level"]) for one in results] == [
        ("E4", "fail", "error"),
        ("E3", "fail", "warning"),
        ("E3'", "fail", "warning"),
        ("E1", "open", "none"),
        ("I", "open", "none"),
        ("I", "open", "none"),
    ]
    assert results[0]["ruleId"] == "use-of-protected-region"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"role": "protected"}, "use-of-protected-region"),
        ({"role": "artefact"}, "use-of-artefact"),
        ({"role": "undeclared"}, "use-of-undeclared-region"),
        ({"role": "undeclared", "region": "(brightness)"}, "use-of-picture-property"),
        ({"role": "undeclared", "region": "(mine)"}, "use-of-undeclared-region"),
        ({"role": "core"}, None),
        ({"role": "context"}, None),
    ],
)
def test_the_rule_is_what_was_asked(make_document: Make, changes: Any, rule: str | None) -> None:
    audit = make_document(pairs=0)
    run = make_run(audit.model_copy(update={"findings": [finding("E4", audit, **changes)]}))
    assert [one["ruleId"] for one in run["results"]] == ([rule] if rule else [])


def test_each_result_stands_on_the_line_of_its_finding(audit: Document) -> None:
    lines = serialise(audit).decode().split("\n")
    for result in make_run(audit, audit=serialise(audit))["results"]:
        number = result["locations"][0]["physicalLocation"]["region"]["startLine"]
        assert lines[number - 1].strip() == f'"fingerprint": "{result["properties"]["fingerprint"]}",'


def test_fingerprints_outlive_numbers_and_order(audit: Document) -> None:
    def prints(one: Document) -> set[str]:
        return {result["partialFingerprints"]["primaryLocationLineHash"] for result in make_run(one)["results"]}

    moved = [one.model_copy(update={"q_value": 0.01, "headline": "else"}) for one in reversed(audit.findings)]
    assert prints(audit) == prints(audit.model_copy(update={"findings": moved, "created": "2030-01-01T00:00:00Z"}))
    assert len(prints(audit)) == len(make_run(audit)["results"])


def test_models_are_told_apart(audit: Document) -> None:
    titles = ("Biased model", "看護師", "看護", "")
    ids = {make_run(audit.model_copy(update={"title": title}))["automationDetails"]["id"] for title in titles}
    assert len(ids) == len(titles)


def test_what_limits_the_audit_is_a_notification(audit: Document) -> None:
    (invocation,) = make_run(audit)["invocations"]
    told = [(one["level"], one["message"]["text"]) for one in invocation["toolExecutionNotifications"]]
    assert ("warning", "2 of 402 images were left out: 1 truncated, 1 not an image.") in told
    assert ("note", "Not tested: Whether hiding a region changes the answer.") in told
    assert any(level == "warning" and "“Deletion” failed: The maps are not" in words for level, words in told)
    assert any(level == "note" and words.startswith("stethoscope: not evaluated.") for level, words in told)


def test_a_code_host_is_given_no_more_than_it_takes(audit: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST", 2)
    run = make_run(audit)
    assert len(run["results"]) == 2
    last = run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]
    assert last == "4 more findings are in audit.json; code hosts take 2."


@pytest.mark.parametrize("edge", [name for name in EDGES if name != "two hundred classes"])
@pytest.mark.parametrize("levels", [MANY, []])
def test_it_is_well_formed_at_the_edges(make_document: Make, edge: str, levels: Any) -> None:
    audit = laddered(make_document(**EDGES[edge]), levels)
    check(make_run(audit, audit=serialise(audit)))


def test_hostile_names_stay_text(make_document: Make) -> None:
    run = make_run(hostile(make_document))
    check(run)
    texts = [one["message"]["text"] for one in (*run["results"], *run["invocations"][0]["toolExecutionNotifications"])]
    assert not [text for text in texts if "](" in text]
    assert "{{{{7*7}}}}" in texts  # a brace is written twice, or it is a place to fill in
