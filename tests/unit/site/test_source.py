"""What a site file may say of the old server, and what is said when the parts do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from sterna.migration.access import NoSecretError, credentials_of, prefix_of
from sterna.model.address import Address
from sterna.site.accounts import SourceAccount
from sterna.site.declaration import Access, Mechanism, Source, SourceImap

ADMIN = {"user": "admin", "password_file": "secret"}
OAUTH = {"token_url": "https://token.example/x", "client_id": "sterna"}
END = {"host": "old.example", "port": 143}

REFUSED = {
    "no list of accounts": ({"product": "imap"}, {**ADMIN, "access": "authorize"}, "set accounts"),
    "CommuniGate with a way that only others have": (
        {"tree": {"path": "x"}},
        {**ADMIN, "access": "master"},
        "has access",
    ),
    "CommuniGate's tables for another server": (
        {"product": "imap", "accounts": "a.csv", "tree": {"path": "x"}},
        {**ADMIN, "access": "authorize"},
        "belong to CommuniGate",
    ),
    "an administrator without a password": ({"accounts": "a.csv"}, {"user": "admin"}, "belong together"),
    "nobody who could log in": ({"accounts": "a.csv"}, {"access": "master"}, "an administrator logs in"),
    "an administrator where each logs in": ({"accounts": "a.csv"}, {**ADMIN, "access": "password"}, "leave out user"),
    "tokens from nowhere": (
        {"accounts": "a.csv"},
        {"access": "password", "mechanism": "xoauth2"},
        "source.imap.oauth",
    ),
    "tokens for an administrator": (
        {"accounts": "a.csv"},
        {**ADMIN, "access": "authorize", "mechanism": "oauthbearer", "oauth": OAUTH},
        'access = "password"',
    ),
    "a master's name without the account's": (
        {"accounts": "a.csv"},
        {**ADMIN, "access": "master", "login_as": "{user}"},
        "login_as",
    ),
    "a token endpoint without TLS": (
        {"accounts": "a.csv"},
        {"access": "password", "mechanism": "xoauth2", "oauth": {**OAUTH, "token_url": "http://token.example/x"}},
        "token_url",
    ),
}


@pytest.mark.parametrize(("source", "imap", "said"), REFUSED.values(), ids=REFUSED)
def test_parts_that_do_not_fit_are_refused(source: dict[str, object], imap: dict[str, object], said: str):
    with pytest.raises(ValidationError, match=said):
        Source.model_validate({"product": "communigate" if "tree" in source else "imap", **source, "imap": END | imap})


def declared(**imap: object) -> SourceImap:
    return SourceImap.model_validate({**END, **imap})


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.touch(mode=0o600)
    path.write_text("s3cret\n")
    return path


ANNA = SourceAccount(Address("lab.example", "anna"), "anna")

WAYS = {
    "for everybody": (Access.TILDE, "admin", None, False, b"~anna/"),
    "on behalf of each": (Access.AUTHORIZE, "admin", "anna", False, b""),
    "by a name of both": (Access.MASTER, "LAB/admin/anna", None, True, b""),
}


@pytest.mark.parametrize(("access", "user", "on_behalf", "alone", "prefix"), WAYS.values(), ids=WAYS)
def test_an_administrator_logs_in(
    secret: Path, access: Access, user: str, on_behalf: str | None, alone: bool, prefix: bytes
):
    imap = declared(access=access, user="admin", password_file=secret, login_as="LAB/{user}/{account}")
    found = credentials_of(imap, ANNA)
    assert (found.user, found.authorize_as, found.one_account) == (user, on_behalf, alone)
    assert found.secret.reveal() == "s3cret"
    assert prefix_of(imap, ANNA.login) == prefix


def test_each_account_logs_in_with_its_own_secret_and_one_without_is_named(secret: Path):
    imap = declared(access="password", mechanism="cram-md5")
    found = credentials_of(imap, SourceAccount(ANNA.address, "anna", password_file=secret))
    assert (found.user, found.secret.reveal(), found.mechanism) == ("anna", "s3cret", Mechanism.CRAM_MD5)
    assert found.one_account
    with pytest.raises(NoSecretError, match=r"anna@lab\.example"):
        credentials_of(imap, ANNA)


def test_an_application_with_a_right_of_its_own_needs_no_secrets_of_accounts():
    oauth = {**OAUTH, "grant": "client_credentials"}
    imap = declared(access="password", mechanism="xoauth2", oauth=oauth)
    assert credentials_of(imap, ANNA).secret.reveal() == ""
