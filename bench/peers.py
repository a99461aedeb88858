"""The other movers of mail: the commands with which each does the same work, one process for each account."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from bench.source import PASSWORD, Source
from bench.target import Target
from sterna.lab.ports import LOOPBACK

_MBSYNC = """\
IMAPAccount source
Host {host}
Port {source}
User {account}
Pass {password}
SSLType None
AuthMechs LOGIN

IMAPStore source
Account source

IMAPAccount target
Host {host}
Port {target}
User {account}
Pass {password}
SSLType None
AuthMechs LOGIN

IMAPStore target
Account target

Channel all
Far :source:
Near :target:
Patterns *
Create Near
Sync Pull
CopyArrivalDate yes
SyncState {state}/
"""


def mbsync(folder: Path, source_port: int, target_port: int, accounts: Sequence[str]) -> list[list[str]]:
    """Return mbsync's commands; repeated in the same `folder` they make a delta pass."""
    commands = []
    for account in accounts:
        state = folder / account
        state.mkdir(parents=True, exist_ok=True)
        ports = {"source": source_port, "target": target_port}
        text = _MBSYNC.format(host=LOOPBACK, account=account, password=PASSWORD, state=state, **ports)
        (state / "mbsyncrc").write_text(text, "utf-8")
        commands.append(["mbsync", "-c", str(state / "mbsyncrc"), "all"])
    return commands


def imapsync(folder: Path, source_port: int, target_port: int, accounts: Sequence[str]) -> list[list[str]]:
    """Return imapsync's commands; it has to be on the PATH."""
    commands = []
    for account in accounts:
        own = folder / account
        own.mkdir(parents=True, exist_ok=True)
        ends = []
        for number, port in ((1, source_port), (2, target_port)):
            ends += [f"--host{number}", LOOPBACK, f"--port{number}", str(port), f"--user{number}", account]
            ends += [f"--password{number}", PASSWORD, f"--nossl{number}", f"--notls{number}"]
        plain = ["--nolog", "--noreleasecheck", "--tmpdir", str(own), "--pidfile", str(own / "pid")]
        commands.append(["imapsync", *ends, *plain])
    return commands


def doveadm(source: Source, into: str, accounts: Sequence[str]) -> list[list[str]]:
    """Return the commands with which Dovecot fetches accounts by IMAP into Maildirs of its own, `into` a new folder.

    That is what it is made for; to a server of another make it cannot bring an INBOX that is there already.
    """
    far = ["-o", f"imapc_host={LOOPBACK}", "-o", f"imapc_port={source.port}", "-o", f"imapc_password={PASSWORD}"]
    place = f"{source.place}/{into}"
    return [
        source.doveadm(
            *far,
            "-o",
            f"mail_location=maildir:{place}/{account}",
            "-o",
            f"imapc_user={account}",
            "backup",
            "-R",
            "-u",
            account,
            "imapc:",
        )
        for account in accounts
    ]


def sync_client(source: Target, target: Target, accounts: Sequence[str]) -> list[list[str]]:
    """Return the commands with which one Cyrus brings its accounts to another."""
    configuration = str(source.sync_configuration(target))
    return [
        ["/usr/lib/cyrus/bin/sync_client", "-C", configuration, "-S", LOOPBACK, "-u", account] for account in accounts
    ]


def files(source: Source, folder: Path, accounts: Sequence[str], way: str) -> list[list[str]]:
    """Return the commands that write the same messages as plain files: how quick a disk could take them."""
    return [
        [
            sys.executable,
            "-IS",
            str(Path(__file__).with_name("files.py")),
            way,
            str(source.folder / "mail" / account),
            str(folder / account),
        ]
        for account in accounts
    ]
