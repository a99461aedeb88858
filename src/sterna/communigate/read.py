"""What a reader hands out: a value or none, and what was noticed on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from sterna.model.address import Address
from sterna.model.finding import Finding

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Read(Generic[T_co]):
    """One thing of the source. `value` is None when it could not be read; then a finding says why.

    Fields:
        address: what there is under this address could not be read; None for what has none.
        domain: what there is in this domain could not be read; empty when only one thing could not.
    """

    value: T_co | None
    findings: tuple[Finding, ...] = ()
    address: Address | None = None
    domain: str = ""


@dataclass(frozen=True, slots=True)
class MailboxUse:
    """How much is in a mailbox; `messages` is None where the source does not count them."""

    messages: int | None
    size_bytes: int
