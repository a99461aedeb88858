"""A small certificate authority for the hosts of one site: one root, one certificate for each server.

Keys are ECDSA P-256, written as PKCS #8 PEM, which GnuTLS (slapd) and OpenSSL (Postfix, Cyrus, Dovecot) both read.
Names are in subjectAltName only, as RFC 9525 section 2 wants it; the subject's common name is for people.
Revocation, renewal and intermediate authorities do not belong here: a site that has an authority of its own uses that.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sterna.errors import SternaError

ROOT_LIFETIME = dt.timedelta(days=3650)
LEAF_LIFETIME = dt.timedelta(days=397)
"""The longest that current clients accept of a server's certificate."""
CLOCK_SKEW = dt.timedelta(hours=1)
"""Certificates are valid from this long ago, so that a host whose clock is behind accepts a new one."""


class AuthorityError(SternaError):
    """The folder `folder` holds no usable certificate authority, or one is there already."""

    exit_code = 78

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        self.reason = reason
        super().__init__(f"certificate authority in {folder}: {reason}")


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """What a server is configured with: its key (mode 0600) and its certificate followed by the authority's."""

    key: Path
    certificate: Path


class Authority:
    """A root certificate with its key, in a folder: ``ca.crt`` (everybody may read it) and ``ca.key`` (mode 0600)."""

    def __init__(self, folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._folder = folder
        self._root = certificate
        self._key = key

    @classmethod
    def create(cls, folder: Path, name: str) -> Authority:
        """Make a new root called `name` in `folder`, which is made if it is not there.

        Raises:
            AuthorityError: there is one already; it is left as it is.
        """
        if (folder / "ca.key").exists() or (folder / "ca.crt").exists():
            raise AuthorityError(folder, "there is one already; it is kept, remove the folder to start anew")
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _subject(name)
        certificate = (
            _builder(subject, subject, key.public_key(), ROOT_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write_key(folder / "ca.key", key)
        (folder / "ca.crt").write_bytes(_pem(certificate))
        return cls(folder, certificate, key)

    @classmethod
    def load(cls, folder: Path) -> Authority:
        """Return the authority that `create` left in `folder`.

        Raises:
            AuthorityError: a file is missing, unreadable, or not what it should be.
        """
        try:
            key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
        except OSError as error:
            raise AuthorityError(folder, f"cannot read {error.filename}: {error.strerror}") from error
        except (ValueError, TypeError) as error:
            raise AuthorityError(folder, "ca.key or ca.crt is not what it should be") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise AuthorityError(folder, "ca.key is not the key of ca.crt")
        return cls(folder, certificate, key)

    @property
    def certificate(self) -> Path:
        """The PEM file that clients trust."""
        return self._folder / "ca.crt"

    def issue(
        self, folder: Path, name: str, dns_names: Iterable[str], ip_addresses: Iterable[str] = ()
    ) -> CertificateFiles:
        """Make a key and a certificate for one server: ``folder/<name>.key`` and ``.crt``; older ones are replaced.

        Args:
            folder: where; made if it is not there.
            name: for people and for the file names.
            dns_names: every host name that clients use for this server.
            ip_addresses: every address that clients use instead of a name.
        """
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives: list[x509.GeneralName] = [x509.DNSName(dns) for dns in dns_names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in ip_addresses]
        certificate = (
            _builder(_subject(name), self._root.subject, key.public_key(), LEAF_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        files = CertificateFiles(folder / f"{name}.key", folder / f"{name}.crt")
        _write_key(files.key, key)
        files.certificate.write_bytes(_pem(certificate) + _pem(self._root))
        return files


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, lifetime: dt.timedelta
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write `key` so that at no moment anybody but the owner can read it."""
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
