"""A pass that is ordered about while it runs, from other processes, between real servers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sterna.migration.copy.run import copy_site
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
    again = await copy_site(load_site(site))
    assert again.failures == ()
    assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)
