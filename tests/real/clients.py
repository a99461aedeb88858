"""Mail clients that others wrote, each with a full copy of its own: mbsync, offlineimap, getmail, fetchmail.

A client is moved from one server to another as its user would do it: the server's name in its configuration is changed
and nothing else. What it keeps to know what it has already seen stays where it is.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Server:
    """Where a user finds the mail, and how; the certificate's name is `host`."""

    imap: int
    pop3: int
    tls: bool
    user: str
    password: str
    ca: Path
    host: str = "localhost"


def servers(lab: Mapping[str, Any], account: str) -> tuple[Server, Server]:
    """Return the old server and the new one for an account whose password is known."""
    password = next(each["password"] for each in lab["accounts"] if f"{each['name']}@{each['domain']}" == account)
    ca = Path(lab["ca"])
    source, target = lab["source"], lab["target"]
    return (
        Server(source["imap"]["port"], source["pop3"]["port"], False, account, password, ca),
        Server(target["imaps"]["port"], target["pop3s"]["port"], True, account, password, ca),
    )


Client = Callable[[Path, Server], None]
"""Make the copy in a folder complete; the folder is the client's own and stays between calls."""


def mbsync(folder: Path, server: Server) -> None:
    """isync, in both directions: a flag that it believes to be newer here would be written to the server."""
    kind = f"SSLType IMAPS\nCertificateFile {server.ca}" if server.tls else "SSLType None\nAuthMechs LOGIN"
    (folder / "mail").mkdir(exist_ok=True)
    (folder / "mbsyncrc").write_text(
        f"""IMAPAccount a
Host {server.host}
Port {server.imap}
User {server.user}
Pass "{server.password}"
{kind}

IMAPStore far
Account a

MaildirStore near
Path {folder}/mail/
Inbox {folder}/mail/INBOX
SubFolders Verbatim

Channel c
Far :far:
Near :near:
Patterns * !~* "!Other Users*" "!Shared Folders*"
Create Near
Sync All
SyncState {folder}/state/
"""
    )
    (folder / "state").mkdir(exist_ok=True)
    _run(folder, "mbsync", "-c", str(folder / "mbsyncrc"), "-a")


def offlineimap(folder: Path, server: Server) -> None:
    """offlineimap, in both directions."""
    tls = f"ssl = yes\nsslcacertfile = {server.ca}" if server.tls else "ssl = no\nstarttls = no"
    (folder / "rc").write_text(
        f"""[general]
accounts = a
metadata = {folder}/state
ui = quiet

[Account a]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {folder}/mail

[Repository far]
type = IMAP
remotehost = {server.host}
remoteport = {server.imap}
remoteuser = {server.user}
remotepass = {server.password}
folderfilter = lambda name: not name.startswith(("~", "Other Users", "Shared Folders"))
{tls}
"""
    )
    _run(folder, "offlineimap", "-c", str(folder / "rc"), "-o", "-1")


def getmail_imap(folder: Path, server: Server) -> None:
    """getmail by IMAP: it knows a message by UIDVALIDITY and UID."""
    _getmail(folder, server, "IMAP", server.imap)


def getmail_pop3(folder: Path, server: Server) -> None:
    """getmail by POP3: it knows a message by its UIDL."""
    _getmail(folder, server, "POP3", server.pop3)


def fetchmail(folder: Path, server: Server) -> None:
    """fetchmail by POP3, leaving everything on the server: it knows a message by its UIDL."""
    tls = f'ssl sslcertck sslcertfile "{server.ca}"' if server.tls else "sslproto ''"
    (folder / "mail").mkdir(exist_ok=True)
    (folder / "rc").write_text(
        f"""poll {server.host} protocol POP3 service {server.pop3} uidl
user "{server.user}" password "{server.password}" is "root" here keep {tls}
mda "cat > $(mktemp {folder}/mail/XXXXXXXX)"
"""
    )
    (folder / "rc").chmod(0o600)
    options = ["--idfile", str(folder / "ids"), "--pidfile", str(folder / "pid"), "--nosyslog", "--invisible"]
    nothing_new = 1
    _run(folder, "fetchmail", "-f", str(folder / "rc"), *options, allowed=(0, nothing_new))


CLIENTS: Mapping[str, Client] = {
    "fetchmail": fetchmail,
    "getmail by POP3": getmail_pop3,
    "getmail by IMAP": getmail_imap,
    "offlineimap": offlineimap,
    "mbsync": mbsync,
}
"""Those that mark as read what they fetch come first, so that those that keep flags have the last ones."""


def copy_of(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return what a client has in its copy: path, with inode, size and time, so that a file written anew is seen."""
    found = {}
    for path in (folder / "mail").rglob("*"):
        if path.is_file() and path.parent.name in ("cur", "new", "mail"):
            stat = path.stat()
            found[str(path.relative_to(folder))] = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
    return found


def _getmail(folder: Path, server: Server, protocol: str, port: int) -> None:
    (folder / "mail").mkdir(exist_ok=True)
    tls, more = ("SSL", f"ca_certs = {server.ca}") if server.tls else ("", "")
    mailboxes = 'mailboxes = ("INBOX",)' if protocol == "IMAP" else ""
    (folder / "getmailrc").write_text(
        f"""[retriever]
type = Simple{protocol}{tls}Retriever
server = {server.host}
port = {port}
username = {server.user}
password = {server.password}
{mailboxes}
{more}

[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat > $(mktemp {folder}/mail/XXXXXXXX)")
allow_root_commands = true

[options]
read_all = false
delivered_to = false
received = false
"""
    )
    # Its memory is a file named after server and port. A migrated server keeps both; here the port is another one.
    for seen in folder.glob("oldmail-*"):
        seen.rename(folder / seen.name.replace(seen.name.split("-")[2], str(port), 1))
    _run(folder, "getmail", "--getmaildir", str(folder), "--quiet")


def _run(folder: Path, *line: str, allowed: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(
        line,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"},
    )
    assert done.returncode in allowed, f"{line[0]} ends with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
