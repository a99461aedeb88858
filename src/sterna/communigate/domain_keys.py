"""The settings of domains that are known, by what becomes of them. Data only."""

from __future__ import annotations

from typing import Final

from sterna.communigate.keys import Meaning
from sterna.model.finding import Outcome

_LIMIT: Final = Meaning(Outcome.DROPPED, "a limit on how many of its objects the source makes")
_LOG: Final = Meaning(Outcome.DROPPED, "what the source writes to its logs")
_STORAGE: Final = Meaning(Outcome.DROPPED, "how the source stores the domain")
_WEB: Final = Meaning(Outcome.DROPPED, "about the source's web interface")
_CALLS: Final = Meaning(Outcome.DROPPED, "about calls and instant messages, which the target does not have")
_ALL: Final = Meaning(
    Outcome.DROPPED,
    "who may write to all@, and whom that reaches; the target has no such address",
    "make a group or a list of everybody where people use it",
    alone=True,
)
_CERTIFICATE: Final = Meaning(
    Outcome.DROPPED, "a certificate and its key", "get certificates for the target's names before the switch"
)
_PROGRAM: Final = Meaning(
    Outcome.DROPPED, "an outside program is asked about unknown names or new accounts", "see what it does", alone=True
)

DOMAIN_KEYS: Final[dict[str, Meaning]] = {
    **dict.fromkeys(
        ("MailToUnknown", "MailRerouteAddress"),
        Meaning(
            Outcome.KEPT, "what happens to mail for unknown names, as far as the target can do the same", alone=True
        ),
    ),
    **dict.fromkeys(("MailToAllAction", "AllWithForwarders"), _ALL),
    "TrailerText": Meaning(
        Outcome.DROPPED,
        "a text under every sent message; the target adds none",
        "have a content filter add it, or people's mail programs",
        alone=True,
    ),
    "BannerText": _WEB,
    "AutoSignup": Meaning(
        Outcome.DROPPED, "whether people may make accounts themselves; on the target nobody may", alone=True
    ),
    "CentralDirectory": Meaning(
        Outcome.CHANGED, "whether accounts stand in a directory; on the target all do", alone=True
    ),
    "DomainAccessModes": Meaning(
        Outcome.DROPPED,
        "which services the domain's accounts may use at most; the target knows IMAP, POP and mail",
        "see that no account becomes open by that",
        alone=True,
    ),
    "ForceSMTPAUTH": Meaning(Outcome.CHANGED, "who must log in to send; on the target everybody does", alone=True),
    "AdminDomainName": Meaning(
        Outcome.DROPPED, "whose administrators run this domain; on the target the operator does", alone=True
    ),
    "AccountDefaults": Meaning(Outcome.KEPT, "what accounts inherit; each key has a row of its own"),
    "RecipientStatus": Meaning(
        Outcome.DROPPED,
        "whether a recipient's state is told to senders; the target always tells unknown ones",
        alone=True,
    ),
    "RelayAddress": Meaning(
        Outcome.DROPPED,
        "from which address the source sends the domain's mail",
        "keep it in the domain's SPF record as long as the source sends",
        alone=True,
    ),
    "ClientIPs": Meaning(
        Outcome.DROPPED,
        "addresses of clients that may send without a login",
        "put them into mynetworks if they still send",
        alone=True,
    ),
    "DKIMSelector": Meaning(
        Outcome.DROPPED, "signatures of sent mail; the target signs nothing by itself", "set up OpenDKIM", alone=True
    ),
    **dict.fromkeys(
        ("DKIMEnabled", "DKIMKey", "PrivateSecret", "DKIMPrivateKey"),
        Meaning(
            Outcome.DROPPED,
            "signatures of sent mail, and their key; the target signs nothing by itself",
            "set up OpenDKIM",
        ),
    ),
    **dict.fromkeys(("ExternalOnUnknown", "ExternalOnProvision"), _PROGRAM),
    **dict.fromkeys(
        (
            "AccountsLimit",
            "ListsLimit",
            "AGradeLimit",
            "BGradeLimit",
            "CGradeLimit",
            "DGradeLimit",
            "GroupsLimit",
            "AliasesLimit",
            "ForwardersLimit",
        ),
        _LIMIT,
    ),
    **dict.fromkeys(("AccountsLogLevel", "MailboxesLogLevel", "DomainLog"), _LOG),
    **dict.fromkeys(
        ("Foldering", "FolderIndex", "RenameInPlace", "ExternalLockType", "FastStorageType", "NoSpareMailbox"), _STORAGE
    ),
    **dict.fromkeys(("WebSitePrefix", "XIMSSMode", "SkinName", "WebSiteDomain"), _WEB),
    **dict.fromkeys(
        ("AUTHMethods",), Meaning(Outcome.CHANGED, "how passwords may be sent; the target asks for TLS", alone=True)
    ),
    **dict.fromkeys(
        ("AccessRerouteAddress", "AccessToUnknown", "SignalRerouteAddress", "SignalToUnknown", "AutoCreateChats"),
        _CALLS,
    ),
    **dict.fromkeys(
        (
            "CertificateType",
            "ClientCertCA",
            "ClientCertReq",
            "SecureCertificate",
            "SecurePrivateKey",
            "CAChain",
            "SMIMECert",
            "SMIMEKey",
        ),
        _CERTIFICATE,
    ),
    "InitialMailbox": Meaning(Outcome.DROPPED, "which mailboxes new accounts get", alone=True),
}
"""What becomes of each known key. Values are shown only of those that can hold no secret."""

SERVER_KEYS: Final[dict[str, Meaning]] = {
    "DomainName": Meaning(Outcome.KEPT, "the name of the main domain", alone=True),
    "ExternalFilters": Meaning(
        Outcome.DROPPED,
        "outside programs that every message passes",
        "have a milter or content filter of the target do the same",
    ),
    **dict.fromkeys(
        ("ExternalAUTH", "ExternalRADIUS"),
        Meaning(Outcome.DROPPED, "an outside program checks passwords or is asked about them", "see what it does"),
    ),
}
"""Settings of the server or one of its modules that matter besides its own running."""

OWN: Final = Meaning(Outcome.DROPPED, "how the source itself runs; the target's servers have their own configuration")
"""What becomes of all others."""
