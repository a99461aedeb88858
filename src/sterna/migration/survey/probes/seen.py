"""What the probes found, as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime


class Works(enum.StrEnum):
    """Whether something works on this server."""

    YES = "works"
    NO = "does not work"
    UNTRIED = "not tried"


@dataclass(frozen=True, slots=True)
class AccessSeen:
    """One way of reading everybody's mail.

    Fields:
        name: in the words of the report.
        setting: the value of `source.imap.access` that uses it; empty when none does.
        tried: with how many accounts.
        said: what the server said, or why it was not tried.
    """

    name: str
    setting: str
    works: Works
    tried: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSeen:
    """A server's certificate; `distrust` is why it is not trusted, empty when it is."""

    subject: str
    names: tuple[str, ...]
    issuer: str
    not_before: datetime
    not_after: datetime
    sha256: str
    distrust: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSeen:
    """How one port protects connections.

    Fields:
        service: as the site file names it, with host and port.
        mode: as declared: none, starttls, tls.
        offered: versions that the server agrees to, the newest first.
        chosen: version and cipher that a connection of ours gets.
        trouble: why there is no protected connection, empty when there is one or none is declared.
    """

    service: str
    mode: str
    offered: tuple[str, ...] = ()
    chosen: str = ""
    certificate: CertificateSeen | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """One thing that a server said, as it said it."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Latency:
    """How long one question and its answer take, in seconds."""

    service: str
    questions: int
    least_s: float
    median_s: float
    most_s: float


@dataclass(frozen=True, slots=True)
class Load:
    """What a server does with several connections at once.

    Fields:
        connections: how many were open.
        median_s: of one question and its answer on each.
        opening_s: until the last of them was open and protected.
        refused: what the server said to the one more that it did not let in, else empty.
    """

    connections: int
    median_s: float
    opening_s: float
    refused: str = ""


@dataclass(frozen=True, slots=True)
class UidlSeen:
    """How POP3's unique-ids are made.

    Fields:
        form: the value of Cyrus's ``uidl_format`` that makes the same ones; empty when none does.
        example: one of them, as the server gave it.
        messages, account: of how many messages of which account.
        trouble: why none were seen, empty when some were.
    """

    form: str = ""
    example: str = ""
    messages: int = 0
    account: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Messages that were read as a pass would read them.

    Fields:
        seconds: that it took with one connection.
        parallel: how many connections read at once in the second measurement.
        parallel_rate: how many times quicker all of them together were than one; None when not measured.
        facts_rate: dates and sizes per second, of one connection; None when not measured.
    """

    accounts: int
    messages: int
    size_bytes: int
    seconds: float
    parallel: int = 1
    parallel_rate: float | None = None
    facts_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """All that the probes found."""

    access: tuple[AccessSeen, ...] = ()
    tls: tuple[TlsSeen, ...] = ()
    verbatim: tuple[Verbatim, ...] = ()
    latency: tuple[Latency, ...] = ()
    load: tuple[Load, ...] = ()
    uidl: UidlSeen | None = None
