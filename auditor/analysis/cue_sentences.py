"""What a comparison says of one cue, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.analysis.comparison_answers import tell_points
from auditor.analysis.cue_tests import margin_of
from auditor.analysis.margins import needed
from auditor.analysis.wording import describe_role, percent, span

if TYPE_CHECKING:
    from auditor.analysis.cue_tests import CueTest
    from auditor.documents.comparisons import Leaning
    from auditor.documents.ladder import Estimate, Role


def tell_cue(
    test: CueTest, leaning: Leaning, *, role: Role, size: Estimate | None, reason: str | None, names: tuple[str, str]
) -> str:
    """Say which of two models leans less on a cue, and by how much.

    Parameters
    ----------
    test
        Of the cue.
    leaning
        The answer.
    role
        Declared for the region.
    size
        The least change in size.
    reason
        Why it cannot be told, where there is more to say than that the limits leave it open.
    names
        Of baseline and candidate.

    Returns
    -------
    str
        One sentence, or two.
    """
    cue = f"{describe_role(test.cue.region, role)}{f' with {test.cue.attribute}' if test.cue.attribute else ''}"
    numbers = "" if size is None or size.ci is None else f" {_tell_numbers(test, size, names)}"
    if leaning in {"candidate leans less", "baseline leans less"}:
        who = names[1] if leaning == "candidate leans less" else names[0]
        return f"{_start(who)} leans less on {cue}.{numbers}"
    if leaning == "alike":
        return f"{_start(names[0])} and {names[1]} lean alike on {cue}.{numbers}"
    if reason is not None:
        return f"{_start(cue)}: cannot tell which leans less: {reason}.{numbers}"
    return f"{_start(cue)}: cannot tell which leans less.{numbers}{_tell_needed(test, size)}"


def _start(text: str) -> str:
    """As a sentence begins, where the text is ours and not a name."""
    return text[0].upper() + text[1:] if text.startswith("the ") else text


def _tell_numbers(test: CueTest, size: Estimate, names: tuple[str, str]) -> str:
    way = test.weakest
    if way is None or size.value is None or size.ci is None:
        return ""
    baseline, candidate = way.effect.effects
    if test.cue.attribute is None:
        pair = f"{percent(baseline.value)} of answers in {names[0]} and {percent(candidate.value)} in {names[1]}"
        return (
            f"Hiding it ({way.effect.fill}) changes {pair} beyond what hiding equally large other areas changes: a "
            f"change in size of {tell_points(size)}, {way.change.n} images."
        )
    pair = f"{baseline.value:.2f} SD in {names[0]} and {candidate.value:.2f} SD in {names[1]}"
    return (
        f"Hiding it ({way.effect.fill}) shifts {test.cue.subgroup} against {test.cue.others} by {pair}: a change in "
        f"size of {size.value:+.2f} SD {span(*size.ci)}, {way.change.n} images."
    )


def _tell_needed(test: CueTest, size: Estimate | None) -> str:
    """How many images would settle it, if the change is as large as it looks."""
    if size is None or size.value is None or size.ci is None:
        return ""
    half, estimate, margin = (size.ci[1] - size.ci[0]) / 2, abs(size.value), margin_of(test.cue).material
    numbers = [needed(size.n, half, estimate=estimate, delta=0.0)]
    if estimate < margin:
        numbers.append(needed(size.n, half, estimate=estimate, delta=margin))
    known = [number for number in numbers if number is not None and number > size.n]
    return f" About {min(known)} images tried with both would settle it." if known else ""
