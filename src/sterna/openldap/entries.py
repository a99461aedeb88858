"""What stands in the entries: an account, the branch of a domain, a row of a lookup table. Pure.

Where entries stand is `tree`'s. Values are text here; `text` and `raw` carry any bytes of the directory to text and
back without loss.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ldap.dn import str2dn  # type: ignore[import-untyped]  # python-ldap has no annotations

from sterna.model.address import Address

Attributes = Mapping[str, tuple[str, ...]]
"""Attributes by name, each with its values; never ``userPassword``, which is a secret and no text."""

PASSWORD: Final = "userPassword"  # noqa: S105  # the name of an attribute, not a password

ACCOUNT_CLASSES: Final = ("inetOrgPerson", "greenUser")
ACCOUNT_ATTRIBUTES: Final = (
    "cn",
    "sn",
    "mail",
    "accountStatus",
    "mailAlternateAddress",
    "mailForwardingAddress",
    "mailQuotaSize",
    "mailServer",
)
"""What is kept equal to the source in an account's entry. Everything else in it belongs to others and stays."""

ROW_ATTRIBUTES: Final = ("lookupValue",)
"""What is kept equal to the source in a row of a lookup table."""

_CASELESS: Final = frozenset({"mail", "mailAlternateAddress", "mailForwardingAddress", "mailServer", "accountStatus"})
"""Attributes in which case means nothing (addresses, host names, fixed words); in a real name it does."""


class Status(enum.StrEnum):
    """Values of ``accountStatus``."""

    ACTIVE = "active"
    NOACCESS = "noaccess"
    """Mail arrives, nobody may log in."""
    DISABLED = "disabled"
    DELETED = "deleted"


def kib(size_bytes: int) -> int:
    """Return `size_bytes` in KiB, rounded up: no limit becomes smaller by a change of unit."""
    return -(-size_bytes // 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEntry:
    """What an account's entry says.

    Fields:
        real_name: as the person is called; when empty the local part stands in, because cn and sn must be there.
        alternates: all further addresses, those under domain aliases among them.
        forwards: where mail goes; with the account's own address among them a copy is kept.
        quota_bytes: the limit of the source, or None; ``mailQuotaSize`` is in KiB.
        mail_server: the mail store that holds the mailboxes.
    """

    address: Address
    real_name: str
    status: Status
    alternates: Iterable[Address]
    forwards: Iterable[Address]
    quota_bytes: int | None
    mail_server: str

    def attributes(self) -> Attributes:
        """Return the attributes of the entry; those without a value are left out."""
        name = " ".join(self.real_name.split()) or self.address.local
        attributes = {
            "objectClass": ACCOUNT_CLASSES,
            "uid": (self.address.local,),
            "cn": (name,),
            "sn": (name.rpartition(" ")[2],),
            "mail": (str(self.address),),
            "accountStatus": (str(self.status),),
            "mailAlternateAddress": tuple(sorted({str(each) for each in self.alternates})),
            "mailForwardingAddress": tuple(sorted({str(each) for each in self.forwards})),
            "mailQuotaSize": () if self.quota_bytes is None else (str(kib(self.quota_bytes)),),
            "mailServer": (self.mail_server,),
        }
        return {name: values for name, values in attributes.items() if values}


def domain_attributes(domain: str) -> Attributes:
    """Return the attributes of the branch that holds a domain's accounts."""
    return {"objectClass": ("organizationalUnit",), "ou": (domain,)}


def table_attributes(name: str) -> Attributes:
    """Return the attributes of the entry above a lookup table's rows."""
    return {"objectClass": ("lookupTable",), "lookupName": (name,)}


def row_attributes(key: str, values: Iterable[str]) -> Attributes:
    """Return the attributes of one row of a lookup table."""
    return {"objectClass": ("lookupTableEntry",), "lookupKey": (key,), "lookupValue": tuple(sorted(set(values)))}


def same_values(attribute: str, left: Iterable[str], right: Iterable[str]) -> bool:
    """Return whether two sets of values mean the same; their order never matters."""
    if attribute in _CASELESS:
        return {value.lower() for value in left} == {value.lower() for value in right}
    return set(left) == set(right)


def dn_key(dn: str) -> tuple[tuple[str, str], ...]:
    """Return a form of `dn` that is equal for all spellings of the same name (RFC 4514), innermost component first.

    Names that we make have one attribute in each component and values in which case means nothing.

    Raises:
        ldap.DECODING_ERROR: `dn` is not a name.
    """
    return tuple((kind.lower(), value.lower()) for component in str2dn(dn) for kind, value, _ in component)


def text(values: Iterable[bytes]) -> tuple[str, ...]:
    """Return values of the directory as text; bytes that are not UTF-8 stay recognisable and reversible."""
    return tuple(value.decode("utf-8", "surrogateescape") for value in values)


def raw(values: Iterable[str]) -> tuple[bytes, ...]:
    """Return text as the bytes that the directory holds."""
    return tuple(value.encode("utf-8", "surrogateescape") for value in values)
