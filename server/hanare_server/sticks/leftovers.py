"""Clears what the API kept for a moment: tickets that nobody confirmed, tokens that have run out."""

from hanare_server.clock import now_ms
from hanare_server.sticks.models import RegistrationToken, SignIn
from hanare_server.sticks.sign_in import CONFIRM_MS


def clear() -> None:
    """Delete sign-ins two lives after their end (repeats are answered until then), and used or old tokens."""
    now = now_ms()
    SignIn.objects.filter(not_after_ms__lt=now - CONFIRM_MS).delete()
    RegistrationToken.objects.filter(not_after_ms__lt=now - CONFIRM_MS).delete()
