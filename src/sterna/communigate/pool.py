"""A few connections to the CLI for many questions at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TypeVar

from sterna.communigate.commands import Command
from sterna.communigate.connection import CliConnection
from sterna.communigate.values import Value
from sterna.errors import Scope, SternaError
from sterna.site.declaration import SourceCli

_T = TypeVar("_T")


class NoCliError(SternaError):
    """The site file has no [source.cli], and what was to be done cannot be done without it."""

    scope = Scope.SERVER
    exit_code = 78  # EX_CONFIG

    def __init__(self) -> None:
        super().__init__(
            "the site file declares no [source.cli], and only CommuniGate's CLI tells all that is needed here. "
            "Nothing was changed. Declare it, where the source is CommuniGate; `sterna survey` does without, when "
            "there is a [source.tree]."
        )


class CliPool:
    """Connections that are opened when they are needed, at most `size`; the last used one is used first."""

    def __init__(self, server: SourceCli | None, size: int | None = None) -> None:
        if server is None:
            raise NoCliError
        self._all = [CliConnection(server) for _ in range(size or server.connections)]
        self._pace = _Pace(server.commands_per_s)
        self._free: asyncio.LifoQueue[CliConnection] = asyncio.LifoQueue()
        for connection in self._all:
            self._free.put_nowait(connection)

    async def connect(self) -> None:
        """Open the connection that will be used first, so that a wrong password is known before any work is done."""
        await self._all[-1].connect()

    async def ask(self, command: Command) -> Value:
        """Ask by a free connection, as soon as there is one and it is time; errors as of `CliConnection.ask`."""
        connection = await self._free.get()
        try:
            await self._pace.turn()
            return await connection.ask(command)
        finally:
            self._free.put_nowait(connection)

    async def close(self) -> None:
        """Close all connections."""
        for connection in self._all:
            await connection.close()


class _Pace:
    """Lets so many commands pass in a second, evenly; all when there is no limit."""

    def __init__(self, per_s: float | None) -> None:
        self._gap_s = 0.0 if per_s is None else 1 / per_s
        self._next = 0.0  # of the event loop's clock

    async def turn(self) -> None:
        """Wait until the next command may be sent."""
        if not self._gap_s:
            return
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        self._next = at + self._gap_s
        await asyncio.sleep(at - now)


async def together(questions: Iterable[Coroutine[None, None, _T]]) -> list[_T]:
    """Run all at a time and return their results in order; when one fails the others are cancelled.

    Raises:
        SternaError: of the first that failed.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(question) for question in questions]
    except ExceptionGroup as failed:
        expected, bugs = failed.split(SternaError)
        raise (bugs or expected or failed).exceptions[0] from failed
    return [task.result() for task in tasks]
