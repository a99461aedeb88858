"""What can go wrong with Mailman's REST API."""

from __future__ import annotations

from sterna.errors import Retry, Scope, SternaError


class MailmanConnectError(SternaError):
    """Mailman's REST API cannot be reached, or broke off."""

    scope = Scope.SERVER
    retry = Retry.LATER
    exit_code = 69  # EX_UNAVAILABLE

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(
            f"Mailman at {url} cannot be reached: {reason}; what it has taken is kept, and the same command goes on. "
            "Does it run, and is target.mailman.url right?"
        )


class MailmanLoginError(SternaError):
    """Mailman refuses the name or the password."""

    scope = Scope.SERVER
    exit_code = 77  # EX_NOPERM

    def __init__(self, url: str, user: str) -> None:
        self.url = url
        self.user = user
        super().__init__(
            f"Mailman at {url} refuses the login of {user}; nothing was changed. Compare target.mailman.user and its "
            "password file with admin_user and admin_pass in the section [webservice] of Mailman's configuration"
        )


class MailmanAnswerError(SternaError):
    """Something that is not Mailman answers, or an answer is not what the API says."""

    scope = Scope.SERVER
    exit_code = 76  # EX_PROTOCOL

    def __init__(self, url: str, path: str, what: str) -> None:
        self.url = url
        self.path = path
        self.what = what
        super().__init__(
            f"{url} answers {path} with {what}, which Mailman 3 does not; nothing more was changed. "
            "Is target.mailman.url its REST API?"
        )


class MailmanRefusedError(SternaError):
    """Mailman does not do what it was asked; `status` is that of HTTP, `reason` its own words."""

    scope = Scope.ACCOUNT
    exit_code = 70  # EX_SOFTWARE

    def __init__(self, what: str, status: int, reason: str) -> None:
        self.what = what
        self.status = status
        self.reason = reason
        super().__init__(f"Mailman refused to {what} ({status}): {reason or 'it gives no reason'}")


class NoMailmanError(SternaError):
    """The site file declares no Mailman."""

    scope = Scope.RUN
    exit_code = 78  # EX_CONFIG

    def __init__(self) -> None:
        super().__init__("the site file has no table [target.mailman], so there is nowhere to load lists to; add it")


class TemplateError(SternaError):
    """A list's text cannot be written where Mailman looks for it."""

    scope = Scope.ACCOUNT
    exit_code = 73  # EX_CANTCREAT

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"the text {path} cannot be written: {reason}; everything else of the list is done. Make the folder "
            "target.mailman.template_dir writable, or leave it out and copy the files of: sterna export mailman"
        )
