"""One of several processes of a pass: makes the passes over the accounts that it is told, several at a time.

Started by `sterna.migration.copy.crew` as ``python -m sterna.migration.copy.hand``. It ends when its standard input
does, so that none is left when the pass has gone, however it went.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time

from sterna.errors import SternaError
from sterna.migration.copy.events import CopyEvent
from sterna.migration.copy.frames import Begin, Ended, Happened, Useless, receive, send
from sterna.migration.copy.passes import AccountPasses, means
from sterna.migration.copy.places import JOURNAL
from sterna.migration.copy.ports import JournalThread
from sterna.migration.jobs import first
from sterna.migration.links import Links
from sterna.migration.manners.overseer import Overseer
from sterna.migration.origin.opening import open_origin
from sterna.model.address import Address
from sterna.state.control import Control, Orders
from sterna.state.journal import Journal


class Hand:
    """Does what it is told over two pipes."""

    def __init__(self, begin: Begin, heard: asyncio.StreamReader, said: asyncio.WriteTransport) -> None:
        self._begin = begin
        self._heard = heard
        self._said = said
        self._idle: list[Links] = []

    async def work(self) -> None:
        """Make passes until nothing more is heard.

        Raises:
            SternaError: the source or the journal cannot be used at all.
        """
        site, options = self._begin.site, self._begin.options
        journal = JournalThread(Journal.open(site.state_dir / JOURNAL))
        try:
            async with open_origin(site) as origin:
                overseer = Overseer(site.manners, self._begin.accounts, hours=self._begin.hours)
                means_of_pass = means(site, journal, time.time, self._begin.accounts, options)
                passes = AccountPasses(site, origin, means_of_pass, self._tell, options)
                control = Control(journal.journal)

                async def orders() -> Orders:
                    return (await journal.call(control.orders)).part(self._begin.processes)

                async with asyncio.TaskGroup() as group:
                    group.create_task(overseer.watch(orders, _nothing))
                    tasks: set[asyncio.Task[None]] = set()
                    while isinstance(word := await receive(self._heard), Address):
                        links = self._idle.pop() if self._idle else Links(site, origin, overseer)
                        task = group.create_task(self._account(word, links, passes))
                        tasks.add(task)
                        task.add_done_callback(tasks.discard)
                    for task in tasks:  # whoever asked for it has gone
                        task.cancel()
                    overseer.end()
        finally:
            for links in self._idle:
                await links.drop()
            journal.close()

    def _tell(self, event: CopyEvent) -> None:
        send(self._said, Happened(event))

    async def _account(self, address: Address, links: Links, passes: AccountPasses) -> None:
        try:
            result = await passes.account(address, links)
        except SternaError as error:
            await links.drop()
            send(self._said, Ended(address, error))
        else:
            send(self._said, Ended(address, result))
        finally:
            self._idle.append(links)


async def _nothing() -> None:
    """What a process of several writes down of the pass: the one that started it does that."""


async def serve() -> None:
    """Work over standard input and output."""
    loop = asyncio.get_running_loop()
    heard = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(heard), sys.stdin)
    said, _ = await loop.connect_write_pipe(asyncio.Protocol, sys.stdout)
    begin = await receive(heard)
    if isinstance(begin, Begin):
        try:
            await Hand(begin, heard, said).work()
        except SternaError as error:
            send(said, Useless(error))
        except BaseExceptionGroup as errors:
            expected, rest = errors.split(SternaError)
            if expected is None or rest is not None:
                raise
            send(said, Useless(first(expected)))
    said.close()


if __name__ == "__main__":
    # Ctrl-C is for the process that started this one; this one sees that its input ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(serve())
