"""How many messages a second are compared, and in how much memory, when both servers answer at once.

``python -m bench.verify`` compares one mailbox of 20,000 and one of 200,000 messages. Another process plays both
servers with answers that were made before; the connections, the engine, the journal and the comparison are the real
ones. So the figures are Sterna's own work: processor seconds of its process, and how much its memory grows at most.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.connection
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sterna.cyrus.mailbox_state import MailboxHeader
from sterna.cyrus.replication import ReplicationWriter
from sterna.imap.connection import Connection
from sterna.imap.reader import MailboxReader
from sterna.migration.copy.ports import JournalThread
from sterna.migration.verify.box import Box
from sterna.migration.verify.mailbox import MailboxComparison
from sterna.migration.verify.messages import MessageComparer
from sterna.model.copied import CopiedMessage
from sterna.model.mailbox import INBOX
from sterna.site.declaration import Server, Tls
from sterna.state.journal import Journal

RUNS: Final = 3
SIZES: Final = (20_000, 200_000)
UIDVALIDITY: Final = 1_234_567_890
DATE: Final = 1_577_869_200
FLAGS: Final = ("", "\\Seen", "\\Seen \\Answered", "\\Seen $Forwarded Wichtig", "\\Flagged \\Seen")


def guid(uid: int) -> bytes:
    """Return what stands for the SHA-1 of a message."""
    return uid.to_bytes(20, "big")


def fetch_lines(first: int, last: int) -> bytes:
    """Return the source's answer to UID FETCH."""
    return b"".join(
        b'* %d FETCH (UID %d FLAGS (%b) INTERNALDATE "01-Jan-2020 09:00:00 +0000" RFC822.SIZE %d)\r\n'
        % (uid, uid, FLAGS[uid % len(FLAGS)].encode(), 1000 + uid % 7000)
        for uid in range(first, last + 1)
    )


def mailbox_line(messages: int) -> bytes:
    """Return the target's answer to SYNCGET FULLMAILBOX."""
    records = b" ".join(
        b"%%(UID %d MODSEQ %d LAST_UPDATED 1577872800 FLAGS (%b) INTERNALDATE %d SIZE %d GUID %b)"
        % (uid, uid, FLAGS[uid % len(FLAGS)].encode(), DATE, 1000 + uid % 7000, guid(uid).hex().encode())
        for uid in range(1, messages + 1)
    )
    return b"* MAILBOX %%(UNIQUEID u MBOXNAME user.anna SYNC_CRC 1 RECORD (%b))\r\n" % records


class Servers:
    """Both servers: they know the few commands that a comparison sends."""

    def __init__(self, messages: int) -> None:
        self._messages = messages
        self._fetched: dict[tuple[int, int], bytes] = {}
        self._mailbox = mailbox_line(messages)

    async def serve(self, ready: multiprocessing.connection.Connection) -> None:
        """Listen, say where, and answer until the end of the process."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=1 << 20)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1 LITERAL+ ESEARCH X-REPLICATION] ready\r\n")
        while line := await reader.readline():
            tag, _, command = line.rstrip(b"\r\n").partition(b" ")
            writer.write(self._said(command) + tag + b" OK done\r\n")
            await writer.drain()
        writer.close()

    def _said(self, command: bytes) -> bytes:
        if command.startswith(b"EXAMINE"):
            text = b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] x\r\n* OK [UIDNEXT %d] x\r\n"
            return text % (self._messages, UIDVALIDITY, self._messages + 1)
        if command.startswith(b"UID SEARCH"):
            return b'* ESEARCH (TAG "T1") UID ALL 1:%d\r\n' % self._messages
        if command.startswith(b"UID FETCH"):
            first, last = map(int, command.split()[2].split(b":"))
            window = (first, min(last, self._messages))
            if window not in self._fetched:
                self._fetched[window] = fetch_lines(*window)
            return self._fetched[window]
        return self._mailbox if command.startswith(b"SYNCGET") else b""


def play(messages: int, ready: multiprocessing.connection.Connection) -> None:
    """Play both servers, in a process of its own."""
    asyncio.run(Servers(messages).serve(ready))


def journal_of(path: Path, messages: int) -> Journal:
    """Make a journal of a pass that moved them all."""
    journal = Journal.open(path)
    row = journal.open_mailbox("anna@lab.example", INBOX, INBOX, UIDVALIDITY, "u")
    moved = (
        CopiedMessage(uid, guid(uid), 1000 + uid % 7000, DATE, frozenset(FLAGS[uid % len(FLAGS)].split()), uid, 1)
        for uid in range(1, messages + 1)
    )
    journal.finish(row.id, moved, [], None)
    return journal


async def compare(port: int, journal: JournalThread, messages: int) -> tuple[MailboxComparison, float, float]:
    """Compare once; return what was found, seconds by the clock and by the processor."""
    server = Server(host="127.0.0.1", port=port, tls=Tls.NONE)
    source, target = await Connection.open(server), await Connection.open(server)
    header = MailboxHeader(b"user.anna", b"u", b"default", UIDVALIDITY, messages, messages, 1, 1, {})
    known = (await journal.mailboxes("anna@lab.example"))[INBOX]
    comparer = MessageComparer(MailboxReader(source), ReplicationWriter(target), journal)
    began, worked = time.perf_counter(), time.process_time()
    found = await comparer.compare(Box(INBOX, b"INBOX", INBOX, header, known, {}))
    seconds, processor_s = time.perf_counter() - began, time.process_time() - worked
    await source.close()
    await target.close()
    return found, seconds, processor_s


def compared(messages: int, runs: int) -> tuple[list[float], list[float], int]:
    """Compare several times; return seconds by the clock, by the processor, and how many KiB the memory grew.

    Raises:
        RuntimeError: what is equal was not found to be.
    """
    here, there = multiprocessing.Pipe()
    servers = multiprocessing.Process(target=play, args=(messages, there), daemon=True)
    servers.start()
    port = here.recv()
    with tempfile.TemporaryDirectory() as folder:
        journal = JournalThread(journal_of(Path(folder) / "journal.db", messages))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        results = [asyncio.run(compare(port, journal, messages)) for _ in range(runs)]
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        journal.close()
    servers.terminate()
    servers.join()
    if any(found.unequal or found.source != messages or found.target != messages for found, _, _ in results):
        raise RuntimeError("what is equal was not found to be")
    return [result[1] for result in results], [result[2] for result in results], grown


def measured(messages: int, runs: int = RUNS) -> Iterator[str]:
    """Yield lines that say how quick one size is, and what memory it takes."""
    clock, processor, grown = compared(messages, runs)
    for name, times in (("of our own work", processor), ("by the clock", clock)):
        rates = sorted(messages / seconds for seconds in times)
        middle = statistics.median(rates)
        spread = f"{rates[0]:,.0f}-{rates[-1]:,.0f}"
        yield f"{messages:>8,} messages: {middle:>8,.0f} a second {name} ({spread}), {1e6 / middle:.1f} us each"
    yield f"{messages:>8,} messages: memory grew by {grown / 1024:.0f} MiB at most"


def main() -> None:
    """Print a few lines for each size."""
    for messages in SIZES:
        for line in measured(messages):
            print(line, flush=True)


if __name__ == "__main__":
    main()
