"""The three ways to have auditor (wheel, editable install, bare checkout) each carry all that a report needs."""

from __future__ import annotations

import shutil
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from auditor.documents.document import (
    AttributeFacts,
    DataFacts,
    Document,
    Examples,
    MeanMap,
    Method,
    ModelFacts,
    RegionFacts,
    Tool,
)
from auditor.documents.ladder import Estimate
from tests.processes import run_command, run_python

ROOT = Path(__file__).parents[1]
SHIPPED = {
    "auditor": "auditor",
    "templates": "auditor/templates",
    "examples/doctor_nurse": "auditor/examples/doctor_nurse",
}
UV = Path(sysconfig.get_path("scripts")) / "uv"


def build(kind: str, source: Path, out: Path) -> Path:
    run_command(sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", out, cwd=source)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a tiny audit.json."""
    folder = tmp_path_factory.mktemp("audit")
    (folder / "audit.json").write_text(make_document().model_dump_json(), encoding="utf-8")
    return folder


def make_document() -> Document:
    count = {"n": 12, "clusters": 12, "unit": "share", "method": "test"}
    return Document(
        title="Stripes and dots",
        created="2026-01-01T00:00:00Z",
        tool=Tool(name="auditor", version="0", environment={"python": "3"}),
        plan={},
        model=ModelFacts(
            source="planted:model",
            classes=["stripes", "dots"],
            weights_file=None,
            weights_sha256="0" * 64,
            parameters=10,
            target_layer="layer",
            target_layer_origin="found by probing",
            grid=(2, 2),
            frame=(8, 8),
            preprocessing={"resize": 8},
            preprocessing_origin="named in the plan",
        ),
        data=DataFacts(
            images_folder="photos",
            annotations="patterns.csv",
            manifest_sha256="0" * 64,
            exif="apply (default)",
            n_listed=12,
            n_read=12,
            n_clusters=12,
            clusters_origin="one image each",
            left_out=[],
            faults=[],
            n_faults=0,
            notes={},
            labels={"stripes": 6, "dots": 6},
            attributes=[AttributeFacts(name="colour", counts={"red": 6, "blue": 6})],
            regions=[RegionFacts(name="corner", role="artefact", images=12, median_area=0.25)],
        ),
        method=Method(
            cam="gradcam",
            targets=["label", "predicted"],
            seed=0,
            confidence=0.95,
            draws=100,
            borrowed=4,
            min_clusters=10,
            minimum_opportunity=0.05,
        ),
        warnings=[],
        not_tested=["whether the model uses what it looks at"],
        estimates=[
            Estimate(statistic="accuracy", value=0.75, ci=(0.5, 0.9), **count),
            Estimate(statistic="accuracy", label="dots", value=0.5, ci=(0.2, 0.8), **count),
            *(
                Estimate(statistic=name, target="label", region="corner", value=0.4, ci=(0.3, 0.5), **count)
                for name in ("mass", "area", "borrowed_mass")
            ),
        ],
        mean_maps=[MeanMap(target="label", label="dots", n=6, grid=[[0.7, 0.1], [0.1, 0.1]])],
        examples=Examples(rule="none was misclassified", n_misclassified=0, items=[]),
    )


class Place:
    """A fresh environment without auditor, on top of the libraries of this one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=False, symlinks=True)
        self.python = folder / "bin" / "python"
        (site,) = folder.glob("lib/python*/site-packages")
        (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
        assert "auditor" not in run_python(
            "import importlib.util as u; print(u.find_spec('auditor'))", python=self.python, cwd=folder
        )

    def install(self, *what: Path | str) -> None:
        offline = ("--offline", "--no-deps", "--no-build-isolation")
        run_command(UV, "pip", "install", *offline, "--python", self.python, *what)

    def report(self, audit: Path, **variables: str) -> str:
        """Render the reports from elsewhere; the path of the package comes back."""
        out = self.folder / "out"
        shutil.copytree(audit, out)
        auditor = (self.python, "-m", "auditor")
        assert "Usage:" in run_command(*auditor, "--help", cwd=self.folder, **variables)
        run_command(*auditor, "report", out, cwd=self.folder, **variables)
        assert "Stripes and dots" in (out / "report.html").read_text(encoding="utf-8")
        assert (out / "report.pdf").read_bytes().startswith(b"%PDF-")
        return run_command(self.python, "-c", "import auditor; print(auditor.__file__)", cwd=self.folder, **variables)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "a place")


@pytest.mark.slow
def test_wheel_renders_a_report(place: Place, wheel: Path, audit: Path) -> None:
    place.install(wheel)
    assert place.report(audit).startswith(str(place.folder))
    assert "Usage:" in run_command(place.folder / "bin" / "auditor", "--help", cwd=place.folder)


def test_editable_install_renders_a_report(place: Place, audit: Path) -> None:
    place.install("--editable", ROOT)
    assert place.report(audit).startswith(str(ROOT))


def test_bare_checkout_renders_a_report(place: Place, audit: Path) -> None:
    assert place.report(audit, PYTHONPATH=str(ROOT)).startswith(str(ROOT))


def test_wheel_holds_what_runs_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"{inside}/{file.relative_to(ROOT / folder).as_posix()}"
        for folder, inside in SHIPPED.items()
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and not {"__pycache__", "data"} & set(file.relative_to(ROOT / folder).parts)
    }
    assert expected >= {"auditor/py.typed", "auditor/templates/report.html.j2"}
    assert "auditor/examples/doctor_nurse/render.py" in expected
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_source_archive_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    archive = build("sdist", ROOT, tmp_path / "sdist")
    (tmp_path / "source").mkdir()
    run_command("tar", "-xzf", archive, "-C", tmp_path / "source")
    (source,) = (tmp_path / "source").iterdir()
    again = build("wheel", source, tmp_path / "wheel")
    assert {item.filename: item.CRC for item in zipfile.ZipFile(again).infolist()} == {
        item.filename: item.CRC for item in zipfile.ZipFile(wheel).infolist()
    }


def test_constraints_name_versions_and_no_place() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert len(pins) > 50
    assert [line for line in pins if "==" not in line or "--" in line or "@" in line or "/" in line] == []
