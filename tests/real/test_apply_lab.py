"""Plan and apply on a whole lab: an old server and a new platform."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from sterna.communigate.connection_errors import CliLoginError
from sterna.migration.apply import PlanSiteError, apply_plan
from sterna.migration.plan import make_plan, plan_from_json
from sterna.migration.standing import PlanOutdatedError
from sterna.migration.survey.run import survey
from sterna.model.address import Address
from sterna.openldap.directory import Replace
from sterna.site.declaration import Site
from sterna.site.load import load_site

pytestmark = pytest.mark.real


@pytest.fixture
def site(lab) -> Site:
    return load_site(lab.info.site)


def digest(folder: Path) -> dict[str, str]:
    """Every file below `folder` by its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


async def test_after_one_apply_a_second_plan_is_empty_and_everybody_logs_in_with_the_old_password(lab, site):
    tree = lab.info.source.tree
    before = digest(tree)
    plan = await make_plan(site)
    assert not plan.guard.stops
    text = json.dumps(plan.as_json())
    assert not any(
        json.dumps(login.password.reveal())[1:-1] in text
        for login in lab.info.accounts
        if login.password is not None and len(login.password.reveal()) > 8
    ), "a stored plan holds no password"
    applied = await apply_plan(site, plan)
    assert (applied.failures, applied.exit_code) == ((), 0)
    again = await make_plan(site)
    assert list(again.lines()) == []
    assert again.is_empty
    assert (await apply_plan(site, again)).made == 0
    assert digest(tree) == before
    lab.wait_for_consumer()
    lab.expect("badlogin|auth_bind|authentication failed|do_auth|SASL|accountStatus")
    plans = {change.subject: change for change in plan.changes if hasattr(change, "attributes")}
    for login in lab.info.accounts:
        user = f"{login.name}@{login.domain}"
        active = ("accountStatus", ("active",)) in plans[user].attributes
        if login.password is not None and active:
            with lab.imap(user, login.password.reveal()) as client:
                assert client.select("INBOX")[0] == "OK", user


async def test_a_stored_plan_is_applied_with_the_passwords_of_the_source(lab, site):
    stored = plan_from_json(json.loads(json.dumps((await make_plan(site)).as_json())))
    assert (await apply_plan(site, stored)).failures == ()
    assert (await make_plan(site)).is_empty
    with pytest.raises(PlanSiteError):
        await apply_plan(site.model_copy(update={"name": "another"}), stored)


async def test_a_plan_is_refused_when_the_target_has_changed_underneath(lab, site):
    await apply_plan(site, await make_plan(site))
    raised = site.model_copy(update={"target": site.target.model_copy(update={"mail_server": "other.lab.example"})})
    plan = await make_plan(raised)
    assert not plan.is_empty
    dn = lab.tree.account(Address.parse("anna@lab.example"))
    with lab.directory() as directory:
        directory.modify(dn, [Replace("mailServer", (b"third.lab.example",))])
    with pytest.raises(PlanOutdatedError, match=r"anna@lab\.example: mailServer changed meanwhile"):
        await apply_plan(raised, plan)


async def test_a_wrong_password_on_the_source_is_one_clear_error(lab, site, tmp_path):
    lab.expect("auth failed|authentication failed")
    file = tmp_path / "wrong"
    file.write_text("wrong\n")
    file.chmod(0o600)
    cli = site.source.cli.model_copy(update={"password_file": file})
    broken = site.model_copy(update={"source": site.source.model_copy(update={"cli": cli})})
    for verb in (survey, make_plan):
        with pytest.raises(CliLoginError) as caught:
            await verb(broken)
        assert caught.value.exit_code == 77
