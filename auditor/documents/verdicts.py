"""Verdicts: what a policy says of an audit, rule by rule, down to each thing that was judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from auditor.documents.ladder import Estimate

Outcome = Literal["pass", "fail", "cannot tell"]
State = Literal["inside", "outside", "open", "missing", "waived"]
"""Where one thing lies: within the bound; beyond it; its interval on both sides of it; not there, or not to be relied
on; beyond it or open, and waived."""
EXIT_CODES: Final[dict[Outcome, int]] = {"pass": 0, "fail": 1, "cannot tell": 4}


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that a rule judges.

    Attributes
    ----------
    subject
        What it is, in words.
    state
        Where it lies.
    words
        What was found there, or why nothing was.
    estimate
        The number that decided, where one did.
    fingerprint
        Of the finding, where it is one: what a waiver names.
    """

    subject: str
    state: State
    words: str
    estimate: Estimate | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What came of one rule.

    Attributes
    ----------
    name, says
        What it is called, and what it asks for, in words.
    outcome
        What came of it.
    items
        All that it judged; never empty.
    why
        What the policy gives as its reason.
    line
        Where it stands in the policy; 0 where that is no file.
    lenient
        Whether it passes although something is open, as the policy asks.
    """

    name: str
    says: str
    outcome: Outcome
    items: tuple[Item, ...]
    why: str = ""
    line: int = 0
    lenient: bool = False

    @property
    def told(self) -> tuple[Item, ...]:
        """Items that kept it from passing outright, the gravest first."""
        order = ("outside", "missing", "open", "waived")
        return tuple(item for state in order for item in self.items if item.state == state)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a policy says of an audit.

    Attributes
    ----------
    policy
        Its name.
    sha256
        Of its file; of its content as JSON where it was made in Python.
    locked_at
        When it was locked, UTC; None where it was not locked before this run.
    rules
        What came of each rule, in the policy's order, and of each waiver after them.
    notes
        What else must be said: whether the policy was locked, waivers that meet nothing.
    title
        Of the audit.

    Examples
    --------
    >>> item = Item(subject="accuracy", state="outside", words="70 %")
    >>> rule = Ruling(name="accuracy", says="at least 80 %", outcome="fail", items=(item,))
    >>> verdict = Verdict(policy="p", sha256="", locked_at=None, rules=(rule,), notes=(), title="t")
    >>> verdict.passed, verdict.outcome, [one.name for one in verdict.violations]
    (False, 'fail', ['accuracy'])
    """

    policy: str
    sha256: str
    locked_at: str | None
    rules: tuple[Ruling, ...]
    notes: tuple[str, ...]
    title: str

    @property
    def outcome(self) -> Outcome:
        """Fail where a rule fails, else cannot tell where a rule cannot tell, else pass."""
        found = {rule.outcome for rule in self.rules}
        return "fail" if "fail" in found else "pass" if found == {"pass"} else "cannot tell"

    @property
    def passed(self) -> bool:
        """Whether every rule passes."""
        return self.outcome == "pass"

    @property
    def violations(self) -> tuple[Ruling, ...]:
        """Rules that fail."""
        return tuple(rule for rule in self.rules if rule.outcome == "fail")

    @property
    def unsettled(self) -> tuple[Ruling, ...]:
        """Rules that cannot tell."""
        return tuple(rule for rule in self.rules if rule.outcome == "cannot tell")

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 4 cannot tell."""
        return EXIT_CODES[self.outcome]

    def __str__(self) -> str:
        return "\n".join(tell_lines(self))


def tell_lines(verdict: Verdict, *, most: int = 6) -> list[str]:
    """Tell a verdict in lines of plain text.

    Parameters
    ----------
    verdict
        What to tell.
    most
        Items of a rule at most; the rest is counted.

    Returns
    -------
    list of str
        The outcome, each rule with what kept it from passing, the notes.
    """
    counts = [f"{sum(rule.outcome == name for rule in verdict.rules)} {name}" for name in EXIT_CODES]
    lines = [f"{verdict.outcome}: policy {verdict.policy} on {verdict.title} ({', '.join(counts)})"]
    for rule in verdict.rules:
        lines.append(f"  {rule.outcome:<11}  {tell_rule(rule)}")
        lines += [f"               {STATES[item.state]}: {item.subject}: {item.words}" for item in rule.told[:most]]
        if len(rule.told) > most:
            lines.append(f"               … and {len(rule.told) - most} more")
    return [*lines, *(f"  note         {note}" for note in verdict.notes)]


def tell_rule(rule: Ruling) -> str:
    """Tell a rule in one line.

    Parameters
    ----------
    rule
        One of a verdict's.

    Returns
    -------
    str
        Its name, what it asks for, and whether what is open was let pass.
    """
    name = "" if rule.name == rule.says else f"{rule.name}: "
    return f"{name}{rule.says}" + ("; what is open is let pass" if rule.lenient else "")


STATES: Final[dict[State, str]] = {
    "inside": "within",
    "outside": "beyond",
    "open": "open",
    "missing": "missing",
    "waived": "waived",
}
"""States as they are printed."""
