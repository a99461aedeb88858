"""Why a pass does not touch an account or a mailbox: each says what is safe and what to do."""

from __future__ import annotations

from sterna.cyrus.mailbox_state import MailboxHeader
from sterna.errors import Scope, SternaError
from sterna.model.address import Address
from sterna.model.mailbox import MailboxName


class NotAppliedError(SternaError):
    """The target does not know the account yet."""

    scope = Scope.ACCOUNT
    exit_code = 69

    def __init__(self, account: Address) -> None:
        self.account = account
        super().__init__("the target has no INBOX for it; run sterna apply first, then copy again")


class AccountGoneError(SternaError):
    """The source lists no mailbox for the account, not even INBOX."""

    scope = Scope.ACCOUNT
    exit_code = 66

    def __init__(self, account: Address) -> None:
        self.account = account
        super().__init__(
            "the source shows no mailbox of it, not even INBOX; it was removed meanwhile, or the administrator may not "
            "read it. Nothing was changed on the target"
        )


class MailboxNotOursError(SternaError):
    """The target has mail of its own in the mailbox, so the source's UIDs cannot be kept there."""

    scope = Scope.MAILBOX
    exit_code = 73

    def __init__(self, account: Address, mailbox: MailboxName, header: MailboxHeader) -> None:
        self.account = account
        self.mailbox = mailbox
        super().__init__(
            f"the target's mailbox has had mail of its own (its last UID is {header.last_uid}) or belongs to an "
            "earlier UIDVALIDITY of the source; nothing was written to it. Move that mail away, delete the target's "
            'mailbox as administrator and run copy again; or set policy.without_uids = "append", which brings the '
            "source's mail with new UIDs"
        )


class FiltersInTheWayError(SternaError):
    """The empty INBOX would have to be made anew, and its owner's Sieve scripts would go with it."""

    scope = Scope.MAILBOX
    exit_code = 73

    def __init__(self, scripts: int) -> None:
        self.scripts = scripts
        super().__init__(
            f"the account has {scripts} filter scripts on the target already, which would be lost when its empty INBOX "
            "is made anew with the source's UIDVALIDITY; nothing was written. Save and remove the scripts, copy, and "
            "put them back"
        )


class ShrunkError(SternaError):
    """Most of what was copied of an account is gone from the source at once."""

    scope = Scope.ACCOUNT
    exit_code = 75

    def __init__(self, known: int, shown: int) -> None:
        self.known = known
        self.shown = shown
        super().__init__(
            f"{known} messages were copied and the source shows only {shown} now; nothing was changed on the target. "
            "See whether the source's mail store is complete; if it is, run copy --accept-shrunk: the deletions follow"
        )


class NotFurnishedError(SternaError):
    """The target took a mailbox's rights or role and does not show them."""

    scope = Scope.MAILBOX
    exit_code = 76

    def __init__(self) -> None:
        super().__init__(
            "the target took the mailbox's access rights or its role and shows something else; its mail is complete. "
            "Set them by hand (SETACL, SETMETADATA), and report this"
        )
