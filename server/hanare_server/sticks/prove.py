"""prove: after a begin, the PIN unlocks a covered screen. keyd verifies; nothing is opened."""

from hanare_core import signed
from hanare_core.messages import keyd
from hanare_core.messages.api import Done, Prove, ProveBody
from hanare_core.signed import Kind
from hanare_server.sticks import refusals
from hanare_server.sticks.guard import heard_stick


def prove(message: Prove, source: str) -> Done:
    """Have keyd verify the proof."""
    stick = heard_stick(message.stick, source)
    signed.verify(Kind.PROVE_STICK, message.by_stick, stick.identity_key, ProveBody)
    request = keyd.ProveRequest(
        organisation=stick.organisation_id,
        certificate=stick.certificate,
        by_user=message.by_user,
        by_stick=message.by_stick,
    )
    refusals.ask_keyd(stick, request, keyd.DoneAnswer)
    return Done()
