"""The account settings that are known, by what becomes of them. Data only; `sterna.communigate.settings` uses it."""

from __future__ import annotations

from typing import Final

KEPT: Final = frozenset(
    {
        "RealName",
        "Password",
        "PasswordEncryption",
        "UseAppPassword",
        "MaxAccountSize",
        "AccessModes",
        "Rules",  # each rule has a finding of its own
        "ServiceClass",  # its values are in the effective settings
        "ServiceClasses",
    }
)
"""Keys whose meaning is moved, or told elsewhere."""

_CONTACT: Final = "an attribute of the person's directory entry"
_MAIL_LIMIT: Final = "a limit on mail"
_FLOW: Final = "a limit on how many messages in which time"
_AGE: Final = "mail is removed or archived by its age"
_OTHER_LOGIN: Final = "another way to log in than the password in the directory"

NOT_YET: Final = {
    "RequireAPOP": "the target always asks for TLS and never offers APOP",
    "UseSysPassword": _OTHER_LOGIN,
    "OSUserName": _OTHER_LOGIN,
    "UseKerberosPassword": _OTHER_LOGIN,
    "UseCertificateAuth": _OTHER_LOGIN,
    "UseExtPassword": _OTHER_LOGIN,
    "PWDAllowed": "whether people may change their own password",
    "PasswordRecovery": "an address for a forgotten password",
    "FailedLoginFlow": "a limit on failed logins",
    "MaxMessageSize": _MAIL_LIMIT,
    "MaxMailOutSize": _MAIL_LIMIT,
    "MaxMailboxes": "a limit on the number of mailboxes",
    "QuotaNotice": "from which use on people are told about their quota",
    "QuotaAlert": "from which use on people are warned about their quota",
    "QuotaSuspend": "from which use on no mail is taken",
    "MailInpFlow": _FLOW,
    "MailOutFlow": _FLOW,
    "MailToAll": "whether mail to all@ arrives here",
    "AddMailTrailer": "a text under every sent message",
    "ArchiveMessagesAfter": _AGE,
    "DeleteMessagesAfter": _AGE,
    "IMAPSeesNonMail": "whether IMAP lists mailboxes of calendars and contacts",
    **dict.fromkeys(
        ("ou", "l", "o", "st", "c", "sn", "cn", "givenName", "title", "description", "telephoneNumber", "mobile",
         "facsimileTelephoneNumber", "postalAddress", "postalCode", "street", "employeeNumber", "roomNumber",
         "initials", "City", "Department", "Organization", "FirstName", "FamilyName", "Title",
         "Phone", "Country", "Office"),
        _CONTACT,
    ),
}  # fmt: skip
"""Keys that mean something for mail or people and are only reported, and what they mean."""

NO_COUNTERPART: Final = frozenset(
    {
        "AddWebBanner",
        "DefaultMailboxType",
        "ExternalINBOX",
        "MaxFileSize",
        "MaxSignalInpFlow",
        "MaxWebFiles",
        "MaxWebSize",
        "RSIPAllowed",
        "RPOPAllowed",
        "RulesAllowed",
        "SignalRules",
        "SignalRulesAllowed",
        "WebAdminPrefs",
        "WebUserSettings",
    }
)
"""Keys about parts of CommuniGate that the target does not have: its web interface, telephony, storage formats."""
