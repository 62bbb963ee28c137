"""RESULTS.md from the records: each table with the words that say what it shows and what it does not."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from cases import tabulate_classes, tabulate_people, tabulate_presence, tabulate_twins
from chart import draw_quantiles
from goals import tabulate_goals
from measures import (
    EVEN,
    NAIVE,
    PHOTOS,
    list_p_values,
    select,
    tabulate_alarms,
    tabulate_audits,
    tabulate_confusion,
    tabulate_coverage,
    tabulate_missed,
    tabulate_p_values,
    tabulate_power,
    tabulate_shams,
    tabulate_time,
)
from rivals import tabulate_rivals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PLOT: Final = "p_values.svg"
FULL, NULLS = 20, 60
"""Models per kind and level, and models with nothing to be found, from which a run counts as full."""

SECTIONS: Final[tuple[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], str], ...]] = (
    (
        "Goals",
        tabulate_goals,
        (
            "What was asked for before any model was trained, and what came of it on the drawn decoys and the closed "
            "form. In brackets are 95 % Wilson intervals; cells of one model are not independent, so that theirs are "
            "too narrow. The sections below take each apart."
        ),
    ),
    (
        "Power",
        tabulate_power,
        (
            "The cue with its own colour, audited on new pictures of the same alignment. *True flips* is the "
            "share of answers that change when the picture is drawn again with the cue's other colour and "
            "nothing else changed; *material* counts the models in which that is 5 % or more. *Found* is what "
            "the audit says, and in brackets is the 95 % Wilson interval over models. At alignment 1.0 no "
            "picture shows the other colour in its class: a comparison within class is impossible, and the "
            "audit has to say *not evaluated*. *Found without attribute* asks of the same region only whether "
            "hiding it changes answers."
        ),
    ),
    (
        "Power on photographs",
        partial(tabulate_power, tiers=PHOTOS),
        (
            "The same on cats and dogs (kinds *cifar-*) and garments. The truth is the same photograph with the cue's "
            "other colour. Where a class is hard to tell, any change turns some answers, this way and that: the "
            "*pull*, how much more often the answer is the second class with the second colour than with the first, is "
            "the share that the colour as such decides. *Material* counts all changed answers, as above: a cue that "
            "only disturbs is used as well. Photographs that a model is audited on are none of those it learned from."
        ),
    ),
    (
        "Cues that are there or not",
        tabulate_presence,
        (
            "Of garments. *Changed* is the share of answers that differ, exactly, when the cue is taken away or added. "
            "*Pull* is how much more often the answer is the second class with the cue than without: the watermark of "
            "*watermark-classless* was on half of the pictures of each class, and only disturbs. *Hiding* is what the "
            "audit says of the region as such. *Adding* are its trials on pictures without the cue, against equally "
            "large pieces of the picture that the cue came from."
        ),
    ),
    (
        "Several classes",
        tabulate_classes,
        (
            "Models in closed form of three classes and an attribute of two values, and of five and three. The cue "
            "adds its *weight* to the logit of the class that goes with the value. *True flips* is the share of "
            "answers that change when the cue shows another value. *Loud* is a region that speaks against one class "
            "whoever it shows; in the kinds *elsewhere* the attribute speaks for or against that class too, by "
            "something that no region holds. Hiding *loud* then shifts groups apart that it shows nothing of."
        ),
    ),
    (
        "Two cues that say the same: a known miss",
        tabulate_twins,
        (
            "Both tags have the cue's colour, and the network takes the largest value of each channel, so that what it "
            "sees twice adds nothing: taking one tag away changes little, and so does hiding it. An audit that hides "
            "regions one by one cannot find this; every report says so. Shares are medians over models."
        ),
    ),
    (
        "People",
        tabulate_people,
        (
            "No cue was planted. The class is gender (kinds *gender* and *tinted*) or whether the person is near "
            "(*near*). What a model does with a person is not known exactly, only that *shuffled* shows nowhere, and "
            "what changes when the person alone has the other tint. Backgrounds are too large to be set against other "
            "areas and are swapped for others."
        ),
    ),
    (
        "False alarms, cell by cell",
        tabulate_alarms,
        (
            "Cells whose exact swap changes fewer than 3 % of answers, or whose region shows nothing of the "
            "attribute at all. Cells of one model are not independent: the intervals are too narrow where a "
            "model gives several."
        ),
    ),
    (
        "False alarms, audit by audit",
        tabulate_audits,
        "Share of audits in which at least one immaterial cell is found, over all cells of the audit.",
    ),
    (
        "Answers against the truth",
        tabulate_confusion,
        (
            "The cue with its own attribute and the distractor with its own, over all kinds and levels. *Ruled out* on "
            "a material cell is the worst error: an audit that says of a used cue that it is not used. It should "
            "happen in 2.5 % of them at most."
        ),
    ),
    (
        "Material cells that were ruled out",
        tabulate_missed,
        (
            "One by one. The truth counts all answers that a redrawn tag changes, on 2 000 fresh pictures; the audit's "
            "swap against swap takes off what a swap that keeps the value changes."
        ),
    ),
    (
        "Calibration of p-values",
        tabulate_p_values,
        (
            "Only cells in which the hypothesis behind the p-value is exactly true: shift 0 in the closed-form "
            "models, and an attribute that was shuffled within class in the decoys. A share above its level "
            "means too many small p-values."
        ),
    ),
    (
        "Coverage of the 95 % intervals",
        tabulate_coverage,
        (
            "The interval of the aligned shift (fill *noise*) against the exact shift. At a true shift of 0.10, "
            "the margin, *found* and *ruled out* are each wrong and should each stay below 5 %."
        ),
    ),
    (
        "Rivals on the same models",
        tabulate_rivals,
        (
            "The cue with its colour and the distractor with its own, alignment below 1. *Material* cells count "
            "for power and *immaterial* ones for false alarms. The thresholds of the right-hand columns are set "
            "on these very null cells, one for all kinds of network, which flatters every rule alike. The "
            "threshold of Attention-IoU as it comes is the 95 % point of the base network's immaterial cells. "
            "The score of auditor's row is the limit of the aligned shift in the worse of two fills."
        ),
    ),
    (
        "Rivals on photographs",
        partial(tabulate_rivals, tiers=PHOTOS, kinds=("cifar-local", "cifar-wide", "tag", "watermark", "tag-tuned")),
        (
            "The same on the models of photographs, the threshold of "
            "Attention-IoU as it comes is that of the network *cifar-local*."
        ),
    ),
    (
        "What the audits print of themselves",
        tabulate_shams,
        "Sham regions and permuted attributes, flagged of tried, summed over the audits.",
    ),
    (
        "Time",
        tabulate_time,
        "Median seconds of wall clock per model, one thread, on a machine that others used as well.",
    ),
)


def write(rows: Sequence[dict[str, Any]], folder: Path) -> Path:
    """Write RESULTS.md, its plot, and all rows as CSV.

    Parameters
    ----------
    rows
        One per model, region and attribute.
    folder
        Where to.

    Returns
    -------
    Path
        The page.
    """
    table = pd.DataFrame(rows)
    if table.empty:
        raise SystemExit("no records: run run.py first")
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "results.csv", index=False, float_format="%.6g")
    (folder / PLOT).write_text(draw_quantiles(list_p_values(table)), encoding="utf-8")
    parts = ["# What the audit finds, and what it should have found", "", _introduce(table)]
    for title, tabulate, words in SECTIONS:
        made = tabulate(table)
        if not made.empty:
            parts += ["", f"## {title}", "", words, "", *_lay_out(made)]
        if tabulate is tabulate_p_values:
            parts += ["", f"![Quantiles of p-values]({PLOT})"]
    page = folder / "RESULTS.md"
    page.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return page


def _introduce(table: pd.DataFrame) -> str:
    """How many models stand behind the page."""
    models = table.drop_duplicates("model")
    counts = [f"{len(part)} of tier {tier}" for tier, part in models.groupby("tier")]
    drawn = select(models, tier="t1")
    words = f"Made by `run.py` and `report.py` from {len(models)} models: {', '.join(counts)}."
    words += f" Each audit had {_range(models['images'])} images."
    nulls = int(((drawn["level"] == EVEN) | drawn["kind"].isin(NAIVE)).sum())
    sizes = {str(kind): int(part.groupby("level").size().min()) for kind, part in drawn.groupby("kind")}
    full = [kind for kind, size in sizes.items() if size >= FULL]
    if not full or nulls < NULLS:
        return words + (
            f" **This is a small cut**: as few as {min(sizes.values(), default=0)} models of a kind and level (a full "
            f"run has {FULL}) and {nulls} decoy models in which no cue was planted (a full run has {NULLS}). Read the "
            "intervals, not the shares."
        )
    words += (
        f" Of the decoys, {', '.join(full)} are run in full, with {FULL} models or more of each level, and {nulls} "
        f"models have no planted cue ({NULLS} were asked for)."
    )
    fewer = [f"{kind} ({size})" for kind, size in sizes.items() if size < FULL]
    if fewer:
        words += f" Of {', '.join(fewer)} there are fewer, of photographs fewer still: read the intervals."
    return words


def _range(values: pd.Series[int]) -> str:
    low, high = int(values.min()), int(values.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _lay_out(table: pd.DataFrame) -> list[str]:
    """A table in Markdown."""
    texts = table.astype(object).where(table.notna(), "–")
    lines = [list(map(str, table.columns)), ["---"] * len(table.columns)]
    lines += [[_tell(value) for value in values] for values in texts.itertuples(index=False)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _tell(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def main() -> None:
    """Read the command line and write the page."""
    from run import HERE, TIERS, read

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, default=HERE / "records", help="folder of the records")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the page (default: beside this script)")
    chosen = parser.parse_args()
    print(write(read([chosen.records / tier for tier in TIERS]), chosen.out))


if __name__ == "__main__":
    main()
