"""RESULTS.md from the rows of both runs: each table with the words that say what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from measures import correlate, count_sure, share
from plot import draw_models

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    Row = dict[str, Any]

SERIES, NULL, CHART = "series.csv", "null.csv", "series.svg"
WORDS: Final = {
    "seeds": "the same model, other seeds",
    "halves": "the same model, other halves of the images",
    "mixtures": "two models, mixed image by image",
    "laws": "closed form, equal effects, independent noise",
    "unlike laws": "closed form, unequal effects",
}
HELD: Final = {
    "shift": "change of the aligned shift, 95 %",
    "flips": "change of the flip excess, 95 %",
    "sizes": "all changes in size of a comparison at once, 95 %",
}

AGREEMENT: Final = (
    "Kendall's tau-b; +1 is the same order, −1 the reverse. *By accuracy* puts the most accurate model first, as one "
    "who knows nothing else would. Where models share an alignment tau-b cannot reach 1: *most possible* is its bound."
)
NULLS: Final = (
    "Made by `null.py`; README.md tells what each line is. A *wrong* answer is *leans less* where sizes are equal or "
    "lie the other way. At most 5 % of comparisons may have one. In brackets are Wilson's intervals at 95 %, which "
    "take comparisons for independent; those of one model share audits and are not."
)


def keep(rows: Iterable[Row] | pd.DataFrame, folder: Path, *, name: str) -> Path:
    """Write rows as CSV.

    Parameters
    ----------
    rows
        Of a run.
    folder
        Where to; made if it is missing.
    name
        `SERIES` or `NULL`.

    Returns
    -------
    Path
        The file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    table.to_csv(folder / name, index=False, float_format="%.6g")
    return folder / name


def write(folder: Path) -> Path:
    """Write RESULTS.md and its chart from the rows that lie in a folder.

    Parameters
    ----------
    folder
        With what `keep` wrote of one run or of both.

    Returns
    -------
    Path
        The page.
    """
    parts = ["# Strong and weak models in order, and what a comparison says where nothing differs"]
    if (folder / SERIES).is_file():
        table = pd.read_csv(folder / SERIES)
        (folder / CHART).write_text(draw_models(table), encoding="utf-8")
        parts += _tell_series(table)
    if (folder / NULL).is_file():
        parts += _tell_null(pd.read_csv(folder / NULL))
    page = folder / "RESULTS.md"
    page.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return page


def _tell_series(table: pd.DataFrame) -> list[str]:
    told = (
        f"Made by `run.py`: {len(table)} models of photographs, each audited on the same {table['audited'].iloc[0]:,} "
        f"pictures of the biased test set, in which the patch has the class's own colour in "
        f"{100 * table['tested'].iloc[0]:.0f} %. The ranking was made by `auditor.compare` from the audits alone."
    )
    untold = table.loc[table["reliance"].isna(), "model"].tolist()
    if untold:
        told += f" Of {', '.join(untold)} it says that it cannot tell: that takes no part in the orders below."
    pairs, sure, wrong = count_sure(table, "recoloured")
    _, _, planted = count_sure(table, "alignment")
    places = (
        f"Of {pairs} pairs of models, {sure} have places that do not overlap. Of these, {wrong} are in the wrong order "
        f"of the measured truth (other colour), and {planted} in the wrong order of what was planted."
    )
    agreement = pd.DataFrame(correlate(table))
    return [
        "",
        "## The ranking",
        "",
        told,
        "",
        *lay_out(_show(table)),
        "",
        places,
        "",
        f"![Accuracy and evidence against the truth]({CHART})",
        "",
        "## Agreement of orders",
        "",
        AGREEMENT,
        "",
        *lay_out(agreement),
    ]


def _show(table: pd.DataFrame) -> pd.DataFrame:
    shown = []
    for row in table.to_dict("records"):
        span = f"{row['best_place']:.0f}" + (
            "" if row["best_place"] == row["worst_place"] else f" to {row['worst_place']:.0f}"
        )
        shown.append(
            {
                "place": span,
                "model": row["model"],
                "reliance, in margins": _interval(row, "reliance"),
                "trained at alignment": f"{row['alignment']:.1f}",
                "on photographs": f"{row['training']:.0f}",
                "right, biased test set": _percent(row["biased"]),
                "right, balanced": _percent(row["balanced"]),
                "hiding the patch: answers changed beyond controls": _percent(row["flip_excess"]),
                "and shift with the colour": f"{row['aligned_shift']:+.2f} SD",
                "truth: changed by the other colour": _percent(row["recoloured"]),
                "pull of the colour": _percent(row["pull"]),
                "changed by moving it": _percent(row["moved"]),
                "by taking it away": _percent(row["removed"]),
            }
        )
    return pd.DataFrame(shown)


def _interval(row: Row, name: str) -> str:
    if pd.isna(row[name]):
        return "cannot tell"
    return f"{row[name]:.2f} [{row[f'{name}_low']:.2f}, {row[f'{name}_high']:.2f}]"


def _percent(value: float) -> str:
    return "–" if pd.isna(value) else f"{100 * value:.1f} %"


def _tell_null(table: pd.DataFrame) -> list[str]:
    errors, held = [], []
    for part, words in WORDS.items():
        ours = table[table["part"] == part]
        if ours.empty:
            continue
        total = ours.drop(columns=["part", "model"]).sum()
        errors.append({"what is compared": words, "models or laws": len(ours), **_tell_errors(total)})
        held.append({"what is compared": words, **_tell_held(total)})
    unlike = table[table["part"] == "unlike laws"]
    return [
        "",
        "## Where nothing differs",
        "",
        NULLS,
        "",
        *lay_out(pd.DataFrame(errors)),
        "",
        "## Coverage",
        "",
        "Share of intervals that hold the true change.",
        "",
        *lay_out(pd.DataFrame(held)),
        *(["", "## Law by law", "", *lay_out(_list_laws(table))] if len(unlike) else []),
    ]


def _tell_errors(total: pd.Series[int]) -> Row:
    return {
        "comparisons with a wrong answer": share(total["with_wrong"], total["comparisons"]),
        "cues with one": share(total["wrong"], total["cues"]),
        "right *leans less*": int(total["right"]),
        "alike": int(total["alike"]),
        "cannot tell": int(total["cannot_tell"]),
    }


def _tell_held(total: pd.Series[int]) -> Row:
    return {words: share(total[f"{name}_held"], total[f"{name}_tried"]) for name, words in HELD.items()}


def _list_laws(table: pd.DataFrame) -> pd.DataFrame:
    laws = table[table["part"].isin(("laws", "unlike laws"))]
    return pd.DataFrame(
        [{"law, shifts": row["model"], **_tell_errors(row), **_tell_held(row)} for _, row in laws.iterrows()]
    )


def lay_out(table: pd.DataFrame) -> list[str]:
    """A table in Markdown, line by line."""
    lines = [list(map(str, table.columns)), ["---"] * len(table.columns)]
    lines += [list(map(str, values)) for values in table.itertuples(index=False)]
    return [f"| {' | '.join(line)} |" for line in lines]
