"""The parts of the bench, each a function from a stage to rows."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final

from bench import parsing, peers
from bench.mail import Shape
from bench.measure import together
from bench.ours import Ends, ours
from bench.results import Row
from bench.servers import processor_s
from bench.source import Source, Store, address, login, source
from bench.stage import Stage, Trial, say
from bench.target import Target, target
from bench.trials import after, again, check, doveadm, files, peer, sterna, sync_client
from bench.verify import compared

SHARES: Final = {"INBOX": 0.4, "Archive": 0.3, "Sent": 0.2, "Lists": 0.1}
"""How the messages of an account are spread over its mailboxes."""


def usual(accounts: int, messages: int, mean_bytes: int) -> Store:
    """Return accounts that share `messages` evenly."""
    each = messages // accounts
    boxes = {box: Shape(round(each * share), mean_bytes) for box, share in SHARES.items()}
    return {address(number): boxes for number in range(accounts)}


def one(boxes: Mapping[str, Shape]) -> Store:
    """Return a single account."""
    return {address(0): boxes}


def full(stage: Stage) -> list[Row]:
    """A full pass: 8 accounts, 16,000 messages of 30 KB in the mean."""
    store = usual(8, stage.size(16_000, 160), 30_000)
    with source(stage.new("source"), store) as old, _filled(stage, old) as first:
        trials: dict[str, Trial] = {"Sterna": sterna(stage, old)}
        trials["Cyrus's sync_client"] = sync_client(stage, old, first)
        trials["write and fsync each file"] = files(stage, old, "fsync")
        trials["write, one sync at the end"] = files(stage, old, "sync")
        trials["doveadm backup (into a Maildir)"] = doveadm(stage, old)
        trials["mbsync"] = peer(stage, old, peers.mbsync)
        if shutil.which("imapsync"):
            trials["imapsync"] = peer(stage, old, peers.imapsync)
        return stage.rounds("8 accounts at a time", trials, old.messages)


def small(stage: Stage) -> list[Row]:
    """One account with 200,000 small messages."""
    store = one({"INBOX": Shape(stage.size(200_000, 1_500), 2_500)})
    return _alone(stage, store, "one mailbox, 200,000 messages of 2.5 KB")


def large(stage: Stage) -> list[Row]:
    """One mailbox with 2,000 messages of 1 MB."""
    store = one({"INBOX": Shape(stage.size(2_000, 12), 1_000_000, even=True)})
    return _alone(stage, store, "one mailbox, 2,000 messages of 1 MB")


def huge(stage: Stage) -> list[Row]:
    """A message of 300 MB among small ones."""
    boxes = {"INBOX": Shape(20, 5_000), "Huge": Shape(1, stage.size(300_000_000, 20_000_000), even=True)}
    with source(stage.new("source"), one(boxes)) as old:
        return stage.rounds("a message of 300 MB", {"Sterna": sterna(stage, old)}, old.messages, rate=False)


def latency(stage: Stage) -> list[Row]:
    """The same full pass over lines of different length, to the source and to the target."""
    store = usual(8, stage.size(16_000, 160), 30_000)
    trials: dict[str, Trial] = {}
    with source(stage.new("source"), store) as old:
        for round_trip_ms in (0, 20, 100):
            trials[f"Sterna, {round_trip_ms} ms"] = sterna(stage, old, delay_ms=round_trip_ms / 2)
        return stage.rounds("8 accounts at a time, round trip", trials, old.messages)


def idle(stage: Stage) -> list[Row]:
    """A pass with nothing new: 1,000 accounts of 20 mailboxes."""
    accounts, boxes = stage.size(1_000, 20), stage.size(20, 5)
    shapes = {"INBOX": Shape(3, 2_000)} | {f"Folder-{number}": Shape(3, 2_000) for number in range(1, boxes)}
    store = {address(number): shapes for number in range(accounts)}
    case = f"nothing new, {accounts} accounts of {boxes} mailboxes"
    with source(stage.new("source"), store) as old, target(stage.new("target"), old.accounts) as new:
        site = ours(stage.new("site") / "site", Ends(old.port, new.port, old.accounts))
        began = time.monotonic()
        site.copy(stage.new("first") / "log", limit_s=stage.limit_s * 2)
        say(f"  {case}: the full pass before it: {time.monotonic() - began:.0f} s")
        trials: dict[str, Trial] = {"Sterna": again(stage, site)}
        return stage.rounds(case, trials, old.messages, rate=False)


def delta(stage: Stage) -> list[Row]:
    """Later passes: nothing new for one account and for all, and 1 % changed."""
    store = usual(8, stage.size(16_000, 160), 5_000)
    with source(stage.new("source"), store) as old, ExitStack() as stack:
        to_ours = stack.enter_context(target(stage.new("target"), old.accounts))
        to_mbsync = stack.enter_context(target(stage.new("target"), old.accounts))
        site = ours(stage.new("site") / "site", Ends(old.port, to_ours.port, old.accounts))
        state = stage.new("mbsync-state")

        def mbsync(accounts: list[str]) -> Trial:
            commands = peers.mbsync(state, old.port, to_mbsync.port, accounts)
            return lambda folder: together(commands, folder / "log", limit_s=stage.limit_s)

        site.copy(stage.new("first") / "log", limit_s=stage.limit_s)
        mbsync(old.accounts)(stage.new("first"))
        check(to_mbsync, old)
        first = old.accounts[:1]
        one_each: dict[str, Trial] = {"Sterna": again(stage, site, *first), "mbsync": mbsync(first)}
        rows = stage.rounds("nothing new, one account", one_each, old.messages // 8, rate=False)
        every: dict[str, Trial] = {"Sterna": again(stage, site), "mbsync": mbsync(old.accounts)}
        rows += stage.rounds("nothing new, 8 accounts", every, old.messages, rate=False)
        changing: dict[str, Trial] = {
            "Sterna": after(lambda: _change(old), again(stage, site)),
            "mbsync": after(lambda: None, mbsync(old.accounts)),  # each change comes once to either of them
        }
        return rows + stage.rounds("1 % changed, 8 accounts", changing, old.messages, rate=False)


def parse(stage: Stage) -> list[Row]:
    """What our own reading of IMAP costs, without any server."""
    return parsing.rows(stage.runs, stage.size(200_000, 2_000))


def processor(stage: Stage) -> list[Row]:
    """Where the processor's time goes in a full pass: to Sterna, to the source, to the target."""
    rows: list[Row] = []
    for mean_bytes, count in ((3_000, 16_000), (30_000, 16_000)):
        with source(stage.new("source"), usual(8, stage.size(count, 400), mean_bytes)) as old:
            found: dict[str, list[float]] = {"Sterna": [], "the source (Dovecot)": [], "the target (Cyrus)": []}
            for _ in range(stage.runs):
                folder = stage.new("turn")
                with target(folder / "target", old.accounts) as new:
                    places = (old.folder, new.folder)
                    before = [processor_s(place) for place in places]
                    site = ours(folder / "site", Ends(old.port, new.port, old.accounts))
                    measured = site.copy(folder / "log", limit_s=stage.limit_s)
                    used = [processor_s(place) - earlier for place, earlier in zip(places, before, strict=True)]
                    check(new, old)
                for who, seconds in zip(found, (measured.processor_s, *used), strict=True):
                    found[who].append(seconds * 1e6 / old.messages)
            case = f"messages of {mean_bytes // 1000} KB, 8 accounts at a time"
            rows += [Row(case, who, "us a message", values) for who, values in found.items()]
    return rows


def on_host(stage: Stage) -> list[Row]:
    """Messages brought by IMAP, and as files on the mail store itself."""
    rows: list[Row] = []
    for mean_bytes, count in ((3_000, 32_000), (30_000, 16_000)):
        with source(stage.new("source"), usual(8, stage.size(count, 400), mean_bytes)) as old:
            for at_a_time in (1, 8):
                trials: dict[str, Trial] = {
                    "Sterna by IMAP": sterna(stage, old, at_a_time=at_a_time),
                    "Sterna on the host": sterna(stage, old, on_host=True, at_a_time=at_a_time),
                }
                case = f"messages of {mean_bytes // 1000} KB, {at_a_time} of 8 accounts at a time"
                rows += stage.rounds(case, trials, old.messages)
            trials = {way: files(stage, old, way) for way in ("fsync", "sync")}
            rows += stage.rounds(f"files of {mean_bytes // 1000} KB, 8 processes", trials, old.messages)
    return rows


def verify(stage: Stage) -> list[Row]:
    """What comparing costs us, when both servers answer at once."""
    rows: list[Row] = []
    for messages in (stage.size(20_000, 500), stage.size(200_000, 2_000)):
        clock, own, _ = compared(messages, stage.runs)
        for what, times in (("by the clock", clock), ("of our own work", own)):
            rows.append(Row(f"{messages:,} messages, {what}", "Sterna", "msg/s", [messages / each for each in times]))
    return rows


def _alone(stage: Stage, store: Store, case: str) -> list[Row]:
    """Measure one account of which the peers would take very long."""
    with source(stage.new("source"), store) as old, _filled(stage, old) as first:
        trials: dict[str, Trial] = {
            "Sterna": sterna(stage, old),
            "Cyrus's sync_client": sync_client(stage, old, first),
            "write and fsync each file": files(stage, old, "fsync"),
        }
        return stage.rounds(case, trials, old.messages)


@contextmanager
def _filled(stage: Stage, old: Source) -> Iterator[Target]:
    """Run a Cyrus that holds everything: what ``sync_client`` copies from."""
    with target(stage.new("filled"), old.accounts) as new:
        site = ours(stage.new("site") / "site", Ends(old.port, new.port, old.accounts))
        measured = site.copy(stage.new("first") / "log", limit_s=stage.limit_s)
        check(new, old)
        say(f"  {old.messages} messages are there; the first pass took {measured.seconds:.1f} s")
        yield new


def _change(old: Source) -> None:
    """Change 1 % of the messages: half of them get another flag, and as many come new."""
    for account in old.accounts:
        for box, shape in old.store[account].items():
            number = max(1, shape.messages // 200)
            with login(old.port, account) as client:
                client.select(box)
                client.store(
                    f"{shape.messages - number + 1}:{shape.messages}",
                    "+FLAGS" if time.time_ns() % 2 else "-FLAGS",
                    "(\\Flagged)",
                )
                for _ in range(number):
                    text = f"Subject: new\r\nMessage-ID: <{time.time_ns()}@new.example>\r\n\r\nNew.\r\n"
                    client.append(box, "", "", text.encode())


PARTS: Final[Mapping[str, Callable[[Stage], list[Row]]]] = {
    "full": full,
    "small": small,
    "large": large,
    "huge": huge,
    "latency": latency,
    "on-host": on_host,
    "processor": processor,
    "delta": delta,
    "idle": idle,
    "parse": parse,
    "verify": verify,
}
