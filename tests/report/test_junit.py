"""JUnit XML: read back by a parser of others, each case where a pipeline looks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from defusedxml import ElementTree
from junitparser import Failure, JUnitXml, Properties, Skipped

from auditor.report.junit import Case, Suite, render_suites, write_junit
from tests.report.hostile import EDGES, hostile
from tests.report.laddered import ALL_LEVELS, MANY, finding, laddered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from junitparser import TestCase

    from auditor.documents.document import Document

    Make = Callable[..., Document]

ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"name", "classname", "time"},
    "properties": set(),
    "property": {"name", "value"},
    "failure": {"message", "type"},
    "skipped": {"message", "type"},
    "system-out": set(),
}
CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase", "system-out"],
    "testcase": ["properties", "failure", "skipped", "system-out"],
    "properties": ["property"],
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Document], JUnitXml]:
    def read(audit: Document) -> JUnitXml:
        write_junit(audit, tmp_path / "junit.xml")
        return JUnitXml.fromfile(str(tmp_path / "junit.xml"))

    return read


def cases(parsed: JUnitXml, suite: str) -> dict[str, TestCase]:
    (found,) = (one for one in parsed if one.name == suite)
    return {f"{case.classname} {case.name}": case for case in found}


def check_schema(element: Any) -> None:
    """What the common schemas ask for: known elements in order, known attributes, counts that add up."""
    assert set(element.keys()) == ATTRIBUTES[element.tag]
    order = CHILDREN.get(element.tag, [])
    places = [order.index(child.tag) for child in element]
    assert places == sorted(places)
    if element.tag in {"testsuite", "testsuites"}:
        assert int(element.get("tests")) == len(element.findall(".//testcase"))
        assert int(element.get("failures")) == len(element.findall(".//failure"))
        assert int(element.get("skipped")) == len(element.findall(".//skipped"))
    for child in element:
        check_schema(child)


def test_findings_fail_pass_or_are_skipped(make_document: Make, read: Callable[[Document], JUnitXml]) -> None:
    found = cases(read(laddered(make_document(pairs=0), ALL_LEVELS)), "auditor.findings")
    results = {name: [type(one) for one in case.result] for name, case in found.items()}
    protected = "auditor.findings.protected "
    assert results[f"{protected}face · gender: woman against man"] == [Failure]
    assert results[f"{protected}hair · gender: woman against man"] == [Failure]
    assert results[f"{protected}coat · gender: woman against man"] == []
    assert results[f"{protected}hair"] == [Skipped]
    assert results[f"{protected}stethoscope"] == [Skipped]
    assert len(results) == len(ALL_LEVELS)


@pytest.mark.parametrize(
    ("role", "failed"), [("core", 0), ("context", 0), ("protected", 1), ("artefact", 1), ("undeclared", 1)]
)
def test_use_of_what_was_declared_core_or_context_is_expected(
    make_document: Make, read: Callable[[Document], JUnitXml], role: Any, failed: int
) -> None:
    audit = make_document(pairs=0)
    parsed = read(audit.model_copy(update={"findings": [finding("E4", audit, role=role)]}))
    assert (parsed.tests, parsed.failures, parsed.skipped) == (1, failed, 0)
    (case,) = cases(parsed, "auditor.findings").values()
    assert case.classname == f"auditor.findings.{role}"
    told = case.result[0].message if failed else case.system_out
    assert "Hiding the face changes the answer in 18 % of photographs" in told


def test_reasons_and_numbers_are_told(make_document: Make, read: Callable[[Document], JUnitXml]) -> None:
    found = cases(read(laddered(make_document(pairs=0), ALL_LEVELS)), "auditor.findings")
    grave = found["auditor.findings.protected face · gender: woman against man"]
    assert {one.name: one.value for one in grave.child(Properties)} == {
        "level": "E4", "fingerprint": "E4-face-gender", "statistic": "aligned_shift", "effect": "0.28", "ci_low": "0.2",
        "ci_high": "0.4", "unit": "SD", "n": "800", "p": "0.0011", "q": "0.004",
    }  # fmt: skip
    assert grave.result[0].type == "E4 uses and hurts"
    assert "hurts: found." in (grave.result[0].text or "")
    untested = found["auditor.findings.protected stethoscope"].result[0]
    assert untested.message == (
        "not evaluated: We could not check this: only 9 doctors are women; at least 20 people (ideally 80) are needed."
    )


def test_checks_never_fail_the_model(make_document: Make, read: Callable[[Document], JUnitXml]) -> None:
    found = cases(read(laddered(make_document(pairs=0), ALL_LEVELS)), "auditor.checks")
    results = {name: [(type(one), one.message) for one in case.result] for name, case in found.items()}
    assert results["auditor.checks Random head"] == []
    ((kind, message),) = results["auditor.checks Deletion"]
    assert kind is Skipped
    assert message == "failed: The maps are not faithful here. Withheld: statements on attention."
    assert results["auditor.checks Positive control: coat"][0][1].startswith("could not be checked: ")


def test_warnings_and_limits_stand_beside_the_findings(
    make_document: Make, read: Callable[[Document], JUnitXml], tmp_path: Path
) -> None:
    read(make_document(pairs=0))
    text = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert "Warning: 2 of 402 images were left out" in text
    assert "Not tested: Cues that are not marked as a region." in text


@pytest.mark.parametrize("edge", [name for name in EDGES if name != "two hundred classes"])
@pytest.mark.parametrize("levels", [ALL_LEVELS, MANY, []])
def test_it_fits_the_common_schemas(make_document: Make, tmp_path: Path, edge: str, levels: Any) -> None:
    write_junit(laddered(make_document(**EDGES[edge]), levels), tmp_path / "junit.xml")
    check_schema(ElementTree.parse(tmp_path / "junit.xml").getroot())


def test_hostile_names_stay_names(make_document: Make, read: Callable[[Document], JUnitXml], tmp_path: Path) -> None:
    audit = hostile(make_document)
    parsed = read(audit)
    assert len(cases(parsed, "auditor.findings")) == len(audit.findings)
    check_schema(ElementTree.parse(tmp_path / "junit.xml").getroot())


def test_no_two_cases_bear_one_name(make_document: Make) -> None:
    twins = tuple(Case(name="face", group="a", result="passed") for _ in range(3))
    text = render_suites(make_document(pairs=0), [Suite(name="gate", cases=twins)])
    root = ElementTree.fromstring(text)
    assert [case.get("name") for case in root.iter("testcase")] == ["face", "face (2)", "face (3)"]
