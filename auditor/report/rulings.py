"""A verdict for pipelines: a test case per rule, and a table for a job's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.documents.verdicts import STATES, tell_rule
from auditor.report.escaping import escape, paragraph
from auditor.report.junit import Case, Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.verdicts import Item, Outcome, Ruling, Verdict
    from auditor.report.junit import Result

RESULTS: Final[dict[Outcome, Result]] = {"pass": "passed", "fail": "failed", "cannot tell": "skipped"}
ITEMS: Final = 4
"""Things told of one rule on a job's page."""
LONGEST: Final = 300
"""Characters of a sentence there."""


def make_suite(verdict: Verdict) -> Suite:
    """Make a test case of each rule.

    Parameters
    ----------
    verdict
        What came of the gate.

    Returns
    -------
    Suite
        A rule that cannot tell is skipped, with its reason: whether that stops a release is the exit code's to say.
    """
    cases = tuple(_case(rule, verdict) for rule in verdict.rules)
    return Suite(name="auditor.gate", cases=cases, text="\n".join([f"Outcome: {verdict.outcome}", *verdict.notes]))


def _case(rule: Ruling, verdict: Verdict) -> Case:
    told = [tell_item(item) for item in rule.told]
    within = [f"within: {item.subject}: {item.words}" for item in rule.items if item.state == "inside"]
    reason = [f"Why: {rule.why}"] if rule.why else []
    return Case(
        name=rule.name,
        group="auditor.gate",
        result=RESULTS[rule.outcome],
        kind="" if rule.outcome == "pass" else rule.outcome,
        message="" if rule.outcome == "pass" else f"{rule.outcome}: {'; '.join(told)}",
        text="\n".join([tell_rule(rule), *reason, *told, *within]),
        properties=tuple(_properties(rule, verdict)),
    )


def _properties(rule: Ruling, verdict: Verdict) -> Iterator[tuple[str, str]]:
    yield "rule", rule.says
    yield "policy", f"{verdict.policy}{f', line {rule.line}' if rule.line else ''}"
    yield "policy_sha256", verdict.sha256
    deciding = next((item.estimate for item in (*rule.told, *rule.items) if item.estimate is not None), None)
    if deciding is not None and deciding.value is not None:
        yield "effect", repr(deciding.value)
        if deciding.ci is not None:
            yield "ci_low", repr(deciding.ci[0])
            yield "ci_high", repr(deciding.ci[1])
        yield "n", str(deciding.n)


def tell_item(item: Item) -> str:
    """Tell one thing that was judged.

    Parameters
    ----------
    item
        Of a rule.

    Returns
    -------
    str
        On one line.
    """
    mark = f" ({item.fingerprint})" if item.fingerprint is not None and item.state != "inside" else ""
    return f"{STATES[item.state]}: {item.subject}{mark}: {item.words}"


def tell_verdict(verdict: Verdict) -> str:
    """Tell a verdict in Markdown.

    Parameters
    ----------
    verdict
        What came of the gate.

    Returns
    -------
    str
        A heading, a row per rule and the notes; nothing of the data is read as Markdown or HTML.
    """
    lines = [
        f"## Gate: {verdict.outcome}",
        "",
        f"Policy {escape(verdict.policy, 120)} (SHA-256 {verdict.sha256[:12]}…) on {escape(verdict.title, 120)}.",
        "",
        "| | Rule | What kept it from passing outright |",
        "|---|---|---|",
        *(_row(rule) for rule in verdict.rules),
        "",
        *(f"- {paragraph(note, LONGEST)}" for note in verdict.notes),
        "",
        "Evidence, not a certificate: a rule that passes says that its bound was met in this audit, and no more.",
    ]
    return "\n".join(lines) + "\n"


def _row(rule: Ruling) -> str:
    told = [escape(tell_item(item), LONGEST) for item in rule.told[:ITEMS]]
    if len(rule.told) > ITEMS:
        told.append(f"… and {len(rule.told) - ITEMS} more")
    line = f" (line {rule.line})" if rule.line else ""
    return f"| **{rule.outcome}** | {escape(tell_rule(rule), LONGEST)}{line} | {'<br>'.join(told)} |"
