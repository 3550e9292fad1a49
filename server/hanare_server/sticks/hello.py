"""hello: the stick learns the time, gets a nonce, and hears whether it may be used at all."""

from hanare_core import signed, stick_settings, wire
from hanare_core.messages import keyd
from hanare_core.messages.api import Hello, HelloAnswer, SignedAnswer
from hanare_core.signed import Kind
from hanare_server import keyd_client, keys
from hanare_server.clock import now_ms
from hanare_server.directory.models import Stick
from hanare_server.profiles.resolve import settings_of
from hanare_server.sticks.guard import heard_stick


def hello(message: Hello, source: str) -> SignedAnswer:
    """Answer hello, signed by the server's key."""
    wire.require_version(message.protocol)
    stick = heard_stick(message.stick, source)
    if (stick.image, stick.virtual) != (message.image, message.virtual):
        Stick.objects.filter(pk=stick.pk).update(image=message.image, virtual=message.virtual)
    organisation = stick.organisation
    settings = settings_of(organisation, None, stick.department)
    nonce = keyd_client.ask(keyd.NonceRequest(stick=stick.id), keyd.NonceAnswer).nonce
    answer = HelloAnswer(
        stick=stick.id,
        time_ms=now_ms(),
        nonce=nonce,
        organisation_name=organisation.name,
        help_desk=organisation.help_desk,
        image_floor=settings.image_floor,
        settings=stick_settings.before_sign_in(settings),
    )
    return SignedAnswer(signed=signed.sign(Kind.HELLO_ANSWER, answer, keys.signing_key()))
