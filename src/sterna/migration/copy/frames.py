"""What the processes of one pass say to each other: values, one after the other, over the pipes between them.

Both ends are this program, and nobody else can write into the pipes.
"""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import dataclass
from typing import Final

from sterna.errors import SternaError
from sterna.migration.copy.account import Options
from sterna.migration.copy.events import AccountResult, CopyEvent
from sterna.model.address import Address
from sterna.model.hours import Hours
from sterna.site.declaration import Site

_SIZE_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Begin:
    """The first word to a process: what it works on.

    `accounts` is how many it may have under way at a time, `processes` how many there are of its kind.
    """

    site: Site
    options: Options
    hours: tuple[Hours, ...]
    accounts: int
    processes: int


@dataclass(frozen=True, slots=True)
class Happened:
    """An event."""

    event: CopyEvent


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an account."""

    account: Address
    outcome: AccountResult | SternaError


@dataclass(frozen=True, slots=True)
class Useless:
    """The process can do nothing at all."""

    error: SternaError


Word = Begin | Address | Happened | Ended | Useless


def send(pipe: asyncio.WriteTransport | asyncio.StreamWriter, word: Word) -> None:
    """Say something; it is on its way when this returns."""
    data = pickle.dumps(word, pickle.HIGHEST_PROTOCOL)
    pipe.write(len(data).to_bytes(_SIZE_BYTES) + data)


async def receive(pipe: asyncio.StreamReader) -> Word | None:
    """Return what is said next, None when the other side has gone."""
    try:
        size = int.from_bytes(await pipe.readexactly(_SIZE_BYTES))
        word: Word = pickle.loads(await pipe.readexactly(size))  # noqa: S301  our own process's words
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return word
