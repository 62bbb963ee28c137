"""JUnit XML: each finding and each check of the audit as a test case, for the test page of a pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from xml.etree import ElementTree as ET

from auditor.report.checks import alarm, checks
from auditor.report.levels import badge, ranked, topic
from auditor.report.outcomes import WATCHED, answers, effect, outcome, reason
from auditor.report.plaintext import line, prose, write_text
from auditor.report.signoff import list_decided, signed_off
from auditor.report.withholding import LAYERS

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from auditor.documents.document import Document
    from auditor.documents.ladder import Check, Finding
    from auditor.documents.signoff import Filed
    from auditor.report.signoff import Row as Decided

Result = Literal["passed", "failed", "skipped"]
MESSAGE: Final = 600
"""Characters of a message; the rest stands in the text below it."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test case.

    Attributes
    ----------
    name, group
        With the suite's name they stay the same from audit to audit, so that a history can be kept.
    result, kind, message
        What came of it; kind and message say why it did not pass.
    text
        What a reader is told besides.
    properties
        Names and values.
    """

    name: str
    group: str
    result: Result
    kind: str = ""
    message: str = ""
    text: str = ""
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Test cases that belong together."""

    name: str
    cases: tuple[Case, ...]
    text: str = ""


def write_junit(document: Document, path: str | os.PathLike[str], *, filed: Filed | None = None) -> None:
    """Write the findings and checks as JUnit XML; the same document gives the same bytes.

    Parameters
    ----------
    document
        What it speaks of.
    path
        Where to write.
    filed
        What was signed; None where nothing was.

    Raises
    ------
    RenderError
        If the file cannot be written.
    """
    suites = [findings_suite(document, filed), checks_suite(document)]
    write_text(path, render_suites(document, suites), what="JUnit file")


def render_suites(document: Document, suites: Sequence[Suite]) -> str:
    """Write suites as XML.

    Parameters
    ----------
    document
        The audit that they are of.
    suites
        In the order wanted.

    Returns
    -------
    str
        JUnit XML as most readers take it; nothing takes time, as that would change from run to run.
    """
    root = ET.Element("testsuites", {"name": line(f"auditor: {document.title}", 200)})
    for suite in suites:
        root.append(_suite(suite, document))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", "0")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(suite: Suite, document: Document) -> ET.Element:
    results = [case.result for case in suite.cases]
    counts = {"failures": results.count("failed"), "errors": 0, "skipped": results.count("skipped")}
    made = ET.Element("testsuite", {"name": suite.name, "tests": str(len(results))})
    made.attrib |= {name: str(number) for name, number in counts.items()}
    made.attrib |= {"time": "0", "timestamp": line(document.created[:19])}
    _properties(made, _identity(document))
    taken: set[str] = set()
    for case in suite.cases:
        made.append(_case(case, taken))
    if suite.text:
        ET.SubElement(made, "system-out").text = prose(suite.text)
    return made


def _identity(document: Document) -> Iterable[tuple[str, str]]:
    yield "audit", document.title
    yield "tool", f"{document.tool.name} {document.tool.version}"
    yield "model", document.model.source
    yield "weights_sha256", document.model.weights_sha256
    yield "manifest_sha256", document.data.manifest_sha256
    yield "images", str(document.data.n_read)


def _case(case: Case, taken: set[str]) -> ET.Element:
    """A case whose name no other bears: readers of results take two of one name for one."""
    stem = name = line(case.name, 200)
    again = 1
    while f"{case.group} {name}" in taken:
        again += 1
        name = f"{stem} ({again})"
    taken.add(f"{case.group} {name}")
    made = ET.Element("testcase", {"classname": case.group, "name": name, "time": "0"})
    _properties(made, case.properties)
    if case.result != "passed":
        tag = "failure" if case.result == "failed" else "skipped"
        told = ET.SubElement(made, tag, {"message": line(case.message, MESSAGE)})
        if case.kind:
            told.set("type", case.kind)
        told.text = prose(case.text) or None
    elif case.text:
        ET.SubElement(made, "system-out").text = prose(case.text)
    return made


def _properties(parent: ET.Element, values: Iterable[tuple[str, str]]) -> None:
    listed = [(name, line(value, MESSAGE)) for name, value in values]
    if listed:
        under = ET.SubElement(parent, "properties")
        for name, value in listed:
            ET.SubElement(under, "property", {"name": name, "value": value})


def findings_suite(document: Document, filed: Filed | None = None) -> Suite:
    """Make a test case of each finding.

    Parameters
    ----------
    document
        What it speaks of.
    filed
        What was signed; None where nothing was.

    Returns
    -------
    Suite
        A case fails where use was found of what was not declared core or context, passes where use was ruled out or
        is expected, and is skipped with the reason where nothing can be said. What was decided about a finding stands
        with it and changes no result.
    """
    decided = list_decided(document, filed)
    cases = tuple(
        _finding(finding, document, decided=decided.get(finding.fingerprint)) for finding in ranked(document.findings)
    )
    notes = [signed_off(document, filed).alarm] if filed is not None and filed.signoff is not None else []
    notes = [*filter(None, notes), *(f"Warning: {words}" for words in document.warnings)]
    notes += [f"Not tested: {words}" for words in document.not_tested]
    return Suite(name="auditor.findings", cases=cases, text="\n".join(notes))


def _finding(finding: Finding, document: Document, *, decided: Decided | None) -> Case:
    came = outcome(finding)
    failed = came == "found" and finding.role in WATCHED
    result: Result = "failed" if failed else "passed" if came in {"found", "ruled out"} else "skipped"
    level = badge(finding.level)
    return Case(
        name=topic(finding, document),
        group=f"auditor.findings.{finding.role}",
        result=result,
        kind="" if result == "passed" else f"{finding.level} {level.words}" if failed else came,
        message=finding.headline if failed else f"{came}: {reason(finding)}",
        text="\n".join([f"{finding.level} {level.words}", finding.headline, *_steps(finding)]),
        properties=(*_numbers(finding), *_decision(decided)),
    )


def _decision(decided: Decided | None) -> Iterable[tuple[str, str]]:
    """What people decided about a finding, in their words."""
    if decided is not None:
        yield "decision", decided.mark
        parts = {"reason": decided.reason, "owner": decided.owner, "date": decided.date, "expires": decided.expires}
        yield from ((f"decision_{name}", words) for name, words in parts.items() if words)


def _steps(finding: Finding) -> Iterable[str]:
    sentences: dict[str, str] = {rung.name: rung.sentence for rung in finding.rungs}
    for name, answer in answers(finding).items():
        yield f"{name}: {answer}. {sentences.get(name, '')}".rstrip()


def _numbers(finding: Finding) -> Iterable[tuple[str, str]]:
    yield "level", finding.level
    yield "fingerprint", finding.fingerprint
    row = effect(finding)
    if row is not None and row.value is not None:
        yield "statistic", row.statistic
        yield "effect", repr(row.value)
        if row.ci is not None:
            yield "ci_low", repr(row.ci[0])
            yield "ci_high", repr(row.ci[1])
        yield "unit", row.unit
        yield "n", str(row.n)
    for name, value in (("p", finding.p_value), ("q", finding.q_value)):
        if value is not None:
            yield name, repr(value)


def checks_suite(document: Document) -> Suite:
    """Make a test case of each check that the audit made of its own instruments.

    Parameters
    ----------
    document
        What it speaks of.

    Returns
    -------
    Suite
        A check that did not pass is skipped, and says so: it does not say anything about the model, and what it
        concerns was left out of the findings.
    """
    protocol = document.protocol
    if protocol is None:
        return Suite(name="auditor.checks", cases=(), text="No region was hidden, so there was nothing to check.")
    banner = checks(protocol).banner
    notes = [*([banner] if banner else []), *map(alarm, protocol.false_alarms)]
    return Suite(name="auditor.checks", cases=tuple(map(_check, protocol.checks)), text="\n".join(notes))


def _check(check: Check) -> Case:
    held = f" Withheld: {LAYERS[check.withholds]}." if check.withholds and check.passed is False else ""
    came = "failed" if check.passed is False else "could not be checked"
    return Case(
        name=check.name if check.region is None else f"{check.name}: {line(check.region, 80)}",
        group="auditor.checks",
        result="passed" if check.passed else "skipped",
        kind="" if check.passed else came,
        message=f"{came}: {check.consequence}.{held}".replace("..", "."),
        text=f"{check.statistic}\n{check.consequence}",
    )
