"""The CLI as a process: ``python -m sterna.lab.source.cliserver FOLDER``; loopback only, its port is in cli.json.

Every command is written to FOLDER/log/cli-commands.jsonl with its first word and the code of its answer, never with its
arguments; so a test can prove that a migration has asked nothing but questions.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from sterna.lab.source import faults
from sterna.lab.source.basedirectory import BaseDirectory
from sterna.lab.source.cliprocess import COMMAND_LOG, SETTINGS, SWITCHES, LoggedCommand
from sterna.lab.source.commands import Commands
from sterna.lab.source.dialogue import MAX_LINE_BYTES, Dialogue, Phase, Said
from sterna.lab.source.faults import Fault
from sterna.lab.source.mailstore import MailStore
from sterna.lab.source.switches import Switches

SLOW_S = 0.05
"""How long a slow reply takes for each byte, in seconds."""


class Server:
    """All conversations of one stand-in."""

    def __init__(self, folder: Path) -> None:
        settings = json.loads((folder / SETTINGS).read_bytes())
        self.port: int = settings["port"]
        self._idle_s: float = settings["idle_s"]
        self._folder = folder
        self._base = BaseDirectory(folder / "base")
        self._store = MailStore(folder / "mail", folder / "crowd")
        self._count = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one conversation to its end."""
        dialogue = self._dialogue()
        try:
            writer.write(dialogue.greeting())
            while dialogue.phase is not Phase.OVER:
                async with asyncio.timeout(self._idle_s):
                    await writer.drain()
                    line = await reader.readuntil(b"\n")
                reply, said = dialogue.hear(line.removesuffix(b"\n").removesuffix(b"\r"))
                self._log(dialogue.user, said)
                fault = faults.strike(self._folder, said.word, line.decode(errors="replace"))
                if fault is None:
                    writer.write(reply)
                elif not await _misbehave(fault, reply, writer):
                    break
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # the client is idle, gone, or talks nonsense: the connection is closed and nothing else is affected
        finally:
            writer.close()

    def _dialogue(self) -> Dialogue:
        self._count += 1
        switches = Switches.load(self._folder / SWITCHES)
        stamp = f"<{self._count}.{int(time.time())}@mail.{self._base.main_domain}>"
        return Dialogue(self._base, switches, stamp, lambda user: Commands(self._base, self._store, switches, user))

    def _log(self, user: str, said: Said) -> None:
        row = asdict(LoggedCommand(user, said.word, said.code, said.writes))
        line = json.dumps({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **row}) + "\n"
        file = os.open(self._folder / COMMAND_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)


async def _misbehave(fault: Fault, reply: bytes, writer: asyncio.StreamWriter) -> bool:
    """Answer as the fault will have it; return whether the conversation goes on."""
    match fault:
        case Fault.CLOSE_AT_ONCE:
            return False
        case Fault.NO_REPLY:
            return True
        case Fault.ENDLESS | Fault.ENDLESS_LINES:
            for piece in faults.endless(fault):
                writer.write(piece)
                await writer.drain()  # ends with the connection
        case Fault.SLOW:
            for byte in reply:
                writer.write(bytes((byte,)))
                await writer.drain()
                await asyncio.sleep(SLOW_S)
        case _:
            writer.write(faults.spoilt(fault, reply))
    await writer.drain()
    return fault is not Fault.CLOSE_IN_REPLY


async def serve(folder: Path) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = Server(folder)
    listener = await asyncio.start_server(server.talk, "127.0.0.1", server.port, limit=MAX_LINE_BYTES)
    await stop.wait()
    listener.close()  # conversations end with the loop


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
