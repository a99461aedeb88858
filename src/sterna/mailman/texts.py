"""Texts of a list as Mailman's templates: plain text in which ``$name`` is a variable."""

from __future__ import annotations

from typing import Final

from sterna.model.lists import MailingList

FOOTER: Final = "list:member:regular:footer"
"""The one that tells a member how to leave in Mailman's own words, when the source has none."""


def texts(each: MailingList) -> dict[str, str]:
    """Return the templates by their name. Those before and after messages are there also when they are empty.

    Mailman would put its own in their place otherwise, and messages would look otherwise than before.
    """
    result = {
        "list:member:regular:header": each.header,
        FOOTER: each.footer,
        "list:member:digest:header": each.digest_header,
        "list:member:digest:footer": each.digest_footer,
    }
    if each.welcome:
        result["list:user:notice:welcome"] = each.welcome
    if each.goodbye:
        result["list:user:notice:goodbye"] = each.goodbye
    return {name: _template(text) for name, text in result.items()}


def _template(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("$", "$$")
    return lines if not lines or lines.endswith("\n") else lines + "\n"
