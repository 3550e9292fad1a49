"""The stick's channel: welcome, standing, and the end of its session."""

from hanare_core.messages import local
from hanare_core.messages.gateway import Delta
from hanare_core.messages.stick import Note, Noted, Reading, Settings, Standing, Stop, Welcome
from hanare_core.problems import Code
from tests.hub.keys import key_of
from tests.hub.peers import until
from tests.hub.store import Store
from tests.hub.town import Hub


def test_welcome_and_standing(hub: Hub) -> None:
    """A stick that may sign in is welcomed and told so; it is in presence as long as its channel is."""
    peer = hub.stick()
    peer.take(Welcome)
    assert peer.take(Standing).code is None
    server = hub.server()
    assert server.ask(local.Facts("city"), local.FactsAnswer).sticks == ("stick-1",)
    peer.close()
    until(lambda: server.ask(local.Facts("city"), local.FactsAnswer).sticks == ())
    server.close()


def test_suspended_stick_is_stopped_and_told(hub: Hub, store: Store) -> None:
    """A stop ends the session with its code, tells the standing, and a resume tells it again."""
    peer = hub.stick()
    peer.take(Welcome)
    peer.take(Standing)
    with store.transaction() as step:
        step.end_lease("lease-1")
        step.put_stick("stick-1", key_of("stick-1"), code="suspended")
    assert peer.take(Stop) == Stop("session-1", Code.SUSPENDED)
    assert peer.take(Standing).code is Code.SUSPENDED
    with store.transaction() as step:
        step.put_stick("stick-1", key_of("stick-1"))
    assert peer.take(Standing).code is None


def test_gateway_hears_of_a_stop_first(hub: Hub, store: Store) -> None:
    """The delta is written to the gateway before the stop is written to the stick."""
    peer, carried = hub.gateway(), hub.stick()
    peer.snapshot()
    carried.take(Welcome)
    carried.take(Standing)
    with store.transaction() as step:
        step.end_lease("lease-1")
    carried.take(Stop)
    assert peer.take(Delta, 0.5).leases[0].reason is Code.SUSPENDED


def test_session_on_another_gateway_goes_on(hub: Hub, store: Store) -> None:
    """A session is over only when none of its leases is present."""
    with store.transaction() as step:
        step.put_lease("lease-2", session="session-1", gateway="gateway-2")
    hub.reach(step.revision)
    peer = hub.stick()
    peer.take(Welcome)
    peer.take(Standing)
    with store.transaction() as step:
        step.end_lease("lease-1", "gateway-unreachable")
    hub.reach(step.revision)
    peer.nothing(0.2)
    with store.transaction() as step:
        step.end_lease("lease-2", "hard-end")
    assert peer.take(Stop) == Stop("session-1", Code.HARD_END)


def test_stop_reaches_a_stick_that_was_away(hub: Hub, store: Store) -> None:
    """A stick that connects after its session ended is told; so it is by a hub that was started after it."""
    with store.transaction() as step:
        step.end_lease("lease-1", "idle")
    hub.reach(step.revision)
    late = hub.stick()
    late.take(Welcome)
    assert late.take(Stop) == Stop("session-1", Code.IDLE)
    hub.kill()
    hub.start()
    later = hub.stick()
    later.take(Welcome)
    assert later.take(Stop) == Stop("session-1", Code.IDLE)


def test_revoked_stick_is_closed(hub: Hub, store: Store) -> None:
    """A stick whose door goes is told that its session ended, and is closed."""
    peer = hub.stick()
    peer.take(Welcome)
    peer.take(Standing)
    with store.transaction() as step:
        step.end_lease("lease-1")
        step.put_stick("stick-1", key_of("stick-1"), state="gone")
    assert peer.take(Stop).code is Code.SUSPENDED
    assert peer.closed() == (4400, "stick-unknown")
    assert hub.stick().closed() == (4400, "not-authentic")


def test_newer_channel_replaces_the_older(hub: Hub) -> None:
    """The second channel of one stick closes the first and stays."""
    first = hub.stick()
    first.take(Welcome)
    second = hub.stick()
    second.take(Welcome)
    assert first.closed() == (4409, "conflict")
    server = hub.server()
    assert server.ask(local.Facts("city"), local.FactsAnswer).sticks == ("stick-1",)
    server.close()


def test_settings_are_told_at_once_and_again_to_a_new_channel(hub: Hub, store: Store) -> None:
    """A session's settings reach its stick with their revision, never the same twice, and again after a reconnect."""
    with store.transaction() as step:
        step.put_lease("lease-1", settings='{"watermark":false}')
    hub.reach(step.revision)
    peer = hub.stick()
    peer.take(Welcome)
    peer.take(Standing)
    told = peer.take(Settings)
    assert (told.session, told.settings.watermark, told.settings.sound) == ("session-1", False, True)
    with store.transaction() as step:
        step.put_lease("lease-1", settings='{"watermark":false}')
    with store.transaction() as step:
        step.put_lease("lease-1", settings='{"sound":false}')
    told = peer.take(Settings)
    assert (told.settings.watermark, told.settings.sound) == (True, False)
    peer.close()
    again = hub.stick()
    again.take(Welcome)
    again.take(Standing)
    assert again.take(Settings) == told


def test_settings_that_break_the_protocol_are_not_told(hub: Hub, store: Store) -> None:
    """A row with nonsense in it costs neither the lease nor the channel."""
    with store.transaction() as step:
        step.put_lease("lease-1", settings='{"idle_end_minutes":500}')
        step.end_lease("lease-1")
    hub.reach(step.revision)
    peer = hub.stick()
    peer.take(Welcome)
    assert peer.take(Stop).code is Code.SUSPENDED


def test_a_message_is_sent_once_a_channel_and_its_reading_is_told(hub: Hub) -> None:
    """Asked again the hub sends nothing twice; a new channel gets it again; who is away has said nothing."""
    peer, server = hub.stick(), hub.server()
    peer.take(Welcome)
    peer.take(Standing)
    asked = local.Tell("city", "note-1", "至急", "", ("stick-1", "stick-2"))
    assert server.ask(asked, local.TellAnswer).readings == {}
    assert peer.take(Note) == Note("note-1", "至急", "")
    peer.send(Noted("note-9", Reading.READ))
    peer.send(Noted("note-1", Reading.SHOWN))
    until(lambda: server.ask(asked, local.TellAnswer).readings == {"stick-1": Reading.SHOWN})
    peer.nothing(0.2)
    assert server.ask(local.Tell("city", "note-9", "", "", ("stick-1",)), local.TellAnswer).readings == {}
    again = hub.stick()
    again.take(Welcome)
    again.take(Standing)
    server.ask(asked, local.TellAnswer)
    assert again.take(Note).note == "note-1"
    server.close()


def test_a_message_of_another_organisation_reaches_no_stick_here(hub: Hub) -> None:
    """The request names the organisation whose stick it is, or the stick hears nothing."""
    peer, server = hub.stick(), hub.server()
    peer.take(Welcome)
    peer.take(Standing)
    server.ask(local.Tell("town", "note-1", "x", "", ("stick-1",)), local.TellAnswer)
    peer.nothing(0.2)
    server.close()
