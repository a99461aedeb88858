"""What a lab says of itself: where its servers are and how to log in, as values and as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sterna.lab.errors import NoLabError
from sterna.lab.platform import Platform, PlatformPorts
from sterna.lab.ports import LOOPBACK
from sterna.lab.sitefile import target_table
from sterna.lab.source.options import Login, SourcePorts
from sterna.model.secret import Secret
from sterna.openldap.tree import Administrator, Service
from sterna.site.declaration import Target

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SourceEnd:
    """The old server of a lab."""

    ports: SourcePorts
    tree: Path
    admin: str
    admin_password: Secret


@dataclass(frozen=True, slots=True)
class LabInfo:
    """One lab.

    Fields:
        site: the site file that describes it; None without an old server.
        ca: the certificate of the authority that all its servers' certificates are from.
        accounts: everybody on the old server.
        timings: how long each step of `Lab.up` took, in seconds.
    """

    dir: Path
    platform: Platform
    ca: Path
    source: SourceEnd | None = None
    site: Path | None = None
    accounts: tuple[Login, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        """The new platform as a site file declares it."""
        return target_table(self.platform, self.ca)

    def as_json(self) -> Json:
        """Return the interface of ``lab up --json``; passwords in clear, None where nobody knows one."""
        ports = self.platform.ports
        target = ("imap", "imaps", "pop3", "pop3s", "smtp", "sieve", "ldap", "ldaps", "lmtp")
        admin: Json = {
            "target": {
                "user": str(Administrator.CYRUS),
                "password": self.platform.passwords[Administrator.CYRUS].reveal(),
            }
        }
        if self.source is not None:
            admin["source"] = {"user": self.source.admin, "password": self.source.admin_password.reveal()}
        return {
            "dir": str(self.dir),
            "site": None if self.site is None else str(self.site),
            "source": None if self.source is None else _source_json(self.source),
            "target": {name: _end(getattr(ports, name)) for name in target},
            "ca": str(self.ca),
            "accounts": [
                {
                    "name": login.name,
                    "domain": login.domain,
                    "password": None if login.password is None else login.password.reveal(),
                }
                for login in self.accounts
            ],
            "admin": admin,
        }


def save(info: LabInfo) -> None:
    """Keep `info` in DIR/run/lab.json, for root only."""
    source = info.source
    record = {
        "site": None if info.site is None else str(info.site),
        "ports": asdict(info.platform.ports),
        "passwords": {str(name): clear.reveal() for name, clear in info.platform.passwords.items()},
        "source": source
        and {
            "ports": asdict(source.ports),
            "tree": str(source.tree),
            "admin": source.admin,
            "password": source.admin_password.reveal(),
        },
        "accounts": [(one.name, one.domain, one.password and one.password.reveal()) for one in info.accounts],
        "timings": dict(info.timings),
    }
    new = info.dir / "run/lab.json.new"
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(record, file, indent=1)
    new.replace(info.dir / "run/lab.json")


def load(folder: Path) -> LabInfo:
    """Return what `save` kept.

    Raises:
        NoLabError: nothing is kept there.
    """
    try:
        record = json.loads((folder / "run/lab.json").read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NoLabError(folder) from error
    kept, source = record["passwords"], record["source"]
    names: list[Service | Administrator] = [*Service, *Administrator]
    return LabInfo(
        dir=folder,
        platform=Platform(folder, PlatformPorts(**record["ports"]), {name: Secret(kept[name]) for name in names}),
        ca=folder / "pki/ca.crt",
        source=source
        and SourceEnd(
            SourcePorts(**source["ports"]), Path(source["tree"]), source["admin"], Secret(source["password"])
        ),
        site=record["site"] and Path(record["site"]),
        accounts=tuple(
            Login(name, domain, None if password is None else Secret(password))
            for name, domain, password in record["accounts"]
        ),
        timings=record["timings"],
    )


def _source_json(source: SourceEnd) -> Json:
    return {
        "imap": _end(source.ports.imap),
        "pop3": _end(source.ports.pop3),
        "cli": _end(source.ports.cli),
        "ldap": _end(source.ports.ldap),
        "tree": str(source.tree),
    }


def _end(port: int) -> Json:
    return {"host": LOOPBACK, "port": port}
