"""Passwords as the old server keeps them, in every form that a migration meets.

The vendor's two-way cipher ``A-crpt`` is unpublished; the stand-in has one of its own, which only the stand-in can
reverse. Whoever reads the base directory sees bytes that mean nothing, as with the real server.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from sterna.communigate.values import Value, as_text, is_yes

MARK = "\x02"
"""First character of a stored password that says: already encrypted, take it as it is (inferred from one program)."""

_KEY = b"stand-in for A-crpt"

_DIGESTS = {"SHA": ("sha1", 20), "SSHA": ("sha1", 20), "MD5": ("md5", 16)}
"""The schemes that are checked: which digest, and how many bytes before the salt."""


class Form(enum.Enum):
    """How one account's password is kept."""

    CLEAR = "clear"
    SHA = "{SHA}"
    SSHA = "{SSHA}"
    MD5 = "{MD5}"
    CRYPT = "crypt(3)"
    MARKED_CRYPT = "{crypt}"
    UNKNOWN = "a scheme that nobody else has"
    REVERSIBLE = "A-crpt"
    SEALED = "A-crpt that the server itself does not give away"
    OUTSIDE = "not the mail server's: the operating system's"


@dataclass(frozen=True, slots=True)
class Password:
    """A password and the form in which the server keeps it; `hashed` is given for crypt(3), ready made."""

    text: str
    form: Form = Form.CLEAR
    hashed: str = ""

    @property
    def known(self) -> str | None:
        """What a person who may look at the old server can know of it: the text, except where nobody can tell it."""
        return None if self.form in (Form.SEALED, Form.OUTSIDE, Form.UNKNOWN) else self.text

    def settings(self, salt: str) -> dict[str, str]:
        """Return the keys it has in account.settings; `salt` makes hashes of equal passwords differ."""
        if self.form is Form.OUTSIDE:
            return {"UseAppPassword": "NO", "UseSysPassword": "YES", "OSUserName": "*"}
        encryption = {Form.CLEAR: "clear", Form.CRYPT: "U-crpt"}.get(self.form, "A-crpt")
        return {"Password": self._stored(salt), "PasswordEncryption": encryption, "UseAppPassword": "YES"}

    def _stored(self, salt: str) -> str:
        match self.form:
            case Form.CRYPT:
                stored = self.hashed
            case Form.MARKED_CRYPT:
                stored = f"{MARK}{{crypt}}{self.hashed}"
            case Form.REVERSIBLE:
                stored = encrypt(self.text, salt)
            case Form.SEALED:
                stored = encrypt(self.text, salt)[::-1]
            case Form.SHA | Form.SSHA | Form.MD5 | Form.UNKNOWN:
                stored = MARK + self._digest(salt)
            case _:
                stored = self.text
        return stored

    def _digest(self, salt: str) -> str:
        text = self.text.encode()
        if self.form is Form.SHA:  # unpadded, as the one program writes it from which the form is known
            return f"{{SHA}}{_base64(hashlib.sha1(text).digest()).rstrip('=')}"  # noqa: S324  the old server's
        if self.form is Form.MD5:
            return f"{{MD5}}{_base64(hashlib.md5(text).digest())}"  # noqa: S324  the same
        if self.form is Form.SSHA:
            grains = hashlib.sha256(salt.encode()).digest()[:8]
            return f"{{SSHA}}{_base64(hashlib.sha1(text + grains).digest() + grains)}"  # noqa: S324  the same
        return f"{{NS-MTA-MD5}}{hashlib.sha256(text).hexdigest()}"


def encrypt(text: str, salt: str) -> str:
    """Return `text` in the stand-in's two-way form: 16 hexadecimal digits of salt and check, then the masked bytes."""
    raw = text.encode()
    head = hashlib.sha256(_KEY + salt.encode() + raw).digest()[:8]
    return "q" + head.hex() + _mask(raw, head).hex() + "z"


def decrypt(stored: str) -> str | None:
    """Reverse `encrypt`; None for anything it did not write."""
    if not (stored.startswith("q") and stored.endswith("z") and len(stored) >= 18):
        return None
    try:
        head, raw = bytes.fromhex(stored[1:17]), bytes.fromhex(stored[17:-1])
        return _mask(raw, head).decode()
    except ValueError:
        return None


def _mask(raw: bytes, head: bytes) -> bytes:
    stream = hashlib.shake_256(_KEY + head).digest(len(raw))
    return bytes(a ^ b for a, b in zip(raw, stream, strict=True))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def verify(settings: Mapping[str, Value], text: str) -> bool:
    """Return whether `text` is the password of an account with these settings.

    A crypt(3) hash is not checked and never right: whoever administers the stand-in has a password of another form.
    """
    if is_yes(settings.get("UseAppPassword", "YES")) is False:
        return False
    stored = as_text(settings.get("Password")) or ""
    if settings.get("PasswordEncryption") == "clear":
        return hmac.compare_digest(stored.encode(errors="surrogateescape"), text.encode())
    if stored.startswith(MARK):
        scheme, _, encoded = stored[2:].partition("}")
        if scheme not in _DIGESTS:
            return False
        kind, size = _DIGESTS[scheme]
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
        digest = hashlib.new(kind, text.encode() + raw[size:], usedforsecurity=False).digest()
        return hmac.compare_digest(digest, raw[:size])
    return decrypt(stored) == text
