"""What is on the page of the HTML report and what lies beside it: each photograph once, within bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from auditor.cli import main
from auditor.errors import RenderError
from auditor.report import write_html
from auditor.report.html import write_html_folder
from auditor.report.plates import slug
from auditor.result import write_document
from tests.report.test_html import links, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document

    Make = Callable[..., Document]


@pytest.fixture
def page(make_document: Make, tmp_path: Path) -> str:
    write_html(make_document(pairs=4), tmp_path / "report.html", images=tmp_path / "photos")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_two_hundred_examples_fit(make_document: Make, tmp_path: Path) -> None:
    document = make_document(pairs=100)
    write_html(document, tmp_path / "report.html", images=tmp_path / "photos")
    page = (tmp_path / "report.html").read_bytes()
    assert len(page) < 4_000_000
    assert page.count(b"<image id=") == 200


def test_each_photograph_stands_in_the_page_once(page: str) -> None:
    kept = re.findall(r'<image id="([^"]+)" href="([^"]+)"', page)
    assert len(kept) == len({name for name, _ in kept}) == len({uri for _, uri in kept}) == 8
    assert {name for name, _ in kept} == {name[1:] for name in links(read(page), "use")}


def test_a_folder_holds_the_same_with_its_pictures_beside_it(make_document: Make, tmp_path: Path) -> None:
    document, out = make_document(pairs=4), tmp_path / "out"
    index = write_html_folder(document, out, images=tmp_path / "photos")
    write_html(document, tmp_path / "report.html", images=tmp_path / "photos")
    apart, whole = (read(path.read_text(encoding="utf-8")) for path in (index, tmp_path / "report.html"))
    assert " ".join(" ".join(apart.text).split()) == " ".join(" ".join(whole.text).split())
    names = {value for value in apart.all("src") if not value.startswith("data:image/png")}
    assert all(re.fullmatch(r"pictures/[0-9a-f]{16}\.jpg", name) for name in names)
    assert names == {f"pictures/{path.name}" for path in (out / "pictures").iterdir()}
    assert "data:image/jpeg" not in index.read_text(encoding="utf-8")
    (policy,) = [attributes["content"] for _, attributes in apart.tags if attributes.get("http-equiv")]
    assert "default-src 'none'; img-src 'self' data:;" in str(policy)
    assert index.stat().st_size < (tmp_path / "report.html").stat().st_size


def test_a_folder_keeps_no_picture_of_an_earlier_report(make_document: Make, tmp_path: Path) -> None:
    document, out = make_document(pairs=3), tmp_path / "out"
    write_html_folder(document, out, images=tmp_path / "photos")
    before = {path.name: path.read_bytes() for path in (out / "pictures").iterdir()}
    (out / "pictures" / "mine.jpg").write_bytes(b"")
    write_html_folder(document, out, images=tmp_path / "photos")
    assert {path.name: path.read_bytes() for path in (out / "pictures").iterdir()} == {**before, "mine.jpg": b""}
    write_html_folder(document, out, images=None)
    left = {path.name for path in (out / "pictures").iterdir()}
    assert "mine.jpg" in left
    assert len(left) < len(before)


def test_a_folder_that_cannot_be_made_is_one_clear_line(make_document: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RenderError, match=r"the HTML report cannot be written: .*; choose another folder"):
        write_html_folder(make_document(pairs=0), tmp_path / "file")


def test_a_name_of_any_kind_is_linked(make_document: Make, tmp_path: Path) -> None:
    document = make_document(pairs=1)
    error, control = document.examples.items
    names = ("看護師 1/a b.jpg", "a b.jpg")
    items = [
        error.model_copy(update={"image_id": names[0]}),
        control.model_copy(update={"image_id": names[1], "control_of": names[0]}),
    ]
    examples = document.examples.model_copy(update={"items": items})
    write_html(document.model_copy(update={"examples": examples}), tmp_path / "r.html", images=tmp_path / "photos")
    anchors = [name for name in read((tmp_path / "r.html").read_text()).all("id") if name.startswith("image-")]
    assert anchors == [f"image-{slug(name)}" for name in names]
    assert len(set(anchors)) == 2


def test_the_command_writes_a_folder_in_place_of_the_file(make_document: Make, tmp_path: Path) -> None:
    write_document(make_document(pairs=2), tmp_path)
    asked = ["report", str(tmp_path), "--format", "markdown", "--html-dir", str(tmp_path / "pages")]
    said = CliRunner().invoke(main, asked)
    assert said.exit_code == 0, said.output
    assert (tmp_path / "pages" / "index.html").is_file()
    assert list((tmp_path / "pages" / "pictures").glob("*.jpg"))
    assert (tmp_path / "summary.md").is_file()
    assert not (tmp_path / "report.html").exists()
    assert str(tmp_path / "pages") in said.output.split()
