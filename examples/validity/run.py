"""Train, audit and record the models of one tier; go on where an earlier run stopped; write the tables.

One model is one file, written aside and renamed into place: a run may be cut off at any time, and several may share a
folder.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import photos

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HERE: Final = Path(__file__).parent
TIERS: Final = ("t0", "t0_classes", "t1", "t2_cifar", "t2_garments", "people")
"""Each is a module beside this file with `plan`, which lists its models, and `run`, which makes the rows of one."""
THREADS: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def work(tier: str, job: Any, *, out: Path) -> tuple[str, float]:
    """Do one model, unless it is done.

    Parameters
    ----------
    tier
        Name of the tier.
    job
        Of its `plan`.
    out
        Folder of the records.

    Returns
    -------
    tuple of str and float
        Name of the model, and how many seconds it took.
    """
    start = time.perf_counter()
    rows = import_module(tier).run(job)
    path = out / f"{job.name}.json"
    aside = path.with_suffix(f".{os.getpid()}")
    aside.write_text(json.dumps(rows, indent=0), encoding="utf-8")
    aside.replace(path)
    return job.name, time.perf_counter() - start


def fill(tier: str, jobs: Sequence[Any], *, out: Path, workers: int = 1) -> list[str]:
    """Do the models that are not done.

    Parameters
    ----------
    tier
        Name of the tier.
    jobs
        Of its `plan`.
    out
        Folder of the records; made if it is missing.
    workers
        Processes, each on one thread.

    Returns
    -------
    list of str
        Names of the models that were done now.
    """
    out.mkdir(parents=True, exist_ok=True)
    left = [job for job in jobs if not (out / f"{job.name}.json").exists()]
    print(f"{tier}: {len(jobs)} models, {len(jobs) - len(left)} of them done before", flush=True)
    done = []
    for number, (name, seconds) in enumerate(_do(tier, left, out=out, workers=workers), start=1):
        print(f"  {number}/{len(left)}  {name}  {seconds:.0f} s", flush=True)
        done.append(name)
    return done


def _do(tier: str, jobs: Sequence[Any], *, out: Path, workers: int) -> Iterator[tuple[str, float]]:
    if workers == 1:
        yield from (work(tier, job, out=out) for job in jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_narrow) as pool:
        futures = [pool.submit(work, tier, job, out=out) for job in jobs]
        for future in futures:
            yield future.result()


def _narrow() -> None:
    """One thread per process: small networks run no faster on more."""
    import torch

    torch.set_num_threads(1)


def read(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """All rows that were recorded, by model.

    Parameters
    ----------
    folders
        Of records.

    Returns
    -------
    list of dict
        One per model, region and attribute.
    """
    paths = sorted(path for folder in folders for path in folder.glob("*.json"))
    return [row for path in paths for row in json.loads(path.read_text(encoding="utf-8"))]


def main(words: Sequence[str] | None = None) -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tier", action="append", choices=TIERS, help="may be given again (default: every tier)")
    parser.add_argument("--models", action="append", metavar="KIND", help="kinds of models (default: all of the tier)")
    parser.add_argument("--levels", type=float, nargs="+", help="strengths (default: those of the tier)")
    parser.add_argument("--count", type=int, default=20, help="models of each kind and strength (default: %(default)s)")
    parser.add_argument("--images", type=int, default=1000, help="images in each audit (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=HERE / "records", help="folder of the records (default: beside)")
    parser.add_argument("--workers", type=int, default=1, help="processes (default: %(default)s)")
    parser.add_argument("--report", type=Path, help="write RESULTS.md and its figures into this folder at the end")
    chosen = parser.parse_args(words)
    for name in THREADS:
        os.environ.setdefault(name, "1")
    _narrow()
    for tier in chosen.tier or TIERS:
        kinds = _pick(tier, chosen.models)
        if kinds == [] or _lacks(tier, asked=bool(chosen.tier)):
            continue
        jobs = list(import_module(tier).plan(kinds, chosen.levels, count=chosen.count, images=chosen.images))
        fill(tier, jobs, out=chosen.out / tier, workers=chosen.workers)
    if chosen.report:
        import_module("report").write(read([chosen.out / tier for tier in TIERS]), chosen.report)


def _lacks(tier: str, *, asked: bool) -> bool:
    """Whether the photographs of a tier are not there, which is said; who asked for the tier is refused."""
    missing = photos.list_missing(getattr(import_module(tier), "FOLDERS", ()))
    words = f"no {' and no '.join(missing)} in the folder of photographs (see README.md)"
    if missing and asked:
        raise SystemExit(f"{tier} cannot be run: {words}")
    if missing:
        print(f"{tier} is passed over: {words}", flush=True)
    return bool(missing)


def _pick(tier: str, asked: Sequence[str] | None) -> list[str] | None:
    """Kinds of this tier among those that were asked for."""
    known = list(import_module(tier).KINDS)
    if asked is None:
        return None
    unknown = set(asked).difference(*(import_module(other).KINDS for other in TIERS))
    if unknown:
        raise SystemExit(f"no such models: {', '.join(sorted(unknown))}; of {tier} there are {', '.join(known)}")
    return [kind for kind in known if kind in asked]


if __name__ == "__main__":
    main()
