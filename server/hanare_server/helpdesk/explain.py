"""Explains a refusal: asks the one decision function about a user, a stick and a moment, and says every reason.

Nothing is decided here and nothing is opened. The factors are taken as given: whether somebody types them rightly is
keyd's to say, and it says that to the stick only. What it has counted it tells here too, and refuses by it first.
"""

from typing import Final, NamedTuple

from hanare_core import sentences
from hanare_core.messages import keyd
from hanare_core.problems import Code
from hanare_core.sentences import Language, Sentence
from hanare_server.access import facts
from hanare_server.access.decision import decide
from hanare_server.directory.models import Loan, Organisation, Stick, User
from hanare_server.helpdesk import guesses
from hanare_server.profiles.resolve import settings_of

NEWEST_IMAGE: Final = 2**53
"""Of a stick that is only supposed: it is no older than any floor."""


class Reason(NamedTuple):
    """One reason against a sign-in."""

    code: Code
    sentence: Sentence
    """What the worker reads, and what the help desk does."""


class Explanation(NamedTuple):
    """The answer to "why can this user not sign in?"."""

    stick: Stick
    supposed: bool
    """The user has no stick: one of their department was supposed."""
    reasons: list[Reason]
    """In the order of the decision; empty: they can."""
    has_pin: bool
    guesses: keyd.GuessesAnswer | None
    """What keyd's counts have left; None: it does not answer, and then nobody can sign in."""


def explain(
    organisation: Organisation, user: User, stick: Stick | None, *, now_ms: int, language: Language
) -> Explanation:
    """Return why this user could not sign in on this stick at this moment; without a stick on the one they would use.

    The user comes with department and profiles.
    """
    supposed = stick or stick_of(user)
    used = supposed or Stick(organisation=organisation, department=user.department, image=NEWEST_IMAGE)
    wanted = facts.factors_wanted(settings_of(organisation, user))
    question = facts.gather(organisation, used, user, factors=wanted, now_ms=now_ms)
    left = guesses.of(organisation.pk, user.pk, supposed.pk if supposed is not None else "")
    codes = [*guesses.locks(left), *([Code.KEYD_UNREACHABLE] if left is None else []), *decide(question)]
    reasons = [Reason(code, _sentence(code, organisation, language)) for code in codes]
    return Explanation(used, supposed is None, reasons, bool(user.envelope), left)


def stick_of(user: User) -> Stick | None:
    """Return the stick that the user holds, or else the first one of their department that may be used."""
    loan = Loan.objects.filter(user=user, returned_ms=None).select_related("stick__department").first()
    if loan is not None:
        return loan.stick
    shared = Stick.objects.filter(department=user.department_id, state=Stick.State.ACTIVE)
    return shared.select_related("department").order_by("label", "pk").first()


def _sentence(code: Code, organisation: Organisation, language: Language) -> Sentence:
    return sentences.for_staff(code, language, help_desk=organisation.help_desk)
