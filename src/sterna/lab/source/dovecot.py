"""Dovecot as the old server's IMAP and POP3: its files, and the way it is started.

Debian's Dovecot and Cyrus packages exclude each other, so Dovecot is unpacked into a folder of its own, and because its
library paths are compiled in, that folder is laid over /usr for this one server, in a mount namespace of its own. In
the same namespace the stand-in's folder is mounted at a short fixed place, so that no path in the configuration
depends on where the lab is: neither a long path (unix sockets end at 107 bytes) nor one with a blank or a ``%`` harms.
"""

from __future__ import annotations

import base64
import os
import pwd
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import jinja2

from sterna.errors import Scope, SternaError
from sterna.lab.process import ProcessSpec
from sterna.lab.source.kinds import Person, Population
from sterna.lab.source.options import SourceOptions, SourcePorts
from sterna.lab.source.passwords import Form
from sterna.lab.source.population import ADMIN
from sterna.pki.authority import Authority

PLACE = Path("/mnt")
"""Where Dovecot sees the stand-in's folder; part of every Debian system (hier(7)) and empty in our namespace."""

MAIL_USER = "mail"
"""Owns the mail files; part of every Debian system."""

AUTH_USER = "daemon"
"""Dovecot's own user for checking passwords; also part of every Debian system."""

PREFIX_VARIABLE = "STERNA_DOVECOT_PREFIX"
_DEFAULT_PREFIX = "/var/cache/sterna/dovecot"

_START = Path(__file__).with_name("dovecot_start.py")

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("sterna.lab.source"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701  a configuration file, not HTML
)


class NoDovecotError(SternaError):
    """The unpacked Dovecot is not where it should be."""

    scope = Scope.SERVER
    exit_code = 69

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        super().__init__(
            f"{prefix} holds no unpacked Dovecot, which plays the old server's IMAP; "
            f"run script/setup as root, or set {PREFIX_VARIABLE} to where it is"
        )


def prefix() -> Path:
    """Return the folder into which Debian's Dovecot packages were unpacked.

    Raises:
        NoDovecotError: there is none.
    """
    path = Path(os.environ.get(PREFIX_VARIABLE, _DEFAULT_PREFIX))
    if not (path / "usr/sbin/dovecot").exists():
        raise NoDovecotError(path)
    return path


def write_files(
    folder: Path, site: Population, options: SourceOptions, ports: SourcePorts, authority: Authority
) -> None:
    """Write everything Dovecot needs besides the mail: configuration, certificate, logins, rights."""
    own = folder / "dovecot"
    for name in ("run", "state", "home", "tls"):
        (own / name).mkdir(parents=True)
    authority.issue(own / "tls", "source", ("localhost", f"mail.{site.main_domain}"), ("127.0.0.1",))
    owner = pwd.getpwnam(MAIL_USER)
    os.chown(own / "home", owner.pw_uid, owner.pw_gid)
    text = _TEMPLATES.get_template("dovecot.conf.j2").render(
        place=PLACE,
        addresses=[person.address for person in site.people],
        crowd=any(site.crowd.values()),
        main_domain=site.main_domain,
        impersonation=options.switches.impersonation,
        imap_port=ports.imap,
        pop3_port=ports.pop3,
        mail_uid=owner.pw_uid,
        mail_gid=owner.pw_gid,
    )
    (own / "dovecot.conf").write_text(text)
    (own / "acl").write_text(f"* user={ADMIN} lrwstipekxa\n")
    _write_private(own / "users", (row for person in site.everybody() for row in _logins(person, site)))
    _write_private(own / "crowd", _stores(site))
    _write_private(own / "administrators", (_password_row(ADMIN, site.person(ADMIN)),))


def process(folder: Path, ports: SourcePorts) -> ProcessSpec:
    """Return how it is run."""
    enter = ("/usr/bin/unshare", "--mount", "--propagation", "private", "--")
    return ProcessSpec(
        name="dovecot",
        argv=(*enter, sys.executable, "-IS", str(_START), str(prefix()), str(folder), str(PLACE)),
        ready_ports=(ports.imap, ports.pop3),
        environment={"TZ": "UTC"},
        kill_after_s=4.0,  # it always waits a second for its own processes
    )


def _logins(person: Person, site: Population) -> Iterator[str]:
    """Yield the rows of one account: its address and, since the old server routes login names too, its other names."""
    if not person.may_log_in or person.password.form in (Form.OUTSIDE, Form.UNKNOWN):
        return
    yield _password_row(person.address, person)
    domain = next(domain for domain in site.domains if domain.name == person.domain)
    for local in (person.local, *person.aliases):
        for name in (domain.name, *domain.aliases):
            if f"{local}@{name}" != person.address:
                yield f"{_password_row(f'{local}@{name}', person)}::::::user={person.address}"


def _stores(site: Population) -> Iterator[str]:
    """Yield the rows of Dovecot's user database for all whose mail is in the crowd's store."""
    for person in chain.from_iterable(site.crowd.values()):
        place = PLACE / "crowd" / person.address
        mail = f"mbox:{place}:INBOX={place}/INBOX:INDEX=MEMORY"
        yield f"{person.address}::{MAIL_USER}:{MAIL_USER}::::userdb_mail={mail}"


def _password_row(login: str, person: Person) -> str:
    """Return ``login:{SCHEME}password``; base64 where the password is in clear, because a colon ends the field."""
    password = person.password
    if password.form in (Form.SHA, Form.SSHA):
        stored = password.settings(person.address)["Password"][1:]
        return f"{login}:{stored}{'=' * (-len(stored.partition('}')[2]) % 4)}"
    if password.form is Form.MD5:
        return f"{login}:{{LDAP-MD5}}{password.settings(person.address)['Password'].rpartition('}')[2]}"
    if password.form in (Form.CRYPT, Form.MARKED_CRYPT):
        return f"{login}:{{CRYPT}}{password.hashed}"
    return f"{login}:{{PLAIN.b64}}{base64.b64encode(password.text.encode()).decode()}"


def _write_private(path: Path, rows: Iterable[str]) -> None:
    """Write a file that Dovecot's authentication, which runs as `AUTH_USER`, may read and nobody else."""
    path.touch(mode=0o600)
    reader = pwd.getpwnam(AUTH_USER)
    os.chown(path, reader.pw_uid, reader.pw_gid)
    path.write_text("".join(f"{row}\n" for row in rows))
