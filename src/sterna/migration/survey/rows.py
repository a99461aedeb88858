"""Turn what the source has into rows of the survey's store. Pure."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Final

from sterna.model.account import Account, ClearPassword, Forward, HashedPassword, UnreadablePassword
from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.state.survey_rows import SurveyedAccount

_NONE: Final = UnreadablePassword("")


def account_row(account: Account) -> SurveyedAccount:
    """Return an account as the store keeps it: of its password only what is known of it."""
    password, why = _password(account)
    forward = account.forward
    shown = {
        "address": str(account.address),
        "real_name": account.real_name,
        "aliases": [str(alias) for alias in account.aliases],
        "forward": forward and {"targets": [str(target) for target in forward.targets], "keep_copy": forward.keep_copy},
        "quota_bytes": account.quota_bytes,
        "enabled": account.enabled,
        "password": password,
        "password_reason": why,
        **{
            name: plain(getattr(account, name))
            for name in (
                "contact",
                "filters",
                "roles",
                "grants",
                "shares",
                "foreign_subscriptions",
                "polled",
                "folders",
            )
        },
    }
    return SurveyedAccount(
        address=str(account.address),
        domain=account.address.domain,
        rank=_rank(account.address),
        real_name=account.real_name,
        password=password,
        why_unreadable=why,
        enabled=account.enabled,
        quota_bytes=account.quota_bytes,
        names=", ".join(_names(account)),
        as_json=json.dumps(shown, ensure_ascii=False),
    )


def addresses_of(as_json: str) -> Account:
    """Return an account of the store with its addresses and forwards alone, which is what planning addresses needs."""
    row = json.loads(as_json)
    forward = row["forward"]
    return Account(
        address=Address.parse(row["address"]),
        real_name="",
        password=_NONE,
        aliases=tuple(map(Address.parse, row["aliases"])),
        forward=forward and Forward(tuple(map(Address.parse, forward["targets"])), forward["keep_copy"]),
    )


def counts_of(account: Account) -> dict[str, int]:
    """Return how many things of each kind belong to the account, by the kinds that findings have."""
    forwards = 0 if account.forward is None else len(account.forward.targets)
    return {
        "account": 1,
        "alias": len(account.aliases),
        "forward": forwards,
        "password": 1,
        "filter": len(account.filters),
        "acl": sum(len(each.grants) for each in account.grants),
        "role": len(account.roles),
        "rpop": len(account.polled),
        "share": len(account.shares) + len(account.foreign_subscriptions),
        "contact": len(account.contact),
    }


def plain(value: object) -> object:  # noqa: PLR0911 one for each form
    """Return a value of the model as JSON has it: addresses as text, a secret only as whether it is known.

    Raises:
        TypeError: a value that the model does not use.
    """
    match value:
        case Secret():
            return True
        case Address():
            return str(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case enum.Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case tuple() | list() | frozenset():
            return [plain(each) for each in value]
        case _ if dataclasses.is_dataclass(value):
            named = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
            # What is one of several forms says which one.
            return {"type": type(value).__name__, **named}
        case _:
            raise TypeError(f"no JSON form for {type(value).__name__}")


def _password(account: Account) -> tuple[str, str]:
    match account.password:
        case ClearPassword():
            return "clear", ""
        case HashedPassword():
            return "hashed", ""
        case UnreadablePassword(reason):
            return "unreadable", reason


def _rank(address: Address) -> str:
    return f"{address.domain} {address.local}"


def _names(account: Account) -> list[str]:
    """Return the account's other names, in its own domain without it, and where its mail is sent on to."""
    own = account.address.domain
    names = [alias.local if alias.domain == own else str(alias) for alias in account.aliases]
    if account.forward is not None:
        how = "copies to" if account.forward.keep_copy else "to"
        names.append(f"{how} {' and '.join(str(target) for target in account.forward.targets)}")
    return names
