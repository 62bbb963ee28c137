"""Judging for others to see: the verdict on the audit itself, and what of it may leave the house."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from auditor.analysis.policy import gate as judge
from auditor.documents.document import serialise
from auditor.documents.signoff import find_today
from auditor.documents.verdicts import Item
from auditor.errors import DataError
from auditor.gating import gate
from auditor.privacy.disclosure import LEFT_OUT, Disclosure
from auditor.privacy.publication import redact
from auditor.privacy.redaction import WITHHELD
from auditor.result import hash_audit, read_document

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.analysis.policy import Policy
    from auditor.documents.document import Document
    from auditor.documents.verdicts import Ruling, Verdict
    from auditor.privacy.publication import Wish

SUBJECT: Final = "what may not be told"
PUBLIC_NOTE: Final = (
    "this is told as far as the public version of the audit allows; the outcomes are those of the audit itself"
)
DERIVED_NOTE: Final = (
    "this was judged on the public version of the audit: what that leaves out is missing, and the audit itself may "
    "come out otherwise"
)
_NAMELESS: Final = {"owner": LEFT_OUT, "reason": LEFT_OUT}
_SALT: Final = 32


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A verdict, and what is printed of it.

    Attributes
    ----------
    verdict
        On the audit itself: its outcome counts.
    shown
        The same outcomes with what may be told.
    document
        The version of the audit that goes with it.
    """

    verdict: Verdict
    shown: Verdict
    document: Document


def judge_to_show(
    document: Document,
    *,
    policy: Policy,
    baseline: str | Path | None = None,
    disclosure: Disclosure | None = None,
) -> Judged:
    """Judge an audit, and leave out of what is printed what its public version leaves out.

    Parameters
    ----------
    document
        The audit.
    policy
        What it must show.
    baseline
        Folder of an earlier audit; None where there is none, or where the audit holds a comparison.
    disclosure
        How much may be shown; default: as the plan of the audit asked.

    Returns
    -------
    Judged
        All of the verdict, unless the public version is asked for: then what the public version tells as well. Whether
        a rule passes is said whatever it rests on, as the exit code says so, too.

    Raises
    ------
    DataError
        If the baseline cannot be read, or an audit is too small for a public version, or is a version with hashed names
        that none can be made of.
    """
    verdict = gate(document, policy=policy, baseline=baseline)
    wish = (disclosure or Disclosure()).over(document.report).wish
    if not wish.public and (document.redaction is None or not document.redaction.public):
        return Judged(verdict=verdict, shown=verdict, document=document)
    earlier = None if baseline is None else read_document(baseline)
    public, before = _publish(document, wish), None if earlier is None else _publish(earlier, wish)
    bare = policy.model_copy(update={"waiver": tuple(one.model_copy(update=_NAMELESS) for one in policy.waiver)})
    told = [
        _judge(one, bare, baseline=other, sha256="" if baseline is None else hash_audit(baseline))
        for one, other in ((document, earlier), (public, before))
    ]
    rules = tuple(_leave_out(*pair) for pair in zip(told[0].rules, told[1].rules, strict=True))
    known = tuple(note for note in told[0].notes if note in told[1].notes)
    note = PUBLIC_NOTE if document.redaction is None else DERIVED_NOTE
    shown = replace(told[0], rules=rules, notes=(*known, note), title=public.title)
    return Judged(verdict=verdict, shown=shown, document=public)


def _judge(document: Document, policy: Policy, *, baseline: Document | None, sha256: str) -> Verdict:
    return judge(document, policy, today=find_today(), baseline=baseline, baseline_sha256=sha256)


def _publish(document: Document, wish: Wish) -> Document:
    """The public version; no verdict holds the name of an image, so that the salt need not be kept."""
    if document.redaction is not None and not document.redaction.public:
        raise DataError(
            f"{document.title}: a public version is made of the audit.json of a run, found one in which the names of "
            "images are hashed; give that of the run"
        )
    source = hashlib.sha256(serialise(document)).hexdigest()
    salt = secrets.token_bytes(_SALT)
    return redact(document, wish._replace(public=True), salt=salt, source_sha256=source).document


def _leave_out(rule: Ruling, public: Ruling) -> Ruling:
    """A rule with what is told of it in the public version alike; the rest is one line."""
    told = {_key(item): item for item in public.items}
    gone = [item for item in (*rule.told, *rule.items) if _key(item) not in told]
    if not gone:
        return replace(rule, items=tuple(told[_key(item)] for item in rule.items))
    kept = tuple(told[_key(item)] for item in rule.items if _key(item) in told)
    return replace(rule, items=(*kept, Item(subject=SUBJECT, state=gone[0].state, words=WITHHELD)))


def _key(item: Item) -> tuple[str, ...]:
    return item.subject, item.state, item.words, item.fingerprint or ""
