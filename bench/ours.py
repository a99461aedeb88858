"""Sterna itself as a contestant: its command, with a site file of its own."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Measured, together
from bench.source import PASSWORD
from bench.target import ADMIN
from sterna.lab.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class Ours:
    """A site in a folder: source, target and journal stay the same from pass to pass."""

    site: Path

    def copy(self, log: Path, *words: str, limit_s: float, environment: dict[str, str] | None = None) -> Measured:
        """Make a pass: the first is the full one."""
        command = [sys.executable, "-m", "sterna", "--site", str(self.site), "copy", *words]
        return together([command], log, limit_s=limit_s, environment=environment)

    def verify(self, log: Path, *words: str, limit_s: float) -> Measured:
        """Compare both sides."""
        command = [sys.executable, "-m", "sterna", "--site", str(self.site), "verify", *words]
        return together([command], log, limit_s=limit_s)


@dataclass(frozen=True, slots=True)
class Ends:
    """What a site connects: ports on loopback, the accounts, and how many of them are worked on together.

    With a `spool` messages are brought as files: it is the target's partition.
    """

    source_port: int
    target_port: int
    accounts: list[str]
    at_a_time: int = 8
    spool: Path | None = None


def ours(folder: Path, ends: Ends) -> Ours:
    """Write a site file into a new folder."""
    folder.mkdir(parents=True)
    secret = folder / "password"
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(PASSWORD + "\n")
    rows = "".join(f"{account}\t{account}\t{PASSWORD}\n" for account in ends.accounts)
    table = folder / "accounts.tsv"
    table.touch(mode=0o600)
    table.write_text(f"address\tlogin\tpassword\n{rows}", "utf-8")
    spool = f"spool = {json.dumps(str(ends.spool))}\n" if ends.spool else ""
    text = json.dumps
    site = folder / "sterna.toml"
    site.write_text(
        f"""\
name = "bench"

[source]
product = "imap"
accounts = {text(str(table))}

[source.imap]
host = "{LOOPBACK}"
port = {ends.source_port}
tls = "none"
access = "password"
connections = {ends.at_a_time}

[target]

[target.directory]
uri = "ldap://{LOOPBACK}:1"
suffix = "dc=bench,dc=example"
bind_dn = "cn=nobody,dc=bench,dc=example"
password_file = {text(str(secret))}

[target.imap]
host = "{LOOPBACK}"
port = {ends.target_port}
tls = "none"
user = "{ADMIN}"
password_file = {text(str(secret))}
connections = {ends.at_a_time}
{spool}
[policy]
parallel_accounts = {ends.at_a_time}
""",
        "utf-8",
    )
    return Ours(site)
