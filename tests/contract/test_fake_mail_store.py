"""The fake mail store keeps the contract."""

from __future__ import annotations

import pytest

from tests.contract.mail_store_contract import NAME, MailStoreContract
from tests.fakes.mail_store import FakeWriter, Mailbox, Store


class TestFakeMailStore(MailStoreContract):
    @pytest.fixture
    async def writer(self):
        store = Store()
        store.mailboxes[NAME] = Mailbox(b"somebody-elses-identity-", 1_700_000_000)
        return FakeWriter(store)
