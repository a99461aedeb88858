"""Passwords against stored values of every scheme that slapd writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.model.secret import Secret
from sterna.openldap.hashing import Match, match_any, match_one, scheme_of
from sterna.openldap.passwords import hash_password
from sterna.site.declaration import PasswordScheme

# Written by `slappasswd -h SCHEME -s geheim` of slapd 2.5.13+dfsg-5, the SHA-2 ones with its module pw-sha2.
STORED = {
    "MD5": "{MD5}6GNuoBPmgvr2H1bOHLGrXA==",
    "SMD5": "{SMD5}2aVk6XqzTzS3zUHgBMmMdpLpy9w=",
    "SHA": "{SHA}kGByAB793z4R5tK1eC9Hd/4Dhzk=",
    "SSHA": "{SSHA}HmQeYb6U/EWzcPCUPVETqW01NoQhY78i",
    "SSHA256": "{SSHA256}oDEHqr9P7Y6oxnF5/yhyI/BH0kWbTPECIUMcsx+4vTtEGnt0P+UUYg==",
    "SSHA512": "{SSHA512}RaVjGYdZsprBFS2lnM6LCrSX40MzjN4JGFoDhUmbyynMtzXpToWtgu8ns0AQRg0f"
    "NgAAVLjSNmnHg11HQ/yqsgWQHU5eoAhF",
    "SHA512": "{SHA512}jYR+AdIrqpafcfo2K03iHJ4Tx4grzqE7pcaorg1x/IyXAMguAIemXIs3vSn1NnR/KMlnK+wcrndi0snza2AT8g==",
}

CLEAR = {"with a label": "{CLEARTEXT}geheim", "without": "geheim"}

UNKNOWN = {
    "crypt": "{CRYPT}$6$salt$hash",
    "no base64": "{SSHA}***",
    "too short": "{SSHA}YWJj",
    "an unknown scheme": "{SASL}anna@lab.example",
}

SCHEMES = {
    "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$x$y": "argon2id",
    "{ARGON2}$argon2i$v=19$m=4096,t=3,p=1$x$y": "argon2i",
    "{SSHA512}abc": "ssha512",
    "{crypt}$6$a$b": "crypt",
    "geheim": "clear",
}


@pytest.mark.parametrize("scheme", PasswordScheme)
def test_a_password_fits_its_own_hash_and_no_other_does(scheme):
    stored = hash_password(Secret("geheim"), scheme)
    assert match_one(Secret("geheim"), stored) is Match.SAME
    assert match_one(Secret("Geheim"), stored) is Match.DIFFERENT
    assert scheme_of(stored) == scheme


@pytest.mark.parametrize("stored", [*STORED.values(), *CLEAR.values()], ids=[*STORED, *CLEAR])
def test_what_other_hands_have_stored_is_verified(stored):
    assert match_one(Secret("geheim"), Secret(stored)) is Match.SAME
    assert match_one(Secret("falsch"), Secret(stored)) is Match.DIFFERENT


@pytest.mark.parametrize("stored", UNKNOWN.values(), ids=UNKNOWN)
def test_what_cannot_be_verified_is_not_called_different(stored):
    assert match_one(Secret("geheim"), Secret(stored)) is Match.UNKNOWN


def test_a_damaged_argon2_hash_opens_nothing():
    assert match_one(Secret("geheim"), Secret("{ARGON2}$argon2id$v=19$nonsense")) is Match.DIFFERENT


def test_one_of_several_values_is_enough():
    other, mine = (hash_password(Secret(text), PasswordScheme.SSHA512) for text in ("x", "geheim"))
    assert match_any(Secret("geheim"), [other, mine]) is Match.SAME
    assert match_any(Secret("geheim"), [other]) is Match.DIFFERENT
    assert match_any(Secret("geheim"), [other, Secret("{CRYPT}x")]) is Match.UNKNOWN


@pytest.mark.parametrize(("stored", "scheme"), SCHEMES.items(), ids=SCHEMES.values())
def test_the_scheme_of_a_value_is_named(stored, scheme):
    assert scheme_of(Secret(stored)) == scheme


@given(st.text(), st.sampled_from(["MD5", "SMD5", "SHA", "SSHA", "SSHA256", "ARGON2", "X", ""]), st.text())
def test_any_stored_value_gives_an_answer(password, scheme, rest):
    stored = Secret(f"{{{scheme}}}{rest}" if scheme else rest)
    assert isinstance(match_one(Secret(password), stored), Match)
    assert isinstance(scheme_of(stored), str)
