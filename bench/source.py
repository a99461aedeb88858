"""The source of the bench: Dovecot with a store of Maildirs, written before it is started."""

from __future__ import annotations

import hashlib
import imaplib
import os
import pwd
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.mail import Shape, Writer
from bench.servers import running
from sterna.lab.ports import LOOPBACK, HeldPorts
from sterna.lab.process import ProcessSpec
from sterna.lab.source import dovecot

PASSWORD: Final = "bench"  # noqa: S105  the servers are ours, on loopback, and gone in a minute
DOMAIN: Final = "bench.example"
UIDVALIDITY: Final = 1_200_000_000
_START: Final = Path(dovecot.__file__).with_name("dovecot_start.py")
_INSIDE: Final = Path(__file__).with_name("inside.py")

Store = Mapping[str, Mapping[str, Shape]]
"""Of each account (its address) what each mailbox holds."""

_CONFIGURATION: Final = """\
protocols = imap
listen = 127.0.0.1
base_dir = {place}/dovecot/run
state_dir = {place}/dovecot/state
log_path = /dev/stderr
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
default_internal_user = daemon
default_internal_group = daemon
default_login_user = nobody
mail_uid = mail
mail_gid = mail
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:{place}/mail/%u:LAYOUT=fs:INBOX={place}/mail/%u/INBOX
mail_home = {place}/home/%u
mail_max_userip_connections = 1000
maildir_stat_dirs = yes
namespace own {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail allow_all_users=yes
}}
service imap-login {{
  chroot =
  service_count = 0
  process_min_avail = 2
  client_limit = 500
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap {{
  process_limit = 200
  service_count = 0
  client_limit = 1
}}
"""


def address(number: int) -> str:
    """Return the address of one account."""
    return f"a{number:04d}@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class Source:
    """A running source."""

    folder: Path
    port: int
    store: Store

    @property
    def accounts(self) -> list[str]:
        """All addresses."""
        return sorted(self.store)

    @property
    def messages(self) -> int:
        """How many messages there are."""
        return sum(shape.messages for boxes in self.store.values() for shape in boxes.values())

    @property
    def place(self) -> Path:
        """Where Dovecot sees the folder."""
        return dovecot.PLACE

    def received(self, into: str) -> int:
        """Make the folder `into` for Dovecot to fetch to, and return how many messages are in it."""
        place = self.folder / into
        if not place.exists():
            place.mkdir()
            shutil.chown(place, dovecot.MAIL_USER, dovecot.MAIL_USER)
        return sum(1 for path in place.glob("**/*") if path.parent.name in ("cur", "new") and path.is_file())

    @property
    def paths(self) -> list[Path]:
        """Return the files of all messages, account by account."""
        return [path for account in self.accounts for path in sorted((self.folder / "mail" / account).glob("*/cur/*"))]

    def warm(self) -> None:
        """Let Dovecot make its indexes, which it does once, so that the first contestant does not pay for all."""
        for account in self.accounts:
            with login(self.port, account) as client:
                for box in self.store[account]:
                    client.select(box, readonly=True)
                    client.fetch("1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE)")
                    client.fetch("1:*", "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")

    def doveadm(self, *words: str) -> list[str]:
        """Return the command that runs one of Dovecot's administrators' commands beside the running server."""
        enter = ("/usr/bin/unshare", "--mount", "--propagation", "private", "--")
        inside = (sys.executable, "-IS", str(_INSIDE), str(dovecot.prefix()), str(self.folder), str(dovecot.PLACE))
        configuration = f"{dovecot.PLACE}/dovecot/dovecot.conf"
        return [*enter, *inside, "/usr/bin/doveadm", "-c", configuration, *words]


@contextmanager
def source(folder: Path, store: Store, seed: int = 1) -> Iterator[Source]:
    """Write a store and serve it until the block is left."""
    owner = pwd.getpwnam(dovecot.MAIL_USER)
    for name in ("dovecot/run", "dovecot/state", "home", "mail"):
        (folder / name).mkdir(parents=True)
    writer = Writer(seed)
    for account, boxes in store.items():
        for box, shape in boxes.items():
            _write_mailbox(folder / "mail" / account / box, writer, shape, account)
    _give(folder / "mail", owner.pw_uid, owner.pw_gid)
    _give(folder / "home", owner.pw_uid, owner.pw_gid)
    with HeldPorts() as ports:
        port = ports.choose()
        values = {"place": dovecot.PLACE, "uid": owner.pw_uid, "gid": owner.pw_gid, "port": port, "password": PASSWORD}
        (folder / "dovecot/dovecot.conf").write_text(_CONFIGURATION.format(**values), "utf-8")
        argv = (
            *("/usr/bin/unshare", "--mount", "--propagation", "private", "--"),
            *(sys.executable, "-IS", str(_START), str(dovecot.prefix()), str(folder), str(dovecot.PLACE)),
        )
        spec = ProcessSpec("dovecot", argv, ready_ports=(port,), environment={"TZ": "UTC"}, kill_after_s=4.0)
        with running(folder, spec, ports):
            made = Source(folder, port, store)
            made.warm()
            yield made


@contextmanager
def login(port: int, account: str) -> Iterator[imaplib.IMAP4]:
    """Log in as one account, at the source or at a target."""
    client = imaplib.IMAP4(LOOPBACK, port)
    try:
        client.login(account, PASSWORD)
        yield client
    finally:
        client.logout()


def _write_mailbox(folder: Path, writer: Writer, shape: Shape, recipient: str) -> None:
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    guid = hashlib.md5(f"{recipient}/{folder.name}".encode(), usedforsecurity=False).hexdigest()
    rows = [f"3 V{UIDVALIDITY} N{shape.messages + 1} G{guid}"]
    for uid, (moment, letter) in enumerate(writer.letters(shape, recipient), 1):
        name = f"{moment}.M{uid}P1.bench,S={len(letter)},W={len(letter)}"
        path = f"{folder}/cur/{name}:2,{'S' if uid % 7 else ''}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            left = memoryview(letter)
            while left:
                left = left[os.write(descriptor, left) :]
            os.utime(descriptor, (moment, moment))
        finally:
            os.close(descriptor)
        rows.append(f"{uid} :{name}")
    (folder / "dovecot-uidlist").write_text("\n".join((*rows, "")), "ascii")


def _give(folder: Path, uid: int, gid: int) -> None:
    for place, folders, files in os.walk(folder):
        for name in (".", *folders, *files):
            os.chown(f"{place}/{name}", uid, gid)
