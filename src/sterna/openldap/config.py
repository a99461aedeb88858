"""Configuration of slapd as cn=config LDIF: a provider that is written to, and consumers that follow it.

Rendered from typed settings; where the files lie is a setting, so that one template serves every host. Replication is
plain syncrepl: its delta form makes the provider of OpenLDAP 2.5.13 abort while its log is still empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import jinja2

from sterna.errors import UnsafeSettingError
from sterna.model.secret import Secret
from sterna.openldap.tree import Service, Tree

LOCAL_ROOT = "gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth"
"""The identity of root on the same host (SASL EXTERNAL over the unix socket); no other rootdn exists."""

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("sterna.openldap"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  # LDIF, not HTML; what would break a line is refused before
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlapdSettings:
    """What provider and consumer have in common.

    Fields:
        slapd_d, data_dir, run_dir: folders of the configuration database, the data, and pid and socket files.
        certificate_file, key_file: this server's; both readable by the user that slapd runs as.
        durable: False when losing the last seconds at a power failure does not matter; writes are then faster.
        max_size_bytes: how far the data may grow; address space is reserved, disk is not.
        log_level: as in slapd-config(5), to syslog.
    """

    tree: Tree
    slapd_d: Path
    data_dir: Path
    run_dir: Path
    ca_file: Path
    certificate_file: Path
    key_file: Path
    durable: bool = True
    max_size_bytes: int = 16 << 30
    log_level: str = "stats"
    schema_path: Path = Path("/etc/ldap/schema")
    module_path: Path = Path("/usr/lib/ldap")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerSettings(SlapdSettings):
    """A server that follows a provider.

    Fields:
        provider_uri: ``ldap://host:port``; StartTLS is demanded, so the host is a name in the provider's certificate.
    """

    provider_uri: str
    replicator_password: Secret


def provider_ldif(settings: SlapdSettings) -> str:
    """Return the configuration of the provider.

    Raises:
        UnsafeSettingError: a setting does not fit into a line of LDIF.
    """
    return _render("provider", settings)


def consumer_ldif(settings: ConsumerSettings) -> str:
    """Return the configuration of a consumer; it holds the replicator's password in clear.

    Raises:
        UnsafeSettingError: a setting does not fit into a line of LDIF.
    """
    return _render("consumer", settings)


def _render(role: str, settings: SlapdSettings) -> str:
    _check(settings)
    schema = resources.files("sterna.openldap") / "schema"
    tree = settings.tree
    return _TEMPLATES.get_template("slapd.ldif.j2").render(
        role=role,
        s=settings,
        tree=tree,
        local_root=LOCAL_ROOT,
        lookup_schema=(schema / "lookup.ldif").read_text("ascii"),
        mailbox_schema=(schema / "mailbox.ldif").read_text("ascii"),
        **{service.value: tree.service(service) for service in Service},
    )


def _check(settings: SlapdSettings) -> None:
    """Refuse what would break out of its line: everything here is a path, a DN, a URI or a password."""
    values = {
        name: getattr(settings, name)
        for name in ("slapd_d", "data_dir", "run_dir", "ca_file", "certificate_file", "key_file", "log_level")
    }
    values["suffix"] = settings.tree.suffix
    if isinstance(settings, ConsumerSettings):
        values["provider_uri"] = settings.provider_uri
        values["replicator_password"] = settings.replicator_password.reveal()
    for name, value in values.items():
        text = str(value)
        if not text.isascii() or not text.isprintable() or '"' in text or "\\" in text or text != text.strip():
            raise UnsafeSettingError("slapd", name)
