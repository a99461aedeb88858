"""The old server's directory: a real slapd whose entries have CommuniGate's shape.

Certain: accounts are ``uid=<name>,cn=<domain>`` of class CommuniGateAccount, groups CommuniGateGroup with groupMember,
aliases ``alias`` with aliasedObjectName, domains CommuniGateDomain. Forwarders and lists are not in it, and one program
calls its aliases and groups unreliable; so the directory is for comparing, and the CLI for reading.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import jinja2

from sterna.communigate.values import texts
from sterna.lab.process import ProcessSpec
from sterna.lab.source.kinds import MailGroup, Person, Population
from sterna.lab.source.options import SourcePorts
from sterna.lab.source.passwords import Form
from sterna.lab.source.population import ADMIN
from sterna.openldap.load import SLAPD_GROUP, SLAPD_USER, OfflineSlapd

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("sterna.lab.source"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701  a configuration file, not HTML
)

_MIB = 1 << 20
_ENTRY_BYTES = 20_000
"""Room for one account with its aliases in the directory's database, indexes included."""

Attributes = Mapping[str, tuple[str, ...]]


SUFFIX = "o=lab"
"""Below this the domains are where a site has configured a suffix; see the switch ``directory_suffix``."""


def dn(address: str, *, suffix: bool = False) -> str:
    """Return the DN of an account, alias or group."""
    local, _, domain = address.partition("@")
    return f"uid={_escaped(local)},{domain_dn(domain, suffix=suffix)}"


def domain_dn(domain: str, *, suffix: bool = False) -> str:
    """Return the DN of a domain."""
    return f"cn={domain},{SUFFIX}" if suffix else f"cn={domain}"


def write_files(folder: Path, site: Population, *, suffix: bool = False) -> None:
    """Write slapd's configuration and data below folder/slapd.

    Raises:
        LoadError: slapd refuses them.
    """
    own = folder / "slapd"
    databases = {SUFFIX: "lab"} if suffix else {domain_dn(each.name): each.name for each in site.domains}
    for path in (own, own / "slapd.d", *(own / name for name in databases.values())):
        path.mkdir(mode=0o700)
        shutil.chown(path, SLAPD_USER, SLAPD_GROUP)
    template = _TEMPLATES.get_template("directory.ldif.j2")
    slapd = OfflineSlapd(own / "slapd.d")
    slapd.load_configuration(
        template.render(folder=own, databases=databases, administrator=dn(ADMIN, suffix=suffix), size=_size(site))
    )
    if suffix:
        slapd.load(SUFFIX, _ldif(SUFFIX, {"objectClass": ("top", "organization"), "o": ("lab",)}))
    for domain in site.domains:
        rows = (_ldif(name, values) for name, values in entries(site, domain.name, suffix=suffix))
        slapd.load(SUFFIX if suffix else domain_dn(domain.name), "\n".join(rows))


def _size(site: Population) -> int:
    """Return how large a database may become, in bytes; mdb takes only what it uses."""
    return max(64 * _MIB, (len(site.people) + sum(map(len, site.crowd.values()))) * _ENTRY_BYTES)


def process(folder: Path, ports: SourcePorts) -> ProcessSpec:
    """Return how it is run."""
    return ProcessSpec(
        name="communigate-ldap",
        argv=(
            *("/usr/sbin/slapd", "-d", "0", "-n", "communigate-ldap", "-u", SLAPD_USER, "-g", SLAPD_GROUP),
            *("-F", str(folder / "slapd/slapd.d"), "-h", f"ldap://127.0.0.1:{ports.ldap}"),
        ),
        ready_ports=(ports.ldap,),
    )


def entries(site: Population, domain: str, *, suffix: bool = False) -> Iterator[tuple[str, Attributes]]:
    """Yield the entries of one domain, parents first, as DN and attributes."""
    top = {"objectClass": ("top", "CommuniGateDomain"), "cn": (domain,), "hostServer": ("lab",)}
    yield domain_dn(domain, suffix=suffix), top
    for person in site.everybody(domain):
        yield dn(person.address, suffix=suffix), _account(person)
        for alias in person.aliases:
            yield dn(f"{alias}@{domain}", suffix=suffix), _alias(alias, dn(person.address, suffix=suffix))
    for group in site.groups:
        if group.domain == domain:
            yield dn(f"{group.name}@{domain}", suffix=suffix), _group(group)


def _account(person: Person) -> Attributes:
    """The vendor's own mapping of settings; sn, which the class demands, is the last word of the real name."""
    values = {
        "objectClass": ("top", "person", "organizationalPerson", "inetOrgPerson", "CommuniGateAccount"),
        "uid": (person.local,),
        "cn": (person.real_name,),
        "sn": (person.real_name.split()[-1],),
        "mail": (person.address,),
        "hostServer": ("lab",),
        "storageLocation": ("*",),
    }
    for key in ("ou", "telephoneNumber"):
        if key in person.settings:
            values[key] = (str(person.settings[key]),)
    if person.rights:
        values["serverAccessRights"] = (",".join(person.rights),)
    if person.password.form is Form.CLEAR:
        values["userPassword"] = (person.password.text,)
    return values


def _alias(alias: str, target: str) -> Attributes:
    return {
        "objectClass": ("top", "alias", "extensibleObject"),
        "uid": (alias,),
        "aliasedObjectName": (target,),
    }


def _group(group: MailGroup) -> Attributes:
    name = str(group.settings["RealName"])
    members = tuple(member for member in texts(group.settings["Members"]) if member)
    return {
        "objectClass": ("top", "person", "organizationalPerson", "inetOrgPerson", "CommuniGateGroup"),
        "uid": (group.name,),
        "cn": (name,),
        "sn": (name,),
        "mail": (f"{group.name}@{group.domain}",),
        **({"groupMember": members} if members else {}),
    }


def _ldif(name: str, values: Attributes) -> str:
    """Return one entry as LDIF; every value in base64, which is right for all of them (RFC 2849)."""
    rows = [f"{key}:: {_base64(value)}\n" for key, each in values.items() for value in each]
    return f"dn:: {_base64(name)}\n" + "".join(rows)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode(errors="surrogateescape")).decode("ascii")


def _escaped(value: str) -> str:
    """Escape a value for a DN (RFC 4514 section 2.4)."""
    return "".join(f"\\{each}" if each in '\\,+"<>;=' else each for each in value)
