"""Cyrus's configuration: imapd.conf and cyrus.conf, rendered from typed settings.

Everybody logs in with the full address: ``virtdomains: userid`` with a default domain that is nobody's mail domain, so
that only administrators have a name without one. Plain passwords are taken after TLS only and checked by saslauthd.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jinja2

from sterna.errors import UnsafeSettingError
from sterna.model.uidl import UidlForm

DEFAULT_DOMAIN = "internal"
"""The domain of names without one; no mail domain may be called so."""

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("sterna.cyrus"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  # configuration, not HTML; what would break a line is refused before
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CyrusSettings:
    """Everything that differs between hosts.

    Fields:
        imapd_conf: where imapd.conf will be; every command of cyrus.conf names it.
        config_dir, spool_dir, sieve_dir: databases, messages, scripts; they belong to the user ``cyrus``.
        run_dir: locks and internal sockets; better in memory.
        lmtp_socket: its folder decides who may deliver without a password.
        saslauthd_socket: saslauthd's ``mux``.
        listen_address: what to listen on.
        imap … lmtp: ports. `lmtp` is on loopback and asks for a login.
        admins, lmtp_admins: names without a domain.
        failed_login_pause_s: how long a wrong password waits for its answer.
        smtp_host: ``host:port`` of the mail server to which filters send on and answer; it relays for this host.
        uidl_format: how unique-ids of POP3 are made; as on the old server, else POP3 clients download everything again.
        maintenance: run checkpoints and expiry by Cyrus's own clock.
    """

    imapd_conf: Path
    config_dir: Path
    spool_dir: Path
    sieve_dir: Path
    run_dir: Path
    lmtp_socket: Path
    saslauthd_socket: Path
    certificate_file: Path
    key_file: Path
    servername: str
    listen_address: str
    imap: int
    imaps: int
    pop3: int
    pop3s: int
    sieve: int
    lmtp: int
    admins: tuple[str, ...] = ("cyrusadmin",)
    lmtp_admins: tuple[str, ...] = ("lmtpadmin",)
    smtp_host: str = "localhost:25"
    failed_login_pause_s: int = 3
    prefork: int = 0
    max_children: int = 100
    uidl_format: UidlForm = UidlForm.CYRUS
    maintenance: bool = True


def imapd_conf(settings: CyrusSettings) -> str:
    """Return imapd.conf.

    Raises:
        UnsafeSettingError: a setting does not fit into a line.
    """
    _check(settings)
    return _TEMPLATES.get_template("imapd.conf.j2").render(s=settings, default_domain=DEFAULT_DOMAIN)


def cyrus_conf(settings: CyrusSettings) -> str:
    """Return cyrus.conf.

    Raises:
        UnsafeSettingError: a setting does not fit into a line.
    """
    _check(settings)
    return _TEMPLATES.get_template("cyrus.conf.j2").render(s=settings, bin="/usr/lib/cyrus/bin")


def _check(settings: CyrusSettings) -> None:
    paths = ("imapd_conf", "config_dir", "spool_dir", "sieve_dir", "run_dir", "lmtp_socket", "saslauthd_socket")
    for name in (*paths, "certificate_file", "key_file", "servername", "listen_address", "smtp_host"):
        text = str(getattr(settings, name))
        if not text.isascii() or not text.isprintable() or '"' in text or "\\" in text or " " in text:
            raise UnsafeSettingError("Cyrus", name)
