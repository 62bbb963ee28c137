"""The commands that file an audit: declare what only the provider knows, and sign what was decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable

AUDIT = click.Path(path_type=Path, exists=True)
DISPOSITIONS: Final = {
    "accept": "What was found stays as it is.",
    "mitigate": "Something is done about it.",
    "reject": "It is held to be wrong, or the model is not to be used.",
}
"""What may be decided, in words of the help."""


@click.command()
@click.argument("folder", type=AUDIT)
@click.argument("facts", type=click.Path(path_type=Path))
def declare(folder: Path, facts: Path) -> None:
    """Put the declared FACTS (a TOML file with a table [declared]) into the audit in FOLDER.

    Nothing is measured again. An audit that was signed stays as it was signed, and is refused.
    """
    from auditor.publishing.filing import declare as put

    click.echo(f"{put(folder, facts)}: `auditor report {folder}` renders it again")


def _dispositions(command: Callable[..., None]) -> Callable[..., None]:
    """One flag per disposition."""
    for name, words in reversed(DISPOSITIONS.items()):
        command = click.option(f"--{name}", is_flag=True, help=words)(command)
    return command


def _take_disposition(said: dict[str, Any]) -> str | None:
    """Take the flags out of what was said: one of them at most may be there."""
    given = [name for name in DISPOSITIONS if said.pop(name)]
    if len(given) > 1:
        found = " and ".join(f"--{name}" for name in given)
        raise click.UsageError(f"one of --accept, --mitigate, --reject is expected, found {found}")
    return given[0] if given else None


@click.command("sign-off")
@click.argument("folder", type=AUDIT)
@click.argument("finding", required=False)
@_dispositions
@click.option("--reason", help="Why; printed in the report.")
@click.option("--owner", help="Who answers for it.")
@click.option("--role", help="As what.")
@click.option("--expires", metavar="DATE", help="Last day on which it holds, as in 2027-01-31.")
@click.option("--list", "listed", is_flag=True, help="List findings and decisions, and change nothing.")
def sign_off(folder: Path, finding: str | None, *, listed: bool, **said: Any) -> None:
    """Record a decision about FINDING, or about the whole report, beside the audit in FOLDER.

    FINDING is a code (F-02), a fingerprint or a link, as the report prints them. Decisions are kept in sign-off.json
    with the SHA-256 of audit.json: when that changes, they no longer belong to it.
    """
    from auditor.publishing.filing import list_decisions, sign

    said["disposition"] = _take_disposition(said)
    if listed:
        click.echo("\n".join(list_decisions(folder)))
        return
    missing = [name for name in ("disposition", "reason", "owner") if not said[name]]
    if missing:
        flags = {"disposition": "one of --accept, --mitigate, --reject", "reason": "--reason", "owner": "--owner"}
        raise click.UsageError(f"missing: {', '.join(flags[name] for name in missing)}")
    click.echo(f"{sign(folder, finding, **said)}: `auditor report {folder}` renders it")
