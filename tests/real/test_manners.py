"""A pass that is ordered about while it runs, from other processes, between real servers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import pytest

from sterna.migration.copy.events import CopyEvent, Slowed
from sterna.migration.copy.run import copy_site
from sterna.site.declaration import Site
from sterna.site.load import load_site
from tests.system.command import done

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

STERNA = [sys.executable, "-m", "sterna"]
BERND = "bernd@lab.example"


class Watched:
    """A pass in a process of its own that writes its events to a file."""

    def __init__(self, site: Path, path: Path) -> None:
        self._path = path
        with path.open("w") as out:
            self.process = subprocess.Popen(
                [*STERNA, "--site", str(site), "copy", "--events", "json"], stdout=out, stderr=subprocess.PIPE
            )

    def events(self) -> list[dict[str, Any]]:
        """Return the events so far; the last line may not be whole yet."""
        lines = self._path.read_text().split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def wait_for(self, name: str, times: int = 1) -> None:
        """Wait until an event was written so often."""
        until = time.monotonic() + 90
        while sum(event["event"] == name for event in self.events()) < times:
            assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
            assert time.monotonic() < until, self.events()[-5:]
            time.sleep(0.05)


class Turnstile:
    """Stands before a server and lets so many connections in at a time, as servers do that limit them."""

    def __init__(self, server_port: int, most: int) -> None:
        self._server_port = server_port
        self._most = most
        self._inside = 0
        self.refused = 0
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, lower: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        if self._inside >= self._most:
            self.refused += 1
            answer.write(b"* BYE Too many connections from your host\r\n")
            answer.close()
            return
        self._inside += 1
        try:
            upper, ask = await asyncio.open_connection("127.0.0.1", self._server_port)
            await asyncio.gather(_pump(lower, ask), _pump(upper, answer))
        finally:
            self._inside -= 1


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


def by_way_of(site: Site, port: int) -> Site:
    """Return the site with another port for the source's IMAP."""
    imap = site.source.imap.model_copy(update={"port": port})
    return site.model_copy(update={"source": site.source.model_copy(update={"imap": imap})})


async def test_a_pass_is_limited_paused_reordered_and_resumed_and_ends_as_any_other(lab, tmp_path):
    site = lab.info.site
    done("--site", site, "apply", "--yes")
    assert done("--site", site, "status")["state"] == "never"
    assert done("--site", site, "pass", "limit", "--accounts", "1", "--messages", "5")["messages_per_s"] == 5
    assert done("--site", site, "pass", "first", BERND)["first"] == [BERND]
    watched = Watched(site, tmp_path / "events")
    try:
        watched.wait_for("progress")
        assert next(e["account"] for e in watched.events() if e["event"] == "account_started") == BERND
        assert done("--site", site, "pass", "pause")["paused"]
        watched.wait_for("held")
        status = done("--site", site, "status")
        assert status["state"] == "waiting"
        assert status["pass"]["now"]["servers"]["source"]["messages_per_s"] == 5
        assert status["pass"]["process"] == watched.process.pid
        until = next(event for event in watched.events() if event["event"] == "held")
        copied = sum(
            e["counts"]["copied"] for e in watched.events() if e["event"] == "progress" and e["at"] <= until["at"]
        )
        assert 0 < copied <= 5 * (until["at"] + 2), (
            "five messages a second, and one second's worth more at the beginning"
        )
        done("--site", site, "pass", "limit")
        done("--site", site, "pass", "resume")
        assert watched.process.wait(90) == 0
    finally:
        watched.process.kill()
        watched.process.communicate()
    events = watched.events()
    assert events[-1]["event"] == "report"
    assert [event["why"] for event in events if event["event"] == "held"] == [
        "paused; sterna pass resume lets it go on"
    ]
    status = done("--site", site, "status")
    assert (status["state"], status["orders"]["first"], status["failed"]) == ("done", [], 0)
    assert {row["account"] for row in status["accounts"] if row["ended"]} == {
        event["account"] for event in events if event["event"] == "account_done"
    }
    # The same with a source that bears two connections and turns away the others.
    events_of_pass: list[CopyEvent] = []
    async with Turnstile(load_site(site).source.imap.port, most=2) as turnstile:
        again = await copy_site(by_way_of(load_site(site), turnstile.port), on_event=events_of_pass.append)
    assert turnstile.refused
    assert again.failures == ()
    assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)
    assert next(event.accounts for event in events_of_pass if isinstance(event, Slowed)) == 2
