"""The account settings that are known, by what becomes of them. Data only.

Keys that are no setting of the server are custom attributes of the directory: `CONTACT` says which attribute of an
inetOrgPerson (RFC 2798) each of the usual ones is.
"""

from __future__ import annotations

from typing import Final

from sterna.communigate.keys import Meaning
from sterna.model.finding import Outcome

CONTACT: Final = {
    **{
        name: name
        for name in (
            "businessCategory", "carLicense", "departmentNumber", "description", "displayName", "employeeNumber",
            "employeeType", "facsimileTelephoneNumber", "givenName", "homePhone", "homePostalAddress", "initials",
            "l", "labeledURI", "manager", "mobile", "o", "ou", "pager", "physicalDeliveryOfficeName", "postalAddress",
            "postalCode", "postOfficeBox", "preferredLanguage", "roomNumber", "secretary", "sn", "st", "street",
            "telephoneNumber", "title",
        )
    },
    "City": "l",
    "Department": "ou",
    "FamilyName": "sn",
    "FirstName": "givenName",
    "LastName": "sn",
    "Office": "physicalDeliveryOfficeName",
    "Organization": "o",
    "Phone": "telephoneNumber",
    "State": "st",
    "Title": "title",
    "fax": "facsimileTelephoneNumber",
    "surname": "sn",
}  # fmt: skip
"""Attribute of the target for each key that describes a person."""

_CARRIED: Final = Meaning(Outcome.KEPT, "moved with the account")
_OTHER_LOGIN: Final = Meaning(
    Outcome.DROPPED, "another way to log in than the password in the directory, which is the only one there", alone=True
)
_LIMIT: Final = Meaning(Outcome.DROPPED, "a limit on mail that the target does not set for single accounts", alone=True)
_FLOW: Final = Meaning(
    Outcome.DROPPED, "a limit on how many messages in which time; Postfix limits clients, not accounts", alone=True
)
_QUOTA: Final = Meaning(
    Outcome.CHANGED, "from which use on people hear of their quota; the target has one threshold for all", alone=True
)
_AGE: Final = Meaning(
    Outcome.DROPPED,
    "mail is archived or removed by its age; the target removes nothing by itself",
    "set up cyr_expire for the mailboxes that should forget",
    alone=True,
)
_ALL: Final = Meaning(Outcome.DROPPED, "whether mail to all@ arrives here; the target has no such address", alone=True)
_OWN: Final = Meaning(Outcome.DROPPED, "about parts of the source that the target does not have: web interface, files")
_CALLS: Final = Meaning(Outcome.DROPPED, "about calls and instant messages, which the target does not have")
_SECRET: Final = Meaning(
    Outcome.DROPPED, "a password or address for services besides mail, which the target does not have"
)
_STORAGE: Final = Meaning(Outcome.DROPPED, "how the source stores mailboxes; the target has one way for all")

ACCOUNT_KEYS: Final[dict[str, Meaning]] = {
    **dict.fromkeys(CONTACT, _CARRIED),
    **dict.fromkeys(("RealName", "MaxAccountSize", "AccessModes"), _CARRIED),
    **dict.fromkeys(
        ("Password", "PasswordEncryption", "UseAppPassword"),
        Meaning(Outcome.KEPT, "decide what is done with the password, which has a row of its own"),
    ),
    "Rules": Meaning(Outcome.KEPT, "each rule is read, and has a row of its own where something is lost"),
    "SignalRules": _CALLS,
    **dict.fromkeys(
        ("ServiceClass", "ServiceClasses"),
        Meaning(Outcome.KEPT, "the class's settings count for its accounts and are moved as theirs", alone=True),
    ),
    "RequireAPOP": Meaning(
        Outcome.CHANGED, "passwords are never to be sent in clear; the target asks for TLS instead of APOP", alone=True
    ),
    **dict.fromkeys(
        ("UseSysPassword", "OSUserName", "UseKerberosPassword", "UseCertificateAuth", "UseExtPassword"), _OTHER_LOGIN
    ),
    "PWDAllowed": Meaning(
        Outcome.CHANGED, "whether people may change their password; on the target the directory decides", alone=True
    ),
    "PasswordRecovery": Meaning(Outcome.DROPPED, "whether a forgotten password may be recovered by mail", alone=True),
    "FailedLoginFlow": Meaning(
        Outcome.CHANGED, "a limit on failed logins; the target has its own, the same for all", alone=True
    ),
    **dict.fromkeys(("MaxMessageSize", "MaxMailOutSize", "MaxMailboxes"), _LIMIT),
    **dict.fromkeys(("QuotaNotice", "QuotaAlert", "QuotaSuspend"), _QUOTA),
    **dict.fromkeys(("MailInpFlow", "MailOutFlow"), _FLOW),
    "MailToAll": _ALL,
    "AddMailTrailer": Meaning(
        Outcome.DROPPED, "whether the domain's text stands under every sent message; the target adds none", alone=True
    ),
    **dict.fromkeys(("ArchiveMessagesAfter", "DeleteMessagesAfter"), _AGE),
    "IMAPSeesNonMail": Meaning(
        Outcome.CHANGED,
        "whether IMAP lists mailboxes of calendars and contacts; the target's IMAP lists what is copied",
        alone=True,
    ),
    "RulesAllowed": Meaning(
        Outcome.CHANGED, "which rules people may write; on the target they may write every filter", alone=True
    ),
    "RPOPAllowed": Meaning(
        Outcome.DROPPED,
        "whether people may have outside accounts polled; on the target only the operator does",
        alone=True,
    ),
    **dict.fromkeys(
        (
            "AddWebBanner",
            "BannerInfo",
            "DefaultWebPage",
            "HiddenProntoModules",
            "HiddenSkins",
            "MaxFileSize",
            "MaxWebFiles",
            "MaxWebSize",
            "WebAdminPrefs",
            "WebUserSettings",
            "InitialMailbox",
            "InitialWebFile",
        ),
        _OWN,
    ),
    **dict.fromkeys(("DefaultMailboxType", "ExternalINBOX", "LogLogin", "AccountStatistics"), _STORAGE),
    **dict.fromkeys(
        (
            "CallInpFlow",
            "CallLogs",
            "CallOutFlow",
            "CallsLimit",
            "DialogInfo",
            "IMLogs",
            "MaxRosterItems",
            "MaxSignalContacts",
            "MaxSignalInpFlow",
            "NotifyOutFlow",
            "PSTNAreaCode",
            "PSTNEmergency",
            "PSTNFromName",
            "PSTNGatewayDomain",
            "PSTNSMSHost",
            "RSIPAllowed",
            "SIPIMMode",
            "SignalRulesAllowed",
        ),
        _CALLS,
    ),
    **dict.fromkeys(
        (
            "PSTNGatewayAuthName",
            "PSTNGatewayPassword",
            "SIPPassword",
            "RADIUSPassword",
            "SyncMode",
            "SyncServer",
            "SyncUserName",
            "SyncUserPassword",
        ),
        _SECRET,
    ),
    **dict.fromkeys(
        ("c", "Country", "cn"),
        Meaning(
            Outcome.DROPPED,
            "an attribute that the directory's entries for people do not have, or that the name is",
            alone=True,
        ),
    ),
}
"""What becomes of each known key. Values are shown only of those that can hold no secret."""
