"""Hashes of passwords in the form that slapd verifies (RFC 2307 section 5.3), and whether a password belongs to one.

``{ARGON2}`` needs slapd's module argon2, ``{SSHA512}`` its module pw-sha2. Hashing here and not in slapd keeps clear
passwords off the wire and lets the directory's load be spread over our processors.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

import argon2

from sterna.model.secret import Secret
from sterna.site.declaration import PasswordScheme

SALT_BYTES = 16
SHA512_BYTES = 64
_ARGON2ID = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=SALT_BYTES)
"""OWASP's second setting for argon2id: 19 MiB, two passes, one lane; about 56 logins a second on two cores."""


def hash_password(clear: Secret, scheme: PasswordScheme) -> Secret:
    """Return a hash of `clear` with a new salt, as it goes into userPassword."""
    match scheme:
        case PasswordScheme.ARGON2ID:
            return Secret("{ARGON2}" + _ARGON2ID.hash(clear.reveal()))
        case PasswordScheme.SSHA512:
            salt = secrets.token_bytes(SALT_BYTES)
            digest = hashlib.sha512(clear.reveal().encode() + salt).digest()
            return Secret("{SSHA512}" + base64.b64encode(digest + salt).decode())


def verify_password(clear: Secret, hashed: Secret) -> bool | None:
    """Return whether `clear` belongs to `hashed`, or None when the scheme is not one that `hash_password` writes."""
    scheme, _, rest = hashed.reveal().partition("}")
    match scheme.upper():
        case "{ARGON2":
            try:
                return _ARGON2ID.verify(rest.rstrip("\0"), clear.reveal())  # slapd's own hashes end in NUL bytes
            except argon2.exceptions.VerificationError:
                return False
            except (argon2.exceptions.InvalidHashError, UnicodeEncodeError):
                return None
        case "{SSHA512":
            try:
                stored = base64.b64decode(rest, validate=True)
            except ValueError:  # also binascii.Error: not base64
                return None
            digest, salt = stored[:SHA512_BYTES], stored[SHA512_BYTES:]
            return hmac.compare_digest(hashlib.sha512(clear.reveal().encode() + salt).digest(), digest)
        case _:
            return None
