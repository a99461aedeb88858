"""What a verification report says, apart from how it looks. The verifier fills it; the renderers only arrange it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sterna.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Compared:
    """How many things of one kind each side has, and how many of them are not equal.

    `missing` are on the source only, `extra` on the target only, `different` on both but not the same.
    """

    source: int
    target: int
    missing: int = 0
    extra: int = 0
    different: int = 0

    @property
    def unequal(self) -> int:
        """How many things are missing, extra or different."""
        return self.missing + self.extra + self.different


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account of the report; sizes are of the source, None where nobody asked for them."""

    address: str
    real_name: str
    mailboxes: int
    messages: int
    size_bytes: int | None
    differences: int

    @property
    def equal(self) -> bool:
        """Whether nothing about this account differs."""
        return self.differences == 0


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not equal: whose it is, where, what differs, and what the operator can do."""

    account: str
    place: str
    what: str
    todo: str


@dataclass(frozen=True, slots=True)
class How:
    """How closely both sides were compared.

    Fields:
        form: its name: quick, digests or deep.
        compared: what was compared, in whole sentences.
        bytes: how far mail that is equal is equal, in a few words.
        reread: how many messages were read again on both sides and are the same, byte for byte.
        seed: by which number these were drawn; None where they were not drawn.
    """

    form: str
    compared: str
    bytes: str
    reread: int = 0
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """Everything that the report of one verification shows.

    Fields:
        site: the site's name.
        source, target: the two servers as ``host:port``.
        started, ended: aware times.
        as_json: the same result for machines; the report carries the SHA-256 of its bytes.
        version: of Sterna.
        how: how closely was compared.
        partial: only some accounts were compared, because only these were asked for.
    """

    site: str
    source: str
    target: str
    started: datetime
    ended: datetime
    accounts: Compared
    mailboxes: Compared
    messages: Compared
    size_bytes: int | None
    rows: tuple[AccountRow, ...]
    differences: tuple[Difference, ...]
    findings: tuple[Finding, ...]
    as_json: Mapping[str, object]
    version: str
    how: How
    partial: bool = False

    @property
    def equal(self) -> bool:
        """Whether both sides hold the same, in every respect that was compared."""
        return not self.differences and not any(each.unequal for each in (self.accounts, self.mailboxes, self.messages))
