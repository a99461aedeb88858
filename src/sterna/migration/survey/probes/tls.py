"""Look at how a port protects connections: its certificate, whether we trust it, and the versions of TLS that it takes.

Nothing secret is said on these connections, so they may be opened without trust; passwords go over connections of
`sterna.imap.tls` only. Blocking; call it in a thread.
"""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from sterna.imap.tls import TlsError, client_context, explained
from sterna.migration.survey.probes.seen import CertificateSeen, TlsSeen, Verbatim
from sterna.site.declaration import Server, Tls

_VERSIONS: Final = (
    ("TLS 1.3", ssl.TLSVersion.TLSv1_3),
    ("TLS 1.2", ssl.TLSVersion.TLSv1_2),
    ("TLS 1.1", ssl.TLSVersion.TLSv1_1),
    ("TLS 1.0", ssl.TLSVersion.TLSv1),
)
_LINE: Final = 8192

IMAP: Final = (b"s STARTTLS\r\n", b"s OK")
POP3: Final = (b"STLS\r\n", b"+OK")
Dialogue = tuple[bytes, bytes]
"""The command that begins TLS on a connection in clear, and how the answer that agrees begins."""


class _NoTlsError(OSError):
    """The server does not begin TLS."""


def look_at_tls(server: Server, service: str, dialogue: Dialogue) -> TlsSeen:
    """Return how `server` protects connections; what does not work is in `trouble`."""
    seen = TlsSeen(service=f"{service} ({server.host}:{server.port})", mode=server.tls.value)
    if server.tls is Tls.NONE:
        return seen
    try:
        with _protected(server, dialogue, _trusting()) as connection:
            raw = connection.getpeercert(binary_form=True) or b""
            cipher = connection.cipher()
            seen = replace(seen, chosen=f"{connection.version()}, {cipher[0] if cipher else 'no cipher'}")
    except OSError as error:  # ssl.SSLError is one too
        return replace(seen, trouble=str(error))
    certificate = replace(_certificate(raw), distrust=_distrust(server, dialogue))
    offered = tuple(name for name, version in _VERSIONS if _takes(server, dialogue, version))
    return replace(seen, certificate=certificate, offered=offered)


def ask_pop3(server: Server) -> Verbatim:
    """Return POP3's greeting and its answer to CAPA (RFC 2449), without a login."""
    lines: list[str] = []
    try:
        context = _trusting() if server.tls is Tls.TLS else None
        with _connected(server, context) as connection, connection.makefile("rb") as file:
            lines.append(_text(file.readline(_LINE)))
            connection.sendall(b"CAPA\r\n")
            while len(lines) < 40 and (line := file.readline(_LINE)):
                lines.append(_text(line))
                if line.rstrip() == b"." or line.startswith(b"-"):
                    break
            connection.sendall(b"QUIT\r\n")
            lines.append(_text(file.readline(_LINE)))
    except OSError as error:
        lines.append(f"({error})")
    return Verbatim("POP3 greeting and CAPA", tuple(lines))


def _takes(server: Server, dialogue: Dialogue, version: ssl.TLSVersion) -> bool:
    context = _trusting()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that these are old is what the report says
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")  # what the server takes, not what this machine would
    try:
        with _protected(server, dialogue, context):
            return True
    except OSError:
        return False


def _distrust(server: Server, dialogue: Dialogue) -> str:
    """Return why a connection of ours would be refused, empty when it would not."""
    try:
        with _protected(server, dialogue, client_context(server)):
            return ""
    except TlsError as error:
        return error.reason
    except ssl.SSLError as error:
        return explained(error, server).reason
    except OSError as error:
        return str(error)


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def _connected(server: Server, context: ssl.SSLContext | None) -> Iterator[socket.socket]:
    with socket.create_connection((server.host, server.port), timeout=server.timeout_s) as plain:
        if context is None:
            yield plain
        else:
            with context.wrap_socket(plain, server_hostname=server.host) as protected:
                yield protected


@contextmanager
def _protected(server: Server, dialogue: Dialogue, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    """Connect, and begin TLS in the declared way."""
    with socket.create_connection((server.host, server.port), timeout=server.timeout_s) as plain:
        if server.tls is Tls.STARTTLS:
            _begin(plain, dialogue)
        with context.wrap_socket(plain, server_hostname=server.host) as protected:
            yield protected


def _begin(plain: socket.socket, dialogue: Dialogue) -> None:
    command, agrees = dialogue
    _line(plain)  # the greeting
    plain.sendall(command)
    while (line := _line(plain)).startswith(b"*"):
        pass
    if not line.startswith(agrees):
        raise _NoTlsError(f"it refuses to begin TLS: {_text(line)}")


def _line(plain: socket.socket) -> bytes:
    """Read one line byte by byte, so that nothing of the handshake behind it is taken."""
    line = b""
    while not line.endswith(b"\n") and len(line) < _LINE:
        byte = plain.recv(1)
        if not byte:
            raise _NoTlsError(f"it closed the connection after {_text(line)!r}")
        line += byte
    return line


def _certificate(raw: bytes) -> CertificateSeen:
    certificate = x509.load_der_x509_certificate(raw)
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(str(each.value) for each in found)
    except (x509.ExtensionNotFound, ValueError):  # ValueError: an extension that breaks its own rules
        names = ()
    return CertificateSeen(
        subject=certificate.subject.rfc4514_string(),
        names=names,
        issuer=certificate.issuer.rfc4514_string(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").strip()
