"""The tables of ``sterna.toml`` that speak of the old server."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from sterna.site.files import SourceFiles
from sterna.site.tables import Connections, LoginServer, Name, Seconds, Server, Table, Tls


class Access(enum.StrEnum):
    """How everybody's mail is reached on the source.

    ``tilde``: log in as an administrator and read ``~user@domain/Mailbox``.
    ``authorize``: log in as an administrator with the user as SASL authorization identity (RFC 4616).
    ``master``: log in with a name made of both, as Dovecot's master users do (``user*administrator``).
    ``password``: each account with its own secret, from the file of accounts.
    """

    TILDE = "tilde"
    AUTHORIZE = "authorize"
    MASTER = "master"
    PASSWORD = "password"  # noqa: S105  the name of a way, no password


class Mechanism(enum.StrEnum):
    """How a secret is shown to the server.

    ``auto`` is PLAIN, or LOGIN where a server has no PLAIN.
    """

    AUTO = "auto"
    PLAIN = "plain"
    LOGIN = "login"
    CRAM_MD5 = "cram-md5"
    XOAUTH2 = "xoauth2"
    OAUTHBEARER = "oauthbearer"

    @property
    def takes_token(self) -> bool:
        """Whether it shows an access token (OAuth 2) instead of a password."""
        return self in (Mechanism.XOAUTH2, Mechanism.OAUTHBEARER)


class Administrator(NamedTuple):
    """Who reads everybody's mail, and where the password is."""

    user: str
    password_file: Path


class Grant(enum.StrEnum):
    """How an access token is asked for (RFC 6749)."""

    REFRESH_TOKEN = "refresh_token"  # noqa: S105  the name of a way, no password
    CLIENT_CREDENTIALS = "client_credentials"


class SourceOAuth(Table):
    """Where access tokens come from, for `mechanism = "xoauth2"` or `"oauthbearer"`.

    A token is asked for when none is at hand that lasts for another minute, and once more when the server refuses one.
    """

    token_url: Annotated[
        str, Field(pattern=r"^https://[^/ ]+/.*$", examples=["https://login.example.org/oauth2/v2.0/token"])
    ]
    """The token endpoint (RFC 6749 section 3.2); TLS is a must."""
    client_id: Name
    """What the operator's application is called there."""
    client_secret_file: Path | None = None
    """File that holds the application's secret in one line (mode 0600)."""
    grant: Grant = Grant.REFRESH_TOKEN
    """`refresh_token`: each account has agreed, and its refresh token stands where a password would, in the file of
    accounts. `client_credentials`: the application itself may read every account (RFC 6749 section 4.4)."""
    scope: Name | None = None
    """What to ask for, such as `https://mail.google.com/`; left out when the endpoint needs none."""
    ca_file: Path | None = None
    """CA certificates to trust, PEM; the system's when absent."""
    timeout_s: Seconds = 30.0
    """How long to wait for an answer, in seconds."""


class SourceImap(Server):
    """The old server's IMAP; nothing is ever changed there."""

    table: ClassVar[str] = "source.imap"

    user: Name | None = None
    """The administrator who logs in; left out with `access = "password"` and with access tokens."""
    password_file: Path | None = None
    """File that holds the administrator's password in one line; nobody else may read it (mode 0600)."""
    access: Access = Access.TILDE
    """`tilde` reads `~user@domain/Mailbox` as the administrator; `authorize` logs in for each account (SASL PLAIN with
    an authorization identity); `master` logs in for each account under the name `login_as`; `password` logs in each
    account with its own secret, which the file `source.accounts` names."""
    login_as: Annotated[
        str, Field(pattern=r".*\{account\}.*", examples=["{account}*{user}", "DOMAIN/{user}/{account}"])
    ] = "{account}*{user}"
    """With `access = "master"`: the name to log in with, where `{account}` is the account's login and `{user}` the
    administrator. The default is Dovecot's, with its `auth_master_user_separator = *`."""
    mechanism: Mechanism = Mechanism.AUTO
    """How the secret is shown: `plain`, `login`, `cram-md5` (RFC 2195: the password itself is not sent), `xoauth2` and
    `oauthbearer` (access tokens, see `source.imap.oauth`). `auto` is PLAIN, or LOGIN where a server has no PLAIN."""
    connections: Connections = 4
    """At most this many connections at a time."""
    compress: bool = False
    """Let the server compress what it sends, where it can (COMPRESS=DEFLATE). It pays on a line slower than about
    20 MB/s; on a quicker one it costs processor time of both machines."""
    oauth: SourceOAuth | None = None
    """Needed with access tokens."""

    @model_validator(mode="after")
    def _has_login(self) -> Self:
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file belong together: give both, or none")
        if self.access is Access.PASSWORD:
            if self.user is not None:
                raise ValueError('with access = "password" each account has its own login: leave out user')
        elif self.user is None:
            raise ValueError(f'with access = "{self.access}" an administrator logs in: give user and password_file')
        if self.mechanism.takes_token and (self.oauth is None or self.access is not Access.PASSWORD):
            raise ValueError(f'mechanism "{self.mechanism}" needs access = "password" and the table source.imap.oauth')
        return self

    @property
    def administrator(self) -> Administrator:
        """The one login that `access` demands; only there where it demands one."""
        if self.user is None or self.password_file is None:
            raise ValueError('with access = "password" there is no administrator')
        return Administrator(self.user, self.password_file)


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
    """The old server's POP3. Only `sterna survey` asks it: what it offers, and how it makes unique-ids (UIDL)."""

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


NO_IMAP: Final = SourceImap(host="localhost", port=143, access=Access.PASSWORD)
"""Stands where a source has no IMAP, so that everybody else may count on the table; nothing ever connects to it."""


class Source(Table):
    """The old server."""

    product: Literal["communigate", "imap", "maildir", "mbox"] = "communigate"
    """What the old server is. `communigate` is CommuniGate Pro, which tells Sterna everything. `imap` is any server
    that has IMAP: mail, subscriptions, roles and rights of mailboxes are read; accounts must be on the new platform."""
    accounts: Path | None = None
    """With `product = "imap"`: the file that lists the accounts, as CSV or tab-separated text."""
    cli: SourceCli | None = None
    """The one source that tells everything. Without it `source.tree` must be there, and much is only reported."""
    tree: SourceTree | None = None
    """May be left out. Beside the CLI it is compared with what that says."""
    ldap: SourceLdap | None = None
    """May be left out. It is only compared with what the CLI or the tree says."""
    files: SourceFiles | None = None
    """Mail in files without a server: the only table that the products `maildir` and `mbox` need."""
    imap: SourceImap = NO_IMAP
    """Needed for every server; mail in files has none."""
    pop3: SourcePop3 | None = None
    """May be left out."""

    @property
    def shown(self) -> str:
        """Where it is, as a report names it."""
        return str(self.files.path) if self.files is not None else f"{self.imap.host}:{self.imap.port}"

    @model_validator(mode="after")
    def _is_files(self) -> Self:
        if (self.files is not None) is not self.is_files:
            raise ValueError('the table source.files belongs to the products "maildir" and "mbox", which need it')
        if self.files is not None and "{domain}" not in str(self.files.path) and self.files.domain is None:
            raise ValueError("source.files needs {domain} in its path, or the key domain")
        if self.files is None and "imap" not in self.model_fields_set:
            raise ValueError("the table source.imap must be there")
        return self

    @property
    def is_files(self) -> bool:
        """Whether the mail is in files, and no server is asked."""
        return self.product in ("maildir", "mbox")

    @model_validator(mode="after")
    def _has_reader(self) -> Self:
        if self.is_files:
            return self
        if self.product == "communigate":
            if self.cli is None and self.tree is None:
                raise ValueError("one of the tables source.cli and source.tree must be there")
            if self.imap.access in (Access.MASTER, Access.PASSWORD) or self.imap.mechanism is not Mechanism.AUTO:
                raise ValueError('product "communigate" has access "tilde" or "authorize" and mechanism "auto"')
        elif self.accounts is None:
            raise ValueError(f'with product = "{self.product}" a file lists the accounts: set accounts')
        elif self.cli is not None or self.tree is not None or self.ldap is not None:
            raise ValueError(f'source.cli, source.tree and source.ldap belong to CommuniGate, not to "{self.product}"')
        return self
