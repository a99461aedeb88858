"""A whole lab: the old server and the new platform together, as a stranger finds them."""

from __future__ import annotations

import imaplib
import poplib
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sterna.lab.lab import Lab, LabOptions
from sterna.lab.launch import find
from sterna.site.load import load_site

if TYPE_CHECKING:
    from tests.real.conftest import Site

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("whole lab")]


@pytest.fixture(scope="module")
def lab(start_shared_lab: Callable[[LabOptions], Site]) -> Site:
    """One lab for those who only look at it, and at last for the one who kills it: it comes back as it was."""
    return start_shared_lab(LabOptions(messages=300))


def test_its_json_has_the_shape_that_programs_rely_on(lab: Site) -> None:
    said = lab.info.as_json()
    assert set(said) == {"dir", "site", "source", "target", "ca", "accounts", "admin"}
    assert set(said["source"]) == {"imap", "pop3", "cli", "ldap", "tree"}
    assert set(said["target"]) == {"imap", "imaps", "pop3", "pop3s", "smtp", "sieve", "ldap", "ldaps", "lmtp"}
    ends = [*said["target"].values(), *(end for name, end in said["source"].items() if name != "tree")]
    assert all(set(end) == {"host", "port"} and isinstance(end["port"], int) for end in ends)
    assert len({end["port"] for end in ends}) == len(ends) == 13
    assert len(said["accounts"]) >= 25
    assert all(set(account) == {"name", "domain", "password"} for account in said["accounts"])
    assert any(account["password"] is None for account in said["accounts"])
    for side in ("source", "target"):
        assert set(said["admin"][side]) == {"user", "password"}
    assert Path(said["source"]["tree"], "Accounts").is_dir()


def test_its_site_file_is_one_like_any_other(lab: Site) -> None:
    assert lab.info.site is not None
    site = load_site(lab.info.site)
    assert site.target == lab.info.target
    assert site.source.imap.port == lab.info.as_json()["source"]["imap"]["port"]
    assert site.source.imap.administrator.password_file.stat().st_mode & 0o077 == 0


def test_everybody_with_a_known_password_can_log_in_at_the_old_server(lab: Site) -> None:
    said = lab.info.as_json()
    imap, pop3 = said["source"]["imap"]["port"], said["source"]["pop3"]["port"]
    known = [account for account in said["accounts"] if account["password"] is not None]
    assert len(known) >= 20
    for account in known:
        name = f"{account['name']}@{account['domain']}"
        token = f"\0{name}\0{account['password']}".encode()
        with imaplib.IMAP4("127.0.0.1", imap, timeout=10) as client:
            client.starttls(lab.trust)
            client.authenticate("PLAIN", lambda _challenge, token=token: token)  # type: ignore[misc]
            assert client.select("INBOX", readonly=True)[0] == "OK"
    pop = poplib.POP3("127.0.0.1", pop3, timeout=10)
    pop.stls(lab.trust)
    pop.user("anna@lab.example")
    pop.pass_(next(one["password"] for one in known if (one["name"], one["domain"]) == ("anna", "lab.example")))
    pop.quit()


def test_three_thousand_messages_are_ready_within_ten_seconds(start_lab: Callable[[LabOptions], Site]) -> None:
    # By the processor's clock, because tests run beside others: idle, it is ready in less time than this.
    before = time.process_time()
    timings = start_lab(LabOptions(messages=3000)).info.timings
    assert time.process_time() - before < 5
    assert timings["platform_ready_s"] < timings["source_ready_s"]


def test_a_lab_that_was_killed_comes_back_with_both_sides(lab: Site) -> None:
    outside = find(lab.info.dir)
    assert outside is not None
    outside.signal(signal.SIGKILL)
    Lab.down(lab.info.dir)
    assert Lab.up(lab.info.dir).as_json() == lab.info.as_json()
    assert Lab.status(lab.info.dir).healthy
