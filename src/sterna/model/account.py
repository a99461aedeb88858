"""What a site has besides mail: domains, accounts, forwarders, groups, lists; read from the source for the target."""

from __future__ import annotations

from dataclasses import dataclass

from sterna.model.address import Address
from sterna.model.secret import Secret


@dataclass(frozen=True, slots=True)
class ClearPassword:
    """A password we know in clear; it is hashed anew for the target."""

    secret: Secret


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """A password known only as a hash that OpenLDAP can verify, in its form ``{SCHEME}…`` (RFC 2307 section 5.3)."""

    hashed: Secret


@dataclass(frozen=True, slots=True)
class UnreadablePassword:
    """A password that cannot be carried, and why; the account is made without one and reported."""

    reason: str


Password = ClearPassword | HashedPassword | UnreadablePassword


@dataclass(frozen=True, slots=True)
class Forward:
    """Where an account's mail goes instead of (or, with `keep_copy`, besides) its own INBOX."""

    targets: tuple[Address, ...]
    keep_copy: bool


@dataclass(frozen=True, slots=True)
class Domain:
    """A mail domain and its other names; every address of the domain exists under each of them."""

    name: str
    aliases: tuple[str, ...] = ()
    main: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A login with mailboxes.

    `aliases` are further addresses in the account's own domain (domain aliases are not multiplied out here).
    `quota_bytes` is None when there is no limit. `enabled` is False when nobody may log in.
    """

    address: Address
    real_name: str
    password: Password
    aliases: tuple[Address, ...] = ()
    forward: Forward | None = None
    quota_bytes: int | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Forwarder:
    """An address without an account; its mail is sent on to `target`."""

    address: Address
    target: Address


@dataclass(frozen=True, slots=True)
class Group:
    """An address that expands to others, which may be groups, lists or addresses elsewhere."""

    address: Address
    real_name: str
    members: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class MailingList:
    """A list with subscribers; `subscribers` counts those of every mode."""

    address: Address
    owner: str
    subscribers: int
