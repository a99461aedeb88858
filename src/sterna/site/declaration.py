"""The shape of ``sterna.toml``: every table and key, its default and what it means.

Secrets are never in the file itself, only the paths of files that hold them (mode 0600). Relative paths are relative to
the site file's own folder. The reference page of the site file is made from the docstrings here.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(min_length=1, max_length=255)]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1)]
Connections = Annotated[int, Field(ge=1, le=64)]


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

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Server(Table):
    """A server to talk to."""

    host: Host
    """Name or address. With TLS the server's certificate must be for this very name."""
    port: Port
    """TCP port."""
    tls: Tls = Tls.STARTTLS
    """`tls` from the first byte, `starttls` before the password is sent, or `none` for loopback and tunnels only."""
    ca_file: Path | None = None
    """CA certificates to trust, PEM; the system's when absent."""
    timeout_s: Seconds = 30.0
    """How long to wait for an answer before the connection counts as lost, in seconds."""

    table: ClassVar[str] = ""

    @property
    def shown(self) -> str:
        """Where it is, as an error names it: ``source.imap (mail.example.org:143)``."""
        where = f"{self.host}:{self.port}"
        return f"{self.table} ({where})" if self.table else where


class LoginServer(Server):
    """A server that wants a name and a password."""

    user: Name
    """Who logs in."""
    password_file: Path
    """File that holds the password in one line; nobody else may read it (mode 0600)."""


class SourceImap(LoginServer):
    """The old server's IMAP, read with one administrator's login; nothing is ever changed there."""

    table: ClassVar[str] = "source.imap"

    access: Access = Access.TILDE
    """`tilde` reads `~user@domain/Mailbox` as the administrator; `authorize` logs in for each account (SASL PLAIN)."""
    connections: Connections = 4
    """At most this many connections at a time."""


class SourceCli(LoginServer):
    """CommuniGate's CLI (its PWD module, usually port 106).

    It alone tells everything. Without it there must be a `source.tree`; then much is only reported, and nothing but
    `sterna survey` can be done.
    """

    tls: Tls = Tls.NONE
    """As for IMAP. CommuniGate's CLI often has no TLS; then use it on loopback or through a tunnel only."""
    connections: Connections = 4
    """At most this many connections at a time. Each is a session of the administrator's."""
    commands_per_s: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = None
    """At most this many commands in a second over all connections, for a server that must not be busied; when absent,
    as fast as it answers."""


class SourcePop3(Server):
    """The old server's POP3. Only `sterna survey` asks it, what it offers; nobody logs in."""

    table: ClassVar[str] = "source.pop3"


class SourceTree(Table):
    """CommuniGate's files: its base directory, a copy of that, or a tar archive, which is not unpacked."""

    path: Path
    """The folder (on the old server usually /var/CommuniGate) or the archive, also .tar.gz."""
    main_domain: Name | None = None
    """Name of the main domain, when Settings/Main.settings does not tell it."""


class SourceLdap(Table):
    """CommuniGate's LDAP. It is known to be incomplete, so it is only compared with the other sources."""

    uri: Annotated[str, Field(pattern=r"^ldaps?://[^/ ]+/?$", examples=["ldap://mail.example.org:389"])]
    """Where it is."""
    start_tls: bool = True
    """Ask for TLS before the password is sent; has no meaning with `ldaps://`."""
    ca_file: Path | None = None
    """CA certificates to trust, PEM; the system's when absent."""
    base: str = ""
    """What is behind `cn=<domain>` in the names of entries; empty when the old server's tree has no suffix."""
    bind_dn: Name | None = None
    """Who logs in, as a DN or as user@domain; nobody does when it is absent."""
    password_file: Path | None = None
    """File that holds the password in one line; nobody else may read it (mode 0600)."""
    timeout_s: Seconds = 30.0
    """How long to wait for an answer, in seconds."""

    @model_validator(mode="after")
    def _has_password(self) -> Self:
        if (self.bind_dn is None) != (self.password_file is None):
            raise ValueError("bind_dn and password_file belong together: give both, or none")
        return self


class Source(Table):
    """The old server."""

    product: Literal["communigate"] = "communigate"
    """What the old server is. CommuniGate Pro is the one that Sterna reads."""
    cli: SourceCli | None = None
    """The one source that tells everything. Without it `source.tree` must be there, and much is only reported."""
    tree: SourceTree | None = None
    """May be left out. Beside the CLI it is compared with what that says."""
    ldap: SourceLdap | None = None
    """May be left out. It is only compared with what the CLI or the tree says."""
    imap: SourceImap
    pop3: SourcePop3 | None = None
    """May be left out."""

    @model_validator(mode="after")
    def _has_reader(self) -> Self:
        if self.cli is None and self.tree is None:
            raise ValueError("one of the tables source.cli and source.tree must be there")
        return self


class Directory(Table):
    """The OpenLDAP provider that holds the new platform's accounts."""

    uri: Annotated[str, Field(pattern=r"^ldaps?://[^/ ]+/?$", examples=["ldap://ldap.lab.example:389"])]
    """Where the provider is."""
    start_tls: bool = True
    """Ask for TLS before the password is sent; has no meaning with `ldaps://`."""
    ca_file: Path | None = None
    """CA certificates to trust, PEM; the system's when absent."""
    suffix: Annotated[str, Field(pattern=r"^[A-Za-z]+=.+", examples=["dc=lab,dc=example"])]
    """The root of the tree."""
    bind_dn: Name
    """The entry that writes; it needs the rights that the shipped access rules give to `cn=sterna`, no more."""
    password_file: Path
    """File that holds the password in one line; nobody else may read it (mode 0600)."""
    timeout_s: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 10.0
    """How long to wait for an answer, in seconds."""


class TargetImap(LoginServer):
    """Cyrus on the mail store, by an administrator listed in its ``admins``."""

    table: ClassVar[str] = "target.imap"

    partition: Name = "default"
    """The Cyrus partition for new mailboxes."""
    connections: Connections = 4
    """At most this many connections at a time."""


class Mailman(Table):
    """Mailman 3, by its REST API. May be left out: only `sterna lists load` uses it."""

    url: Annotated[str, Field(pattern=r"^https?://[^/ ]+(/.*)?$", examples=["http://127.0.0.1:8001"])]
    """Where the API is, without its version. Without TLS on loopback or through a tunnel only."""
    user: Name = "restadmin"
    """Who logs in: `admin_user` in the section `[webservice]` of Mailman's configuration."""
    password_file: Path
    """File that holds the password in one line; nobody else may read it (mode 0600)."""
    ca_file: Path | None = None
    """CA certificates to trust, PEM; the system's when absent."""
    timeout_s: Seconds = 60.0
    """How long to wait for an answer, in seconds."""
    template_dir: Path | None = None
    """Mailman's folder `templates`, when it is on this machine: the texts of lists are written there."""


class TargetSieve(Server):
    """Cyrus's ManageSieve (RFC 5804), where filter scripts are installed with the login of `target.imap`."""

    table: ClassVar[str] = "target.sieve"

    port: Port = 4190
    """TCP port."""


class Target(Table):
    """The new platform."""

    directory: Directory
    imap: TargetImap
    sieve: TargetSieve | None = None
    """Without this table: the host of `target.imap`, port 4190, STARTTLS, and the same `ca_file`."""
    mail_server: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$", examples=["store1.lab.example"])] = "localhost"
    """The mail store's host name, as written into each account's `mailServer`."""
    mailman: Mailman | None = None

    @property
    def scripts(self) -> TargetSieve:
        """Where filter scripts are installed."""
        imap = self.imap
        return self.sieve or TargetSieve(host=imap.host, ca_file=imap.ca_file, timeout_s=imap.timeout_s)


class PasswordScheme(enum.StrEnum):
    """How clear passwords are hashed for the directory."""

    ARGON2ID = "argon2id"
    SSHA512 = "ssha512"


class Lists(enum.StrEnum):
    """Who sends a mailing list's messages to its members on the new platform."""

    EXPLODER = "exploder"
    MAILMAN = "mailman"


class Policy(Table):
    """Decisions of the operator."""

    quota_headroom_bytes: Annotated[int, Field(ge=0)] = 5 * 1024 * 1024
    """Added to the larger of old limit and measured use, so that nobody arrives with a full mailbox."""
    password_scheme: PasswordScheme = PasswordScheme.ARGON2ID
    """How passwords that the old server holds readably are hashed for the directory. Hashes are carried as they are."""
    parallel_accounts: Connections = 4
    """How many accounts are copied and compared at a time."""
    guard_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    """A plan that disables or shrinks more than this share of the target's accounts is not applied by itself."""
    guard_accounts: Annotated[int, Field(ge=1)] = 3
    """Fewer accounts than this may be disabled or shrunk whatever their share."""
    lists: Lists = Lists.EXPLODER
    """`exploder`: Postfix sends a list's mail to its members, for a transition. `mailman`: Mailman has the lists."""
    list_domain: Annotated[
        str, Field(pattern=r"^([a-z0-9.-]*\{domain\}|[a-z0-9-]+(\.[a-z0-9-]+)+)$", examples=["lists.{domain}"])
    ] = "{domain}"
    """The lists' domain in Mailman, where `{domain}` is the domain on the old server; old addresses lead there."""


class Site(Table):
    """One site file."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", examples=["lab", "example.org"])]
    """What the site is called in reports; letters, digits, dot, dash, underscore."""
    state_dir: Path = Path("state")
    """Folder for Sterna's memory of what was copied. It can be lost: that costs time, not mail."""
    report_dir: Path = Path("report")
    """Folder for reports."""
    source: Source
    target: Target
    policy: Policy = Policy()
