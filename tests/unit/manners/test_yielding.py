"""Giving way to a busy server, and coming back."""

from __future__ import annotations

from random import Random

import pytest

from sterna.errors import SternaError
from sterna.imap.answers import Answer, CommandError, refusal
from sterna.imap.codes import Status
from sterna.imap.failures import ConnectError, ConnectionLostError, ServerTimeoutError
from sterna.migration.manners.signs import is_busy, is_passing
from sterna.migration.manners.yielding import CALM_S, MOST_WAIT_S, Yielding
from sterna.site.declaration import Server
from tests.unit.manners.test_bucket import Clock

SERVER = Server(host="mail.example", port=143)


def yielding(most: int = 8) -> tuple[Yielding, Clock]:
    clock = Clock()
    return Yielding(most, clock, Random(1)), clock


def test_trouble_halves_and_calm_adds_one_by_one() -> None:
    server, clock = yielding()
    server.trouble()
    assert server.accounts == 4
    clock.now += MOST_WAIT_S
    server.trouble()
    assert server.accounts == 2
    seen = []
    for _ in range(7):
        clock.now += MOST_WAIT_S + CALM_S
        server.calm()
        seen.append(server.accounts)
    assert seen == [3, 4, 5, 6, 7, 8, 8]


def test_one_account_always_goes_on() -> None:
    server, clock = yielding(2)
    for _ in range(9):
        clock.now += MOST_WAIT_S * 2
        server.trouble()
    assert server.accounts == 1


def test_waits_double_up_to_a_limit_and_are_never_alike() -> None:
    server, clock = yielding()
    waits = []
    for _ in range(12):
        waits.append(server.trouble())
        clock.now += MOST_WAIT_S * 2
    assert all(0.5 * 2**n <= wait <= 1.5 * 2**n for n, wait in enumerate(waits[:6]))
    assert max(waits) <= MOST_WAIT_S * 1.5
    assert len(set(waits)) == len(waits)


def test_the_same_trouble_of_several_workers_is_one() -> None:
    server, clock = yielding()
    for _ in range(8):
        server.trouble()
        clock.now += 0.1
    assert server.accounts == 4
    assert server.troubles == 1


def test_small_answers_that_take_much_longer_than_they_did_are_trouble() -> None:
    server, clock = yielding()
    server.answered(0.05)
    clock.now += 60
    server.answered(1.5)
    assert not server.is_reduced
    server.answered(3.0)
    assert server.accounts == 4


def test_a_server_that_is_far_away_is_not_taken_for_slow() -> None:
    server, _ = yielding()
    for _ in range(5):
        server.answered(2.5)
    assert not server.is_reduced


def answer(text: bytes, code: bytes | None = None) -> CommandError:
    return refusal("UID FETCH", Answer(Status.NO, code, text))


BUSY: dict[str, tuple[SternaError, bool]] = {
    "a code that says so": (answer(b"no", b"LIMIT"), True),
    "over quota": (answer(b"no", b"OVERQUOTA"), True),
    "Exchange's words": (answer(b"Request is throttled. Suggested Backoff Time: 10 seconds"), True),
    "a goodbye for too many": (ConnectError(SERVER, "the server said 'too many connections from your host'"), True),
    "silence": (ServerTimeoutError(SERVER), True),
    "nobody listens": (ConnectError(SERVER, "Connection refused"), False),
    "cut off": (ConnectionLostError(SERVER, "it was closed by the server"), False),
    "no such mailbox": (answer(b"Mailbox does not exist", b"NONEXISTENT"), False),
}


@pytest.mark.parametrize(("error", "busy"), BUSY.values(), ids=BUSY)
def test_what_says_that_a_server_is_busy(error: SternaError, busy: bool) -> None:
    assert is_busy(error) is busy


def test_only_a_refusal_leaves_a_connection_to_ask_again_on() -> None:
    assert is_passing(answer(b"later", b"UNAVAILABLE"))
    assert not is_passing(ServerTimeoutError(SERVER))
