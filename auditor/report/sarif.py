"""SARIF 2.1.0: use of what should not be used as alerts of a code host, the same alert from audit to audit."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final

from auditor.documents.document import REDACTED
from auditor.properties import is_property
from auditor.report.levels import badge, ranked, topic
from auditor.report.outcomes import WATCHED, effect, outcome, reason
from auditor.report.plaintext import line, write_text
from auditor.report.signoff import list_decided
from auditor.report.withholding import LAYERS

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from auditor.documents.document import Document
    from auditor.documents.ladder import Check, Finding
    from auditor.documents.signoff import Filed
    from auditor.report.signoff import Row as Decided

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST: Final = 5000
"""Results of a run: code hosts take no more."""
TEXT: Final = 4000
"""Characters of a message."""
ARTIFACT: Final = "audit.json"
_REGION: Final = (
    "Hiding such a region changes the model's answers, or pushes groups of people apart, by more than a margin that "
    "was fixed before the run and more than hiding equally large other areas does."
)
_PICTURE: Final = (
    "Changing a property of the whole picture, such as its brightness, changes the model's answers by more than a "
    "margin that was fixed before the run."
)
RULES: Final[dict[str, tuple[str, str]]] = {
    "use-of-protected-region": ("A protected region changes the answer", _REGION),
    "use-of-artefact": ("An artefact changes the answer", _REGION),
    "use-of-undeclared-region": ("A region of no declared role changes the answer", _REGION),
    "use-of-picture-property": ("A property of the whole picture changes the answer", _PICTURE),
}
"""What is looked for: what it is called, and when it is said."""
_HELP: Final = (
    "Read the finding in report.html: its numbers, its intervals and the photographs. If the use is not acceptable, "
    "change the data or the model and audit again; if it is meant, declare the region's role in the plan."
)
_FINGERPRINT: Final = re.compile(rb'\s*"fingerprint": ("(?:[^"\\]|\\.)*"),?\s*$')
_STATUS: Final = {"accept": "accepted", "mitigate": "underReview", "reject": "rejected"}
"""What a decision is called there: only what was accepted is hidden."""
_ROLES: Final = {"protected": "use-of-protected-region", "artefact": "use-of-artefact"}


def write_sarif(
    document: Document, path: str | os.PathLike[str], *, audit: bytes = b"", filed: Filed | None = None
) -> None:
    """Write the findings as SARIF; the same document gives the same bytes.

    Parameters
    ----------
    document
        What it speaks of.
    path
        Where to write.
    audit
        The bytes of audit.json, for the line on which each finding stands; without them all stand on the first.
    filed
        What was signed; None where nothing was.

    Raises
    ------
    RenderError
        If the file cannot be written.
    """
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [make_run(document, audit=audit, filed=filed)]}
    text = json.dumps(log, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, f"{text}\n", what="SARIF file")


def make_run(document: Document, *, audit: bytes = b"", filed: Filed | None = None) -> dict[str, Any]:
    """Tell an audit as a run of an analysis tool.

    Parameters
    ----------
    document
        What it speaks of.
    audit
        The bytes of audit.json.
    filed
        What was signed; None where nothing was.

    Returns
    -------
    dict
        The ``run`` object. Its results are uses that were found of what was not declared core or context (``fail``)
        and such questions left ``open``; what was ruled out is left out, since code hosts show every result as an
        alert whatever its kind. What was decided about a finding is a suppression. Whatever limits the audit itself is
        a notification.
    """
    told = [finding for finding in ranked(document.findings) if finding.role in WATCHED]
    shown = [finding for finding in told if outcome(finding) in {"found", "open"}]
    places, decided = _places(audit), list_decided(document, filed)
    return {
        "tool": {"driver": _driver(document)},
        "automationDetails": {"id": f"auditor/{_slug(document.title)}/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [*_notifications(document), *_left_out(told, len(shown))],
            }
        ],
        "artifacts": [{"location": {"uri": _artifact(document)}, "mimeType": "application/json"}],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, document, places) | _suppressed(decided.get(finding.fingerprint))
            for finding in shown[:MOST]
        ],
    }


def _artifact(document: Document) -> str:
    """The file that alerts stand in: what they were made from."""
    return ARTIFACT if document.redaction is None else REDACTED


def _driver(document: Document) -> dict[str, Any]:
    return {
        "name": line(document.tool.name),
        "version": line(document.tool.version),
        "rules": [
            {
                "id": name,
                "name": "".join(word.capitalize() for word in name.split("-")),
                "shortDescription": {"text": short},
                "fullDescription": {"text": full},
                "help": {"text": _HELP},
                "defaultConfiguration": {"level": "warning"},
                "properties": {"tags": ["bias", "spurious-correlation"]},
            }
            for name, (short, full) in RULES.items()
        ],
    }


def _slug(text: str) -> str:
    """A name that keeps the alerts of one model apart from those of another; never empty."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60].strip("-")
    return plain if plain and text.isascii() else f"{plain or 'audit'}-{_digest(text)[:8]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _places(audit: bytes) -> dict[str, int]:
    """The line of audit.json on which each finding's fingerprint stands."""
    found = ((number, _FINGERPRINT.match(words)) for number, words in enumerate(audit.split(b"\n"), start=1))
    return {json.loads(match[1]): number for number, match in found if match}


def _result(finding: Finding, document: Document, places: dict[str, int]) -> dict[str, Any]:
    found = outcome(finding) == "found"
    named = _ROLES.get(finding.role, "use-of-undeclared-region")
    rule = "use-of-picture-property" if is_property(finding.region) else named
    digest = _digest(finding.fingerprint)
    words = finding.headline if found else f"Open: {reason(finding)}"
    return {
        "ruleId": rule,
        "ruleIndex": list(RULES).index(rule),
        "kind": "fail" if found else "open",
        "level": ("error" if finding.level == "E4" else "warning") if found else "none",
        "message": _message(f"{topic(finding, document)}: {words}"),
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _artifact(document), "index": 0},
                    "region": {"startLine": places.get(finding.fingerprint, 1)},
                }
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": f"{digest[:16]}:1", "auditorFinding/v1": digest},
        "properties": {"level": finding.level, "meaning": badge(finding.level).words, **_numbers(finding)},
    }


def _suppressed(decided: Decided | None) -> dict[str, Any]:
    """What people decided about a finding; a decision that has expired suppresses nothing."""
    if decided is None or decided.state:
        return {}
    words = f"{decided.mark}: {decided.reason} ({decided.owner}, {decided.date})"
    one = {"kind": "external", "status": _STATUS[decided.shape], "justification": line(words, TEXT)}
    return {"suppressions": [one]}


def _numbers(finding: Finding) -> dict[str, Any]:
    row = effect(finding)
    numbers: dict[str, Any] = {"fingerprint": line(finding.fingerprint, TEXT)}
    if row is not None:
        low, high = row.ci or (None, None)
        numbers |= {"statistic": row.statistic, "effect": row.value, "ciLow": low, "ciHigh": high, "unit": row.unit}
        numbers |= {"n": row.n}
    numbers |= {"p": finding.p_value, "q": finding.q_value}
    return {name: value for name, value in numbers.items() if value is not None}


def _notifications(document: Document) -> Iterator[dict[str, Any]]:
    """What limits the audit: checks that did not pass, warnings of page 1."""
    for check in document.protocol.checks if document.protocol is not None else ():
        if not check.passed:
            yield _notification(_told(check), "warning" if check.passed is False else "note")
    for words in document.warnings:
        yield _notification(words, "warning")
    for words in document.not_tested:
        yield _notification(f"Not tested: {words}", "note")


def _told(check: Check) -> str:
    came = "failed" if check.passed is False else "could not be made"
    about = f" for {check.region}" if check.region is not None else ""
    held = f" Withheld: {LAYERS[check.withholds]}." if check.withholds and check.passed is False else ""
    return f"The check “{check.name}”{about} {came}: {check.consequence.rstrip('.')}.{held} {check.statistic}"


def _left_out(told: list[Finding], shown: int) -> Iterator[dict[str, Any]]:
    for finding in told:
        if outcome(finding) in {"withheld", "not evaluated"}:
            yield _notification(f"{finding.region}: {outcome(finding)}. {reason(finding)}", "note")
    if shown > MOST:
        yield _notification(f"{shown - MOST} more findings are in {ARTIFACT}; code hosts take {MOST}.", "warning")


def _notification(words: str, level: str) -> dict[str, Any]:
    return {"message": _message(words), "level": level}


def _message(words: str) -> dict[str, str]:
    """Plain text: braces would be places to fill in, and a name could be a link (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    plain = line(words, TEXT).replace("](", "] (").replace("{", "{{").replace("}", "}}")
    return {"text": plain or "(nothing was said)"}
