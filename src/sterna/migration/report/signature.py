"""Sign reports, and say whether a report is as it was signed.

Ed25519 (RFC 8032). The key is made with the first report and stays in the site's state folder; its fingerprint is in
every report, so that a person who has seen it once knows the next. The signatures of ``verify.json``, ``verify.txt``
and ``verify.html`` stand beside them in ``verify.sig``. The page carries the JSON and its own signatures besides: one
over the JSON, one over the page without that block; so it proves itself wherever it is sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sterna.errors import Scope, SternaError

KEY_FILE: Final = "report.key"
"""In the state folder: the private key, PKCS #8 in PEM, mode 0600."""

ALGORITHM: Final = "Ed25519"
PAGE: Final = "page"
RESULT: Final = "result"

_BLOCK: Final = re.compile(rb'<script type="application/json" id="signature">(\{[A-Za-z0-9+/=", :_{}.-]*\})</script>\n')
_RESULT: Final = re.compile(rb'<script type="application/json" id="result">\n(.*?)</script>\n', re.DOTALL)
_END: Final = b"</body>"


class ReportKeyError(SternaError):
    """The key that signs reports cannot be read or made."""

    scope = Scope.RUN
    exit_code = 78  # EX_CONFIG

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(
            f"the key that signs reports, {path}, cannot be used: {why}; nothing was compared. "
            "Mend it, or move it away and the next report is signed with a new one"
        )


class SignatureError(SternaError):
    """A report is not as it was signed, or nothing says that it was."""

    scope = Scope.RUN
    exit_code = 65  # EX_DATAERR

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path} proves nothing: {why}; ask for it again, or verify anew")


class NoReportError(SternaError):
    """The file that was to be checked cannot be read."""

    scope = Scope.RUN
    exit_code = 66  # EX_NOINPUT

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path} cannot be read: {why}")


@dataclass(frozen=True, slots=True)
class ReportKey:
    """The key of one site."""

    _private: Ed25519PrivateKey

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Read the key in `folder`, the site's state folder; it is made when there is none.

        Raises:
            ReportKeyError: it cannot be read or made.
        """
        path = folder / KEY_FILE
        try:
            if not path.exists():
                _make(path)
            found = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise ReportKeyError(path, getattr(error, "strerror", None) or "it holds no key") from error
        if not isinstance(found, Ed25519PrivateKey):
            raise ReportKeyError(path, f"it is no {ALGORITHM} key")
        return cls(found)

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return _raw(self._private.public_key())

    @property
    def fingerprint(self) -> str:
        """What a person compares."""
        return fingerprint(self.public)

    def sign(self, contents: Mapping[str, bytes]) -> bytes:
        """Return one line of JSON with the public key and a signature of each of `contents`, by name."""
        signatures = {name: _text(self._private.sign(data)) for name, data in contents.items()}
        said = {"algorithm": ALGORITHM, "key": _text(self.public), "signatures": signatures}
        return json.dumps(said).encode("ascii")


@dataclass(frozen=True, slots=True)
class Checked:
    """A report that is as it was signed: by which key, and what it says, where it says it for machines."""

    fingerprint: str
    result: Mapping[str, object] | None


def fingerprint(public: bytes) -> str:
    """Return the SHA-256 of a public key in hexadecimal, in groups of four."""
    digits = hashlib.sha256(public).hexdigest()
    return " ".join(digits[at : at + 4] for at in range(0, 32, 4))


def sealed(page: bytes, result: bytes, key: ReportKey) -> bytes:
    """Return the page with the result in it, and the signatures of both.

    Args:
        page: HTML.
        result: JSON without ``<``, so that no page can take it for markup.
        key: the site's.
    """
    block = b'<script type="application/json" id="result">\n%b</script>\n' % result
    whole = page.replace(_END, block + _END, 1)
    signed = key.sign({PAGE: whole, RESULT: result})
    return whole.replace(_END, b'<script type="application/json" id="signature">%b</script>\n' % signed + _END, 1)


def check(path: Path) -> Checked:
    """Check a report: a page by what it carries, another file by the ``.sig`` beside it.

    Raises:
        NoReportError: it, or the file with the signatures, cannot be read.
        SignatureError: it is not as it was signed.
    """
    data = _read(path)
    if path.suffix == ".html":
        return _check_page(path, data)
    beside = path.with_suffix(".sig")
    public = _verified(path, _read(beside), {path.name: data})
    return Checked(fingerprint(public), _result(path, data) if path.suffix == ".json" else None)


def _check_page(path: Path, data: bytes) -> Checked:
    blocks = _BLOCK.findall(data)
    if len(blocks) != 1:
        raise SignatureError(path, "it carries no signature")
    whole = _BLOCK.sub(b"", data)
    results = _RESULT.findall(whole)
    if len(results) != 1:
        raise SignatureError(path, "it does not carry its result")
    public = _verified(path, blocks[0], {PAGE: whole, RESULT: results[0]})
    return Checked(fingerprint(public), _result(path, results[0]))


def _verified(path: Path, said: bytes, contents: Mapping[str, bytes]) -> bytes:
    """Return the public key by which all of `contents` are signed."""
    try:
        block = json.loads(said)
        public = base64.b64decode(block["key"], validate=True)
        key = Ed25519PublicKey.from_public_bytes(public)
        signatures = {name: base64.b64decode(block["signatures"][name], validate=True) for name in contents}
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise SignatureError(path, "what should be its signature is none") from error
    for name, data in contents.items():
        try:
            key.verify(signatures[name], data)
        except InvalidSignature as error:
            raise SignatureError(path, "it was changed after it was signed") from error
    return public


def _result(path: Path, data: bytes) -> Mapping[str, object]:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise SignatureError(path, "it is no report")
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NoReportError(path, error.strerror or str(error)) from error


def _make(path: Path) -> None:
    """Write a new key whole or not at all; of two that are made at once the first stays."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 a descriptor, because of its mode
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(part)
        except FileExistsError:
            return
    finally:
        part.unlink()


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
