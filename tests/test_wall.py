"""The records are the wall: what was saved left of it is enough, to the byte, for everything right of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import auditor
from auditor import testing
from tests.processes import run_python

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_records_alone_give_the_audit_and_its_reports(tmp_path: Path) -> None:
    photographs, out = testing.plant(tmp_path / "planted", count=24, seed=5), tmp_path / "out"
    model = auditor.load_model(
        testing.colour_model(),
        classes=testing.CLASSES,
        preprocessing=auditor.Preprocessing(resize=testing.SIZE, crop=None, mean=(0, 0, 0), std=(1, 1, 1)),
        target_layer="see",
    )
    dataset = auditor.AnnotatedDataset.from_csv(
        photographs / "annotations.csv", images=photographs / "photos", regions=photographs / "regions.csv"
    )
    auditor.audit(model, dataset, attributes=["site"], out=out)
    before = (out / "audit.json").read_bytes()
    code = """
        import sys
        from pathlib import Path
        import auditor
        from auditor import records, result, runs
        from auditor.analysis.compilation import compile_document
        from auditor.publishing.rendering import write_report

        loaded = auditor.load("out")
        Path("out/audit.json").unlink()
        tables = {name: getattr(loaded, name) for name in (*records.TABLES, *result.LATER)}
        assert all(len(table) for table in tables.values())
        document = compile_document(runs.load(Path("out/records")).header, tables)
        found = result.AuditResult(document, **tables, images_folder=Path("planted/photos")).located(Path("out"))
        result.write_document(found.document, Path("out"))
        print(*(path.name for path in write_report("out")))
        assert "auditor.evidence" not in sys.modules
    """
    printed = run_python(code, cwd=tmp_path, missing=("torch", "torchvision"))
    assert printed.split() == ["report.html", "report.pdf", "summary.md"]
    assert (out / "audit.json").read_bytes() == before
