"""The CLI's read commands, and what they answer: each takes its arguments and returns one object.

Which commands there are and what they return is certain (the vendor's CLI reference), except where a switch says
otherwise. Commands that write are known by name and refused: the stand-in is never written to, and whoever tries is
on record in the command log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sterna.communigate.values import Value
from sterna.lab.source.account_commands import AccountCommands
from sterna.lab.source.address_commands import AddressCommands
from sterna.lab.source.arguments import Arguments, Refused, split
from sterna.lab.source.basedirectory import BaseDirectory
from sterna.lab.source.collisions import CollidingDirectory
from sterna.lab.source.domain_commands import DomainCommands
from sterna.lab.source.mailbox_commands import MailboxCommands
from sterna.lab.source.mailstore import MailStore
from sterna.lab.source.names import Names
from sterna.lab.source.server_commands import ServerCommands
from sterna.lab.source.storage_commands import StorageCommands
from sterna.lab.source.switches import Switches

VERSION = "5.2.3"

_WRITING = re.compile(
    "(CREATE|DELETE|RENAME|SET|UPDATE|REMOVE|INSERT|KILL|SUSPEND|RESUME|POST|WRITE|REJECT|RELEASE|BLESS|PROCESS)[A-Z]+"
    "|LIST|SHUTDOWN|NEWPASS|ROSTER|BALANCE|STARTPBXTASK|SENDTASKEVENT|RELOADDIRECTORYDOMAINS|REFRESHOSDATA"
)
"""Words of commands that change something, or that can; LIST changes subscriptions."""

_READING_DATASET = re.compile(rb"\S+\s+\{.*\bwhat=\"?list(Subsets|Entries)\"?;.*\}\s*", re.IGNORECASE | re.DOTALL)
"""The arguments of DATASET when it only reads: what it does stands in them."""

Command = Callable[[Arguments], Value]


@dataclass(frozen=True, slots=True)
class Answer:
    """An object to send, or none (`has_value` False) for commands that only say that they are done."""

    value: Value = None
    has_value: bool = True


def is_writing(word: str, arguments: bytes = b"") -> bool:
    """Return whether a command would change the server; `word` in capitals."""
    if word == "DATASET":
        return _READING_DATASET.fullmatch(arguments.strip()) is None
    return _WRITING.fullmatch(word) is not None


class Commands:
    """All commands of one administrator on one base directory and one mail store."""

    def __init__(self, base: BaseDirectory, store: MailStore, switches: Switches, user: str) -> None:
        if switches.colliding_names:
            base = CollidingDirectory(base.base)
        self._base = base
        names = Names(base, user)
        accounts = AccountCommands(base, names, switches)
        self._checks = {"NOOP": lambda _: None, **accounts.checks()}
        self._table: dict[str, Command] = {
            "GETVERSION": lambda _: VERSION,
            "GETCURRENTTIME": lambda _: datetime.now(UTC).replace(microsecond=0),
            "LISTCLICOMMANDS": lambda _: tuple(sorted({*self._table, *self._checks, "QUIT", "INLINE"})),
            "ECHO": lambda arguments: arguments.value(),
            **DomainCommands(base, names, switches).table(),
            **ServerCommands(base, names).table(),
            **accounts.table(),
            **StorageCommands(base, names).table(),
            **MailboxCommands(base, store, names, switches).table(),
            **AddressCommands(base, names, switches).table(),
        }

    def run(self, word: str, rest: bytes) -> Answer:
        """Carry out one command with its arguments.

        Raises:
            Refused: unknown, not allowed, or it concerns something that is not there.
        """
        self._base.begin()
        if is_writing(word, rest):
            raise Refused(501, "this server is read only")
        arguments = Arguments(list(split(rest)))
        if (check := self._checks.get(word)) is not None:
            check(arguments)
            arguments.end()
            return Answer(has_value=False)
        command = self._table.get(word)
        if command is None:
            raise Refused(500, "unknown command")
        value = command(arguments)
        arguments.end()
        return Answer(value)

    @property
    def known(self) -> Mapping[str, Command]:
        """Every read command by its word."""
        return self._table
