"""The evidence ladder in audit.json: one number, the rungs that rest on numbers, and the findings they lead to."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Source = Literal["measured", "recorded", "declared", "derived"]
"""Where a number or a field comes from: taken from the photographs and the model; written down while the audit ran;
said by the provider, and not verified; computed from other numbers of the audit."""
Role = Literal["core", "context", "protected", "artefact", "undeclared"]
Finite = Annotated[float, Field(allow_inf_nan=False)]


DERIVED: Final = ("_gap", "_ratio", "_excess", "_contrast", "_over_heads", "_drop")
"""Ends of statistics that are functions of other estimates: differences and quotients."""
_DERIVED: Final = frozenset(
    {
        "accuracy_spread",
        "both_ways_shift",
        "enrichment",
        "enrichment_probed",
        "enrichment_random_heads",
        "lift",
        "overconfidence",
        "property_both_ways",
        "selection_ratio_below_four_fifths",
        "worst_group_accuracy",
    }
)


class Part(BaseModel):
    """A part of audit.json: checked, closed and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Estimate(Part):
    """One number of the audit, with what it is about and how sure it is.

    ``None`` in a key means *not split by it*. ``value`` is None where nothing could be computed; ``ci`` is None where
    no interval could; ``p_value`` is None where nothing was tested.
    """

    statistic: str
    target: Literal["label", "predicted"] | None = None
    region: str | None = None
    fill: str | None = None  # how the region was hidden, where it was
    label: str | None = None
    predicted: str | None = None
    attribute: str | None = None
    subgroup: str | None = None
    outcome: Literal["correct", "wrong"] | None = None
    value: Finite | None
    ci: tuple[Finite, Finite] | None
    n: int
    clusters: int
    p_value: Annotated[float, Field(ge=0, le=1)] | None = None
    unit: str
    method: str
    source: Literal["measured", "derived"] = "measured"

    @model_validator(mode="before")
    @classmethod
    def _sourced(cls, values: Any) -> Any:
        """Where nothing is said, the statistic tells."""
        if not isinstance(values, dict) or "source" in values:
            return values
        return {**values, "source": find_source(str(values.get("statistic", "")))}


def find_source(statistic: str) -> Literal["measured", "derived"]:
    """Say whether a statistic is taken from the photographs, or computed from other numbers.

    Parameters
    ----------
    statistic
        Its name.

    Returns
    -------
    str
        ``"measured"`` or ``"derived"``.

    Examples
    --------
    >>> find_source("accuracy"), find_source("accuracy_gap")
    ('measured', 'derived')
    """
    return "derived" if statistic in _DERIVED or statistic.endswith(DERIVED) else "measured"


Answer = Literal["found", "ruled out", "not enough evidence", "not evaluated", "withheld"]
"""The three-way rule, and the two ways in which a question can go unanswered."""
Level = Literal["E0", "E1", "E2", "E3", "E3'", "E4", "R", "I"]
"""Evidence levels: not evaluated, opportunity, looks, uses, uses without looking, uses and hurts, ruled out above the
margin, inconclusive."""


class Rung(Part):
    """One step of the evidence ladder for one finding."""

    name: Literal["opportunity", "looks", "uses", "hurts"]
    answer: Answer
    sentence: str
    estimates: list[Estimate]  # the numbers that the answer rests on


class FindingExample(Part):
    """An image shown with a finding, and how far hiding the region moved its margin."""

    image_id: str
    path: str  # relative to the images folder
    label: str
    predicted: str
    predicted_hidden: str  # what the model answered with the region hidden
    shift: Finite  # in standard deviations of the margin
    place: Literal["largest", "median", "smallest"]
    raster: str | None = None  # base64 of records.pack_raster: the region's outline
    cam: list[list[Finite]] | None = None  # the predicted class's map divided by its maximum; None where it is empty
    protected: dict[str, str] | None = None  # rasters of protected regions that are seen; None: not recorded


class Finding(Part):
    """What the evidence says of one region and one attribute, or of one region alone."""

    fingerprint: str  # stays the same from audit to audit
    region: str
    role: Role
    attribute: str | None
    subgroup: str | None  # the value that is set against the others; two values are compared once
    contrast: str | None  # the answer that the margin speaks for
    level: Level
    headline: str  # one or two sentences for someone who is no specialist
    rungs: list[Rung]
    fills: list[str]  # ways of hiding that count towards agreement
    p_value: Finite | None  # minimum-effect, the largest over the fills
    q_value: Finite | None  # Benjamini-Hochberg over the declared family
    by_value: Finite | None  # Benjamini-Yekutieli: holds under any dependence
    familywise: Finite | None  # minimum-effect, adjusted by Westfall and Young's maxT over all pairs and ways of hiding
    gate: Answer | None = None  # on use, where the chance of even one false finding is held; None: not recorded
    ci_adjusted: tuple[Finite, Finite] | None  # false-coverage-rate adjusted, where flagged
    needed: int | None  # images that would settle an open question
    examples: list[FindingExample]


class Check(Part):
    """Whether the audit's own instruments may be trusted here."""

    name: str
    region: str | None
    passed: bool | None  # None: could not be checked
    statistic: str  # what was measured, with numbers
    consequence: str  # what follows
    withholds: Literal["attention", "interventions"] | None


class FalseAlarms(Part):
    """How often the whole procedure flags where there is nothing to be found."""

    kind: Literal["sham regions", "permuted attributes", "permuted properties", "turned changes"]
    flagged: int
    tried: int
    ci: tuple[Finite, Finite]  # Wilson
    method: str


class Protocol(Part):
    """What was hidden, and by what rules the findings were made."""

    fills: list[str]
    agreeing: list[str]  # those of them that count towards agreement
    controls: int
    images: int  # on which anything was changed: a region, or the whole picture
    passes: int
    q: Finite
    family: int  # pairs of region and attribute, and regions alone, that were tested together: the unit of q
    margins: dict[str, tuple[Finite, Finite]]  # minor and material, by quantity
    example_rule: str
    notes: list[str]  # where controls lie, what was left out and why
    checks: list[Check]
    false_alarms: list[FalseAlarms]
