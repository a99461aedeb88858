"""Where everything stands in the directory: the names of all entries, made from the suffix, and the first LDIF.

::

    <suffix>
      ou=accounts
        ou=system                   cn=<service> of programs, uid=<name> of Cyrus's administrators
        ou=users
          ou=<domain>
            uid=<local part>        one account
      ou=server
        cn=mailstore
          cn=postfix
            lookupName=<table>
              lookupKey=<key>       one row

What stands *in* an account's entry is not decided here.
"""

from __future__ import annotations

import base64
import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ldap import DECODING_ERROR  # type: ignore[import-untyped]  # python-ldap has no annotations
from ldap.dn import str2dn  # type: ignore[import-untyped]

from sterna.errors import SternaError
from sterna.model.address import Address
from sterna.model.secret import Secret


class Service(enum.StrEnum):
    """A program with an entry of its own, so that it may do what it needs and no more."""

    POSTFIX = "postfix"
    CYRUS = "cyrus"
    """saslauthd's, on behalf of Cyrus."""
    REPLICATOR = "replicator"
    STERNA = "sterna"
    WEBMAIL = "webmail"


class Administrator(enum.StrEnum):
    """Somebody who logs in to Cyrus and is nobody's mailbox."""

    CYRUS = "cyrusadmin"
    LMTP = "lmtpadmin"


class LookupTable(enum.StrEnum):
    """A table that Postfix reads from the directory."""

    MYDESTINATION = "mydestination"
    """Domains with mailboxes."""
    VIRTUAL_DOMAINS = "virtualdomains"
    """Other names of those domains."""
    VIRTUAL_USERS = "virtualusers"
    """Addresses without an account, and where their mail goes; and those that go elsewhere whoever has them."""
    GROUPS = "groups"
    """Addresses of groups, and their members."""
    REFUSED = "refused"
    """Addresses that somebody has and that take no mail, and what their senders are told."""
    UNKNOWN = "unknown"
    """Where mail goes for the names of a domain that nobody has: ``@domain``."""
    LISTS = "lists"
    """Addresses of mailing lists, and who gets what is sent to them."""
    LIST_ACCESS = "listaccess"
    """Addresses of mailing lists, and the restrictions for who writes to them."""
    LIST_ELSEWHERE = "listelsewhere"
    """Members of lists who have their addresses elsewhere, so that nothing more need be looked up for them."""
    LIST_SENDERS = "listsenders"
    """Sets of senders by number; restrictions of lists refer to them."""


class SuffixError(SternaError):
    """`suffix` cannot be the top of the tree."""

    exit_code = 78

    def __init__(self, suffix: str) -> None:
        self.suffix = suffix
        super().__init__(
            f"{suffix!r} cannot be the suffix of the directory; it has to be a name like dc=example,dc=net or o=Example"
        )


@dataclass(frozen=True, slots=True)
class Tree:
    """The names (DNs, RFC 4514) of all entries below `suffix`."""

    suffix: str

    @property
    def accounts(self) -> str:
        """Above everybody who can log in; programs that check passwords search from here."""
        return f"ou=accounts,{self.suffix}"

    @property
    def system(self) -> str:
        """Above services and administrators."""
        return f"ou=system,{self.accounts}"

    @property
    def users(self) -> str:
        """Above all domains and their accounts."""
        return f"ou=users,{self.accounts}"

    @property
    def postfix(self) -> str:
        """Above Postfix's lookup tables."""
        return f"cn=postfix,cn=mailstore,ou=server,{self.suffix}"

    def service(self, service: Service) -> str:
        """The entry that a program logs in with."""
        return f"cn={service},{self.system}"

    def administrator(self, administrator: Administrator) -> str:
        """The entry of one of Cyrus's administrators."""
        return f"uid={administrator},{self.system}"

    def domain(self, domain: str) -> str:
        """Above the accounts of `domain`."""
        return f"ou={escape_dn(domain)},{self.users}"

    def account(self, address: Address) -> str:
        """The entry of the account whose primary address is `address`."""
        return f"uid={escape_dn(address.local)},{self.domain(address.domain)}"

    def lookup_table(self, table: LookupTable) -> str:
        """The entry above the rows of `table`."""
        return f"lookupName={table},{self.postfix}"

    def lookup_row(self, table: LookupTable, key: str) -> str:
        """The entry of one row of `table`."""
        return f"lookupKey={escape_dn(key)},{self.lookup_table(table)}"


def escape_dn(value: str) -> str:
    """Return `value` for use as one value inside a DN (RFC 4514 section 2.4).

    python-ldap's own function leaves a white space character other than a space at the beginning to be lost.
    """
    last = len(value) - 1
    return "".join(
        "".join(f"\\{byte:02X}" for byte in char.encode())
        if char in '"+,;<>\\=#' or not char.isprintable() or (char == " " and place in (0, last))
        else char
        for place, char in enumerate(value)
    )


def bootstrap_ldif(tree: Tree, passwords: Mapping[Service | Administrator, Secret]) -> str:
    """Return the LDIF (RFC 2849) that a new, empty directory is loaded with: the branches, services, administrators.

    Args:
        tree: the names; its suffix must be the one that the server is configured for.
        passwords: for every service and administrator the *hash* of its password, in the form ``{SCHEME}…``.

    Raises:
        SuffixError: the suffix is not a name, or its first component is neither dc, o nor ou.
        KeyError: a service or administrator has no password.
    """
    return "\n".join(_record(dn, attributes) for dn, attributes in _bootstrap(tree, passwords))


def _bootstrap(
    tree: Tree, passwords: Mapping[Service | Administrator, Secret]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    yield tree.suffix, _top(tree.suffix)
    for dn in (tree.accounts, tree.system, tree.users):
        yield dn, _unit(dn)
    for service in Service:
        yield (
            tree.service(service),
            [
                ("objectClass", "applicationProcess"),
                ("objectClass", "simpleSecurityObject"),
                ("cn", service),
                ("userPassword", passwords[service].reveal()),
            ],
        )
    for administrator in Administrator:
        yield (
            tree.administrator(administrator),
            [
                ("objectClass", "account"),
                ("objectClass", "simpleSecurityObject"),
                ("uid", administrator),
                ("userPassword", passwords[administrator].reveal()),
            ],
        )
    server = f"ou=server,{tree.suffix}"
    yield server, _unit(server)
    yield f"cn=mailstore,{server}", [("objectClass", "device"), ("cn", "mailstore")]
    yield tree.postfix, [("objectClass", "applicationProcess"), ("cn", "postfix")]
    for table in LookupTable:
        yield tree.lookup_table(table), [("objectClass", "lookupTable"), ("lookupName", table)]


def _top(suffix: str) -> list[tuple[str, str]]:
    """The attributes of the topmost entry; its object class follows from the kind of its name."""
    try:
        kind, value, _ = str2dn(suffix)[0][0]
    except (DECODING_ERROR, IndexError) as error:
        raise SuffixError(suffix) from error
    if not value:
        raise SuffixError(suffix)
    match kind.lower():
        case "dc":
            return [("objectClass", "organization"), ("objectClass", "dcObject"), ("dc", value), ("o", value)]
        case "o":
            return [("objectClass", "organization"), ("o", value)]
        case "ou":
            return [("objectClass", "organizationalUnit"), ("ou", value)]
        case _:
            raise SuffixError(suffix)


def _unit(dn: str) -> list[tuple[str, str]]:
    return [("objectClass", "organizationalUnit"), ("ou", str2dn(dn)[0][0][1])]


def _record(dn: str, attributes: list[tuple[str, str]]) -> str:
    return "".join(f"{_line(name, value)}\n" for name, value in [("dn", dn), *attributes])


def _line(name: str, value: str) -> str:
    """One attribute; whatever is not a SAFE-STRING of RFC 2849 goes as base64."""
    plain = value.isascii() and value.isprintable() and value[:1] not in ("", " ", ":", "<") and not value.endswith(" ")
    if plain:
        return f"{name}: {value}"
    return f"{name}:: {base64.b64encode(value.encode()).decode()}"
