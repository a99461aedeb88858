"""A list's settings in the words of Mailman 3's configuration, and what it has no equal for. Pure.

What the source does not say stays as Mailman has it. The attributes are those of ``/lists/<list>/config``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sterna.mailman.wanted import Action, Setting
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import Content, Delivery, MailingList, Posters, Posting, Subscribing

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that Mailman has otherwise, or not at all."""

    outcome: Outcome
    what: str
    why: str
    todo: str = ""

    def finding(self, subject: Address) -> Finding:
        """Return the row of the loss report."""
        return Finding("list", str(subject), self.outcome, self.what, self.why, self.todo)


def settings(
    each: MailingList, address: Address, names: Iterable[Address], owner: Iterable[Address]
) -> tuple[dict[str, Setting], list[Loss]]:
    """Return the configuration and what is lost.

    Args:
        each: the list as it is on the source.
        address: its address in Mailman.
        names: its addresses on the source; mail to them is mail to the list.
        owner: all addresses of its owner, who may always post.
    """
    losses: list[Loss] = []
    result: dict[str, Setting] = {
        "display_name": each.address.local,
        "subject_prefix": f"{each.subject_prefix} " if each.subject_prefix else "",
        "reply_goes_to_list": "point_to_list" if each.reply_to_list else "no_munging",
        "max_message_size": -(-(each.size_limit_bytes or 0) // 1024),
        "max_num_recipients": 0,
        "acceptable_aliases": tuple(sorted({str(name) for name in names} - {str(address)})),
        "accept_these_nonmembers": tuple(sorted({str(name) for name in owner if str(name).isascii()})),
        "archive_policy": "private" if each.archive else "never",
        "anonymous_list": each.hide_from,
        "send_welcome_message": bool(each.welcome),
        "send_goodbye_message": bool(each.goodbye),
        "digests_enabled": True,
    }
    if each.description:
        result["description"] = " ".join(each.description.split())
    result |= _posting(each, losses)
    result |= _subscribing(each, losses)
    result |= _content(each, losses)
    result |= _digests(each, losses)
    if each.max_bounces is not None:
        result |= {"process_bounces": True, "bounce_score_threshold": each.max_bounces}
        why = "Mailman counts at most one bounce a day for each member, and forgets them after a week without any"
        losses.append(Loss(Outcome.CHANGED, f"bounces: {each.max_bounces}", why))
    losses += _shape(each)
    return result, losses


def held_for_newcomers(each: MailingList) -> bool:
    """Whether a newcomer's messages are treated otherwise than those of today's members."""
    return each.newcomers_prohibited or each.first_moderated != 0


def _posting(each: MailingList, losses: list[Loss]) -> dict[str, Setting]:
    members, others = _POSTING[each.posters]
    if each.posters is None:
        why = "the source's rule who may post is not known, so each message waits for the owner"
        losses.append(Loss(Outcome.CHANGED, "postings", why, "Set who may post in Mailman."))
    if members is Action.DEFER and held_for_newcomers(each):
        members = Action.REJECT if each.newcomers_prohibited else Action.HOLD
        if each.first_moderated not in (0, None) and not each.newcomers_prohibited:
            what = f"the first {each.first_moderated} messages of a new member are moderated"
            why = "Mailman does not count: all messages of a new member wait until a moderator lets the member through"
            losses.append(Loss(Outcome.CHANGED, what, why))
    return {"default_member_action": members, "default_nonmember_action": others}


_POSTING = {
    Posters.ANYBODY: (Action.DEFER, Action.DEFER),
    Posters.SUBSCRIBERS: (Action.DEFER, Action.REJECT),
    Posters.MODERATE_GUESTS: (Action.DEFER, Action.HOLD),
    Posters.MODERATED: (Action.HOLD, Action.HOLD),
    Posters.OWNER: (Action.REJECT, Action.REJECT),
    None: (Action.HOLD, Action.HOLD),
}
"""For who may post, what is done with mail of members and of others."""


def _subscribing(each: MailingList, losses: list[Loss]) -> dict[str, Setting]:
    confirm = each.confirm is not False
    policy = "confirm_then_moderate" if confirm else "moderate"
    match each.subscribing:
        case Subscribing.ANYBODY:
            policy = "confirm" if confirm else "open"
        case Subscribing.MODERATED:
            pass
        case None:
            why = "the source's rule who may subscribe is not known, so the owner decides"
            losses.append(Loss(Outcome.CHANGED, "subscribing", why, "Set who may subscribe in Mailman."))
        case Subscribing.NOBODY | Subscribing.DOMAIN | Subscribing.LOCALS:
            why = "Mailman has no such rule, so its owner decides about each who asks"
            losses.append(Loss(Outcome.CHANGED, f"subscribing: {each.subscribing}", why))
    return {"subscription_policy": policy, "unsubscription_policy": "confirm" if confirm else "open"}


def _content(each: MailingList, losses: list[Loss]) -> dict[str, Setting]:
    if each.content in (None, Content.ANYTHING):
        return {"filter_content": False}
    kinds = {
        Content.PLAIN: ("text/plain",),
        Content.TEXT: ("text",),
        Content.ALTERNATIVE: ("multipart/alternative", "text"),
    }[each.content or Content.ANYTHING]
    why = f"Mailman passes only parts of the kinds {', '.join(kinds)}, and rejects a message that has none of them"
    losses.append(Loss(Outcome.CHANGED, f"format: {each.content}", why, "Send a message with an attachment and look."))
    return {
        "filter_content": True,
        "filter_action": "reject",
        "pass_types": kinds,
        "collapse_alternatives": each.content is not Content.ALTERNATIVE,
        "convert_html_to_plaintext": False,
    }


def _digests(each: MailingList, losses: list[Loss]) -> dict[str, Setting]:
    result: dict[str, Setting] = {"digest_send_periodic": each.digest_period_s is not None}
    if each.digest_size_bytes is not None:
        result["digest_size_threshold"] = each.digest_size_bytes / 1024
    if each.digest_period_s not in (None, _DAY_S):
        why = "Mailman sends digests when its own timer runs, once a day as Debian sets it up"
        losses.append(Loss(Outcome.CHANGED, f"digests every {each.digest_period_s} s", why))
    return result


def _shape(each: MailingList) -> Iterator[Loss]:
    if each.hide_from:
        why = "Mailman takes every trace of the author from a message of such a list, not only the address"
        yield Loss(Outcome.CHANGED, "hidden authors", why, "Set anonymous_list as you want it.")
    if each.archive:
        why = "new messages are archived for members; what is in the old archive is in its owner's mailboxes"
        yield Loss(Outcome.CHANGED, "archive", why, "Import the old archive with mailman-hyperkitty if you use it.")
    if each.first_moderated is None and each.posters is Posters.OWNER:
        yield Loss(Outcome.KEPT, "newcomers are moderated", "only the owner may post in any case")
    counts = {mode: sum(one.delivery is mode for one in each.subscribers) for mode in Delivery}
    if counts[Delivery.INDEX]:
        why = "Mailman knows the mode, and today sends the same as to digest members: whole messages"
        yield Loss(Outcome.CHANGED, f"{counts[Delivery.INDEX]} index members", why)
    if counts[Delivery.PENDING]:
        why = "they asked to subscribe and have not confirmed, so they are no members"
        yield Loss(Outcome.DROPPED, f"{counts[Delivery.PENDING]} pending subscriptions", why, "They can ask again.")
    if counts[Delivery.LEFT]:
        why = "they have left the list, and are no members"
        yield Loss(Outcome.DROPPED, f"{counts[Delivery.LEFT]} records of former members", why)
    counted = sum(one.posting is Posting.MODERATED and one.moderated_posts is not None for one in each.members)
    if counted:
        why = "Mailman does not count: all their messages wait until a moderator lets them through"
        yield Loss(Outcome.CHANGED, f"{counted} members whose next messages are moderated", why)
