"""Filters where they live: mail comes in by Postfix, and what they send goes out by it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sterna.model.secret import Secret
from sterna.sieve.managesieve import ManageSieve
from sterna.site.declaration import Server
from tests.real.test_platform_mail import queued

if TYPE_CHECKING:
    from tests.real.conftest import Site

pytestmark = pytest.mark.real

SCRIPT = """\
require ["copy", "vacation", "vacation-seconds"];
redirect :copy "bjorn@lab.example";
redirect :copy "friend@example.com";
vacation :seconds 0 :subject "Away" "I am away";
"""


def test_what_filters_send_leaves_by_postfix(platform: Site) -> None:
    platform.add_domain("lab.example")
    platform.add_account("anna@lab.example")
    platform.add_account("bjorn@lab.example")

    async def install() -> None:
        port = platform.info.platform.ports.sieve
        server = Server(host="127.0.0.1", port=port, ca_file=platform.info.ca, timeout_s=20)
        user, password = platform.admin
        async with ManageSieve.open(server, user, Secret(password), authorize_as="anna@lab.example") as box:
            await box.put_script("x", SCRIPT)
            await box.set_active("x")

    asyncio.run(install())
    platform.send("anna@lab.example", "hello")
    [kept] = platform.inbox("anna@lab.example")
    [sent_on] = platform.inbox("bjorn@lab.example")
    assert kept.endswith(b"hello\r\n")
    assert sent_on.endswith(b"hello\r\n")
    queue = queued(platform, "friend@example.com", "stranger@example.org")
    assert "friend@example.com" in queue
    assert "stranger@example.org" in queue
