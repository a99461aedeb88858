"""What every mail store must do for its administrator: run by the fake in memory and by a real Cyrus."""

from __future__ import annotations

import pytest

from sterna.cyrus.admin import NO_QUOTA, MailStoreRefusedError
from sterna.model.address import Address

ANNA = Address.parse("anna@lab.example")
ANN = Address.parse("ann@lab.example")
DOTS = Address.parse("rene.o'neil+x=y_z@fjord.example")


class StoreAdminContract:
    """Subclasses give a fixture `store`: without any INBOX."""

    async def test_an_inbox_exists_after_it_was_created(self, store):
        assert (await store.inboxes(), await store.exists(ANNA)) == (set(), False)
        await store.create(ANNA)
        assert (await store.inboxes(), await store.exists(ANNA)) == ({ANNA}, True)

    async def test_creating_twice_is_creating_once(self, store):
        await store.create(ANNA)
        await store.set_quota(ANNA, 5120)
        await store.create(ANNA)
        assert (await store.quotas([ANNA]))[ANNA].limit_kib == 5120

    async def test_nobody_is_taken_for_somebody_with_a_longer_name_or_in_another_domain(self, store):
        await store.create(ANNA)
        assert not await store.exists(ANN)
        assert not await store.exists(Address("fjord.example", "anna"))
        await store.create(ANN)
        assert await store.inboxes() == {ANN, ANNA}

    async def test_unusual_names_keep_their_signs(self, store):
        await store.create(DOTS)
        await store.set_quota(DOTS, 1)
        assert await store.inboxes() == {DOTS}
        assert (await store.quotas([DOTS]))[DOTS].limit_kib == 1

    async def test_a_quota_is_set_changed_and_removed(self, store):
        await store.create(ANNA)
        assert (await store.quotas([ANNA]))[ANNA] == NO_QUOTA
        for limit in (35840, 1, 2**31 - 1, None):
            await store.set_quota(ANNA, limit)
            quota = (await store.quotas([ANNA]))[ANNA]
            assert (quota.limit_kib, quota.used_kib) == (limit, 0)

    async def test_quotas_of_many_come_in_one_go(self, store):
        many = [Address.parse(f"user{number}@lab.example") for number in range(25)]
        for number, address in enumerate(many):
            await store.create(address)
            if number % 2:
                await store.set_quota(address, number)
        quotas = await store.quotas(many)
        assert [quotas[address].limit_kib for address in many] == [n if n % 2 else None for n in range(25)]

    async def test_without_an_inbox_there_is_no_quota_to_set(self, store):
        with pytest.raises(MailStoreRefusedError, match=r"anna@lab\.example: the mail store refused to set the quota"):
            await store.set_quota(ANNA, 1)
