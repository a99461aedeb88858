"""Postfix's configuration: main.cf, master.cf and its tables in the directory, rendered from typed settings.

Every table asks for the full address and is bound to our own domains by ``domain =``, so that a foreign address is
never answered from it, whoever has the same local part here. The tables hold a password: mode 0640, root:postfix.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from sterna.errors import UnsafeSettingError
from sterna.model.secret import Secret

DELIVERABLE = "(|(accountStatus=active)(accountStatus=noaccess))"
"""Whose mail is accepted, the one place that says it: somebody who may not log in still gets mail."""

TAKES_NO_MAIL = "550 5.2.1 This address takes no mail"
"""What is said of an address that somebody has and that takes none (RFC 3463 section 3.3), as a row of ``refused``."""

LIST_CLASSES = 100
"""How many different sets of senders lists can have: each is a restriction class (RESTRICTION_CLASS_README)."""

LARGEST_LIST = 250_000
"""How many addresses a message may be expanded to: virtual_alias_expansion_limit is 1000 by default."""

NO_BOUNCES = "list_no_bounces"
"""Refuses mail without a sender."""
MEMBERS_ONLY = "list_members_only"
OWNER_ONLY = "list_owner_only"
MODERATED = "list_moderated"
"""Each refuses whoever was not let in before, and says why."""

MESSAGE_SIZE_LIMIT_BYTES = 64 * 1024 * 1024
"""The largest message taken by SMTP, as encoded for the wire: about 47 MB of attachments."""

_REFUSED = "REJECT you may not write to this list; its owner can help you"

_LISTS = {"classes": LIST_CLASSES, "largest": LARGEST_LIST}

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("sterna.postfix"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  # configuration, not HTML; what would break a line is refused before
)


@dataclass(frozen=True, slots=True)
class DirectoryAccess:
    """How Postfix reads the directory.

    Fields:
        uris: ``ldap://host:port`` of the servers, tried in this order; each host is a name in its certificate.
        users_base, tables_base: where accounts and lookup tables are.
    """

    uris: tuple[str, ...]
    ca_file: Path
    bind_dn: str
    password: Secret
    users_base: str
    tables_base: str
    timeout_s: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PostfixSettings:
    """Everything that differs between hosts.

    Fields:
        config_dir, queue_dir, data_dir: Postfix's own folders; `data_dir` belongs to the user ``postfix``.
        log_file: where postlogd(8) writes.
        hostname, origin: of this host, and the domain that completes an address without one.
        listen: ``address:port`` of smtpd, or ``smtp``.
        interface: what to listen on and send from; ``all`` on a gateway.
        networks: whose mail is relayed without a login; none given: nobody's.
        lmtp_socket: Cyrus's.
        filters_listen: ``address:port`` where mail to everywhere is taken from this very host without a login: what
            Cyrus's filters send on and answer. None: nowhere.
        outbound: transport and next hop for mail to elsewhere (``smtp:`` goes by MX); None: it waits in the queue.
    """

    config_dir: Path
    queue_dir: Path
    data_dir: Path
    log_file: Path
    hostname: str
    origin: str
    listen: str
    interface: str
    certificate_file: Path
    key_file: Path
    lmtp_socket: Path
    directory: DirectoryAccess
    networks: tuple[str, ...] = ()
    filters_listen: str | None = None
    outbound: str | None = None
    message_size_limit_bytes: int = MESSAGE_SIZE_LIMIT_BYTES
    daemon_dir: Path = Path("/usr/lib/postfix/sbin")
    compatibility_level: str = field(default="3.7")


@dataclass(frozen=True, slots=True)
class Table:
    """One lookup table: where in the directory, which entries, which attribute answers.

    `bound` is False for tables of whole domains, of what restrictions ask for, and of senders, who may be anybody.
    `format` is said instead of what was found.
    """

    name: str
    base: str
    query: str
    result: str
    bound: bool = True
    format: str | None = None


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file to write: relative to `PostfixSettings.config_dir`. With `secret` it is for root and Postfix only."""

    name: str
    text: str
    secret: bool = False


def list_allowed(number: int) -> str:
    """Return the restriction that lets in the senders of one set."""
    return f"list_allowed_{number}"


def list_refused(number: int) -> str:
    """Return the restriction that refuses the senders of one set."""
    return f"list_refused_{number}"


def tables(directory: DirectoryAccess) -> tuple[Table, ...]:
    """Return every table that main.cf refers to.

    A row for the whole of a domain stands in ``unknown``, which is asked after all others. For every account there must
    be an answer before that, whatever its status, or its mail would go there; so ``aliases`` leads each account's own
    address to itself, and ``closed`` refuses those that take no mail.

    An address that is somebody's elsewhere costs one question a table, which ``domains`` answers.
    """
    user = "(objectClass=greenUser)"
    row = "(&(objectClass=lookupTableEntry)(lookupKey=%s))"
    ours = "(|(lookupName:dn:=mydestination)(lookupName:dn:=virtualdomains))"
    takes_none = f"(&{user}(|(mail=%s)(mailAlternateAddress=%s))(!{DELIVERABLE}))"
    senders = f"lookupName=listsenders,{directory.tables_base}"
    member = "(&(objectClass=lookupTableEntry)(lookupKey=%d)(lookupValue=%u))"
    return (
        Table("mydestination", f"lookupName=mydestination,{directory.tables_base}", row, "lookupKey", bound=False),
        Table("virtualdomains", f"lookupName=virtualdomains,{directory.tables_base}", row, "lookupKey", bound=False),
        Table(
            "domains",
            directory.tables_base,
            f"(&(objectClass=lookupTableEntry)(lookupKey=%s){ours})",
            "lookupKey",
            bound=False,
        ),
        Table("virtualusers", f"lookupName=virtualusers,{directory.tables_base}", row, "lookupValue"),
        Table("groups", f"lookupName=groups,{directory.tables_base}", row, "lookupValue"),
        # Restrictions ask for "user@", too, of which a bound table would look up the empty domain.
        Table("refused", f"lookupName=refused,{directory.tables_base}", row, "lookupValue", bound=False),
        # Its keys are "@domain", which a table that is bound to domains is never asked for.
        Table("unknown", f"lookupName=unknown,{directory.tables_base}", row, "lookupValue", bound=False),
        # A list can have a hundred thousand members elsewhere, each of whom is looked up here first, and then nowhere.
        Table(
            "listelsewhere",
            f"lookupName=listelsewhere,{directory.tables_base}",
            "(&(objectClass=lookupTableEntry)(lookupValue=%s))",
            "entryUUID",
            bound=False,
            format="%S",
        ),
        Table("lists", f"lookupName=lists,{directory.tables_base}", row, "lookupValue"),
        Table("listaccess", f"lookupName=listaccess,{directory.tables_base}", row, "lookupValue", bound=False),
        # Asked for sender@number; who is in that set is told OK, or is refused.
        Table("listallowed", senders, member, "entryUUID", bound=False, format="OK"),
        Table("listrefused", senders, member, "entryUUID", bound=False, format=_REFUSED),
        Table(
            "forwards",
            directory.users_base,
            f"(&{user}(|(mail=%s)(mailAlternateAddress=%s))(mailForwardingAddress=*){DELIVERABLE})",
            "mailForwardingAddress",
        ),
        Table("aliases", directory.users_base, f"(&{user}(|(mail=%s)(mailAlternateAddress=%s)))", "mail"),
        Table("closed", directory.users_base, takes_none, "mail", bound=False, format=TAKES_NO_MAIL),
        Table("accounts", directory.users_base, f"(&{user}(mail=%s){DELIVERABLE})", "mail"),
    )


def config_files(settings: PostfixSettings) -> list[ConfigFile]:
    """Return all files of one Postfix.

    Raises:
        UnsafeSettingError: a setting does not fit into a line.
    """
    _check(settings)
    files = [
        ConfigFile("main.cf", _TEMPLATES.get_template("main.cf.j2").render(s=settings, lists=_LISTS)),
        ConfigFile("master.cf", _TEMPLATES.get_template("master.cf.j2").render(s=settings)),
        # A copy of our own: Postfix takes this file only from the owner of its meta_directory.
        ConfigFile("dynamicmaps.cf", "ldap\t/usr/lib/postfix/postfix-ldap.so\tdict_ldap_open\n"),
    ]
    table = _TEMPLATES.get_template("table.cf.j2")
    files += [
        ConfigFile(f"ldap/{t.name}.cf", table.render(t=t, s=settings, d=settings.directory), secret=True)
        for t in tables(settings.directory)
    ]
    return files


def _check(settings: PostfixSettings) -> None:
    directory = settings.directory
    values = {name: str(getattr(settings, name)) for name in ("hostname", "origin", "listen", "interface", "outbound")}
    values |= {name: str(getattr(settings, name)) for name in ("config_dir", "queue_dir", "data_dir", "log_file")}
    values |= {name: str(getattr(settings, name)) for name in ("certificate_file", "key_file", "lmtp_socket")}
    values |= {"bind_dn": directory.bind_dn, "password": directory.password.reveal()}
    values |= {"users_base": directory.users_base, "tables_base": directory.tables_base}
    values |= {"filters_listen": str(settings.filters_listen), "networks": " ".join(settings.networks)}
    values |= {"uris": " ".join(directory.uris), "ca_file": str(directory.ca_file)}
    for name, value in values.items():
        if not value.isprintable() or value != value.strip() or "$" in value:
            raise UnsafeSettingError("Postfix", name)
