"""The commands that judge an audit: the gate, and the policies that it judges by."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import click

from auditor.errors import UsageError

AUDIT: Final = click.Path(path_type=Path, exists=True)
FOLDER: Final = click.Path(path_type=Path, file_okay=False)


@click.command("gate")
@click.argument("folder", type=AUDIT)
@click.option("--policy", help="A .toml file, or release, ll144, medical. Default: the one locked before the run.")
@click.option(
    "--baseline",
    type=AUDIT,
    help="Folder of an earlier audit, for rules that compare with one. Default: that of the comparison in FOLDER.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="junit (gate.xml), markdown (gate.md); may be given several times, or parted by commas.",
)
@click.option("--out", type=FOLDER, help="Where to write; default: FOLDER.")
@click.option(
    "--preset",
    type=click.Choice(["public", "internal"]),
    help="public: groups of fewer than 5, and who waived what, are left out of all that is printed and written; the "
    "outcome stays that of the audit. Default: as the plan says, else internal.",
)
@click.pass_context
def gate_audit(
    ctx: click.Context,
    folder: Path,
    *,
    policy: str | None,
    baseline: Path | None,
    formats: tuple[str, ...],
    out: Path | None,
    preset: Literal["public", "internal"] | None,
) -> None:
    """Judge the audit in FOLDER by a policy, rule by rule.

    Ends with 0 where all rules pass, 1 where one fails, 4 where none fails and one cannot tell.
    """
    from auditor.gating import check_gate_formats, read_policy, write_verdict
    from auditor.judging import judge_to_show
    from auditor.privacy.disclosure import Disclosure
    from auditor.publishing.delivery import append_text
    from auditor.publishing.destinations import make_folder
    from auditor.report.rulings import tell_verdict
    from auditor.result import read_document

    asked = [name.strip() for words in formats for name in words.split(",") if name.strip()]
    check_gate_formats(asked)
    document = read_document(folder)
    judged = judge_to_show(
        document,
        policy=read_policy(policy, document),
        baseline=baseline,
        disclosure=Disclosure(preset=preset),
    )
    click.echo(str(judged.shown))
    home = out or (folder if folder.is_dir() else folder.parent)
    make_folder(home)
    for path in write_verdict(judged.shown, judged.document, home, formats=asked):
        click.echo(path)
    said = append_text(tell_verdict(judged.shown))
    if said:
        click.echo(said, err=True)
    ctx.exit(judged.verdict.exit_code)


@click.group("policy")
def policies() -> None:
    """Write a policy to start from, or check one."""


@policies.command("init")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), default=Path("policy.toml"))
@click.option("--preset", default="release", show_default=True, help="release, ll144 or medical.")
def init_policy(path: Path, preset: str) -> None:
    """Write a commented policy to PATH (default: policy.toml)."""
    from auditor.gating import write_policy

    try:
        written = write_policy(path, preset=preset)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}; name a file elsewhere") from None
    click.echo(f'{written}: edit it, name it in the plan (policy = "{written.name}"), then `auditor gate DIR`')


@policies.command("check")
@click.argument("named")
def check_policy(named: str) -> None:
    """Check the policy NAMED (a .toml file or a preset), and print its rules and its SHA-256."""
    from auditor.gating import read_policy

    found = read_policy(named)
    for place, words in enumerate(found.describe()):
        click.echo(f"line {found.line(place)}: {words}")
    for waiver in found.waiver:
        click.echo(f"waived until {waiver.expires}: {waiver.finding} ({waiver.owner}: {waiver.reason})")
    click.echo(f"sha256 {found.sha256}")
