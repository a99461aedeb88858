"""`sterna verify`: compare every message, mailbox and account, and write the report."""

from __future__ import annotations

import typer

from sterna.cli import exits, show
from sterna.cli.options import AccountsArgument, JsonOption, SiteOption, chosen_site, wants_json


def verify(
    context: typer.Context,
    accounts: AccountsArgument = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> int:
    """Compare every account, mailbox and message of both sides; write a report that can be signed.

    The report is written to the site's report folder as text, JSON and one HTML page. The exit code is 0 only when
    everything is equal. Nothing is changed on either side.
    """
    import asyncio
    from dataclasses import replace

    from rich.console import Console

    from sterna.cli import progress
    from sterna.migration.report import files, text
    from sterna.migration.verify.run import verify_site

    chosen = chosen_site(context, site)
    files.make_folder(chosen.report_dir)
    with progress.counted(Console(stderr=True), "account") as on_compared:
        report = asyncio.run(verify_site(chosen, accounts=accounts or None, on_compared=on_compared))
    report = replace(report, partial=bool(accounts))
    written = files.write(report, chosen.report_dir)
    if wants_json(context, as_json):
        show.show_json(report.as_json)
    else:
        show.show_text(f"{text.verification(report, brief=True)}\nThe report is {written.html}")
    return 0 if report.equal else exits.INCOMPLETE
