"""How often a comparison says *leans less* where nothing differs, and how often its intervals hold the truth.

What is done is not done again: give the same command to go on with a run that was cut off.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import null_laws as laws
import null_models as models
import numpy as np
import page
import torch
from measures import count_repeats

import auditor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from auditor.documents.comparisons import CueChange

    Row = dict[str, Any]
    Known = Mapping[tuple[str, str], tuple[float, float]]

ALIKE, UNLIKE, IMAGES = 100, 60, 400
"""Comparisons of each law with equal and with unequal effects, and images in each."""


def note(
    cues: Iterable[CueChange], known: Mapping[tuple[str, str], tuple[float, float]] | None, **facts: object
) -> list[Row]:
    """One row per cue.

    Parameters
    ----------
    cues
        Of one comparison.
    known
        True effects of baseline and candidate by region and attribute; None where they are equal.
    **facts
        What comparison it is.

    Returns
    -------
    list of dict
        Plain values.
    """
    rows = []
    for cue in cues:
        key = (cue.region, cue.attribute or "")
        first, second = (0.0, 0.0) if known is None else known[key]
        size = {"size": None, "size_low": None, "size_high": None}
        if cue.size is not None and cue.size.ci is not None:
            size = {"size": cue.size.value, "size_low": cue.size.ci[0], "size_high": cue.size.ci[1]}
        told = {"region": key[0], "attribute": key[1], "leaning": cue.leaning, "p": cue.p_adjusted}
        truth = {"true_change": second - first, "true_size": abs(second) - abs(first)}
        rows.append({**facts, **told, **truth, **size, **_read_fills(cue)})
    return rows


def _read_fills(cue: CueChange) -> Row:
    row: Row = {}
    for change in cue.changes:
        number = change.change
        if number.ci is not None:
            row |= {f"{number.fill}_low": number.ci[0], f"{number.fill}_high": number.ci[1], "n": number.n}
    return row


def repeat_model(level: float, seed: int, *, effort: models.Effort, out: Path) -> Iterator[Row]:
    """A model against itself: other seeds, and other halves of the images."""
    name = f"{level:g}, {seed}"
    sides = list(models.audit_again(level, seed, effort, out=out / "audits" / f"{round(100 * level)}-{seed}"))
    random = np.random.default_rng([8, round(100 * level), seed])
    for number, cues in enumerate(models.compare_seeds(sides, effort, random=random)):
        yield from note(cues, None, part="seeds", model=name, repeat=number)
    for number, cues in enumerate(models.compare_halves(sides, random=random)):
        yield from note(cues, None, part="halves", model=name, repeat=number)


def repeat_mixtures(effort: models.Effort, *, out: Path) -> Iterator[Row]:
    """Every two models, mixed image by image so that nothing can differ between the sides."""
    saved = sorted((out / "audits").iterdir())
    sides = {folder.name: models.read_side(auditor.load(folder)) for folder in saved}
    pairs, random = list(combinations(sides, 2)), np.random.default_rng(9)
    for number in range(effort.mixtures):
        one, other = pairs[number % len(pairs)]
        cues = models.compare_mixtures(sides[one], sides[other], random=random)
        yield from note(cues, None, part="mixtures", model=f"{one} with {other}", repeat=number)


def repeat_laws(kind: str, thetas: tuple[float, float], *, count: int, images: int) -> Iterator[Row]:
    """Two models of known effects and independent noise."""
    known, name = laws.know(kind, thetas), f"{kind}, {thetas[0]:g} against {thetas[1]:g}"
    part = "laws" if thetas[0] == thetas[1] else "unlike laws"
    for number in range(count):
        cues = laws.compare_laws(kind, thetas, count=images, seed=number)
        yield from note(cues, known, part=part, model=name, repeat=number)


def list_tasks(out: Path, *, small: bool) -> dict[str, Callable[[], Iterator[Row]]]:
    """All that is to be done, by the name of its record."""
    effort = models.SMALL if small else models.Effort()
    tasks: dict[str, Callable[[], Iterator[Row]]] = {}
    for kind in laws.KINDS[:1] if small else laws.KINDS:
        for thetas in (*laws.ALIKE, *laws.UNLIKE)[2:4] if small else (*laws.ALIKE, *laws.UNLIKE):
            count = 2 if small else ALIKE if thetas[0] == thetas[1] else UNLIKE
            name = f"laws-{kind}-{round(100 * thetas[0]):03d}-{round(100 * thetas[1]):03d}"
            tasks[name] = lambda kind=kind, thetas=thetas, count=count: repeat_laws(
                kind, thetas, count=count, images=120 if small else IMAGES
            )
    for level, seed in models.list_models(effort)[: 2 if small else None]:
        tasks[f"model-{round(100 * level):03d}-{seed}"] = lambda level=level, seed=seed: repeat_model(
            level, seed, effort=effort, out=out
        )
    tasks["mixtures"] = lambda: repeat_mixtures(effort, out=out)
    return tasks


def fill(out: Path, *, small: bool = False) -> list[Row]:
    """Do what is not done, and read all of it.

    Parameters
    ----------
    out
        Folder of the records.
    small
        Whether to do a cut that settles nothing.

    Returns
    -------
    list of dict
        One row per comparison and cue.
    """
    (out / "records").mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for name, do in list_tasks(out, small=small).items():
        path, start = out / "records" / f"{name}.json", time.perf_counter()
        if not path.exists():
            aside = path.with_suffix(f".{os.getpid()}")
            aside.write_text(json.dumps(list(do()), indent=0), encoding="utf-8")
            aside.replace(path)
            print(f"{name}  {time.perf_counter() - start:.0f} s", flush=True)
        rows += json.loads(path.read_text(encoding="utf-8"))
    return rows


def main(words: Sequence[str] | None = None) -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the records")
    parser.add_argument("--small", action="store_true", help="a cut that takes a minute and settles nothing")
    parser.add_argument("--report", type=Path, help="folder of RESULTS.md and its files (default: that of the records)")
    chosen = parser.parse_args(words)
    torch.set_num_threads(1)
    folder = chosen.report or chosen.out
    page.keep(count_repeats(fill(chosen.out, small=chosen.small)), folder, name=page.NULL)
    print(page.write(folder))


if __name__ == "__main__":
    main()
