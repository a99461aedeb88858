"""The lab's new platform: OpenLDAP provider and consumer, saslauthd, Postfix and Cyrus, all below one folder.

Each server's own package renders its configuration; here it is only decided where things lie and who talks to whom.
"""

from __future__ import annotations

import secrets
import shutil
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sterna.cyrus.config import CyrusSettings, cyrus_conf, imapd_conf
from sterna.cyrus.saslauthd import SaslauthdSettings, saslauthd_argv, saslauthd_conf
from sterna.lab.ports import LOOPBACK
from sterna.lab.process import ProcessSpec
from sterna.model.secret import Secret
from sterna.model.uidl import UidlForm
from sterna.openldap.config import ConsumerSettings, SlapdSettings, consumer_ldif, provider_ldif
from sterna.openldap.load import SLAPD_GROUP, SLAPD_USER, OfflineSlapd
from sterna.openldap.passwords import hash_password
from sterna.openldap.tree import Administrator, Service, Tree, bootstrap_ldif
from sterna.pki.authority import Authority, CertificateFiles
from sterna.postfix.config import DirectoryAccess, PostfixSettings
from sterna.postfix.install import install
from sterna.site.declaration import PasswordScheme

SUFFIX = "dc=lab,dc=example"
MAIN_DOMAIN = "lab.example"
MAIL_SERVER = "mail.lab.example"
"""What the mail store is called in certificates and in the directory; nothing resolves it."""
CYRUS_USER, CYRUS_GROUP = "cyrus", "mail"
CYRUS_SERVER = "/usr/lib/cyrus/bin/master"
_DATABASE_BYTES = 1 << 30
PACKAGES = {
    "/usr/sbin/slapd": "slapd",
    "/usr/lib/ldap/pw-sha2.so": "slapd-contrib",
    "/usr/lib/postfix/sbin/master": "postfix",
    "/usr/lib/postfix/postfix-ldap.so": "postfix-ldap",
    CYRUS_SERVER: "cyrus-imapd",
    "/usr/lib/cyrus/bin/pop3d": "cyrus-pop3d",
    "/usr/sbin/saslauthd": "sasl2-bin",
}
"""A file of each Debian package that the platform needs."""


@dataclass(frozen=True, slots=True)
class PlatformPorts:
    """Every TCP port of the platform, all on loopback.

    `ldap` and `ldaps` are the provider's; at `outgoing` Postfix takes what Cyrus's filters send.
    """

    ldap: int
    ldaps: int
    consumer_ldap: int
    consumer_ldaps: int
    smtp: int
    imap: int
    imaps: int
    pop3: int
    pop3s: int
    sieve: int
    lmtp: int
    outgoing: int


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform: its folder (the lab's), its ports, and the clear passwords of its services."""

    folder: Path
    ports: PlatformPorts
    passwords: Mapping[Service | Administrator, Secret]

    @classmethod
    def new(cls, folder: Path, ports: PlatformPorts) -> Platform:
        """Return a platform with new passwords; nothing is written."""
        names: list[Service | Administrator] = [*Service, *Administrator]
        return cls(folder, ports, {name: Secret(secrets.token_urlsafe(18)) for name in names})

    @property
    def tree(self) -> Tree:
        """The names of its directory."""
        return Tree(SUFFIX)

    @property
    def provider_uri(self) -> str:
        """Where to write to the directory, and where to ask when the consumer does not answer."""
        return f"ldap://{LOOPBACK}:{self.ports.ldap}"

    @property
    def consumer_uri(self) -> str:
        """Where the mail store asks."""
        return f"ldap://{LOOPBACK}:{self.ports.consumer_ldap}"

    def prepare(self, authority: Authority) -> list[ProcessSpec]:
        """Write every configuration and the first data; return the servers to run. Runs as root.

        Raises:
            LoadError: slapd refuses its configuration.
            OSError: a folder or file cannot be written.
        """
        for name in ("target", "run/cyrus", "run/lmtp", "run/sasl"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        return [
            *self._prepare_directory(authority),
            self._prepare_saslauthd(authority),
            self._prepare_postfix(authority),
            self._prepare_cyrus(authority),
        ]

    def _prepare_directory(self, authority: Authority) -> list[ProcessSpec]:
        settings = self._slapd_settings("provider", authority)
        provider = OfflineSlapd(settings.slapd_d)
        consumer_settings = self._slapd_settings("consumer", authority)
        consumer = OfflineSlapd(consumer_settings.slapd_d)
        hashes = {name: hash_password(clear, PasswordScheme.SSHA512) for name, clear in self.passwords.items()}
        with ThreadPoolExecutor(2) as pool:
            configured = pool.submit(consumer.load_configuration, consumer_ldif(consumer_settings))
            provider.load_configuration(provider_ldif(settings))
            provider.load(SUFFIX, bootstrap_ldif(self.tree, hashes))
            entries = provider.dump(SUFFIX)
            configured.result()
        consumer.load(SUFFIX, entries)
        return [
            self._slapd(settings, "provider", (self.ports.ldap, self.ports.ldaps), order=0),
            self._slapd(consumer_settings, "consumer", (self.ports.consumer_ldap, self.ports.consumer_ldaps), order=1),
        ]

    def _slapd_settings(self, role: str, authority: Authority) -> ConsumerSettings:
        """The settings of a consumer; a provider takes those that it knows."""
        home = self.folder / "target" / role
        run = self.folder / "run" / role
        for path in (home, home / "slapd.d", home / "data", run):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.chown(path, SLAPD_USER, SLAPD_GROUP)
        files = self._certificate(authority, home / "tls", role, SLAPD_USER)
        return ConsumerSettings(
            tree=self.tree,
            slapd_d=home / "slapd.d",
            data_dir=home / "data",
            run_dir=run,
            ca_file=authority.certificate,
            certificate_file=files.certificate,
            key_file=files.key,
            durable=False,
            max_size_bytes=_DATABASE_BYTES,
            provider_uri=self.provider_uri,
            replicator_password=self.passwords[Service.REPLICATOR],
        )

    @staticmethod
    def _slapd(settings: SlapdSettings, role: str, ports: tuple[int, int], *, order: int) -> ProcessSpec:
        socket_path = settings.run_dir / "ldapi"
        urls = f"ldap://{LOOPBACK}:{ports[0]} ldaps://{LOOPBACK}:{ports[1]} ldapi://{quote(str(socket_path), safe='')}"
        name = f"slapd-{role}"
        return ProcessSpec(
            name=name,
            argv=(
                *("/usr/sbin/slapd", "-d", "0", "-n", name, "-u", SLAPD_USER, "-g", SLAPD_GROUP),
                *("-F", str(settings.slapd_d), "-h", urls),
            ),
            ready_ports=ports,
            ready_sockets=(socket_path,),
            order=order,
            kill_after_s=2.0,
            stop_first=role == "provider",
        )

    def _prepare_saslauthd(self, authority: Authority) -> ProcessSpec:
        conf = self.folder / "target/saslauthd.conf"
        run = self.folder / "run/sasl"
        run.chmod(0o750)
        shutil.chown(run, "root", "sasl")
        settings = SaslauthdSettings(
            uris=(self.consumer_uri, self.provider_uri),
            ca_file=authority.certificate,
            bind_dn=self.tree.service(Service.CYRUS),
            password=self.passwords[Service.CYRUS],
            search_base=self.tree.accounts,
        )
        conf.touch(mode=0o600)
        conf.write_text(saslauthd_conf(settings), "utf-8")
        return ProcessSpec(
            "saslauthd", saslauthd_argv(conf, run), ready_sockets=(run / "mux",), order=2, kill_after_s=0.3
        )

    def _prepare_postfix(self, authority: Authority) -> ProcessSpec:
        home = self.folder / "target/postfix"
        files = self._certificate(authority, home / "tls", "postfix", "root")
        log = self.folder / "log/mail.log"
        log.touch(mode=0o644)
        shutil.chown(log, "postfix", "postfix")
        settings = PostfixSettings(
            config_dir=home / "etc",
            queue_dir=home / "queue",
            data_dir=home / "data",
            log_file=log,
            hostname=MAIL_SERVER,
            origin=MAIN_DOMAIN,
            listen=f"{LOOPBACK}:{self.ports.smtp}",
            interface=LOOPBACK,
            certificate_file=files.certificate,
            key_file=files.key,
            lmtp_socket=self._lmtp_socket,
            filters_listen=f"{LOOPBACK}:{self.ports.outgoing}",
            directory=DirectoryAccess(
                uris=(self.consumer_uri, self.provider_uri),
                ca_file=authority.certificate,
                bind_dn=self.tree.service(Service.POSTFIX),
                password=self.passwords[Service.POSTFIX],
                users_base=self.tree.users,
                tables_base=self.tree.postfix,
            ),
        )
        install(settings)
        return ProcessSpec(
            "postfix",
            (str(settings.daemon_dir / "master"), "-d", "-c", str(settings.config_dir)),
            ready_ports=(self.ports.smtp, self.ports.outgoing),
            order=2,
            environment={"MAIL_CONFIG": str(settings.config_dir)},
        )

    def _prepare_cyrus(self, authority: Authority) -> ProcessSpec:
        home = self.folder / "target/cyrus"
        home.mkdir(exist_ok=True)
        files = self._certificate(authority, home / "tls", "cyrus", CYRUS_USER)
        settings = CyrusSettings(
            imapd_conf=home / "imapd.conf",
            config_dir=home / "conf",
            spool_dir=home / "spool",
            sieve_dir=home / "sieve",
            run_dir=self.folder / "run/cyrus",
            lmtp_socket=self._lmtp_socket,
            saslauthd_socket=self.folder / "run/sasl/mux",
            certificate_file=files.certificate,
            key_file=files.key,
            servername=MAIL_SERVER,
            listen_address=LOOPBACK,
            imap=self.ports.imap,
            imaps=self.ports.imaps,
            pop3=self.ports.pop3,
            pop3s=self.ports.pop3s,
            sieve=self.ports.sieve,
            lmtp=self.ports.lmtp,
            smtp_host=f"{LOOPBACK}:{self.ports.outgoing}",
            failed_login_pause_s=0,
            uidl_format=UidlForm.DOVECOT,  # the lab's old server has this one
            maintenance=False,
        )
        _write_cyrus(settings, home / "cyrus.conf")
        ports = self.ports
        pid_file = settings.run_dir / "master.pid"
        return ProcessSpec(
            "cyrus",
            (
                *(CYRUS_SERVER, "-C", str(settings.imapd_conf)),
                *("-M", str(home / "cyrus.conf"), "-p", str(pid_file)),
            ),
            ready_ports=(ports.imap, ports.imaps, ports.pop3, ports.pop3s, ports.sieve, ports.lmtp),
            ready_sockets=(settings.lmtp_socket,),
            order=2,
            kill_after_s=3.0,
        )

    @property
    def _lmtp_socket(self) -> Path:
        return self.folder / "run/lmtp/socket"

    @staticmethod
    def _certificate(authority: Authority, folder: Path, name: str, owner: str) -> CertificateFiles:
        """Issue a certificate for a server on loopback, its key readable by `owner`."""
        names = dict.fromkeys((MAIL_SERVER, "localhost", socket.gethostname()))
        files = authority.issue(folder, name, names, (LOOPBACK,))
        shutil.chown(files.key, owner)
        return files


def _write_cyrus(settings: CyrusSettings, cyrus_conf_path: Path) -> None:
    """Write Cyrus's two files and make its folders; only Postfix may reach the socket that takes mail unasked."""
    settings.imapd_conf.write_text(imapd_conf(settings), "ascii")
    cyrus_conf_path.write_text(cyrus_conf(settings), "ascii")
    run = settings.run_dir
    databases = (settings.config_dir / name for name in ("db", "log", "msg", "proc", "quota", "socket", "user"))
    own = (settings.config_dir, *databases, settings.spool_dir, settings.sieve_dir, run, run / "lock", run / "proc")
    for path in own:
        path.mkdir(exist_ok=True, mode=0o750)
        shutil.chown(path, CYRUS_USER, CYRUS_GROUP)
    delivery = settings.lmtp_socket.parent
    delivery.chmod(0o710)
    shutil.chown(delivery, CYRUS_USER, "postfix")
