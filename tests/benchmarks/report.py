"""What the reports cost: HTML and PDF of one audit with more and more photographs.

   python tests/benchmarks/report.py [--examples 100 160 200 400 800] [--rounds 3] [--quick]

One audit is drawn: two classes, three values of one attribute, four regions, a finding of each level, mean maps,
checks, requirement index; half of the photographs are wrong answers (the photograph with its regions and two maps),
half are their controls (the photograph and one map), 280 × 320 pixels each, shown at 224. A report is cut at 200
photographs in HTML and 100 in PDF; here that is lifted, to see how cost grows. Each figure is that of a fresh process,
from the start of Python through reading audit.json and decoding the photographs to the file: CPU time of the whole
process and its peak of resident memory. Python has compiled its modules before, as it has after any first run. The
median of the rounds is given. On a busy machine the same work takes more CPU time: each process is followed by a fixed
piece of work (the yardstick), and CPU time is also given as it would be were that work always as quick as at its
quickest.

Writes report.md beside this file, unless --quick.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("weasyprint", "pydyf", "Pillow", "Jinja2")


def draw(folder: Path, examples: int) -> None:
    """Draw an audit with its photographs."""
    sys.path.insert(0, str(ROOT))
    from auditor.documents.document import serialise
    from tests.report.conftest import document
    from tests.report.laddered import ALL_LEVELS, laddered

    made = laddered(document(folder / "photos", pairs=examples // 2), ALL_LEVELS)
    (folder / "audit.json").write_bytes(serialise(made))


def write(folder: Path, kind: str, examples: int) -> dict[str, float]:
    """Write one report, and say what the process took."""
    from dataclasses import replace

    from auditor.report import write_html, write_pdf
    from auditor.report.caps import PRINT, SCREEN
    from auditor.result import read_document

    document, path = read_document(folder), folder / f"report.{kind}"
    if kind == "html":
        write_html(document, path, images=folder / "photos", caps=replace(SCREEN, examples=examples))
    else:
        write_pdf(document, path, images=folder / "photos", caps=replace(PRINT, examples=examples))
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {"CPU, s": used.ru_utime + used.ru_stime, "peak, MiB": read_peak()}
    return found | {"size, MB": path.stat().st_size / 1e6}


def read_peak() -> float:
    """Peak of resident memory in MiB, as Linux keeps it: that of getrusage is the parent's where that is larger."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(one.split()[1]) for one in lines if one.startswith("VmHWM:")) / 1024


def work() -> float:
    """CPU seconds of a fixed piece of work, such as a page is made of: many small objects, found by name."""
    start = time.process_time()
    kept = [{"place": k, "words": str(k)} for k in range(300_000)]
    _ = sorted(kept, key=lambda one: one["words"])
    return time.process_time() - start


def count_pages(path: Path) -> int:
    """Pages of a PDF."""
    import pypdf

    return len(pypdf.PdfReader(path).pages)


def measure(examples: int, rounds: int, compiled: str) -> dict[str, float]:
    """One row, in processes of their own."""
    facts = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    facts |= {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        draw(folder, examples)
        for _ in range(rounds):
            for kind in ("html", "pdf"):
                (folder / f"report.{kind}").unlink(missing_ok=True)  # a PDF that is there already is not printed again
                command = [sys.executable, __file__, "--one", kind, "--folder", scratch, "--examples", str(examples)]
                done = subprocess.run(command, check=True, env=facts, capture_output=True, text=True, cwd=ROOT)
                for name, value in json.loads(done.stdout.splitlines()[-1]).items():
                    figures.setdefault(f"{kind} {name}", []).append(value)
                figures.setdefault(f"{kind} yardstick", []).append(work())
        pages = count_pages(folder / "report.pdf")
    row = {name: statistics.median(values) for name, values in figures.items()}
    return row | {"examples": examples, "pages": pages, "pictures": examples * 5 / 2}


def settle(rows: list[dict[str, float]]) -> float:
    """Add CPU time as on a quiet machine to each row; the quickest yardstick comes back."""
    quick = min(row[f"{kind} yardstick"] for row in rows for kind in ("html", "pdf"))
    for row in rows:
        for kind in ("html", "pdf"):
            row[f"{kind} CPU when quiet, s"] = row[f"{kind} CPU, s"] * quick / row[f"{kind} yardstick"]
    return quick


HEAD = (
    "examples", "pictures", "html CPU, s", "html CPU when quiet, s", "html peak, MiB", "html size, MB", "pages",
    "pdf CPU, s", "pdf CPU when quiet, s", "pdf peak, MiB", "pdf size, MB",
)  # fmt: skip
WHOLE = ("examples", "pictures", "pages", "html peak, MiB", "pdf peak, MiB")


def write_row(found: dict[str, float]) -> str:
    """A line of the table."""
    digits = dict.fromkeys(WHOLE, 0) | {"html size, MB": 2, "pdf size, MB": 2}
    return "| " + " | ".join(f"{found[name]:,.{digits.get(name, 1)}f}" for name in HEAD) + " |"


def write_slopes(rows: list[dict[str, float]]) -> list[str]:
    """What a hundred photographs more cost, step by step: growth is linear where the steps agree."""
    lines = ["", "What 100 photographs more cost, from row to row:", ""]
    names = [name for name in HEAD if name not in {"examples", "pictures"} and not name.endswith("CPU, s")]
    lines += [f"| from, to | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for one, two in itertools.pairwise(rows):
        step = (two["examples"] - one["examples"]) / 100
        told = " | ".join(f"{(two[name] - one[name]) / step:.2f}" for name in names)
        lines.append(f"| {one['examples']:.0f}, {two['examples']:.0f} | {told} |")
    return lines


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, nargs="+", default=[100, 160, 200, 400, 800])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="10 photographs, once: does it run at all?")
    parser.add_argument("--one", choices=["html", "pdf"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(write(asked.folder, asked.one, asked.examples[0])))
        return
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    machine = f"{os.cpu_count()} cores; Python {platform.python_version()}, {platform.machine()}"
    told = (__doc__ or "").split("\n\n")[2]
    lines = ["# What the reports cost", "", told, "", f"{libraries}; {machine}; rounds: {asked.rounds}.", ""]
    lines += [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    rows = []
    with tempfile.TemporaryDirectory() as compiled:
        measure(10, 1, compiled)
        for examples in [10] if asked.quick else asked.examples:
            rows.append(measure(examples, 1 if asked.quick else asked.rounds, compiled))
            print(rows[-1], flush=True)
    quick = settle(rows)
    lines += [*map(write_row, rows), "", f"The quickest yardstick took {quick:.2f} s.", *write_slopes(rows)]
    print("\n".join(lines))
    if not asked.quick:
        Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
