"""The contestants' work, each a function that does it once in a folder of its own and is measured."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench import peers
from bench.measure import ContestantFailedError, Measured, together
from bench.ours import Ends, Ours, ours
from bench.source import Source
from bench.stage import Stage, Trial, relay
from bench.target import Target, target

AT_A_TIME: Final = 8
"""How many accounts Sterna works on together, where nothing else is said."""


def sterna(
    stage: Stage, old: Source, *, delay_ms: float | None = None, on_host: bool = False, at_a_time: int = AT_A_TIME
) -> Trial:
    """Let Sterna make a full pass: over a longer line, or with files on the host, or with fewer accounts at a time."""

    def trial(folder: Path) -> Measured:
        with target(folder / "target", old.accounts) as new, ExitStack() as lines:
            ports = (old.port, new.port)
            if delay_ms is not None:
                ports = (lines.enter_context(relay(old.port, delay_ms)), lines.enter_context(relay(new.port, delay_ms)))
            site = ours(folder / "site", Ends(*ports, old.accounts, at_a_time, new.spool if on_host else None))
            measured = site.copy(folder / "log", limit_s=stage.limit_s)
            check(new, old)
            return measured

    return trial


def again(stage: Stage, site: Ours, *accounts: str) -> Trial:
    """Let Sterna make a later pass."""
    return lambda folder: site.copy(folder / "log", *accounts, limit_s=stage.limit_s)


def after(before: Callable[[], None], trial: Trial) -> Trial:
    """Return a trial before which something is done that does not count."""

    def both(folder: Path) -> Measured:
        before()
        return trial(folder)

    return both


def peer(stage: Stage, old: Source, commands: Callable[[Path, int, int, list[str]], list[list[str]]]) -> Trial:
    """Let another mover bring everything to a fresh target."""

    def trial(folder: Path) -> Measured:
        with target(folder / "target", old.accounts) as new:
            each = commands(folder / "own", old.port, new.port, old.accounts)
            measured = together(each, folder / "log", limit_s=stage.limit_s)
            check(new, old)
            return measured

    return trial


def sync_client(stage: Stage, old: Source, first: Target) -> Trial:
    """Let one Cyrus bring everything to another."""

    def trial(folder: Path) -> Measured:
        with target(folder / "target", ()) as new:
            each = peers.sync_client(first, new, old.accounts)
            measured = together(each, folder / "log", limit_s=stage.limit_s)
            check(new, old)
            return measured

    return trial


def doveadm(stage: Stage, old: Source) -> Trial:
    """Let Dovecot fetch everything."""

    def trial(folder: Path) -> Measured:
        into = f"received-{folder.name}"
        old.received(into)
        measured = together(peers.doveadm(old, into, old.accounts), folder / "log", limit_s=stage.limit_s)
        _compare(old.received(into), old.messages)
        return measured

    return trial


def files(stage: Stage, old: Source, way: str) -> Trial:
    """Write everything as plain files."""
    return lambda folder: together(
        peers.files(old, folder / "files", old.accounts, way), folder / "log", limit_s=stage.limit_s
    )


def check(new: Target, old: Source) -> None:
    """Make sure that everything has arrived: who leaves work undone is not quick."""
    _compare(new.messages(old.accounts), old.messages)


def _compare(found: int, wanted: int) -> None:
    if found != wanted:
        raise ContestantFailedError(f"{found} messages arrived of {wanted}")
