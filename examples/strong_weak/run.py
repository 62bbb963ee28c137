"""Train a series of models, audit each on the same pictures, compare all, and set the ranking against the truth.

A model that is done is not done again: give the same command to go on with a run that was cut off.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import page
import torch
from series import (
    CLASSES,
    ROLES,
    SEES,
    SMALL,
    SOME,
    Effort,
    check_photographs,
    find_truth,
    learn,
    list_members,
    make_exhibit,
    make_test,
)

import auditor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from series import Member

    from auditor.result import AuditResult

    Row = dict[str, Any]

HERE: Final = Path(__file__).parent
PICTURES: Final = "pictures"


def prepare(out: Path, effort: Effort) -> None:
    """Write the biased test set, unless it is there: every audit reads these files.

    Parameters
    ----------
    out
        Folder of the run.
    effort
        Of the series.
    """
    folder = out / PICTURES
    if folder.is_dir():
        return
    aside = out / f"{PICTURES}.part"
    shutil.rmtree(aside, ignore_errors=True)
    make_exhibit(make_test(effort)).write(aside)
    aside.rename(folder)


def work(member: Member, out: Path, *, effort: Effort) -> float:
    """Train one model, find out what it really does, and audit it as a user would.

    Parameters
    ----------
    member
        Which.
    out
        Folder of the run: pictures lie in it; ``truth`` and ``audits`` get one file and one folder.
    effort
        Of the series.

    Returns
    -------
    float
        Seconds.
    """
    start = time.perf_counter()
    torch.set_num_threads(1)  # small networks run no faster on more
    network = learn(member, effort)
    truth = out / "truth" / f"{member.name}.json"
    truth.parent.mkdir(parents=True, exist_ok=True)
    truth.write_text(json.dumps(find_truth(network, effort)), encoding="utf-8")
    pictures, data = out / PICTURES, out / PICTURES / "photos"
    auditor.audit(
        auditor.load_model(network, classes=list(CLASSES), preprocessing=SEES),
        auditor.AnnotatedDataset.from_csv(
            pictures / "people.csv", images=data, regions=pictures / "regions.csv", roles=ROLES
        ),
        attributes=("colour",),
        interventions={"images": effort.audited, **effort.hiding},
        title=member.name,
        out=out / "audits" / member.name,
        resume=True,
    )
    return time.perf_counter() - start


def is_done(member: Member, out: Path) -> bool:
    """Whether a model was trained and audited before."""
    return (out / "audits" / member.name / "audit.json").is_file() and (out / "truth" / f"{member.name}.json").is_file()


def fill(members: Sequence[Member], out: Path, *, effort: Effort, workers: int = 1) -> list[str]:
    """Do the models that are not done.

    Parameters
    ----------
    members
        Of the series.
    out
        Folder of the run.
    effort
        Of the series.
    workers
        Processes, each on one thread.

    Returns
    -------
    list of str
        Names of the models that were done now.
    """
    prepare(out, effort)
    left = [member for member in members if not is_done(member, out)]
    print(f"{len(members)} models, {len(members) - len(left)} of them done before", flush=True)
    for number, (member, seconds) in enumerate(_do(left, out, effort=effort, workers=workers), start=1):
        print(f"  {number}/{len(left)}  {member.name}  {seconds:.0f} s", flush=True)
    return [member.name for member in left]


def _do(members: Sequence[Member], out: Path, *, effort: Effort, workers: int) -> Iterator[tuple[Member, float]]:
    if workers == 1:
        yield from ((member, work(member, out, effort=effort)) for member in members)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(work, member, out, effort=effort) for member in members]
        yield from ((member, future.result()) for member, future in zip(members, futures, strict=True))


def compare(members: Sequence[Member], out: Path) -> AuditResult:
    """Rank all models by their audits, and by nothing else: what was planted and what is true stays outside.

    Parameters
    ----------
    members
        Of the series.
    out
        Folder of the run.

    Returns
    -------
    AuditResult
        Its ``document.comparison.ranking`` holds every model.
    """
    folder = out / "comparison"
    done = folder / "audit.json"
    if done.is_file():
        return auditor.load(folder)
    names = [member.name for member in members]
    return auditor.compare(*(out / "audits" / name for name in names), names=names, out=folder, force=True)


def gather(members: Sequence[Member], out: Path, *, effort: Effort) -> list[Row]:
    """One row per model: what was planted, what is true, what its audit counted, and its place.

    Parameters
    ----------
    members
        Of the series.
    out
        Folder of the run.
    effort
        Of the series.

    Returns
    -------
    list of dict
        In the order of the ranking.
    """
    by_name, rows = {member.name: member for member in members}, []
    for ranked in compare(members, out).document.comparison.ranking:
        member = by_name[ranked.name]
        truth = json.loads((out / "truth" / f"{member.name}.json").read_text(encoding="utf-8"))
        row = {"model": member.name, "alignment": member.level, "quality": member.quality}
        row |= {"audited": effort.audited, "tested": effort.tested}
        row |= {"training": effort.find(member.quality).training, "biased": ranked.accuracy.value, **truth}
        low, high = ranked.reliance.ci or (None, None)
        row |= {"reliance": ranked.reliance.value, "reliance_low": low, "reliance_high": high}
        row |= {"best_place": ranked.place[0], "worst_place": ranked.place[1]}
        rows.append(row | read_hiding(out / "audits" / member.name))
    return rows


def read_hiding(folder: Path) -> Row:
    """What hiding the cue does, as the model's own audit says: changed answers beyond those of control areas.

    Parameters
    ----------
    folder
        Of the audit.

    Returns
    -------
    dict
        The excess for the fill *noise*, and the aligned shift with the colour.
    """
    table = auditor.load(folder).estimates
    ours = table[(table["region"] == "cue") & (table["fill"] == "noise")]
    pooled = ours[ours[["label", "outcome"]].isna().all(axis=1)]
    row: Row = {}
    for name, attribute in (("flip_excess", None), ("aligned_shift", "colour")):
        same = pooled["attribute"].isna() if attribute is None else pooled["attribute"] == attribute
        found = pooled[(pooled["statistic"] == name) & same]
        row[name] = float(found["estimate"].iloc[0]) if len(found) else None
    return row


def main(words: Sequence[str] | None = None) -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; it will hold changed photographs")
    parser.add_argument("--small", action="store_true", help="a cut of three models, which settles little")
    parser.add_argument("--workers", type=int, default=1, help="processes (default: %(default)s)")
    parser.add_argument("--report", type=Path, help="folder of RESULTS.md and its files (default: that of the run)")
    chosen = parser.parse_args(words)
    check_photographs()
    effort = SMALL if chosen.small else Effort()
    members = list_members(SOME)[:3] if chosen.small else list_members()
    chosen.out.mkdir(parents=True, exist_ok=True)
    fill(members, chosen.out, effort=effort, workers=chosen.workers)
    folder = chosen.report or chosen.out
    page.keep(gather(members, chosen.out, effort=effort), folder, name=page.SERIES)
    print(page.write(folder))


if __name__ == "__main__":
    main()
