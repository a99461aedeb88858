"""The words that may stand in a sample as they are. Everything else is replaced.

They are words of CommuniGate and of its protocols, none of any site: keys of settings, values from a fixed choice,
commands, conditions and actions of rules, capabilities. A word of common speech that is none of these is not here.
"""

from __future__ import annotations

import re
from typing import Final

from sterna.communigate.account_keys import ACCOUNT_KEYS
from sterna.communigate.address_decoder import GROUP_KEYS
from sterna.communigate.commands import ReadCommand
from sterna.communigate.domain_keys import DOMAIN_KEYS, SERVER_KEYS
from sterna.communigate.list_keys import LIST_KEYS
from sterna.communigate.preference_keys import PREFERENCE_KEYS
from sterna.model.lists import Content, Delivery, Posters, Subscribing

_OTHER_KEYS: Final = (
    "Access", "Box", "BoxSeq", "Class", "Lock", "Messages", "Size", "UIDNext", "UIDValidity", "UIDMin", "Unseen",
    "Recent", "Sub", "mode", "posts", "bounces", "subscribeTime", "lastBounceTime", "timeSubscribed", "lastBounced",
    "confirmationID", "authName", "domain", "password", "period", "mailbox", "leave", "APOP", "TLS", "LogLevel",
    "Listener", "Enabled", "MaxInputChannels", "Ports", "PortNumber", "InitialSecurity", "ServerStarted",
    "ClusterSettings", "LicenseAccepted", "CrashRecovery", "AccountCacheSize", "TLSLogLevel", "HTTPOutputLogLevel",
)  # fmt: skip

_VALUES: Final = (
    "YES", "NO", "default", "unlimited", "All", "None", "Any", "clear", "A-crpt", "U-crpt", "MD5", "SHA1", "SSHA",
    "Filter Only", "All But Exec", "No", "TextMailbox", "MailDirMailbox", "SlicedMailbox", "macnt", "mbox", "mdir",
    "mslc", "flat", "Rejected", "Rerouted to", "Discarded", "Accepted and Bounced", "Keep In Sync",
    "Disabled", "Enabled", "anybody", "nobody", "clients", "Authenticated Users", "Authenticated Domain Users",
    "Authenticated Administrator", "Test", "on", "off", "to list", "to sender", "Return-Path", "IP Addresses",
    "Authentication", "accepted", "rejected", "all", "no", "unprocessed", "special", "moderateAll", "prohibited",
    "IPF.Contact", "IPF.Appointment", "IPF.Task", "IPF.StickyNote", "IPF.Note", "INBOX", "Move To Trash", "utf-8",
    "lrswipcda", "lrs", "lr", "anyone", "anyone@", "HostOS",
    "Mail", "Relay", "Signal", "Mobile", "TLS", "POP", "IMAP", "MAPI", "AirSync", "XMPP", "WebMail", "XIMSS", "ACAP",
    "PWD", "LDAP", "RADIUS", "S/MIME", "WebCAL", "HTTP", "WebSite", "FTP", "SMTP", "LOCAL", "LIST", "RPOP", "SIP",
    "Master", "CanCreateAccounts", "CanCreateAliases", "CanCreateGroups", "CanCreateForwarders", "CanCreateLists",
    "CanModifyRPOP", "CanImpersonate", "Basic Settings", "#NULL#", "#null#", "#TPAST", "#TFUTURE",
)  # fmt: skip

_RULES: Final = (
    "#Vacation", "#Redirect", "#RepliedAddresses", "RepliedAddresses", "---", "is", "is not", "in", "not in",
    "greater than", "less than", "From", "Sender", "Return-Path", "To", "Cc", "Reply-To", "'From' Name",
    "Any To or Cc", "Each To or Cc", "Any Recipient", "Each Recipient", "Subject", "Message-ID", "Header Field",
    "Message Size", "Human Generated", "Time Of Day", "Current Date", "Current Day", "Preference", "FreeBusy",
    "Security", "Source", "Submit Address", "Existing Mailbox", "Calendar Method", "Any Route", "Store in", "Mark",
    "Add Header", "Tag Subject", "Reject with", "Discard", "Stop Processing", "Remember 'From' in", "Accept Request",
    "Accept Reply", "Store Encrypted in", "Copy Attachments into", "Redirect to", "Redirect To", "Forward to",
    "Mirror to", "Reply with", "Reply to All with", "React with", "Send IM", "SendIM", "SendPush", "Execute URL",
    "SendURL", "FingerNotify", "Write To Log", "Discard Rules", "Execute", "ExternalFilter", "trusted",
    "authenticated", "Read", "Seen", "Flagged", "Deleted", "Inactive", "Highest",
)  # fmt: skip

_MAILBOXES: Final = (
    "Sent Items", "Sent", "Drafts", "Trash", "Deleted Items", "Junk", "Spam", "Archive", "Calendar", "Contacts",
    "Tasks", "Notes", "History",
)  # fmt: skip

_SPOKEN: Final = (
    "CommuniGate", "Pro", "PWD", "IMAP", "Server", "ready", "OK", "NO", "BAD", "BYE", "PREAUTH", "data", "follow",
    "please", "send", "the", "PASS", "login", "proceed", "switched", "to", "inline", "mode", "unknown", "user",
    "account", "command", "domain", "secondary", "closed", "connection", "completed", "CAPABILITY", "NAMESPACE",
    "LIST", "FLAGS", "EXISTS", "RECENT", "UIDVALIDITY", "UIDNEXT", "PERMANENTFLAGS", "UNSEEN", "HIGHESTMODSEQ",
    "NOMODSEQ", "READ-ONLY", "READ", "ID", "Answered", "Flagged", "Draft", "Deleted", "Seen", "Recent",
    "Noselect", "HasChildren", "HasNoChildren", "Marked", "UnMarked", "Noinferiors", "NIL", "INBOX", "NULL", "IMAP4",
    "IMAP4REV1", "IMAP4rev1", "IMAP4rev2", "ACL", "UIDPLUS", "IDLE", "LITERAL", "QUOTA", "MULTIAPPEND", "LISTEXT",
    "CHILDREN", "BINARY", "LOGIN", "REFERRALS", "UNSELECT", "STARTTLS", "AUTH", "PLAIN", "CRAM", "MD5", "DIGEST",
    "GSSAPI", "MSN", "NTLM", "ESEARCH", "SASL", "IR", "CONDSTORE", "QRESYNC", "SORT", "THREAD", "SPECIAL", "USE",
    "METADATA", "ANNOTATE", "MOVE", "COMPRESS", "DEFLATE", "LOGINDISABLED", "ENABLE", "EXTENSIONS", "RIGHTS", "UTF8",
    "ACCEPT", "STATUS", "SIZE", "name", "version", "vendor",
)  # fmt: skip
"""Words of replies and greetings, which are not quoted there."""

SMALL_NUMBERS: Final = frozenset(map(str, range(11)))
"""Priorities of rules and the like."""

WORDS: Final = frozenset(
    {
        *ACCOUNT_KEYS, *GROUP_KEYS, *DOMAIN_KEYS, *SERVER_KEYS, *LIST_KEYS, *PREFERENCE_KEYS,
        *_OTHER_KEYS, *_VALUES, *_RULES, *_MAILBOXES, *SMALL_NUMBERS,
        *(f"#{number}" for number in SMALL_NUMBERS),
        *map(str, (*ReadCommand, *Content, *Delivery, *Posters, *Subscribing)),
    }
)  # fmt: skip
"""Strings that are kept when a whole string is one of them."""

SPOKEN: Final = frozenset(_SPOKEN)
"""Words that are kept in the text of a reply."""

COMMAND: Final = re.compile(
    r"(?:get|list|read|find|verify|create|rename|delete|set|update|remove|insert|post|kill|suspend|resume|write|reset|"
    r"reject|release|store|roster|balance|proxy|shutdown|start|stop|close|check|route|echo|noop|quit|help|inline|main|"
    r"new|auth|user|pass|apop|temp|bless|reload|dataset|convert|append|sync)"
    r"(?:accounts?|domains?|cluster|server|mailbox(?:es)?|groups?|forwarders?|lists?|subscribers?|subscription|subset|"
    r"settings?|effective|defaults?|prefs|template|alias(?:es)?|mail|signal|rules?|rpops?|rsips?|rights|info|acl|stat|"
    r"tel|nums?|presence|plain|password|location|storage|files?|dir|directory|units?|access|integration|records?|"
    r"router|table|modules?|queue|network|client|ips|blacklisted|white|hole|protection|version|current|time|cli|"
    r"commands?|objects?|skins?|web|pbx|named|task|session|message|name|admin|application|class|attrs?|temp|debug|log|"
    r"lan|nated|banned|cookie|denied|total|shared|shareds?|all|posting|mode|type|into|quota|counters?|statelement|"
    r"parlay|lawful|intercept|bridge|dns|hosts?|snmp|trace|os|data|monitor|dyn|air|sync|meeting|conference)*",
    re.IGNORECASE,
)
"""The form of a command: a verb and the words for what it is about. Only the list of commands is held against it."""

SCHEMES: Final = frozenset({"sha", "ssha", "md5", "smd5", "crypt", "ns-mta-md5", "wm-cry", "clear", "plain", "unix"})
"""Schemes of hashes, in lower case, that are kept before what stands for the hash."""
