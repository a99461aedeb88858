from __future__ import annotations

import ipaddress
import os
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from sterna.pki.authority import Authority, AuthorityError


def test_a_certificate_names_exactly_the_hosts_it_was_issued_for(tmp_path: Path) -> None:
    files = Authority.create(tmp_path / "ca", "Site").issue(
        tmp_path, "mail", ["mail.example.net"], ["127.0.0.1", "::1"]
    )
    leaf, root = x509.load_pem_x509_certificates(files.certificate.read_bytes())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["mail.example.net"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("127.0.0.1"),
        ipaddress.ip_address("::1"),
    ]
    leaf.verify_directly_issued_by(root)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_openssl_takes_key_and_chain_together(tmp_path: Path) -> None:
    files = Authority.create(tmp_path / "ca", "Site").issue(tmp_path, "mail", ["mail.example.net"])
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)


def test_keys_are_for_their_owner_only_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files = Authority.create(tmp_path / "ca", "Site").issue(tmp_path, "mail", ["a.example"])
    finally:
        os.umask(before)
    for key in (files.key, tmp_path / "ca/ca.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_loaded_authority_goes_on_where_the_created_one_stopped(tmp_path: Path) -> None:
    created = Authority.create(tmp_path / "ca", "Site")
    loaded = Authority.load(tmp_path / "ca")
    assert loaded.certificate == created.certificate == tmp_path / "ca/ca.crt"
    files = loaded.issue(tmp_path, "mail", ["a.example"])
    [root] = x509.load_pem_x509_certificates(created.certificate.read_bytes())
    x509.load_pem_x509_certificates(files.certificate.read_bytes())[0].verify_directly_issued_by(root)


def test_a_second_authority_does_not_replace_the_first(tmp_path: Path) -> None:
    Authority.create(tmp_path, "Site")
    before = (tmp_path / "ca.key").read_bytes()
    with pytest.raises(AuthorityError, match="there is one already"):
        Authority.create(tmp_path, "Site")
    assert (tmp_path / "ca.key").read_bytes() == before


@pytest.mark.parametrize(
    ("file", "content"),
    [("ca.key", None), ("ca.key", b"rubbish"), ("ca.crt", b""), ("ca.crt", b"-----BEGIN CERTIFICATE-----\n")],
)
def test_a_damaged_authority_is_told_by_its_folder(tmp_path: Path, file: str, content: bytes | None) -> None:
    Authority.create(tmp_path, "Site")
    (tmp_path / file).unlink()
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(AuthorityError, match=str(tmp_path)) as error:
        Authority.load(tmp_path)
    assert error.value.exit_code == 78


def test_a_key_of_another_authority_is_noticed(tmp_path: Path) -> None:
    Authority.create(tmp_path / "a", "One")
    Authority.create(tmp_path / "b", "Two")
    (tmp_path / "a/ca.key").write_bytes((tmp_path / "b/ca.key").read_bytes())
    with pytest.raises(AuthorityError, match="not the key"):
        Authority.load(tmp_path / "a")
