"""Changes and cues made by hand, for what is said and judged of two models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.documents.comparisons import Change, ComparedModel, Comparison, CueChange, Matching, Pair
from auditor.documents.ladder import Estimate

if TYPE_CHECKING:
    from auditor.documents.comparisons import ComparisonVerdict

NAMES = ("old", "new")


def row(statistic: str, value: float | None, ci: tuple[float, float] | None, **keys: Any) -> Estimate:
    """One number."""
    facts = {"n": 400, "clusters": 400, "unit": "share", "method": "test", **keys}
    return Estimate(statistic=statistic, value=value, ci=ci, **facts)


def change(statistic: str, sides: tuple[float, float], half: float = 0.02, **keys: Any) -> Change:
    """One number of both models; its interval reaches as far on both sides."""
    old, new = sides
    p = keys.pop("p_value", 0.001)
    differ = row(
        statistic, new - old, (new - old - half, new - old + half), p_value=p, **(keys | {"unit": "difference"})
    )
    made = [row(statistic, side, (side - half, side + half), **keys) for side in sides]
    return Change(baseline=made[0], candidate=made[1], change=differ)


def cue(region: str, leaning: str, attribute: str | None = None, **changes: Any) -> CueChange:
    """One cue that counts."""
    fields: dict[str, Any] = {
        "fingerprint": f"{region}:{attribute or ''}:woman:nurse",
        "region": region,
        "role": "protected",
        "attribute": attribute,
        "subgroup": "woman" if attribute else None,
        "counts": True,
        "baseline_level": "E3",
        "candidate_level": "R",
        "fate": "cannot tell",
        "leaning": leaning,
        "size": row("aligned_shift", -0.2, (-0.3, -0.1), unit="SD"),
        "p_adjusted": 0.01,
        "changes": [],
        "sentence": f"What is said of {region} {attribute}.",
    }
    return CueChange(**(fields | changes))


def comparison(
    changes: list[Change], cues: list[CueChange], verdict: ComparisonVerdict, *, sha256: str = "a" * 64
) -> Comparison:
    """A comparison of two models."""
    facts: dict[str, Any] = {
        "source": "net", "title": "t", "created": "2026-01-01T00:00:00+00:00", "weights_sha256": "w", "parameters": 1,
        "cam": "gradcam", "target_layer": "see", "grid": (7, 7), "frame": (56, 56), "n_read": 400,
    }  # fmt: skip
    models = [
        ComparedModel(name=name, audit_sha256=sha, **facts) for name, sha in zip(NAMES, (sha256, "b"), strict=True)
    ]
    pair = Pair(
        candidate="new",
        verdict=verdict,
        changes=changes,
        cues=cues,
        examples=[],
        example_rule="",
        n_disagree={},
        maps=[],
    )
    matching = Matching(n=400, clusters=400, rule="by name", only={}, notes=[])
    return Comparison(
        baseline="old", models=models, matching=matching, pairs=[pair], confidence=0.95, alpha=0.05, method=[]
    )
