"""The fakes of directory and mail store keep their contracts."""

from __future__ import annotations

import pytest

from tests.contract.directory_contract import DirectoryContract
from tests.contract.store_admin_contract import StoreAdminContract
from tests.fakes.store_admin import FakeStoreAdmin
from tests.unit.migration.samples import new_directory


class TestFakeDirectory(DirectoryContract):
    @pytest.fixture
    def directory(self):
        return new_directory()


class TestFakeStoreAdmin(StoreAdminContract):
    @pytest.fixture
    def store(self):
        return FakeStoreAdmin()
