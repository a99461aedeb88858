"""Decide what can be done with an account's password.

CommuniGate keeps it in the setting ``Password``, in the manner that ``PasswordEncryption`` names: ``clear``;
``A-crpt``, its own cipher, which only the server can undo; or ``U-crpt``, crypt(3). A byte 2 before it, or a scheme in
braces, says that it is a hash already. The form of what the server itself writes for hashes is not documented, so a
value is taken for a hash only when it has the exact shape of one.
"""

from __future__ import annotations

import base64
import binascii
import re

from sterna.communigate.values import Dictionary, as_text, is_yes
from sterna.model.account import ClearPassword, HashedPassword, Password, UnreadablePassword
from sterna.model.finding import Finding, Outcome
from sterna.model.secret import Secret

_TAKE_AS_IT_IS = "\x02"
"""Stands before a hash that was set as one, as by LDAP."""

_SCHEME = re.compile(r"\{([A-Za-z0-9./_-]{1,20})\}(.*)", re.DOTALL)

_DIGEST_BYTES = {"SHA": range(20, 21), "SSHA": range(21, 53), "MD5": range(16, 17), "SMD5": range(17, 49)}
"""Bytes behind the base64 of each scheme that OpenLDAP verifies: a digest, and a salt of at least one byte with S…."""

_CRYPT = re.compile(r"\$(?:1|2[abxy]|5|6|y|7)\$[\x21-\x39\x3b-\x7e]{8,200}|[./0-9A-Za-z]{13}", re.ASCII)
"""What crypt(3) gives: ``$id$…``, never with a colon, or DES's 13 characters."""

_CRYPT_MANNERS = frozenset({"u-crpt", "crypt"})

_TODO = "set a new password on the target after the account has been made"


def decide_password(settings: Dictionary, plain: Secret | None, account: str) -> tuple[Password, tuple[Finding, ...]]:
    """Return what `account`'s password is, with a finding that says what becomes of it.

    Args:
        settings: the effective settings.
        plain: the server's own answer to the question for the plain password, None when it gave none.
        account: the address, for the finding.
    """
    password = _decided(settings, plain)
    outcome, why, todo = _told(password, (as_text(settings.get("PasswordEncryption")) or "").lower())
    return password, (Finding("password", account, outcome, "Password", why, todo),)


def _told(password: Password, manner: str) -> tuple[Outcome, str, str]:
    match password:
        case ClearPassword():
            source = "the source keeps it in clear" if manner == "clear" else "the source tells it in clear"
            return Outcome.CHANGED, f"{source}; it is hashed anew for the target", ""
        case HashedPassword(hashed):
            scheme = hashed.reveal().partition("}")[0] + "}"
            return Outcome.KEPT, f"carried as it is, as a hash of the scheme {scheme}", ""
        case UnreadablePassword(reason):
            return Outcome.DROPPED, f"not carried: {reason}", _TODO


def _decided(settings: Dictionary, plain: Secret | None) -> Password:
    if is_yes(settings.get("UseAppPassword")) is False:
        return UnreadablePassword(
            "UseAppPassword is NO: people log in with a password that CommuniGate does not keep (system, Kerberos, "
            "certificate or an external program)"
        )
    stored = as_text(settings.get("Password")) or ""
    manner = (as_text(settings.get("PasswordEncryption")) or "").lower()
    text = stored.removeprefix(_TAKE_AS_IT_IS)
    marked = text != stored or _SCHEME.fullmatch(text) is not None
    hashed = _hash(text, manner) if marked else None
    if isinstance(hashed, HashedPassword):
        return hashed
    # A server that answers with what it keeps has not told the password, unless it keeps it in clear.
    if plain is not None and plain.reveal() and (manner == "clear" or plain.reveal() not in (stored, text)):
        return _clear(plain.reveal())
    if not stored:
        return UnreadablePassword("the account has no password")
    if manner == "clear" and text == stored:
        return _clear(stored)
    return hashed or _encrypted(stored, manner)


def _clear(text: str) -> Password:
    try:
        text.encode()
    except UnicodeEncodeError:
        return UnreadablePassword("the password is not UTF-8, and in which character set it was typed is not known")
    return ClearPassword(Secret(text))


def _encrypted(stored: str, manner: str) -> Password:
    if manner in _CRYPT_MANNERS:
        return _crypt(stored)
    if manner == "a-crpt":
        return UnreadablePassword(
            "it is kept in CommuniGate's own cipher (A-crpt), and the server does not tell it to this administrator"
        )
    return UnreadablePassword(f"it is kept in a manner that is not known here ({manner or 'none is named'})")


def _hash(text: str, manner: str) -> Password:
    found = _SCHEME.fullmatch(text)
    if found is None:
        return _crypt(text) if manner in _CRYPT_MANNERS else UnreadablePassword("it is a hash that names no scheme")
    scheme, rest = found[1].upper(), found[2]
    if scheme == "CRYPT":
        return _crypt(rest)
    if scheme not in _DIGEST_BYTES:
        return UnreadablePassword(f"it is a hash of the scheme {{{scheme}}}, which OpenLDAP cannot verify")
    padded = rest + "=" * (-len(rest) % 4)  # set by scripts whose base64 has no padding; OpenLDAP wants it
    try:
        size = len(base64.b64decode(padded, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size not in _DIGEST_BYTES[scheme]:
        return UnreadablePassword(f"it names the scheme {{{scheme}}} and is no such hash")
    return HashedPassword(Secret(f"{{{scheme}}}{padded}"))


def _crypt(text: str) -> Password:
    if _CRYPT.fullmatch(text):
        return HashedPassword(Secret(f"{{CRYPT}}{text}"))
    return UnreadablePassword("it should be a crypt(3) hash and does not look like one")
