"""TLS as a client: certificates verified, the server's name checked, TLS 1.2 or newer; no setting turns that off."""

from __future__ import annotations

import ssl
from typing import ClassVar, Final

from sterna.errors import Retry, Scope, SternaError
from sterna.site.declaration import Server

_OTHER_NAMES: Final = frozenset({62, 63, 64})
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH, …_EMAIL_MISMATCH and …_IP_ADDRESS_MISMATCH."""

_OUT_OF_DATE: Final = {9: "is not valid yet", 10: "has expired"}
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""


class TlsError(SternaError):
    """No protected connection to a server; no password has been sent.

    Fields:
        host, port: the server.
        reason: what is wrong.
        ca_file: the certificates that were trusted; empty means the system's.
    """

    scope: ClassVar[Scope] = Scope.SERVER
    retry: ClassVar[Retry] = Retry.NEVER
    exit_code: ClassVar[int] = 78  # EX_CONFIG: it stays so until the site file or the server's certificate changes

    def __init__(self, server: Server, reason: str, todo: str) -> None:
        self.host = server.host
        self.port = server.port
        self.reason = reason
        self.ca_file = str(server.ca_file or "")
        super().__init__(f"{reason}. No password was sent. {todo}")


def client_context(server: Server) -> ssl.SSLContext:
    """Return the settings for a connection to `server`.

    Raises:
        TlsError: its ca_file cannot be read or holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)
    except OSError as error:  # ssl.SSLError is one too
        wrong = isinstance(error, ssl.SSLError)
        reason = "it holds no certificate in PEM form" if wrong else error.strerror or str(error)
        raise TlsError(
            server,
            f"{server.shown} cannot be verified: ca_file {server.ca_file}: {reason}",
            "Set ca_file in the site file to the PEM file of the authority that signed the server's certificate.",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def explained(error: ssl.SSLError, server: Server) -> TlsError:
    """Return what `error` means for an operator."""
    where = server.shown
    trusted = f"ca_file {server.ca_file}" if server.ca_file else "the system's certificates (no ca_file is set)"
    if not isinstance(error, ssl.SSLCertVerificationError):
        return TlsError(
            server,
            f"{where} does not speak TLS as it should ({error.reason or error})",
            'Check port and tls in the site file ("tls" from the first byte, "starttls", "none"), and that the '
            "server offers TLS 1.2 or newer.",
        )
    if error.verify_code in _OTHER_NAMES:
        return TlsError(
            server,
            f"the certificate of {where} is for other names ({error.verify_message})",
            "Set host in the site file to a name in the certificate, or give the server a certificate for this name.",
        )
    if error.verify_code in _OUT_OF_DATE:
        return TlsError(
            server,
            f"the certificate of {where} {_OUT_OF_DATE[error.verify_code]}",
            "Renew it on the server, and check the clocks of both machines.",
        )
    return TlsError(
        server,
        f"the certificate of {where} is not trusted by {trusted} ({error.verify_message})",
        "Set ca_file in the site file to the PEM file of the authority that signed it, once you have made sure of it.",
    )
