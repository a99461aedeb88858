"""The lab as a site like any other: its ``sterna.toml`` and the password files that it names."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sterna.lab.platform import MAIL_SERVER, SUFFIX, Platform
from sterna.lab.ports import LOOPBACK
from sterna.lab.source.directory import dn
from sterna.lab.source.options import SourcePorts
from sterna.model.secret import Secret
from sterna.openldap.tree import Administrator, Service
from sterna.site.declaration import Access, Directory, Target, TargetImap, TargetSieve, Tls


def write_secret(folder: Path, name: str, secret: Secret) -> Path:
    """Write DIR/secrets/`name`, for its owner only, and return its path."""
    path = folder / "secrets" / name
    path.parent.mkdir(exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret.reveal() + "\n")
    return path


def write_platform_secrets(platform: Platform) -> None:
    """Write a password file for every service and administrator of the platform."""
    for name, secret in platform.passwords.items():
        write_secret(platform.folder, str(name), secret)


def target_table(platform: Platform, ca: Path) -> Target:
    """Return the platform as a site declares it; `write_platform_secrets` has written the files it names."""
    secrets = platform.folder / "secrets"
    return Target(
        directory=Directory(
            uri=platform.provider_uri,
            ca_file=ca,
            suffix=SUFFIX,
            bind_dn=platform.tree.service(Service.STERNA),
            password_file=secrets / Service.STERNA,
        ),
        imap=TargetImap(
            host=LOOPBACK,
            port=platform.ports.imap,
            tls=Tls.STARTTLS,
            ca_file=ca,
            user=Administrator.CYRUS,
            password_file=secrets / Administrator.CYRUS,
        ),
        sieve=TargetSieve(host=LOOPBACK, port=platform.ports.sieve, ca_file=ca),
        mail_server=MAIL_SERVER,
    )


def write_site(
    platform: Platform,
    ca: Path,
    source: SourcePorts,
    admin: str,
    admin_password: Secret,
    *,
    access: Access = Access.TILDE,
) -> Path:
    """Write DIR/sterna.toml, with paths relative to it, and return its path."""
    folder = platform.folder
    password_file = write_secret(folder, "source-admin", admin_password)
    target = target_table(platform, ca)

    def text(value: object) -> str:
        """A TOML basic string; JSON's escapes are among those of TOML."""
        return json.dumps(str(value.relative_to(folder)) if isinstance(value, Path) else str(value))

    path = folder / "sterna.toml"
    path.write_text(
        f"""\
# This lab as a site like any other: sterna --site {path} survey
name = "lab"

[source]
product = "communigate"

[source.cli]
host = {text(LOOPBACK)}
port = {source.cli}
tls = "none"
user = {text(admin)}
password_file = {text(password_file)}

[source.imap]
host = {text(LOOPBACK)}
port = {source.imap}
tls = "starttls"
ca_file = {text(ca)}
user = {text(admin)}
password_file = {text(password_file)}
access = {text(access)}

[source.tree]
path = {text(folder / "source" / "base")}

[source.ldap]
uri = {text(f"ldap://{LOOPBACK}:{source.ldap}")}
start_tls = false
bind_dn = {text(dn(admin))}
password_file = {text(password_file)}

[source.pop3]
host = {text(LOOPBACK)}
port = {source.pop3}
tls = "starttls"
ca_file = {text(ca)}

[target]
mail_server = {text(target.mail_server)}

[target.directory]
uri = {text(target.directory.uri)}
start_tls = true
ca_file = {text(ca)}
suffix = {text(target.directory.suffix)}
bind_dn = {text(target.directory.bind_dn)}
password_file = {text(target.directory.password_file)}

[target.imap]
host = {text(target.imap.host)}
port = {target.imap.port}
tls = "starttls"
ca_file = {text(ca)}
user = {text(target.imap.user)}
password_file = {text(target.imap.password_file)}

[target.sieve]
host = {text(LOOPBACK)}
port = {platform.ports.sieve}
ca_file = {text(ca)}

[policy]
# Quick to check, for a lab; the default for people is argon2id.
password_scheme = "ssha512"
""",
        "utf-8",
    )
    return path
