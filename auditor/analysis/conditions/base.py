"""The contract of a condition, and the audit as conditions look at it: subjects, numbers, what must be there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from auditor.analysis.wording import percent, span
from auditor.documents.verdicts import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.analysis.rules import Rule
    from auditor.documents.comparisons import Pair as Paired
    from auditor.documents.document import Document, HiddenGroup
    from auditor.documents.ladder import Estimate, Finding
    from auditor.documents.verdicts import State

    Pair = tuple[str, str | None]
    Judge = Callable[[tuple[float, float]], State]

SHARES: Final = frozenset({"share", "difference"})
"""Units that are printed in per cent."""
ORDER: Final[tuple[State, ...]] = ("outside", "missing", "open", "waived", "inside")
"""Of several answers to one question the first of these counts."""
NOT_COMPARED: Final = "the comparison in this audit is not whole: compare the audits again"
NO_BASELINE: Final = "no baseline audit was given: --baseline DIR, or a folder that `auditor compare` wrote"
_PAIR: Final = 2


@dataclass(frozen=True)
class Condition:
    """One thing that a rule may ask.

    Attributes
    ----------
    judge
        Takes the rule and the audit; gives an item for each thing that the rule is about, and one that is missing for
        each that is not there. Never none.
    """

    judge: Callable[[Rule, Audited], list[Item]]

    @property
    def says(self) -> str:
        """What it asks, in one sentence."""
        return (self.judge.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")


@dataclass(frozen=True)
class Audited:
    """An audit as conditions look at it.

    What there should be is read from more than one place of the document, so that a part that was taken out is missed.

    Attributes
    ----------
    document
        The audit.
    baseline
        An earlier one to compare with.
    baseline_sha256
        Of the earlier one's audit.json.
    sha256
        Of the policy.
    family
        ``"fdr"`` or ``"fwer"``: which error is held where a rule asks what was found.
    """

    document: Document
    baseline: Document | None = None
    baseline_sha256: str = ""
    sha256: str = ""
    family: Literal["fdr", "fwer"] = "fdr"

    @property
    def locked_at(self) -> str | None:
        """When this very policy was locked; None where it was not, or only after the run was begun."""
        lock = self.document.policy
        if lock is None or lock.sha256 != self.sha256 or lock.locked_at > self.document.created:
            return None
        return lock.locked_at

    @property
    def is_compared(self) -> bool:
        """Whether the audit holds a comparison with the baseline: with that very one, where one is given."""
        found = self.document.comparison
        if found is None or self.baseline is None:
            return found is not None
        first = found.models[0] if found.models else None
        return first is None or first.name != found.baseline or first.audit_sha256 == self.baseline_sha256

    @property
    def paired(self) -> Paired | None:
        """What the comparison says of this model and the baseline; None where it does not, or parts of it are gone."""
        found = self.document.comparison
        if found is None or not found.pairs or not found.models or found.models[0].name != found.baseline:
            return None
        return found.pairs[-1] if found.pairs[-1].candidate == found.models[-1].name else None

    @cached_property
    def rows(self) -> dict[str, list[Estimate]]:
        """Estimates by statistic."""
        found: dict[str, list[Estimate]] = defaultdict(list)
        for row in self.document.estimates:
            found[row.statistic].append(row)
        return found

    def pick(self, statistic: str, **keys: str | None) -> list[Estimate]:
        """Rows of a statistic with these keys, None where they are not split by it."""
        return [row for row in self.rows[statistic] if all(getattr(row, key) == value for key, value in keys.items())]

    @cached_property
    def classes(self) -> list[str]:
        """Classes of the model, and labels of the data."""
        hidden = [group.label for group in self._hidden if group.label is not None]
        return list(dict.fromkeys([*self.document.model.classes, *self.document.data.labels, *hidden]))

    @property
    def _hidden(self) -> list[HiddenGroup]:
        """Groups that a public version leaves out: it names them, so that no rule passes over them."""
        return [] if self.document.redaction is None else self.document.redaction.groups

    @property
    def is_cut(self) -> bool:
        """Whether numbers were left out of this version of the audit."""
        return self.document.redaction is not None and self.document.redaction.numbers > 0

    def tell_lost(self, how: str = "", *, where: str = "this audit") -> str:
        """Why a number is not there."""
        hidden = ", or is left out of its public version" if self.is_cut else ""
        return f"was not measured{how} in {where}{hidden}"

    @cached_property
    def attributes(self) -> dict[str, list[str]]:
        """Recorded values of each attribute, with those that a public version leaves out."""
        found: dict[str, dict[str, None]] = {}
        for one in self.document.data.attributes:
            found.setdefault(one.name, {}).update(dict.fromkeys(name for name in one.counts if name))
        for row in (*self.rows["accuracy"], *self.rows["group_accuracy"]):
            if row.attribute is not None:
                found.setdefault(row.attribute, {}).update({row.subgroup: None} if row.subgroup else {})
        for group in self._hidden:
            if group.attribute is not None:
                found.setdefault(group.attribute, {}).update({group.subgroup: None} if group.subgroup else {})
        asked = self.document.plan.get("audit")
        listed = asked.get("attributes") if isinstance(asked, dict) else None
        for name in listed if isinstance(listed, list) else ():
            found.setdefault(str(name), {})
        return {name: sorted(values) for name, values in found.items()}

    def contrasts(self, attribute: str) -> list[str]:
        """Values that are set against the others: of two, only the last."""
        values = self.attributes.get(attribute, [])
        return values[1:] if len(values) == _PAIR else values

    @cached_property
    def roles(self) -> dict[str, set[str]]:
        """Regions with whatever they were declared to be."""
        found: dict[str, set[str]] = defaultdict(set)
        for region in self.document.data.regions:
            found[region.name].add(region.role)
        data = self.document.plan.get("data")
        planned = data.get("roles") if isinstance(data, dict) else None
        for name, role in (planned if isinstance(planned, dict) else {}).items():
            found[name].add(str(role))
        for finding in self.document.findings:
            found[finding.region].add(finding.role)
        for statistic in ("property_shift", "property_flips"):
            for row in self.rows[statistic]:
                found[row.region or ""].add("undeclared")
        return dict(found)

    def findings(self, pair: Pair) -> list[Finding]:
        """Findings on a region and an attribute, or on a region alone."""
        return [one for one in self.document.findings if (one.region, one.attribute) == pair]

    @property
    def agreeing(self) -> list[str]:
        """Ways of hiding that must agree."""
        protocol = self.document.protocol
        return [] if protocol is None else list(protocol.agreeing)


def missing(subject: str, words: str) -> Item:
    """Item of something that is not there, or not to be relied on."""
    return Item(subject=subject, state="missing", words=words)


def judge_rows(
    audited: Audited,
    rows: Sequence[Estimate],
    *,
    subject: str,
    judge: Judge,
    asked: str,
) -> Item:
    """Judge rows that speak of one thing: all of them must be within, and one that is beyond is enough.

    Parameters
    ----------
    audited
        The audit.
    rows
        Usually one.
    subject
        In words.
    judge
        Where an interval lies.
    asked
        The bound, in words.

    Returns
    -------
    Item
        Missing where there is no row, no interval, or fewer independent cases than the audit relies on.
    """
    if not rows:
        return missing(subject, audited.tell_lost())
    items = [_judge_row(audited, row, subject=subject, judge=judge, asked=asked) for row in rows]
    return min(items, key=lambda item: ORDER.index(item.state))


def _judge_row(audited: Audited, row: Estimate, *, subject: str, judge: Judge, asked: str) -> Item:
    fault = find_fault(audited, row)
    if fault:
        return missing(subject, fault)
    state = judge(row.ci or (0.0, 1.0))
    return Item(subject=subject, state=state, words=f"{tell(row)}; asked for: {asked}", estimate=row)


def find_fault(audited: Audited, row: Estimate) -> str | None:
    """Why a number cannot be judged; None where it can."""
    least = audited.document.method.min_clusters
    if row.value is None:
        return f"could not be computed from {row.n:,} images"
    if row.ci is None:
        return "has no interval to judge by"
    if row.clusters < least:
        return f"{row.clusters:,} independent images or persons; with fewer than {least} no number is relied on"
    return None


def tell(row: Estimate) -> str:
    """A number with its interval and n."""
    value, limits = row.value or 0.0, row.ci or (0.0, 0.0)
    if row.unit in SHARES:
        return f"{percent(value)} {span(*limits, unit='%')}, n = {row.n:,}"
    unit = "" if row.unit == "ratio" else f" {row.unit}"
    return f"{value + 0.0:.2f}{unit} {span(*limits)}, n = {row.n:,}"


def at_most(bound: float) -> Judge:
    """Judge an interval by an upper bound."""
    return lambda ci: "inside" if ci[1] <= bound else "outside" if ci[0] > bound else "open"


def at_least(bound: float) -> Judge:
    """Judge an interval by a lower bound."""
    return lambda ci: "inside" if ci[0] >= bound else "outside" if ci[1] < bound else "open"


def within(bound: float) -> Judge:
    """Judge an interval of something that counts in both directions."""

    def judge(ci: tuple[float, float]) -> State:
        low, high = ci
        if -bound <= low and high <= bound:
            return "inside"
        return "outside" if low > bound or high < -bound else "open"

    return judge


def name_cell(what: str, label: str | None = None, group: tuple[str | None, str | None] = (None, None)) -> str:
    """What a number is about, in words."""
    parts = [f"labelled {label}"] if label is not None else []
    parts += [f"{group[0]} {group[1]}" if group[1] is not None else str(group[0])] if group[0] is not None else []
    return f"{what} ({', '.join(parts)})" if parts else what
