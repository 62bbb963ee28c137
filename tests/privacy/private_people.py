"""People to be kept private: a planted audit with a small group, names as file names, and metadata nobody may see."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from PIL import Image

from auditor import testing

if TYPE_CHECKING:
    from pathlib import Path

NAME = "zz-anna"
"""A person's folder: no output may hold it."""
PLANTED = "NOBODY-MAY-SEE-THIS"
SMALL = "island"
"""A site with three images."""
COUNT = 64
PLAN = """
[model]
source = "{home}/net.py:colour_model"
classes = ["red", "green"]
target_layer = "see"
[model.preprocessing]
resize = [48, 64]
mean = [0, 0, 0]
std = [1, 1, 1]
[data]
images = "photos"
annotations = "annotations.csv"
regions = "regions.csv"
[data.roles]
patch = "core"
tag = "protected"
[audit]
attributes = ["site"]
[interventions]
images = 12
controls = 1
fills = ["noise", "mean"]
"""


def settle(home: Path) -> Path:
    """Put the planted pictures and a plan into a person's folder.

    Every third image has no record of its site; three are of the island, all of them red.
    """
    folder = testing.plant(home, count=COUNT, seed=3, mistakes=0.2)
    names = {f"{k:04d}.png": f"anna_smith_{k:04d}.jpg" for k in range(COUNT)}
    for old, new in names.items():
        with Image.open(folder / "photos" / old) as image:
            save_with_secrets(image.convert("RGB"), folder / "photos" / new)
        (folder / "photos" / old).unlink()
    for table in ("annotations.csv", "regions.csv"):
        rewrite(folder / table, names)
    (folder / "photos" / "anna_smith_broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    with (folder / "annotations.csv").open("a", encoding="utf-8", newline="") as file:
        file.write("anna_smith_broken.jpg,red,north\n")
    (folder / "net.py").write_text("from auditor.testing import colour_model\n", encoding="utf-8")
    (folder / "audit.toml").write_text(PLAN.format(home=folder.as_posix()), encoding="utf-8")
    return folder


def rewrite(path: Path, names: dict[str, str]) -> None:
    """Give the images their new names, and some of them another site."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    for row in rows:
        k = int(row[0][:4])
        row[0] = names[row[0]]
        if "site" in header:
            row[header.index("site")] = SMALL if k in {0, 2, 4} else "" if k % 8 == 7 else row[header.index("site")]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def save_with_secrets(image: Image.Image, path: Path) -> None:
    """Save a photograph as a telephone does: where it was taken, by whom, with a comment."""
    exif = Image.Exif()
    exif[0x013B] = PLANTED  # artist
    exif[0x8825] = {1: "N", 2: (47.0, 22.0, 33.0), 3: "E", 4: (8.0, 32.0, 11.0), 29: PLANTED}  # GPS
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{PLANTED}</x:xmpmeta>".encode()
    image.save(path, quality=95, exif=exif, comment=PLANTED.encode(), xmp=xmp, icc_profile=f"icc {PLANTED}".encode())
