"""What all domains and accounts of the old server inherit, and how its parts are set.

Names of keys are real (settings that the vendor ships, the CLI reference); values are the lab's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address

from sterna.communigate.values import IpAddress, Value

SERVICE_CLASSES: dict[str, Value] = {
    "basic": {
        "AccessModes": ("26", "Mail", "Relay", "POP", "IMAP", "TLS", "PWD"),
        "MaxAccountSize": "50M",
        "MaxMailboxes": "20",
        "RulesAllowed": "No",
    },
    "groupware": {
        "AccessModes": (
            *("26", "Mail", "Relay", "Signal", "Mobile", "TLS", "POP", "IMAP", "MAPI", "AirSync", "XMPP", "WebMail"),
            *("XIMSS", "ACAP", "PWD", "LDAP", "RADIUS", "S/MIME", "WebCAL", "HTTP", "WebSite", "FTP"),
        ),
        "MaxAccountSize": "1G",
        "RulesAllowed": "Any",
        "RPOPAllowed": "YES",
    },
}
"""Classes of service; an account in one has its settings before those of the defaults they are in (inferred)."""

SERVER_ACCOUNT_DEFAULTS: dict[str, Value] = {
    "AccessModes": "All",
    "AddMailTrailer": "NO",
    "AddWebBanner": "NO",
    "ArchiveMessagesAfter": "0",
    "DefaultMailboxType": "TextMailbox",
    "DeleteMessagesAfter": "0",
    "ExternalINBOX": "NO",
    "FailedLoginFlow": ("10", "1m"),
    "IMAPSeesNonMail": "NO",
    "MailInpFlow": ("20", "15"),
    "MailOutFlow": ("-1", "30"),
    "MailToAll": "YES",
    "MaxAccountSize": "200M",
    "MaxFileSize": "unlimited",
    "MaxMailOutSize": "unlimited",
    "MaxMailboxes": "-1",
    "MaxMessageSize": "30M",
    "MaxWebFiles": "1000",
    "MaxWebSize": "5M",
    "OSUserName": "*",
    "PWDAllowed": "YES",
    "PasswordEncryption": "A-crpt",
    "PasswordRecovery": "YES",
    "QuotaAlert": "80",
    "QuotaNotice": "90",
    "QuotaSuspend": "100",
    "RPOPAllowed": "NO",
    "RSIPAllowed": "NO",
    "RequireAPOP": "NO",
    "RulesAllowed": "Filter Only",
    "ServiceClasses": SERVICE_CLASSES,
    "SignalRulesAllowed": "Any",
    "UseAppPassword": "YES",
    "UseCertificateAuth": "NO",
    "UseExtPassword": "NO",
    "UseKerberosPassword": "YES",
    "UseSysPassword": "NO",
}
"""Every account of every domain has these unless its class, its domain or itself says otherwise."""

DOMAIN_DEFAULTS: dict[str, Value] = {
    "AUTHMethods": "All",
    "AccountsLimit": "-1",
    "AllWithForwarders": "NO",
    "AutoSignup": "NO",
    "CentralDirectory": "Keep In Sync",
    "CertificateType": "Test",
    "DomainAccessModes": "All",
    "ExternalOnUnknown": "NO",
    "Foldering": "flat",
    "ForceSMTPAUTH": "nobody",
    "ListsLimit": "-1",
    "MailRerouteAddress": "postmaster",
    "MailToAllAction": "Authenticated Domain Users",
    "MailToUnknown": "Rejected",
    "RenameInPlace": "NO",
    "WebSitePrefix": "~",
}
"""What a domain inherits."""

WEB_PREFS: dict[str, Value] = {
    "ArchiveBox": "Archive",
    "CalendarBox": "Calendar",
    "Charset": "utf-8",
    "ContactsBox": "Contacts",
    "DeleteMode": "Move To Trash",
    "DraftsBox": "Drafts",
    "EmptyJunk": "7d",
    "EmptyTrash": "15d",
    "JunkBox": "Spam",
    "Language": "default",
    "NotesBox": "Notes",
    "ReplyQuote": "> ",
    "SentBox": "Sent Items",
    "Signature": "",
    "TasksBox": "Tasks",
    "TimeZone": "HostOS",
    "TrashBox": "Trash",
    "WorkDays": ("Mon", "Tue", "Wed", "Thu", "Fri"),
}
"""Preferences that everybody inherits."""


def server_files(main_domain: str) -> dict[str, dict[str, Value]]:
    """Return the files of Settings/ that are dictionaries, by name without extension; one for each module."""
    return {
        "Main": {
            "DomainName": main_domain,
            "ExternalFilters": ({"Enabled": "YES", "LogLevel": "3", "Name": "ClamAV", "Program": "/opt/clam/cgp"},),
            "HideAccountUnknown": "YES",
            "LogLevel": "3",
            "ServerStarted": datetime(2011, 3, 5, 8, 9, 10, tzinfo=UTC),
        },
        "DomainDefault": {**DOMAIN_DEFAULTS, "AccountDefaults": SERVER_ACCOUNT_DEFAULTS},
        "WebUserPrefs": WEB_PREFS,
        "Queue": {"Delay": "5m", "HopLimit": "30", "MaxMessageSize": "unlimited"},
        "Network": {
            "WanAddress": IpAddress(IPv4Address("192.0.2.7")),
            "LanAddress": IpAddress(IPv4Address("10.0.0.7")),
        },
        "Router": {"LogLevel": "3", "AddDomainLiteral": "YES"},
        "SMTP": {"Channels": "50", "LogLevel": "3", "SMTPRelay": "", "Listener": ({"port": 25},)},
        "POP": {"Channels": "100", "LogLevel": "3", "Listener": ({"port": 110},)},
        "IMAP": {"Channels": "100", "LogLevel": "3", "Listener": ({"port": 143},)},
        "RPOP": {"Channels": "5", "LogLevel": "3", "MinPeriod": "5m"},
        "LIST": {"LogLevel": "3", "Channels": "3"},
        "PWD": {"Channels": "20", "LogLevel": "3", "Listener": ({"port": 106},)},
        "LDAP": {"Channels": "20", "LogLevel": "3", "Listener": ({"port": 389},)},
    }


MODULES = ("IMAP", "LDAP", "LIST", "POP", "PWD", "RPOP", "SMTP")

ROUTER = (
    "; the lab's router table",
    "<webmaster@lab.example> = postmaster@lab.example",
    "Relay:<rechnung@fjord.example> = anna@lab.example ; moved in 2010",
    "nord.example = fjord.example",
    "NoRelay:<*@alt.example> = *@lab.example",
    "*.lab.example = lab.example",
    "Signal:<2*@pbx.lab.example> = pbx#2*",
    "<support> = vertrieb@lab.example",
    "crm.example = [192.0.2.25]:2525",
    "a line that no router understands \u202e\u05d0\u05d1",
)
"""The router table: forms that are known, and others."""
