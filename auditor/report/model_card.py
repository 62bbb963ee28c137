"""A model card: Hugging Face front matter with one result per subgroup, and a short text without holes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from auditor.report.escaping import escape, paragraph
from auditor.report.estimates import Estimates
from auditor.report.facts import printed_time
from auditor.report.figures import NOTHING, SPACE, count
from auditor.report.levels import badge, ranked, region_name
from auditor.report.markdown import warnings
from auditor.report.names import NOT_RECORDED, shorten, value_name
from auditor.report.outcomes import outcome
from auditor.report.performance import subgroups
from auditor.report.plaintext import line, write_text
from auditor.report.sentences import standing_out
from auditor.report.tables import listed

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.documents.document import Document
    from auditor.documents.ladder import Estimate, Finding

ROWS: Final = 200
"""Subgroups in the front matter and in the table."""
BY_CLASS: Final = 8
"""Classes that are told apart within a subgroup; with more, the subgroup is told as a whole."""
FINDINGS: Final = 20
SENTENCE: Final = 800
"""Characters of a sentence."""
TITLE: Final = 60.0
DECLARED: Final = {
    "intended_use": "Intended use",
    "users": "Users",
    "affected_groups": "People affected",
    "deployment": "Where it is deployed",
    "out_of_scope": "Out of scope",
    "foreseeable_misuse": "Foreseeable misuse",
    "oversight": "Oversight",
    "residual_risk": "Risk that remains",
    "contact": "Contact",
}
"""Declared facts that a card tells."""
UNUSED: Final = {
    "ruled out": "Ruled out above the margin",
    "open": "Left open for want of evidence",
    "withheld": "Withheld, as a check of the audit failed",
    "not evaluated": "Could not be evaluated",
}
"""How questions are told in which no use was found."""
_LEAD: Final = (
    "This card was written from the results of an audit. It says what was measured on the data named here, and no "
    "more: it is evidence, not a certificate."
)
_SCOPE: Final = (
    "Labels, subgroups and regions are those that the annotations name; nothing is said about people, places or cues "
    "that they do not name."
)


class _Quoted(str):
    """Text that YAML puts between quotes, so that none of its dialects takes it for a number, a date or a truth."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes blocks without references, and text of the data between double quotes."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- as the base class has it
        return True


_Dumper.add_representer(
    _Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')
)


def write_card(document: Document, path: str | os.PathLike[str]) -> None:
    """Write the model card; the same document gives the same bytes.

    Parameters
    ----------
    document
        What it speaks of.
    path
        Where to write.

    Raises
    ------
    RenderError
        If the file cannot be written.
    """
    write_text(path, f"---\n{_front_matter(document)}---\n\n{_text(document)}", what="model card")


def _front_matter(document: Document) -> str:
    values = {
        "pipeline_tag": "image-classification",
        "tags": ["image-classification", "bias-audit"],
        "metrics": ["accuracy"],
        "model-index": [
            {"name": _quoted(document.declared.model_name or document.title), "results": list(_results(document))}
        ],
    }
    written: str = yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
    return written


def _quoted(text: str, most: int = 200) -> _Quoted:
    return _Quoted(line(text, most))


def _results(document: Document) -> Iterator[dict[str, Any]]:
    """All images first, then each subgroup; what has no number is left out."""
    estimates = Estimates(document)
    whole = _result(document, estimates, None)
    if whole is not None:
        yield whole
    for group in subgroups(document)[:ROWS]:
        made = _result(document, estimates, group)
        if made is not None:
            yield made


def _result(document: Document, estimates: Estimates, group: tuple[str, str] | None) -> dict[str, Any] | None:
    metrics = [_metric(row, estimates) for row in _cells(document, estimates, group)]
    if not metrics:
        return None
    dataset: dict[str, Any] = {
        "type": "imagefolder",
        "name": _quoted(document.declared.dataset_name or document.data.annotations),
        "revision": _quoted(document.data.manifest_sha256),
    }
    if group is not None:
        dataset["args"] = {_quoted(group[0], 100): _quoted(group[1] or NOT_RECORDED)}
    task = {"type": "image-classification", "name": "Image Classification"}
    return {"task": task, "dataset": dataset, "metrics": metrics}


def _cells(document: Document, estimates: Estimates, group: tuple[str, str] | None) -> Iterator[Estimate]:
    attribute, subgroup = group or (None, None)
    few = len(document.model.classes) <= BY_CLASS
    for label in (None, *(document.model.classes if few else ())):
        found = estimates.find("accuracy", label=label, attribute=attribute, subgroup=subgroup)
        if found is not None and found.value is not None:
            yield found


def _metric(row: Estimate, estimates: Estimates) -> dict[str, Any]:
    number = estimates.printed(row)
    whose = "" if row.label is None else f" where the label is {line(row.label, 80)}"
    name = f"accuracy{whose} {number.interval}, n = {count(number.n)}{', few cases' if number.small else ''}"
    return {"type": "accuracy", "value": round(row.value or 0.0, 6), "name": _quoted(name.replace(SPACE, " "))}


def _text(document: Document) -> str:
    parts = [
        f"# {escape(shorten(line(document.title), TITLE))}",
        _LEAD,
        "## What was audited",
        *_audited(document),
        *_declared(document),
        "## What was found",
        *_found(document),
        *_answers(document),
        "## Limits of this audit",
        *_items([*warnings(document), *document.not_tested]),
        _SCOPE,
    ]
    return "\n\n".join(parts) + "\n"


def _audited(document: Document) -> Iterator[str]:
    model, data = document.model, document.data
    names = listed(escape(name, 60) for name in model.classes[:BY_CLASS])
    more = f" and {len(model.classes) - BY_CLASS} more" if len(model.classes) > BY_CLASS else ""
    split = listed(escape(one.name, 60) for one in data.attributes)
    made = f"{escape(document.tool.name)} {escape(document.tool.version)}"
    yield (
        f"The classifier {escape(model.source, 200)} (weights SHA-256 `{line(model.weights_sha256)}`) tells "
        f"{len(model.classes)} {'class' if len(model.classes) == 1 else 'classes'} apart: {names}{more}. It was run on "
        f"{count(data.n_read)} of {count(data.n_listed)} images listed in {escape(data.annotations, 200)}"
        f"{f', split by {split}' if split else ''}, with {made} on "
        f"{escape(printed_time(document.created), 40)}."
    )
    regions = [f"{escape(one.name, 60)} ({one.role})" for one in data.regions]
    if regions:
        shown = regions if len(regions) <= FINDINGS else [*regions[:FINDINGS], f"{len(regions) - FINDINGS} more"]
        yield f"Regions that were looked at, with the role declared for each: {listed(shown)}."


def _declared(document: Document) -> Iterator[str]:
    """What only the provider knows; nothing where nothing was said."""
    said = {words: getattr(document.declared, name) for name, words in DECLARED.items()}
    told = [f"{words}: {one}" for words, one in said.items() if one]
    if told:
        yield "## Declared by the provider, not verified"
        yield from _items(told)


def _found(document: Document) -> Iterator[str]:
    told = [finding for finding in ranked(document.findings) if outcome(finding) == "found"]
    if document.protocol is None and not document.findings:
        yield "No region was hidden, so nothing is said about what the model uses."
    elif not told:
        yield "Use was found in none of the questions asked; that is not to say that there is none."
    yield from _items(f"{badge(one.level).code} ({badge(one.level).words}): {one.headline}" for one in told[:FINDINGS])
    if len(told) > FINDINGS:
        yield f"{count(len(told) - FINDINGS)} more findings of use are in audit.json."
    yield from _rest(document.findings)


def _rest(findings: Sequence[Finding]) -> Iterator[str]:
    """What was ruled out and what cannot be said, by name."""
    for came, words in UNUSED.items():
        about = [_about(finding) for finding in findings if outcome(finding) == came]
        if about:
            shown = about if len(about) <= FINDINGS else [*about[:FINDINGS], f"{len(about) - FINDINGS} more"]
            yield f"{words}: {listed(shown)}."


def _about(finding: Finding) -> str:
    whom = f" with {escape(finding.attribute, 60)}" if finding.attribute else ""
    return f"{escape(region_name(finding.region))}{whom}"


def _answers(document: Document) -> Iterator[str]:
    """Right answers in words, and by subgroup as a table."""
    estimates = Estimates(document)
    yield "## Right answers by subgroup"
    yield " ".join(paragraph(words, SENTENCE) for words in standing_out(document, estimates)[:2])
    rows = [_row(estimates, group) for group in subgroups(document)[:ROWS]]
    if rows:
        yield "\n".join(["| Attribute | Subgroup | Answered right | Interval | n |", "|---|---|--:|:-:|--:|", *rows])
    else:
        yield "No attribute was audited, so no subgroups are told apart."
    more = len(subgroups(document)) - ROWS
    if more > 0:
        yield f"{count(more)} more subgroups are in audit.json."


def _row(estimates: Estimates, group: tuple[str, str]) -> str:
    number = estimates.number("accuracy", attribute=group[0], subgroup=group[1])
    between = number.interval.strip("[]").replace(", ", " to ") or NOTHING
    n = f"{count(number.n)}{' (few cases)' if number.small else ''}"
    named = (escape(group[0], 60), escape(value_name(group[1]), 60))
    return f"| {' | '.join((*named, escape(number.text), escape(between), n))} |"


def _items(sentences: Iterable[str]) -> Iterator[str]:
    told = [f"- {paragraph(words, SENTENCE)}" for words in sentences]
    if told:
        yield "\n".join(told)
