"""A Mailman that holds nothing yet, for each test."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from sterna.mailman.api import segment
from tests.folders import lab_folders
from tests.real.mailman.mailman3 import PREFIX, RunningMailman, running


@pytest.fixture
def start_mailman() -> Iterator[Callable[..., RunningMailman]]:
    """Start a Mailman; afterwards it must have had nothing to complain about."""
    with _mailmen() as start:
        yield start


@contextmanager
def _mailmen() -> Iterator[Callable[..., RunningMailman]]:
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


@pytest.fixture(scope="module")
def shared_mailman() -> Iterator[RunningMailman]:
    """One for a module, because it takes seconds to start; see `mailman`."""
    with _mailmen() as start:
        yield start()


@pytest.fixture
def mailman(shared_mailman: RunningMailman) -> Iterator[RunningMailman]:
    """A Mailman that answers its REST API and holds no list and nobody."""
    yield shared_mailman
    with shared_mailman.api() as api:
        for path, key in (("lists", "list_id"), ("users", "user_id"), ("domains", "mail_host")):
            for entry in list(api.entries(f"/{path}")):
                api.delete(f"/{path}/{segment(str(entry[key]))}", "tidy up")
        assert [entry for path in ("lists", "users", "bans") for entry in api.entries(f"/{path}")] == []
    shutil.rmtree(shared_mailman.folder / "templates/lists", ignore_errors=True)
