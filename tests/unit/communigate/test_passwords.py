"""What can be carried of a password, for every form it is kept in."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.communigate.passwords import decide_password
from sterna.model.account import ClearPassword, HashedPassword, UnreadablePassword
from sterna.model.finding import Outcome
from sterna.model.secret import Secret

WHO = "anna@lab.example"
SHA = base64.b64encode(hashlib.sha1(b"x").digest()).decode()
SSHA = base64.b64encode(hashlib.sha1(b"xsalt").digest() + b"salt").decode()
MD5 = base64.b64encode(hashlib.md5(b"x").digest()).decode()
SMD5 = base64.b64encode(hashlib.md5(b"xsalt").digest() + b"salt").decode()
SHA512_CRYPT = "$6$saltsalt$" + "a" * 86


def stored(password: str, manner: str = "A-crpt", **more: str) -> dict[str, str]:
    return {"Password": password, "PasswordEncryption": manner, "UseAppPassword": "YES", **more}


CLEAR = {
    "kept in clear": (stored("x y z", "clear"), None, "x y z"),
    "told by the server": (stored("Kbf0Vx"), "x y z", "x y z"),
    "told, and kept in clear": (stored("x", "clear"), "x", "x"),
    "clear with a bracket": (stored("{curly}", "clear"), None, "{curly}"),
    "clear with a scheme and no hash": (stored("{SHA}short", "clear"), None, "{SHA}short"),
    "a hash that cannot be carried, but told": (stored("\x02{NS-MTA-MD5}abc"), "x", "x"),
    "UseAppPassword absent": ({"Password": "x", "PasswordEncryption": "clear"}, None, "x"),
}


@pytest.mark.parametrize(("settings", "plain", "password"), CLEAR.values(), ids=CLEAR)
def test_a_password_that_is_known_is_taken_in_clear(settings, plain, password):
    decided, [finding] = decide_password(settings, None if plain is None else Secret(plain), WHO)
    assert decided == ClearPassword(Secret(password))
    assert (finding.kind, finding.object, finding.outcome) == ("password", WHO, Outcome.CHANGED)


HASHED = {
    "SHA": (stored(f"\x02{{SHA}}{SHA}"), f"{{SHA}}{SHA}"),
    "SHA without padding, as scripts set it": (stored(f"\x02{{SHA}}{SHA.rstrip('=')}"), f"{{SHA}}{SHA}"),
    "SHA without the mark": (stored(f"{{SHA}}{SHA}"), f"{{SHA}}{SHA}"),
    "SHA said to be clear": (stored(f"\x02{{SHA}}{SHA}", "clear"), f"{{SHA}}{SHA}"),
    "SSHA": (stored(f"\x02{{ssha}}{SSHA}"), f"{{SSHA}}{SSHA}"),
    "MD5": (stored(f"\x02{{MD5}}{MD5}"), f"{{MD5}}{MD5}"),
    "SMD5": (stored(f"\x02{{SMD5}}{SMD5}"), f"{{SMD5}}{SMD5}"),
    "crypt by its scheme": (stored(f"\x02{{crypt}}{SHA512_CRYPT}"), f"{{CRYPT}}{SHA512_CRYPT}"),
    "crypt by its manner": (stored(SHA512_CRYPT, "U-crpt"), f"{{CRYPT}}{SHA512_CRYPT}"),
    "MD5 crypt": (stored("$1$salt$qJH7.N4xYta3aEG/dfqo/0", "U-crpt"), "{CRYPT}$1$salt$qJH7.N4xYta3aEG/dfqo/0"),
    "DES crypt": (stored("ab1k6Zr.jKuKk", "U-crpt"), "{CRYPT}ab1k6Zr.jKuKk"),
    "crypt with the mark": (stored("\x02ab1k6Zr.jKuKk", "U-crpt"), "{CRYPT}ab1k6Zr.jKuKk"),
}


@pytest.mark.parametrize(("settings", "hashed"), HASHED.values(), ids=HASHED)
@pytest.mark.parametrize("told", [False, True], ids=["server silent", "server tells what it keeps"])
def test_a_hash_that_openldap_verifies_is_carried_as_it_is(settings, hashed, told):
    plain = Secret(settings["Password"]) if told else None
    decided, [finding] = decide_password(settings, plain, WHO)
    assert decided == HashedPassword(Secret(hashed))
    assert (finding.kind, finding.object, finding.outcome) == ("password", WHO, Outcome.KEPT)
    assert hashed.partition("}")[0] in finding.why
    assert hashed.partition("}")[2] not in repr(finding)


UNREADABLE = {
    "own cipher and no answer": (stored("Kbf0Vx"), None, "CommuniGate's own cipher"),
    "own cipher and an empty answer": (stored("Kbf0Vx"), "", "CommuniGate's own cipher"),
    "own cipher told as it is": (stored("Kbf0Vx"), "Kbf0Vx", "CommuniGate's own cipher"),
    "not in force": (stored("x", "clear", UseAppPassword="NO"), "x", "UseAppPassword is NO"),
    "none": (stored("", "clear"), None, "no password"),
    "no key at all": ({}, None, "no password"),
    "unknown manner": (stored("abc", "rot13"), None, "rot13"),
    "no manner": ({"Password": "abc"}, None, "none is named"),
    "a scheme of others": (stored("\x02{NS-MTA-MD5}abc"), None, "{NS-MTA-MD5}"),
    "a hash cut short": (stored(f"\x02{{SHA}}{SHA[:20]}"), None, "no such hash"),
    "a hash that is no base64": (stored("\x02{SHA}" + "*" * 28), None, "no such hash"),
    "a mark and no scheme": (stored("\x02abc"), None, "names no scheme"),
    "crypt that is none": (stored("not a hash", "U-crpt"), None, "does not look like one"),
    "crypt with a colon": (stored("$6$salt$abcdefgh:0", "U-crpt"), None, "does not look like one"),
    "clear and not UTF-8": (stored("J\udcfcrgen", "clear"), None, "not UTF-8"),
}


@pytest.mark.parametrize(("settings", "plain", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_carried_is_a_reason_and_a_finding(settings, plain, reason):
    password, [finding] = decide_password(settings, None if plain is None else Secret(plain), WHO)
    assert isinstance(password, UnreadablePassword)
    assert reason in password.reason
    assert (finding.kind, finding.object, finding.outcome) == ("password", WHO, Outcome.DROPPED)
    assert password.reason in finding.why


@given(
    st.text(),
    st.sampled_from(["clear", "A-crpt", "U-crpt", "", "other"]),
    st.none() | st.text(),
    st.sampled_from(["", "\x02", "{SHA}", "{crypt}"]),
)
def test_no_password_ever_stands_in_a_finding(text, manner, plain, before):
    settings = stored(before + "marker" + text, manner)
    password, findings = decide_password(settings, None if plain is None else Secret(f"marker{plain}"), WHO)
    assert "marker" not in repr((password, findings))
