"""The commands as a person types them: what they print, what they leave behind, and their exit codes."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from auditor import testing
from auditor.cli import main
from auditor.commands.progress import Bar, Lines, make_progress
from auditor.inventory import DRAWERS
from tests.test_pipeline import PLAN

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ("run", "report", "show", "demo", "init", "list", "doctor")


@pytest.fixture(autouse=True)
def _no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that run in a pipeline leave its page alone."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    folder = testing.plant(tmp_path / "planted", count=24, seed=3)
    (folder / "audit.toml").write_text(PLAN, encoding="utf-8")
    return folder


def invoke(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    code, text = invoke(command, "--help")
    assert code == 0
    assert len(text.splitlines()) > 3


def test_help_names_every_command_and_loads_no_torch() -> None:
    code, text = invoke("--help")
    assert code == 0
    assert all(command in text for command in COMMANDS)
    script = """if True:
        import sys
        from auditor.cli import main
        main(["--help"], standalone_mode=False)
        assert "torch" not in sys.modules"""
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.mark.slow
def test_a_run_leaves_an_audit_and_two_reports_and_they_are_rendered_again_from_it_alone(
    planted: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code, text = invoke("run", planted / "audit.toml", "--out", out, "--interventions", 12)
    assert code == 0, text
    for name in ("audit.json", "report.html", "report.pdf"):
        assert str(out / name) in text
        assert (out / name).stat().st_size > 1000
    before = {name: (out / name).read_bytes() for name in ("report.html", "report.pdf")}
    for name in before:
        (out / name).unlink()
    code, text = invoke("report", out)
    assert code == 0, text
    assert {name: (out / name).read_bytes() for name in before} == before


def test_a_run_writes_what_people_read_and_no_more(planted: Path, tmp_path: Path) -> None:
    """A pipeline that collects every JUnit file would turn red over findings that nobody has gated on."""
    out = tmp_path / "out"
    assert invoke("run", planted / "audit.toml", "--out", out, "--no-pdf", "--interventions", 0)[0] == 0
    assert {path.name for path in out.iterdir()} == {"audit.json", "records", "report.html", "summary.md"}


def test_formats_are_asked_for_by_name(planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, page = tmp_path / "out", tmp_path / "page.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    formats = ("--format", "junit,csv", "--format", "junit")
    code, text = invoke("run", planted / "audit.toml", "--out", out, "--interventions", 0, *formats)
    assert code == 0, text
    assert {path.name for path in out.iterdir()} == {"audit.json", "records", "junit.xml", "csv"}
    assert {path.name for path in (out / "csv").iterdir()} == {"estimates.csv", "findings.csv", "images.csv"}
    assert f"summary appended to {page} (GITHUB_STEP_SUMMARY)" in text
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "page.md"))
    code, text = invoke("report", out, "--out", tmp_path / "again", "--format", "markdown")
    assert code == 0, text
    assert "warning: the summary was not appended to" in text
    assert (tmp_path / "again" / "summary.md").read_text(encoding="utf-8") in page.read_text(encoding="utf-8")


def test_what_cannot_be_rendered_is_said_last(planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, page = tmp_path / "out", tmp_path / "page.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    (tmp_path / "again" / "junit.xml").mkdir(parents=True)
    assert invoke("run", planted / "audit.toml", "--out", out, "--format", "markdown", "--interventions", 0)[0] == 0
    code, text = invoke("report", out, "--out", tmp_path / "again", "--format", "junit,sarif")
    assert code == 5
    assert text.splitlines()[-1].startswith(f"auditor: {tmp_path / 'again' / 'junit.xml'}: the JUnit file cannot be")
    assert (tmp_path / "again" / "audit.sarif").is_file()
    assert page.read_text(encoding="utf-8").count("## ") == 2


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--format", "junti"], "no such format: 'junti'; nearest: 'junit'; there are html, pdf, markdown"),
        (["--mlflow"], "--mlflow needs MLflow: pip install 'auditor[mlflow]'"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_audit(
    planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], text: str
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    for command in (["run", planted / "audit.toml", "--out", tmp_path / "out"], ["report", tmp_path]):
        code, output = invoke(*command, *words)
        assert (code, "Traceback" in output) == (2, False), output
        assert text in output
    assert not (tmp_path / "out").exists()


def test_flags_override_the_plan(planted: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    flags = ("--seed", 5, "--title", "Mine", "--no-pdf", "--interventions", 0)
    code, text = invoke("run", planted / "audit.toml", "--out", out, *flags)
    assert code == 0, text
    audit = (out / "audit.json").read_text(encoding="utf-8")
    assert '"title": "Mine"' in audit
    assert '"seed": 5' in audit
    assert not (out / "report.pdf").exists()


def test_the_output_folder_is_named_after_the_plan(planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(planted)
    assert invoke("run", "audit.toml", "--no-pdf", "--interventions", 0)[0] == 0
    assert (planted / "reports" / "audit" / "report.html").is_file()


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["run", "none.toml"], 2, "auditor: none.toml: no such file; `auditor init` writes a commented plan"),
        (["run"], 2, "Missing argument 'PLAN'"),
        (["run", "audit.toml", "--photos", "nowhere"], 3, "nowhere"),
        (["run", "audit.toml", "--model", "resnet81"], 3, "resnet"),
        (["run", "audit.toml", "--attribute", "sites"], 3, "site"),
        (["run", "audit.toml", "--target-layer", "sea"], 3, "see"),
        (["run", "audit.toml", "--shard", "3/2"], 2, "a shard is written i/N"),
        (["run", "audit.toml", "--devices", "gpu"], 2, "devices: 'gpu' is not there; expected of this machine's cpu"),
        (["run", "audit.toml", "--devices", "cpu, cpu:"], 2, "devices: 'cpu:' is not there"),
        (["run", "audit.toml", "--resume", "--force"], 2, "resume and force: "),
        (["run", "audit.toml", "--out", "audit.toml/out"], 2, "is a file; --out names a folder"),
        (["report", ".", "--photos", "nowhere"], 2, "Directory 'nowhere' does not exist"),
        (["policy", "init", "x" * 300 + ".toml"], 2, "cannot be written"),
        (["report", "."], 3, "audit.json: cannot be read: No such file or directory"),
        (["report", ".", "--format", "docx"], 2, "no such format: 'docx'"),
        (["list", "cam"], 2, "no such drawer: 'cam'; nearest: 'cams'"),
        (["runn"], 2, "No such command 'runn'"),
    ],
)
def test_a_users_mistake_is_said_without_a_traceback(
    planted: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, text: str
) -> None:
    monkeypatch.chdir(planted)
    found, output = invoke(*words)
    assert (found, "Traceback" in output) == (code, False), output
    assert text in output


def test_a_taken_folder_is_refused_before_anything_is_loaded(planted: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    code, text = invoke("run", planted / "audit.toml", "--out", tmp_path / "out")
    assert code == 2
    assert "exists, and holds no audit; choose another --out" in text


def test_shards_say_what_remains(planted: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, text = invoke("run", planted / "audit.toml", "--out", out, "--shard", "1/2", "--no-pdf")
    assert (code, "1 of 3 units remain with others" in text) == (0, True), text
    for shard in ("2/2", "1/2", "2/2", "1/2"):  # hiding regions waits for all images, testing maps for all trials
        code, text = invoke("run", planted / "audit.toml", "--out", out, "--shard", shard, "--no-pdf")
        assert code == 0, text
        if "run the shards again" not in text:
            break
    assert str(out / "report.html") in text


def test_init_writes_a_plan_and_says_what_to_do(tmp_path: Path) -> None:
    code, text = invoke("init", tmp_path / "audit.toml")
    assert code == 0
    assert "auditor run" in text
    assert invoke("init", tmp_path / "audit.toml")[0] == 2
    (tmp_path / "folder").mkdir()
    code, text = invoke("init", tmp_path / "folder")
    assert f"auditor run {tmp_path / 'folder' / 'audit.toml'}" in text
    assert (tmp_path / "folder" / "audit.toml").is_file()


def test_list_shows_what_is_in_a_drawer() -> None:
    code, text = invoke("list")
    assert code == 0
    for entry in ("gradcam", "hirescam", "serial", "torchvision"):
        assert entry in text
    assert "interventions  noise" in text
    assert all(drawer in invoke("list", "--help")[1] for drawer in DRAWERS)


def test_only_a_run_with_records_is_said_to_go_on(
    planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "net.pt")

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    words = ("run", planted / "audit.toml", "--out", tmp_path / "out", "--interventions", 0, "--no-pdf")
    for monkey, code, said in (
        (fail, 3, "auditor: net.pt: Permission denied"),
        (interrupt, 130, "auditor: interrupted"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr("auditor.pipeline.load_dataset", monkey)
            patch.setattr("auditor.plans.plan.write_plan", monkey)
            for some in (words, ("init", tmp_path / "new.toml")):
                found, text = invoke(*some)
                assert (found, text.strip()) == (code, said)
    with monkeypatch.context() as patch:
        patch.setattr("auditor.audits.tasks.sum_up", fail)
        code, text = invoke(*words)
    assert (code, text) == (3, "auditor: net.pt: Permission denied; what was done is kept: run again with --resume\n")


def test_doctor_says_what_is_there() -> None:
    _, text = invoke("doctor")
    for name in ("torch", "weasyprint", "device", "pdf"):
        assert name in text


def test_lines_are_plain_and_rare() -> None:
    stream = io.StringIO()
    lines = make_progress(stream)
    assert isinstance(lines, Lines)
    lines(0, 100)
    for done in range(1, 101):
        lines(done, 100)
    assert stream.getvalue() == ""  # it took less than two seconds
    lines.started -= 50
    lines.last -= 50
    lines(100, 200)
    assert "100 of 200 images, " in stream.getvalue()
    assert "s left" in stream.getvalue()


def test_a_bar_is_drawn_on_a_terminal() -> None:
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as terminal:
        bar = make_progress(terminal)
        assert isinstance(bar, Bar)
        for done in (0, 5, 10):
            bar(done, 10)
        bar.close()
    text = _read_terminal(leader)
    assert "10/10" in text


def _read_terminal(leader: int) -> str:
    """Read what was written on a terminal until its other end is closed; one read may return only part of it."""
    parts: list[bytes] = []
    # Linux reports the closed end as an input/output error.
    with os.fdopen(leader, "rb", buffering=0) as terminal, contextlib.suppress(OSError):
        while part := terminal.read(4096):
            parts.append(part)
    return b"".join(parts).decode()
