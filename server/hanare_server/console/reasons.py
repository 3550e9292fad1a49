"""Why somebody does something: asked for where an act loosens, destroys or leaves the house, and kept in the log."""

from typing import Final

from django.http import HttpRequest

from hanare_core.problems import Code, Problem
from hanare_server.directory import names

REASON_CHARACTERS: Final = 500
"""As long as a request for approval keeps."""

WHY: Final = "why"
"""Its name in the audit log; `reason` is a code there."""


def given(request: HttpRequest) -> str:
    """Return the form's reason, or nothing; raises Problem(MALFORMED) for characters that nobody can read."""
    text = " ".join(request.POST.get("reason", "").split())[:REASON_CHARACTERS]
    return names.check_text(text, path="reason")


def required(request: HttpRequest) -> str:
    """Return the form's reason; raises Problem(MALFORMED) when there is none."""
    found = given(request)
    if not found:
        raise Problem(Code.MALFORMED, detail={"path": "reason"})
    return found


def detail(why: str) -> dict[str, str]:
    """Return it as a row of the audit log has it."""
    return {WHY: why} if why else {}
