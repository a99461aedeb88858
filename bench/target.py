"""A target of the bench: a fresh Cyrus for every run, since a store that was emptied is slower than a new one.

Passwords go in clear over loopback and any is right: neither TLS nor the check of passwords is what is measured.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.servers import running
from bench.source import PASSWORD, login
from sterna.cyrus.admin import MailStoreAdmin
from sterna.imap.connection import Connection
from sterna.lab.platform import CYRUS_GROUP, CYRUS_SERVER, CYRUS_USER
from sterna.lab.ports import LOOPBACK, HeldPorts
from sterna.lab.process import ProcessSpec
from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.site.declaration import Server, Tls

ADMIN: Final = "cyrusadmin"

_IMAPD: Final = """\
configdirectory: {at}/conf
defaultpartition: default
partition-default: {at}/spool
sievedir: {at}/sieve
sieveusehomedir: no
hashimapspool: yes
proc_path: {at}/conf/proc
mboxname_lockpath: {at}/conf/lock
lmtpsocket: {at}/conf/socket/lmtp
idlesocket: {at}/conf/socket/idle
notifysocket: {at}/conf/socket/notify
servername: store.bench.example
unixhierarchysep: yes
altnamespace: yes
virtdomains: userid
defaultdomain: internal
admins: {admin}
allowplaintext: yes
sasl_pwcheck_method: alwaystrue
sasl_mech_list: PLAIN LOGIN
autocreate_quota: -1
failedloginpause: 0s
munge8bit: no
conversations: no
popminpoll: 0
sync_host: {host}
sync_port: {sync_to}
sync_authname: {admin}
sync_password: {password}
force_sasl_client_mech: PLAIN
sync_try_imap: no
"""

_CYRUS: Final = """\
START {{
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C {at}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="/usr/lib/cyrus/bin/imapd -C {at}/imapd.conf" listen="127.0.0.1:{imap}" prefork=0 maxchild=100
  csync cmd="/usr/lib/cyrus/bin/sync_server -C {at}/imapd.conf" listen="127.0.0.1:{csync}" prefork=0 maxchild=100
}}
EVENTS {{
}}
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A running Cyrus; `accounts` have an empty INBOX, or what a contestant brought."""

    folder: Path
    port: int
    csync_port: int

    @property
    def spool(self) -> Path:
        """Its partition."""
        return self.folder / "spool"

    def messages(self, accounts: Iterable[str]) -> int:
        """Return how many messages the accounts hold, as they themselves see it."""
        count = 0
        for account in accounts:
            with login(self.port, account) as client:
                for row in client.list()[1]:
                    if isinstance(row, bytes) and b"\\Noselect" not in row and b"\\NonExistent" not in row:
                        name = row.rpartition(b' "/" ')[2].decode("ascii")
                        said = client.status(name, "(MESSAGES)")[1][0]
                        count += int(said.rpartition(b" ")[2].rstrip(b")")) if isinstance(said, bytes) else 0
        return count

    def sync_configuration(self, to: Target) -> Path:
        """Write the configuration with which ``sync_client`` copies from here to another target."""
        path = self.folder / f"imapd-to-{to.csync_port}.conf"
        path.write_text(_imapd(self.folder, to.csync_port), "ascii")
        return path


@contextmanager
def target(folder: Path, accounts: Iterable[str]) -> Iterator[Target]:
    """Run a new Cyrus in `folder`, with an INBOX for each account, until the block is left."""
    names = ("db", "log", "msg", "proc", "quota", "socket", "sync", "user", "lock")
    for path in (folder / "conf", *(folder / "conf" / name for name in names), folder / "spool", folder / "sieve"):
        path.mkdir(parents=True, mode=0o750)
        shutil.chown(path, CYRUS_USER, CYRUS_GROUP)
    with again(folder) as made:
        if wanted := list(accounts):
            asyncio.run(prepare(made, wanted))
        yield made


@contextmanager
def again(folder: Path) -> Iterator[Target]:
    """Run the Cyrus whose files are in `folder`, on new ports, until the block is left."""
    with HeldPorts() as ports:
        made = Target(folder, ports.choose(), ports.choose())
        (folder / "imapd.conf").write_text(_imapd(folder, 0), "ascii")
        services = _CYRUS.format(at=folder, imap=made.port, csync=made.csync_port)
        (folder / "cyrus.conf").write_text(services, "ascii")
        argv = (
            *(CYRUS_SERVER, "-C", str(folder / "imapd.conf")),
            *("-M", str(folder / "cyrus.conf"), "-p", str(folder / "run/master.pid")),
        )
        spec = ProcessSpec("cyrus", argv, ready_ports=(made.port, made.csync_port), kill_after_s=3.0)
        with running(folder, spec, ports):
            yield made


def _imapd(at: Path, sync_to: int) -> str:
    return _IMAPD.format(at=at, admin=ADMIN, host=LOOPBACK, sync_to=sync_to, password=PASSWORD)


async def prepare(made: Target, accounts: Iterable[str]) -> None:
    """Make an INBOX for each account."""
    server = Server(host=LOOPBACK, port=made.port, tls=Tls.NONE)
    async with await Connection.open(server) as connection:
        await connection.login(ADMIN, Secret(PASSWORD))
        store = MailStoreAdmin(connection)
        for account in accounts:
            await store.create(Address.parse(account))
