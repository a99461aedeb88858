"""Applying plans on a real directory and a real mail store."""

from __future__ import annotations

import pytest

from sterna.migration.carry_out import Target, carry_out
from sterna.migration.facts import TreeMissingError
from sterna.migration.script_store import ScriptStore
from sterna.migration.target import NotAnAdministratorError, open_directory, open_store
from sterna.model.account import Forward, HashedPassword, UnreadablePassword
from sterna.model.secret import Secret
from sterna.openldap.passwords import hash_password
from sterna.openldap.tree import Tree
from sterna.site.declaration import PasswordScheme
from tests.contract.directory_contract import DirectoryContract
from tests.contract.store_admin_contract import StoreAdminContract
from tests.unit.migration.samples import TREE, account, address, forwarder, plan_and_apply, plan_for, want

pytestmark = pytest.mark.real


class TestSlapd(DirectoryContract):
    @pytest.fixture
    def directory(self, platform):
        with platform.directory() as directory:
            yield directory


class TestCyrusAdministration(StoreAdminContract):
    @pytest.fixture
    async def store(self, platform):
        async with open_store(platform.info.target) as store:
            yield store


@pytest.fixture
async def target(platform):
    """The platform as a plan sees it."""
    settings = platform.info.target
    async with open_directory(settings) as directory, open_store(settings) as one, open_store(settings) as two:
        yield Target(
            directory, [one, two], ScriptStore(settings), Tree(settings.directory.suffix), PasswordScheme.ARGON2ID
        )


CARRIED = HashedPassword(hash_password(Secret("carried"), PasswordScheme.SSHA512))


def site():
    return want(
        account("anna", aliases=["a.berg"], quota_bytes=30 * 1024 * 1024, real_name="Änne Berg"),
        account("rene.pfeiffer", password=CARRIED, forward=Forward((address("bo@fjord.example"),), keep_copy=True)),
        account("bo@fjord.example", password=UnreadablePassword("a cipher")),
        account("o'neil+x=y", enabled=False),
        forwarders=[forwarder("sales", "anna")],
    )


async def test_a_plan_that_was_applied_leaves_nothing_to_do(target):
    applied = await plan_and_apply(target, site())
    assert (applied.failures, applied.exit_code) == ((), 0)
    again = await plan_for(target, site())
    assert list(again.lines()) == []
    assert again.findings == ()


async def test_people_log_in_with_the_passwords_they_had(target, platform):
    await plan_and_apply(target, site())
    platform.wait_for_consumer()
    platform.expect("badlogin|auth_bind|authentication failed|do_auth|SASL")
    for user, password in (("anna@lab.example", "secret of anna"), ("rene.pfeiffer@lab.example", "carried")):
        with platform.imap(user, password) as client:
            assert client.select("INBOX")[0] == "OK"
    with platform.imap("anna@lab.example", "secret of anna") as client:
        assert b"35840" in client.getquotaroot("INBOX")[1][1][0]


async def test_mail_to_name_alias_other_domain_name_and_forwarder_arrives(target, platform):
    await plan_and_apply(target, site())
    platform.wait_for_consumer()
    recipients = ["anna@lab.example", "a.berg@lab.example", "anna@old-lab.example", "sales@old-lab.example"]
    for recipient in recipients:
        platform.send(recipient, f"to {recipient}")
    bodies = platform.inbox("anna@lab.example", "secret of anna", messages=4)
    assert sorted(recipient for recipient in recipients for body in bodies if f"to {recipient}".encode() in body) == (
        sorted(recipients)
    )


async def test_interrupted_halfway_the_same_plan_goes_on(target):
    plan = await plan_for(target, site())

    class StopError(BaseException):
        pass

    def stop(event):
        if event.number == 7:
            raise StopError

    with pytest.raises(StopError):
        await carry_out(plan, target, {}, stop)
    applied = await carry_out(plan, target, {})
    assert (applied.already, applied.failures) == (7, ())
    assert (await plan_for(target, site())).is_empty


async def test_more_accounts_than_one_page_of_a_search_are_all_seen(target):
    many = [account(f"user{number}", password=UnreadablePassword("none")) for number in range(600)]
    wanted = want(*many)
    assert (await plan_and_apply(target, wanted)).failures == ()
    assert (await plan_for(target, wanted)).is_empty


async def test_what_slapd_refuses_is_a_row_with_its_words_and_the_rest_is_done(target):
    wanted = want(account("anna", real_name="Anna"), account("bo"))
    broken = wanted.accounts[0]
    attributes = dict(broken.attributes) | {"mailQuotaSize": ("a lot",)}
    accounts = (type(broken)(broken.subject, broken.dn, attributes, broken.managed), wanted.accounts[1])
    odd = type(wanted)(wanted.domains, accounts, wanted.rows, wanted.mailboxes, ())
    applied = await plan_and_apply(target, odd)
    (failure,) = applied.failures
    assert failure.subject == "anna@lab.example"
    assert "mailQuotaSize" in failure.error
    assert target.directory.get(TREE.account(address("bo"))) is not None
    assert await target.stores[0].inboxes() == {address("bo")}


async def test_a_login_that_is_no_administrator_is_told_so(platform):
    platform.add_domain("lab.example")
    platform.add_account("anna@lab.example", "s3cret")
    file = platform.info.dir / "secrets" / "anna"
    file.write_text("s3cret\n")
    file.chmod(0o600)
    imap = platform.info.target.imap.model_copy(update={"user": "anna@lab.example", "password_file": file})
    with pytest.raises(NotAnAdministratorError, match=r"anna@lab\.example can log in .* but is not one of its admin"):
        async with open_store(platform.info.target.model_copy(update={"imap": imap})):
            pass


async def test_a_suffix_that_holds_no_accounts_is_told_so(target):
    wrong = Target(target.directory, target.stores, target.scripts, Tree("dc=nowhere,dc=example"), target.scheme)
    with pytest.raises(TreeMissingError, match="Is the suffix in the site file right"):
        await plan_for(wrong, want())
