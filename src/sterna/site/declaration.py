"""The shape of ``sterna.toml``: every table and key, its default and what it means.

Secrets are never in the file itself, only the paths of files that hold them (mode 0600). Relative paths are relative to
the site file's own folder. The reference page of the site file is made from the docstrings here.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from sterna.site.files import FileLayout, SourceFiles
from sterna.site.manners import Manners
from sterna.site.selection import SelectionTable
from sterna.site.source import (
    Access,
    Grant,
    Mechanism,
    Source,
    SourceCli,
    SourceImap,
    SourceLdap,
    SourceOAuth,
    SourcePop3,
    SourceTree,
)
from sterna.site.tables import Connections, LoginServer, Name, Port, Seconds, Server, Table, Tls
from sterna.site.target_mail import TargetMail

__all__ = [
    "Access",
    "Directory",
    "FileLayout",
    "Grant",
    "Lists",
    "LoginServer",
    "Mailman",
    "Mechanism",
    "PasswordScheme",
    "Policy",
    "Server",
    "Site",
    "Source",
    "SourceCli",
    "SourceFiles",
    "SourceImap",
    "SourceLdap",
    "SourceOAuth",
    "SourcePop3",
    "SourceTree",
    "Target",
    "TargetImap",
    "TargetMail",
    "TargetSieve",
    "Tls",
    "WithoutUids",
]


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
    spool: Path | None = None
    """Set it only where Sterna runs on the mail store itself, as root: the folder of `partition` (`partition-default`
    in imapd.conf). Messages are then written there as files, beside Cyrus's staging, and made durable by one sync for
    many instead of one for each; everything else goes by IMAP as ever. Left out: all mail is brought by IMAP."""


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


NO_DIRECTORY: Final = Directory(
    uri="ldap://localhost", suffix="dc=localhost", bind_dn="cn=nobody", password_file=Path("none")
)
NO_TARGET_IMAP: Final = TargetImap(host="localhost", port=143, user="nobody", password_file=Path("none"))
"""Both stand where the target is only known to speak IMAP, so that everybody else may count on the tables."""


class Target(Table):
    """The new platform."""

    product: Literal["cyrus", "imap"] = "cyrus"
    """`cyrus`: the platform that Sterna makes, with a directory and Cyrus; mail keeps its UIDs. `imap`: any server that
    speaks IMAP and has the accounts already; only `sterna copy` works, by APPEND, with new UIDs."""
    directory: Directory = NO_DIRECTORY
    """Needed with `product = "cyrus"`."""
    imap: TargetImap = NO_TARGET_IMAP
    """Needed with `product = "cyrus"`."""
    mail: TargetMail | None = None
    """Needed with `product = "imap"`."""
    sieve: TargetSieve | None = None
    """Without this table: the host of `target.imap`, port 4190, STARTTLS, and the same `ca_file`."""
    mail_server: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$", examples=["store1.lab.example"])] = "localhost"
    """The mail store's host name, as written into each account's `mailServer`."""
    mailman: Mailman | None = None

    @model_validator(mode="after")
    def _has_tables(self) -> Self:
        if self.product == "imap":
            if self.mail is None:
                raise ValueError('with product = "imap" the table target.mail must be there')
            if self.mail.access is Access.TILDE:
                raise ValueError('target.mail needs access = "authorize", "master" or "password"')
            if self.mail.access is Access.PASSWORD and self.mail.accounts is None:
                raise ValueError('target.mail with access = "password" needs accounts, the file that lists them')
            return self
        missing = [name for name in ("directory", "imap") if name not in self.model_fields_set]
        if missing:
            raise ValueError(f"the table target.{missing[0]} must be there")
        if self.mail is not None:
            raise ValueError('the table target.mail belongs to product = "imap"')
        return self

    @property
    def connections(self) -> int:
        """At most so many connections to the mail store at a time."""
        return self.mail.connections if self.mail is not None else self.imap.connections

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


class WithoutUids(enum.StrEnum):
    """What becomes of messages whose UID is not to be had on the target any more."""

    REFUSE = "refuse"
    APPEND = "append"


class Policy(Table):
    """Decisions of the operator."""

    quota_headroom_bytes: Annotated[int, Field(ge=0)] = 5 * 1024 * 1024
    """Added to the larger of old limit and measured use, so that nobody arrives with a full mailbox."""
    password_scheme: PasswordScheme = PasswordScheme.ARGON2ID
    """How passwords that the old server holds readably are hashed for the directory. Hashes are carried as they are."""
    parallel_accounts: Connections = 4
    """How many accounts are copied and compared at a time."""
    processes: Annotated[int, Field(ge=1, le=64)] | None = None
    """With how many processes `sterna copy` works; when absent, one for each two processors, at most eight."""
    guard_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    """A plan that disables or shrinks more than this share of the target's accounts is not applied by itself."""
    guard_accounts: Annotated[int, Field(ge=1)] = 3
    """Fewer accounts than this may be disabled or shrunk whatever their share."""
    without_uids: WithoutUids = WithoutUids.REFUSE
    """Of a mailbox that has had mail of its own on the target, or a UID that is taken there: `refuse` leaves the mail
    on the source and says so; `append` brings it with new UIDs, so that clients read such a mailbox anew."""
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
    selection: SelectionTable = SelectionTable()
    manners: Manners = Manners()
