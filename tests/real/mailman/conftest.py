"""A fresh Mailman for each test."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.folders import lab_folders
from tests.real.mailman.mailman3 import PREFIX, RunningMailman, running


@pytest.fixture
def start_mailman() -> Iterator[Callable[..., RunningMailman]]:
    """Start a Mailman; afterwards it must have had nothing to complain about."""
    if not (PREFIX / "complete").exists():
        pytest.skip("Mailman is not unpacked; run script/setup as root")
    with ExitStack() as stack:
        started: list[RunningMailman] = []

        def start(*, mail: bool = False) -> RunningMailman:
            folder = lab_folders() / f"sterna-mailman-{os.getpid()}-{secrets.token_hex(2)}"
            started.append(stack.enter_context(running(folder, mail=mail)))
            return started[-1]

        yield start
        for each in started:
            assert each.complaints() == []


@pytest.fixture
def mailman(start_mailman: Callable[..., RunningMailman]) -> RunningMailman:
    """A Mailman that answers its REST API."""
    return start_mailman()
