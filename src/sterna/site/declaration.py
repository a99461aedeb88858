"""The shape of ``sterna.toml``: every table and key, its default and what it means.

Secrets are never in the file itself, only the paths of files that hold them (mode 0600). Relative paths are relative to
the site file's own folder.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(min_length=1, max_length=255)]


class Tls(enum.StrEnum):
    """How a connection is protected. ``none`` sends passwords in clear and is for loopback or a tunnel only."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Access(enum.StrEnum):
    """How everybody's mail is reached on the source with one login.

    ``tilde``: log in as an administrator and read ``~user@domain/Mailbox``.
    ``authorize``: SASL PLAIN with the user as authorization identity (RFC 4616).
    """

    TILDE = "tilde"
    AUTHORIZE = "authorize"


class Table(BaseModel):
    """Base of all tables: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(Table):
    """A server to talk to."""

    host: Host
    port: Port
    tls: Tls = Tls.STARTTLS
    ca_file: Path | None = Field(default=None, description="CA certificates to trust; the system's when absent")
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 30.0


class LoginServer(Server):
    """A server that wants a name and a password."""

    user: Annotated[str, Field(min_length=1)]
    password_file: Path


class SourceImap(LoginServer):
    """The old server's IMAP."""

    access: Access = Access.TILDE
    connections: Annotated[int, Field(ge=1, le=64)] = 4


class SourceCli(LoginServer):
    """CommuniGate's CLI (its PWD module, port 106)."""

    tls: Tls = Tls.NONE


class Source(Table):
    """The old server."""

    product: Literal["communigate"] = "communigate"
    cli: SourceCli
    imap: SourceImap


class Directory(Table):
    """The OpenLDAP provider that holds the new platform's accounts."""

    uri: Annotated[str, Field(pattern=r"^ldaps?://[^/ ]+/?$")]
    start_tls: bool = True
    ca_file: Path | None = None
    suffix: Annotated[str, Field(pattern=r"^[A-Za-z]+=.+")]
    bind_dn: str
    password_file: Path
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 10.0


class TargetImap(LoginServer):
    """Cyrus on the mail store, by an administrator listed in ``admins``."""

    partition: str = "default"
    connections: Annotated[int, Field(ge=1, le=64)] = 4


class Target(Table):
    """The new platform."""

    directory: Directory
    imap: TargetImap
    mail_server: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")] = "localhost"


class PasswordScheme(enum.StrEnum):
    """How clear passwords are hashed for the directory."""

    ARGON2ID = "argon2id"
    SSHA512 = "ssha512"


class Policy(Table):
    """Decisions of the operator."""

    quota_headroom_bytes: Annotated[int, Field(ge=0)] = 5 * 1024 * 1024
    password_scheme: PasswordScheme = PasswordScheme.ARGON2ID
    parallel_accounts: Annotated[int, Field(ge=1, le=64)] = 4


class Site(Table):
    """One site file."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    state_dir: Path = Path("state")
    report_dir: Path = Path("report")
    source: Source
    target: Target
    policy: Policy = Policy()
