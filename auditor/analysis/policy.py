"""Policy: what an audit must show before a model is released, and gate(): what it says of one audit."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import Field, PrivateAttr, ValidationError

from auditor.analysis.conditions import CONDITIONS
from auditor.analysis.conditions.base import Audited
from auditor.analysis.policy_faults import list_faults
from auditor.analysis.rules import Rule, Undecided, Waiver
from auditor.documents.ladder import Part
from auditor.documents.verdicts import Item, Outcome, Ruling, Verdict
from auditor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from auditor.documents.document import Document

LARGEST: Final = 200_000
"""Bytes of a policy."""


class Policy(Part):
    """What an audit must show: rules, and waivers of findings.

    Examples
    --------
    >>> policy = Policy.model_validate({"rule": [{"region": "face", "max_level": "E1"}, {"min_accuracy": 0.8}]})
    >>> policy.describe()
    ['max_level = E1 for region face', 'min_accuracy = 0.8']
    """

    title: Annotated[str, Field(min_length=1, max_length=200)] = "policy"
    undecided: Undecided = "cannot tell"  # what becomes of a rule whose interval lies on both sides of its bound
    family: Literal["fdr", "fwer"] = "fdr"  # which error is held where a rule asks what was found
    rule: Annotated[tuple[Rule, ...], Field(min_length=1)]
    waiver: tuple[Waiver, ...] = ()
    _source: bytes | None = PrivateAttr(default=None)
    _lines: dict[int, int] = PrivateAttr(default_factory=dict)

    @classmethod
    def parse(cls, source: bytes, *, name: str) -> Self:
        """Read a policy.

        Parameters
        ----------
        source
            TOML in UTF-8.
        name
            What it is called in errors.

        Returns
        -------
        Policy
            Checked.

        Raises
        ------
        UsageError
            If it is no policy; all its faults at once, each with its line and the nearest word that is known.
        """
        text = _decode(source, name)
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{name}: not valid TOML: {error}") from None
        try:
            made = cls.model_validate(values)
        except ValidationError as error:
            faults = list_faults(error, text)
            count = f"{len(faults)} fault" + ("" if len(faults) == 1 else "s")
            raise UsageError("\n".join([f"{name}: {count}", *faults])) from None
        made._source = source  # noqa: SLF001 -- our own
        made._lines = _rule_lines(text)  # noqa: SLF001 -- our own
        return made

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        """Read a policy from a file.

        Parameters
        ----------
        path
            A TOML file.

        Returns
        -------
        Policy
            Checked.

        Raises
        ------
        UsageError
            If it cannot be read, or is no policy.
        """
        try:
            source = path.read_bytes()
        except OSError as error:
            hint = "; `auditor policy init` writes a commented policy"
            raise UsageError(f"{path}: cannot be read as a policy: {error.strerror}{hint}") from None
        return cls.parse(source, name=str(path))

    @property
    def source(self) -> bytes:
        """The bytes of its file; of its content as JSON where it was made in Python."""
        if self._source is not None:
            return self._source
        values = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return json.dumps(values, sort_keys=True, ensure_ascii=False).encode()

    @property
    def sha256(self) -> str:
        """SHA-256 of `source`."""
        return hashlib.sha256(self.source).hexdigest()

    def line(self, place: int) -> int:
        """Line on which a rule begins; 0 where the policy is no file."""
        return self._lines.get(place, 0)

    def describe(self) -> list[str]:
        """All rules, in one line each.

        Returns
        -------
        list of str
            In the policy's order.
        """
        return [rule.describe() for rule in self.rule]


def _decode(source: bytes, name: str) -> str:
    if len(source) > LARGEST:
        raise UsageError(f"{name}: is larger than {LARGEST:,} bytes: not a policy")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{name}: is not UTF-8 text") from None


def _rule_lines(text: str) -> dict[int, int]:
    from auditor.analysis.toml_lines import find_lines

    return {
        place[1]: line
        for place, line in find_lines(text).items()
        if len(place) == 2 and place[0] == "rule" and isinstance(place[1], int)  # noqa: PLR2004 -- ("rule", number)
    }


def gate(
    document: Document, policy: Policy, *, today: str, baseline: Document | None = None, baseline_sha256: str = ""
) -> Verdict:
    """Judge an audit by a policy.

    Parameters
    ----------
    document
        The audit.
    policy
        What it must show.
    today
        Day for which waivers are looked at.
    baseline
        An earlier audit, for rules that compare with one. None takes that of the comparison that the audit holds.
    baseline_sha256
        Of its audit.json: where the audit holds a comparison with this very one, that is read.

    Returns
    -------
    Verdict
        Rule by rule. A rule passes where all that it is about lies within its bound, its whole interval included; fails
        where something lies wholly beyond; and cannot tell otherwise. What is missing never passes.
    """
    audited = Audited(
        document, baseline=baseline, baseline_sha256=baseline_sha256, sha256=policy.sha256, family=policy.family
    )
    waivers = {waiver.finding: waiver for waiver in policy.waiver}
    rulings = [_rule(audited, policy, place, waivers=waivers, today=today) for place in range(len(policy.rule))]
    return Verdict(
        policy=policy.title,
        sha256=policy.sha256,
        locked_at=audited.locked_at,
        rules=(*rulings, *_expired(policy.waiver, today)),
        notes=(_tell_lock(audited), *_tell_waivers(policy.waiver, document, today=today)),
        title=document.title,
    )


def _rule(audited: Audited, policy: Policy, place: int, *, waivers: Mapping[str, Waiver], today: str) -> Ruling:
    rule = policy.rule[place]
    items = CONDITIONS[rule.condition].judge(rule, audited)
    if rule.unless is not None:
        items = [_waive(item, waivers, today=today) for item in items]
    outcome, lenient = _conclude(items, rule.undecided or policy.undecided)
    return Ruling(
        name=rule.name or rule.describe(),
        says=rule.describe(),
        outcome=outcome,
        items=tuple(items),
        why=rule.why or "",
        line=policy.line(place),
        lenient=lenient,
    )


def _waive(item: Item, waivers: Mapping[str, Waiver], *, today: str) -> Item:
    """What a waiver in force lets off stays in sight; what is missing is never let off."""
    waiver = waivers.get(item.fingerprint or "")
    if waiver is None or item.state not in {"outside", "open"} or not waiver.holds(today):
        return item
    words = f"{item.words}; waived until {waiver.expires} by {waiver.owner}: {waiver.reason}"
    return replace(item, state="waived", words=words)


def _conclude(items: Sequence[Item], undecided: Undecided) -> tuple[Outcome, bool]:
    """What came of a rule, and whether it passed although something is open."""
    states = {item.state for item in items}
    if "outside" in states or (undecided == "fail" and states & {"open", "missing"}):
        return "fail", False
    if not states or "missing" in states or ("open" in states and undecided != "pass"):
        return "cannot tell", False
    return "pass", "open" in states


def _expired(waivers: Sequence[Waiver], today: str) -> Iterator[Ruling]:
    for waiver in waivers:
        if not waiver.holds(today):
            words = f"expired on {waiver.expires}; owner: {waiver.owner}; reason: {waiver.reason}"
            item = Item(subject=waiver.finding, state="outside", words=words, fingerprint=waiver.finding)
            says = "a waiver holds until its last day, and is then renewed or removed"
            yield Ruling(name=f"waiver of {waiver.finding}", says=says, outcome="fail", items=(item,))


def _tell_lock(audited: Audited) -> str:
    lock = audited.document.policy
    if audited.locked_at is not None:
        return f"this policy was locked before the run, at {audited.locked_at}"
    if lock is None:
        return "this policy was not locked before the run: the audit's plan names none"
    return f"this policy was not locked before the run: that was {lock.name}, SHA-256 {lock.sha256[:12]}…"


def _tell_waivers(waivers: Sequence[Waiver], document: Document, *, today: str) -> Iterator[str]:
    known = [finding.fingerprint for finding in document.findings]
    for waiver in waivers:
        if waiver.finding not in known:
            from auditor.errors import nearest

            yield f"the waiver of {waiver.finding} meets no finding of this audit{nearest(waiver.finding, known)}"
        elif waiver.holds(today):
            yield f"waived until {waiver.expires}: {waiver.finding} ({waiver.owner}: {waiver.reason})"
