"""saslauthd's configuration: whom Cyrus lets in, by a login at the directory in that person's own name.

The program is run with ``-r``, so that what is looked up is always the full name as it was given.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jinja2

from sterna.errors import UnsafeSettingError
from sterna.model.secret import Secret

LOGIN_FILTER = "(|(&(mail=%u)(accountStatus=active))(&(uid=%u)(objectClass=account)))"
"""Who may log in, the one place that says it: an active account by its primary address, an administrator by its name.

Aliases are left out on purpose: a second login name would open a second, empty mailbox.
"""

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("sterna.cyrus"),
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  # configuration, not HTML; what would break a line is refused before
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaslauthdSettings:
    """How saslauthd asks the directory.

    Fields:
        uris: ``ldap://host:port``, tried in this order; each host is a name in its certificate.
        search_base: above accounts and administrators.
    """

    uris: tuple[str, ...]
    ca_file: Path
    bind_dn: str
    password: Secret
    search_base: str
    timeout_s: int = 5


def saslauthd_conf(settings: SaslauthdSettings) -> str:
    """Return saslauthd.conf; it holds a password: root, mode 0600.

    Raises:
        UnsafeSettingError: a setting does not fit into a line.
    """
    values = {"ca_file": str(settings.ca_file), "bind_dn": settings.bind_dn, "search_base": settings.search_base}
    for name, value in (values | {"password": settings.password.reveal()}).items():
        if not value.isprintable() or value != value.strip():
            raise UnsafeSettingError("saslauthd", name)
    return _TEMPLATES.get_template("saslauthd.conf.j2").render(s=settings, login_filter=LOGIN_FILTER)


def saslauthd_argv(conf: Path, run_dir: Path, *, workers: int = 4, cache: bool = False) -> tuple[str, ...]:
    """Return the command that runs it in the foreground; `run_dir` (root:sasl, 0750) will hold its socket ``mux``.

    Args:
        conf: what `saslauthd_conf` returned.
        run_dir: where its socket and lock are.
        workers: how many logins at a time.
        cache: remember right passwords for eight hours; needed where hashes are as slow as argon2.
    """
    argv = ("/usr/sbin/saslauthd", "-d", "-a", "ldap", "-O", str(conf), "-m", str(run_dir), "-n", str(workers), "-r")
    return (*argv, "-c") if cache else argv
