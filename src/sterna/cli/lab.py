"""`sterna lab`: a whole old server and a whole new platform in one folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sterna.cli import show
from sterna.cli.options import JsonOption, MessagesOption, wants_json

if TYPE_CHECKING:
    from sterna.lab.info import LabInfo
    from sterna.lab.lab import LabStatus

app = typer.Typer(
    name="lab",
    help="A whole old server and a whole new platform in one folder, to learn, rehearse and test.",
    epilog="Example: sterna lab up --dir /var/tmp/lab && sterna --site /var/tmp/lab/sterna.toml survey",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DirOption = Annotated[
    Path | None,
    typer.Option(
        "--dir", metavar="DIR", help="The lab's folder; without it the current one if it is a lab, else ./sterna-lab."
    ),
]
CorpusOption = Annotated[
    Path | None,
    typer.Option(
        "--corpus",
        metavar="DIR",
        envvar="STERNA_MAIL_CORPUS",
        exists=True,
        file_okay=False,
        help="Also use every message in this folder.",
    ),
]


@app.command(epilog="Example: sterna lab up --dir /var/tmp/lab --messages 10000")
def up(
    context: typer.Context,
    folder: DirOption = None,
    messages: MessagesOption = 3000,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Another number makes other mail.")] = None,
    corpus: CorpusOption = None,
    accounts: Annotated[
        int,
        typer.Option(
            "--accounts", metavar="N", min=0, help="Fill the old server up to N accounts with a little mail each."
        ),
    ] = 0,
    as_json: JsonOption = False,
) -> int:
    """Make a lab and start it, or start one that was stopped.

    Everything is in its folder and on free ports of 127.0.0.1; nothing of this machine's own mail is touched.
    """
    from sterna.lab.lab import Lab, LabOptions

    options = LabOptions(messages=messages, corpus=corpus, accounts=accounts)
    info = Lab.up(_folder(folder), options if seed is None else replace(options, seed=seed))
    if wants_json(context, as_json):
        show.show_json(info.as_json())
    else:
        show.show_text(_up_in_words(info))
    return 0


@app.command(epilog="Example: sterna lab status --dir /var/tmp/lab")
def status(context: typer.Context, folder: DirOption = None, as_json: JsonOption = False) -> int:
    """Show the servers of a lab; the exit code is 0 only when all of them run."""
    from sterna.cli.exits import UNAVAILABLE
    from sterna.lab.lab import Lab

    found = Lab.status(_folder(folder))
    if wants_json(context, as_json):
        show.show_json(_status_as_json(found))
    else:
        show.show_text(_status_in_words(found))
    return 0 if found.healthy else UNAVAILABLE


@app.command(epilog="Example: sterna lab down --dir /var/tmp/lab --remove")
def down(
    context: typer.Context,
    folder: DirOption = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the folder with everything in it, too.")] = False,
    as_json: JsonOption = False,
) -> int:
    """End every process of a lab, also after a crash; its folder stays unless told otherwise."""
    from sterna.lab.lab import Lab

    where = _folder(folder)
    ran = Lab.down(where, remove=remove)
    if wants_json(context, as_json):
        show.show_json({"dir": str(where), "ran": ran, "removed": remove})
    else:
        show.show_text(
            f"{where}: {'ended' if ran else 'nothing was running'}{', and the folder is removed' if remove else ''}"
        )
    return 0


def _folder(asked_for: Path | None) -> Path:
    from sterna.lab.lab import MARKER

    if asked_for is not None:
        return asked_for
    here = Path.cwd()
    return here if (here / MARKER).exists() else here / "sterna-lab"


def _up_in_words(info: LabInfo) -> str:
    from sterna.migration.report.text import table

    ends = info.as_json()
    ready = f"ready in {max(info.timings.values()):.1f} s" if info.timings else "ready"
    rows = [("old server", name, f"{end['host']}:{end['port']}") for name, end in _ends(ends["source"])]
    rows += [("new platform", name, f"{end['host']}:{end['port']}") for name, end in _ends(ends["target"])]
    return "\n".join(
        (
            f"The lab in {info.dir} is {ready}.",
            "",
            *table(("", "", ""), rows)[1:],
            "",
            f"Its authority's certificate is {info.ca}.",
            f"Go on with:  sterna --site {info.site} survey",
            f"End it with: sterna lab down --dir {info.dir}",
        )
    )


def _ends(side: object) -> list[tuple[str, dict[str, object]]]:
    """Return the named servers of one side; other facts, such as the folder of the old server's files, are left out."""
    return [(name, end) for name, end in side.items() if isinstance(end, dict)] if isinstance(side, dict) else []


def _status_as_json(found: LabStatus) -> dict[str, object]:
    return {
        "dir": str(found.dir),
        "running": found.running,
        "healthy": found.healthy,
        "servers": [
            {
                "name": server.name,
                "pid": server.pid,
                "ports": list(server.ports),
                "state": str(server.state),
                "uptime_s": server.uptime_s and round(server.uptime_s, 3),
                "exit": server.exit,
            }
            for server in found.servers
        ],
    }


def _status_in_words(found: LabStatus) -> str:
    from sterna.migration.report import numbers
    from sterna.migration.report.text import table

    rows = [
        (
            server.name,
            f"{server.state} ({server.exit})" if server.exit else str(server.state),
            str(server.pid or ""),
            "" if server.uptime_s is None else numbers.duration(server.uptime_s),
            " ".join(str(port) for port in server.ports),
        )
        for server in found.servers
    ]
    head = f"The lab in {found.dir} {'runs' if found.running else 'is stopped'}."
    return "\n".join((head, "", *table(("server", "state", "pid", "up", "ports"), rows, right=(2,))))
