"""What the stand-in is made from, and what it says about itself once it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sterna.lab.source.switches import Switches
from sterna.model.secret import Secret


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What may differ between two stand-ins.

    Fields:
        messages: how many messages are generated, all accounts together; those of the corpus come on top.
        seed: the same seed and number give the same bytes, UIDs and dates.
        corpus: a folder of which every file becomes a message as it is.
        accounts: how many accounts there are at least; those who are not named have a few small messages each, which
            are not counted among `messages`. 0 for the named ones alone.
        switches: how the server behaves where CommuniGate's own behaviour is not known for certain.
    """

    messages: int = 3000
    seed: int = 20060815
    corpus: Path | None = None
    accounts: int = 0
    switches: Switches = field(default_factory=Switches)


@dataclass(frozen=True, slots=True)
class SourcePorts:
    """TCP ports on 127.0.0.1."""

    imap: int
    pop3: int
    cli: int
    ldap: int


@dataclass(frozen=True, slots=True)
class Login:
    """An account and its password; None where nobody can know it or nobody may log in with it."""

    name: str
    domain: str
    password: Secret | None


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A stand-in that is ready to be started.

    Fields:
        tree: the CommuniGate base directory.
        admin: the administrator, who may read everybody's mail and use the CLI.
        messages: how many messages there are, with the corpus.
        size_bytes: their size as IMAP counts it (with CRLF).
    """

    tree: Path
    accounts: tuple[Login, ...]
    admin: str
    admin_password: Secret
    messages: int
    size_bytes: int
