"""`sterna export`: files for programs that stand beside the new platform."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from sterna.cli import show
from sterna.cli.options import AccountsArgument, JsonOption, SiteOption, chosen_site, wants_json

app = typer.Typer(
    name="export",
    help="Files for programs that stand beside the new platform.",
    epilog="Example: sterna export getmail --out /etc/getmail",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Side(enum.StrEnum):
    """The two servers."""

    SOURCE = "source"
    TARGET = "target"


class Layout(enum.StrEnum):
    """The two layouts of Maildir."""

    MAILDIRPP = "maildir++"
    FS = "fs"


OutOption = Annotated[
    Path, typer.Option("--out", metavar="DIR", file_okay=False, help="Where to write; made if need be.")
]


@app.callback()
def export() -> None:
    """Write files for programs that stand beside the new platform. Nothing is changed on either side."""


@app.command(epilog="Example: sterna export getmail --out /etc/getmail")
def getmail(
    context: typer.Context,
    out: OutOption,
    site: SiteOption = None,
    lmtp: Annotated[
        Path | None,
        typer.Option("--lmtp", metavar="SOCKET", help="Deliver to this socket of the mail store, not by sendmail."),
    ] = None,
    sendmail: Annotated[
        Path, typer.Option("--sendmail", metavar="FILE", help="The command that takes mail for delivery.")
    ] = Path("/usr/sbin/sendmail"),
    ca_file: Annotated[
        Path, typer.Option("--ca-file", metavar="FILE", help="Certificates of the authorities that getmail trusts.")
    ] = Path("/etc/ssl/certs/ca-certificates.crt"),
    as_json: JsonOption = False,
) -> int:
    """Write configurations of getmail that go on fetching mail from accounts elsewhere, as the old server does.

    There is a folder for each record, with the list of what was fetched already, so that nothing comes twice. Passwords
    stand in it, in files that only their owner may read. What getmail or a person has changed since is never replaced.
    """
    import asyncio
    import time

    from sterna.getmail.config import Lmtp, Sendmail
    from sterna.migration.polling import export_getmail

    delivery = Sendmail(sendmail) if lmtp is None else Lmtp(lmtp)
    written = asyncio.run(
        export_getmail(chosen_site(context, site), out.absolute(), delivery, ca_file, int(time.time()))
    )
    if wants_json(context, as_json):
        show.show_json(written.as_json())
    else:
        show.show_text("\n".join(written.lines()))
    return 0


@app.command(epilog="Example: sterna export maildir --out /srv/backup")
def maildir(
    context: typer.Context,
    out: OutOption,
    accounts: AccountsArgument = None,
    site: SiteOption = None,
    side: Annotated[Side, typer.Option("--from", help="Which server is read.")] = Side.TARGET,
    layout: Annotated[
        Layout, typer.Option("--layout", help="How mailboxes below others lie: .Work.2020, or Work/2020 (LAYOUT=fs).")
    ] = Layout.MAILDIRPP,
    as_json: JsonOption = False,
) -> int:
    """Write accounts' mail as Maildir, with UIDs, flags, keywords and dates: a copy to keep, and the way back.

    Each account is in a folder DIR/DOMAIN/NAME, as Dovecot, mail clients and Sterna's own source.files read it. Every
    message is read again from disk and compared, also with what was copied once. It may be interrupted; the same
    command goes on from there, and brings a later state into the same folder. Nothing is ever removed from it, and both
    servers are only read.
    """
    import asyncio

    from sterna.migration.export_maildir import export_maildir
    from sterna.migration.report import exported

    chosen = chosen_site(context, site)
    report = asyncio.run(
        export_maildir(chosen, out.absolute(), side=side.value, layout=layout.value, accounts=accounts or None)
    )
    if wants_json(context, as_json):
        show.show_json(report.as_json())
    else:
        show.show_text(exported.text(report))
    return report.exit_code


@app.command(epilog="Example: sterna export mailman --out lists")
def mailman(context: typer.Context, out: OutOption, site: SiteOption = None, as_json: JsonOption = False) -> int:
    """Write each mailing list as Mailman should have it: a file in JSON, and its texts in a folder of templates.

    The words are those of Mailman's REST API. The files are for people to read and for other programs; to load lists
    into Mailman they are not needed: sterna lists load.
    """
    import asyncio

    from sterna.migration.lists import read_lists, write_lists
    from sterna.migration.planned import finding_as_json
    from sterna.migration.report.text import findings, printable

    read = asyncio.run(read_lists(chosen_site(context, site)))
    written = write_lists(read.lists, out.absolute())
    if wants_json(context, as_json):
        found = [finding_as_json(finding) for finding in read.findings]
        show.show_json({"files": [str(path) for path in written], "findings": found})
    else:
        show.show_text(printable("\n".join([*map(str, written), *findings(read.findings)])))
    return 0
