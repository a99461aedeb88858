"""`sterna verify`: compare every message, mailbox and account, and write the report; or check a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sterna.cli import exits, show
from sterna.cli.options import AccountsArgument, JsonOption, SiteOption, chosen_site, wants_json

if TYPE_CHECKING:
    from sterna.migration.verify.form import Asked

LARGEST_SEED = 2**32


def verify(
    context: typer.Context,
    accounts: AccountsArgument = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Compare counts and checksums of mailboxes; look at no message.")
    ] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every message again on both sides, and compare its bytes.")
    ] = False,
    sample: Annotated[
        int,
        typer.Option("--sample", metavar="N", min=0, help="Read N messages again on both sides, drawn at random."),
    ] = 0,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="NUMBER", help="Draw the messages that an earlier --sample drew."),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", help="Compare nothing: tell whether this report is as it was signed."),
    ] = None,
) -> int:
    """Compare every account, mailbox and message of both sides; write a signed report.

    For each message the SHA-1 that the target took of what it stored is compared with the one taken while its bytes
    passed. The report is written to the site's report folder as text, JSON and one HTML page, which proves by its
    signature that nobody changed it. The exit code is 0 only when everything is equal. Nothing is changed on either
    side.
    """
    import asyncio
    from dataclasses import replace

    from rich.console import Console

    from sterna.cli import progress
    from sterna.migration.report import files, text
    from sterna.migration.report.signature import ReportKey
    from sterna.migration.verify.run import verify_site

    machine = wants_json(context, as_json)
    if check is not None:
        if accounts or quick or deep or sample or seed is not None:
            raise typer.BadParameter("--check compares nothing, so it goes with no other option but --site and --json")
        return _check(context, check, site, machine=machine)
    asked = _asked(quick=quick, deep=deep, sample=sample, seed=seed)
    chosen = chosen_site(context, site)
    files.make_folder(chosen.report_dir)
    key = ReportKey.of(chosen.state_dir)
    with progress.counted(Console(stderr=True), "account") as on_compared:
        report = asyncio.run(verify_site(chosen, accounts=accounts or None, asked=asked, on_compared=on_compared))
    report = replace(report, partial=bool(accounts))
    written = files.write(report, chosen.report_dir, key)
    if machine:
        show.show_json(report.as_json)
    else:
        said = f"The report is {written.html}, signed by the key {key.fingerprint}"
        show.show_text(f"{text.verification(report, brief=True)}\n{said}")
    return 0 if report.equal else exits.INCOMPLETE


def _asked(*, quick: bool, deep: bool, sample: int, seed: int | None) -> Asked:
    """Return what the options ask for.

    Raises:
        typer.BadParameter: they contradict each other.
    """
    import secrets

    from sterna.migration.verify.form import Asked, Form

    if quick and deep:
        raise typer.BadParameter("--quick looks at no message and --deep at every byte; choose one")
    if sample and (quick or deep):
        raise typer.BadParameter(
            "--sample goes without --quick, which looks at no message, and --deep, which reads all"
        )
    if seed is not None and not sample:
        raise typer.BadParameter("--seed says which messages --sample N draws; give both")
    form = Form.QUICK if quick else Form.DEEP if deep else Form.DIGESTS
    return Asked(form, sample, secrets.randbelow(LARGEST_SEED) if seed is None else seed)


def _check(context: typer.Context, path: Path, site: Path | None, *, machine: bool) -> int:
    """Check a report, and say whether the key is this site's where there is one."""
    from sterna.migration.report import signature
    from sterna.migration.report.signature import KEY_FILE, ReportKey
    from sterna.site.errors import NoSiteFileError

    found = signature.check(path)
    try:
        chosen = chosen_site(context, site)
    except NoSiteFileError:
        if site is not None:
            raise
        ours = None
    else:
        ours = ReportKey.of(chosen.state_dir).fingerprint if (chosen.state_dir / KEY_FILE).exists() else None
    by_ours = None if ours is None else ours == found.fingerprint
    if machine:
        show.show_json({"file": str(path), "key": found.fingerprint, "ours": by_ours, "result": found.result})
    else:
        whose = {
            None: "compare it with the key that sterna verify named when the report was made",
            True: "the key of this site",
            False: f"NOT the key of this site, which is {ours}",
        }[by_ours]
        said = ""
        if found.result is not None:
            said = f"\nIt says: {'equal' if found.result.get('equal') else 'not equal'}, {found.result.get('ended')}"
        show.show_text(f"{path} is as it was signed, by the key {found.fingerprint}: {whose}.{said}")
    return exits.INCOMPLETE if by_ours is False else 0
