"""What the statistics cost: from the tables of an audit to audit.json, without the model.

   python tests/benchmarks/analysis.py [--images 1000 10000 100000] [--attributes 1 2] [--threads 1] [--quick]

Tables are drawn from a law: two classes, four regions (one of them background-like), maps of 7 × 7 cells, every image a
case of its own with a perceptual hash; hidden on a sample of 1 000 images as the default plan has it (noise, mean and
swap, three controls), pictures changed as a whole on 300, deletions on 200, maps of 26 random copies on 64. Each row is
a fresh process that reads the tables and fills the whole document once: estimates (bootstrap of 2 000 draws,
permutations), findings with their checks, false alarms of the same procedure, examples and mean maps. Time is given as
wall clock and as CPU time of all threads; on a machine that does other work (load above the number of cores) both are
too long. Memory is the peak of that process, tables and libraries included.

Writes analysis.md beside this file, unless --quick.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIBRARIES = ("numpy", "scipy", "pandas")
PARTS = {
    "estimates": "auditor.analysis.compilation.estimate",
    "protocol": "auditor.analysis.compilation.follow_protocol",
    "false alarms": "auditor.analysis.protocol.count_false_alarms",
}


def draw(path: Path, images: int, *, attributes: int) -> None:
    """Draw the tables and keep them."""
    from drawn import draw_run

    path.write_bytes(pickle.dumps(draw_run(images, attributes=attributes)))


@contextmanager
def timed(spent: dict[str, float]) -> Iterator[None]:
    """CPU seconds of a block, in total and in the parts."""

    def watch(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            start = time.process_time()
            found = function(*args, **options)
            spent[name] = time.process_time() - start
            return found

        return call

    cpu, wall = time.process_time(), time.perf_counter()
    patches = []
    for name, place in PARTS.items():
        module, _, attribute = place.rpartition(".")
        function = getattr(import_module(module), attribute)
        patches.append(patch(place, watch(name, function)))
    for one in patches:
        one.start()
    yield
    patch.stopall()
    spent |= {"CPU": time.process_time() - cpu, "wall": time.perf_counter() - wall}


def sum_up(path: Path) -> dict[str, float]:
    """Fill the document once."""
    from auditor.analysis.compilation import compile_document

    header, tables = pickle.loads(path.read_bytes())  # noqa: S301 -- written by this script just before
    loaded = read_status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    spent: dict[str, float] = {}
    with timed(spent):
        document = compile_document(header, tables)
    spent["protocol"] -= spent["false alarms"]
    spent |= {"peak": read_status("VmHWM"), "loaded": loaded}
    return spent | {"estimates made": len(document.estimates), "findings": len(document.findings)}


def read_status(field: str) -> float:
    """A figure of this process in MiB, as Linux keeps it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024


def measure(images: int, *, attributes: int, threads: int) -> dict[str, float]:
    """One row, in processes of their own."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    facts, load = os.environ | dict.fromkeys(names, str(threads)), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tables"
        numbers = ["--images", str(images), "--attributes", str(attributes)]
        found = ""
        for step in ("draw", "sum"):
            command = [sys.executable, __file__, "--step", step, "--path", str(path), *numbers]
            found = subprocess.run(command, check=True, env=facts, capture_output=True, text=True).stdout
    figures: dict[str, float] = json.loads(found.splitlines()[-1])
    return figures | {"load": max(load, os.getloadavg()[0])}


def write_row(images: int, attributes: int, *, found: dict[str, float]) -> str:
    """A line of the table."""
    parts = " | ".join(f"{found[name]:.1f}" for name in ("load", "wall", "CPU", *PARTS))
    memory = f"{found['peak']:,.0f} | {found['loaded']:,.0f}"
    return f"| {images:,} | {attributes} | {found['estimates made']:.0f} | {parts} | {memory} |"


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--attributes", type=int, nargs="+", choices=[0, 1, 2], default=[1, 2])
    parser.add_argument("--threads", type=int, default=1, help="of the linear algebra (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="200 images: does it run at all?")
    parser.add_argument("--step", choices=["draw", "sum"], help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step == "draw":
        draw(asked.path, asked.images[0], attributes=asked.attributes[0])
        return
    if asked.step == "sum":
        print(json.dumps(sum_up(asked.path)))
        return
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    where = f"{os.cpu_count()} cores, {asked.threads} threads; Python {platform.python_version()}, {platform.machine()}"
    lines = ["# What the statistics cost", "", (__doc__ or "").split("\n\n")[2], "", f"{libraries}; {where}.", ""]
    head = (
        "images",
        "attributes",
        "rows",
        "load",
        "wall, s",
        "CPU, s",
        *(f"of it {name}" for name in PARTS),
        "peak, MiB",
        "tables and libraries, MiB",
    )
    lines += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    print("\n".join(lines), flush=True)
    for images in [200] if asked.quick else asked.images:
        for attributes in asked.attributes[-1:] if asked.quick else asked.attributes:
            found = measure(images, attributes=attributes, threads=asked.threads)
            lines.append(write_row(images, attributes, found=found))
            print(lines[-1], flush=True)
    if not asked.quick:
        Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
