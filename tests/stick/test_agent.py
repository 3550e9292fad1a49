"""The stick's agent in a real home: door, sign-in, tunnel, desktop, and every way in which a session ends."""

import re
import signal
import time
from pathlib import Path

import pytest

from hanare_core.messages.stick import Note, Reading
from hanare_core.problems import Code
from hanare_core.profile import PullOut
from hanare_core.stick_settings import StickSettings
from hanare_lab.screen import Picture
from hanare_lab.wait import until
from hanare_stick import medium, watch
from tests.stick.conftest import SETTINGS, World
from tests.stick.office import CODE, PIN
from tests.stick.screen import ControlClient

pytestmark = pytest.mark.lab

PICTURE_S = 60.0
STOP_S = 10.0
"""Wide; bench_suspend measures it: some 40 ms."""

GONE_S = 20.0
NOTICED_S = 4 * medium.LOOK_S
"""Until a stick that was pulled out is noticed, and what is done then would be told."""

NEW_PIN = "860417-x"
CHANNEL_S = 60.0
"""Wide: a try that a busy machine let pass, and the pause of five seconds."""

LIFE_MS = 12_000
"""Time enough on a busy machine to see the desktop that ends then."""


def opened(world: World) -> ControlClient:
    """Return a client whose session shows its desktop process."""
    world.office.give_pin()
    client = world.start_agent()
    client.wait(step="ready")
    until(world.office.connected, seconds=CHANNEL_S, what="the stick's channel")
    world.sign_in(client)
    client.wait(step="desktop-started")
    until(lambda: world.programs("xfreerdp3"), seconds=GONE_S, what="FreeRDP")
    return client


def kill_desktop(world: World, number: int = signal.SIGKILL) -> None:
    """Kill FreeRDP, as the kernel does when memory runs out or FreeRDP itself when it finds something broken."""
    for pid in world.programs("xfreerdp3"):
        world.home.run(["kill", f"-{number:d}", pid])


def gone(world: World) -> bool:
    """Whether no desktop runs any more."""
    return not world.programs("xfreerdp3")


def test_one_sign_in_shows_the_own_desktop(world: World, tmp_path: Path) -> None:
    """Name, PIN and password typed once bring the office PC's picture; wrong PINs before are told."""
    world.office.failures = 2
    client = opened(world)
    told = [event["failures"] for event in client.events if event["type"] == "opened"]
    assert told == [2]

    def picture() -> Picture | None:
        seen = world.screen.picture(tmp_path / "desktop.png")
        return seen if seen.shows_something else None

    until(picture, seconds=PICTURE_S, what="the desktop", process=world.agent)
    client.send(kind="status")
    marks = client.wait(step="session")["marks"] or client.wait(step="session")["marks"]
    order = ["enter", "begin", "envelope-opened", "finish", "confirm", "first-packet", "desktop-started"]
    assert sorted(order, key=lambda step: int(marks[step])) == order


def test_no_secret_stands_in_a_command_line_or_environment(world: World) -> None:
    """Neither PIN nor password can be read from /proc by name, and the desktop runs as its own user without rights."""
    opened(world)
    for pid in (*world.programs("xfreerdp3"), *world.programs("wireguard-go"), *world.programs("python3")):
        seen = world.home.run(["sh", "-c", f"cat /proc/{pid}/cmdline /proc/{pid}/environ"]).stdout
        assert world.password not in seen
        assert PIN not in seen
    status = world.home.run(["cat", f"/proc/{world.programs('xfreerdp3')[0]}/status"]).stdout
    assert "Uid:\t64106\t64106\t64106\t64106" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


def test_the_desktop_is_the_first_to_go_when_memory_runs_out(world: World) -> None:
    """The kernel would end the desktop before any process of the stick's own (F37)."""
    opened(world)
    pids = {name: world.programs(name) for name in ("xfreerdp3", "wireguard-go")}
    assert world.agent is not None
    pids["agent"] = [str(world.agent.pid)]
    scores = {
        name: [int(world.home.run(["cat", f"/proc/{pid}/oom_score"]).stdout) for pid in found]
        for name, found in pids.items()
    }
    assert min(scores["xfreerdp3"]) > max(scores["wireguard-go"] + scores["agent"])


def test_a_killed_desktop_comes_back_behind_the_lock(world: World) -> None:
    """A killed FreeRDP is told and locked, and the PIN starts it again; the fourth time ends it (F27, F37)."""
    client = opened(world)
    for crash in range(watch.CRASHES):
        kill_desktop(world, signal.SIGABRT if crash == 1 else signal.SIGKILL)
        client.wait(step="locked")
        assert client.wait(code="desktop-crashed")["ja"]["next"]
        assert gone(world)
        client.send(kind="unlock", pin=PIN)
        client.wait(step="desktop-started")
        until(lambda: world.programs("xfreerdp3"), seconds=GONE_S, what="FreeRDP")
    kill_desktop(world)
    client.wait(code="desktop-ended")
    client.wait(step="ready")


def test_a_session_sees_no_home_network(world: World) -> None:
    """The desktop's namespace has a loopback and the tunnel, nothing else."""
    opened(world)
    links = world.home.run(["ip", "-n", "hanare-session", "-br", "link"]).stdout
    assert sorted(line.split()[0] for line in links.splitlines()) == ["hn-session", "lo"]


def test_a_stop_empties_the_screen_at_once(world: World) -> None:
    """After the hub's stop desktop, tunnel and namespace are gone when the reason is told, which is at once."""
    client = opened(world)
    asked = time.monotonic()
    world.office.stop(Code.SUSPENDED)
    event = client.wait(code="suspended")
    assert event["at_ns"] / 1e9 - asked < STOP_S
    assert gone(world)
    assert event["ja"]["title"]
    assert event["en"]["title"]
    client.wait(step="ready")
    assert world.office.ended == []


def test_the_user_ends_the_session_and_signs_in_again(world: World) -> None:
    """An end by the user is told to the server, and the next sign-in works with the next generation."""
    client = opened(world)
    client.send(kind="end")
    client.wait(code="ended-by-user")
    client.wait(step="ready")
    assert world.office.ended == [Code.ENDED_BY_USER]
    world.sign_in(client)
    client.wait(step="desktop-started")


def test_the_hard_end_closes_the_session(world: World) -> None:
    """At the session's hard end everything goes, whatever the office says."""
    world.office.life_ms = LIFE_MS
    client = opened(world)
    client.wait(code="hard-end")
    assert gone(world)


def test_a_wrong_pin_opens_nothing(world: World) -> None:
    """A wrong PIN is refused by the envelope: nothing but begin was sent, and the stick is ready again."""
    world.office.give_pin()
    client = world.start_agent()
    client.wait(step="ready")
    world.sign_in(client, pin="000001")
    assert client.wait(code="sign-in-failed")["ja"]["next"]
    client.wait(step="ready")
    assert "finish" not in world.office.calls


def test_a_first_pin_then_a_sign_in(world: World) -> None:
    """A one-time code sets a PIN with which the user signs in; a weak PIN is refused before anything is sent."""
    client = world.start_agent()
    client.wait(step="ready")
    client.send(kind="first-pin", user="kikaku01", code=CODE, pin="123456")
    client.wait(code="pin-weak")
    client.wait(step="ready")
    assert "first-pin/begin" not in world.office.calls
    client.send(kind="first-pin", user="kikaku01", code="abcd-efgh-ijkl-mnop", pin=PIN)
    client.wait(step="first-pin-set")
    client.wait(step="ready")
    world.sign_in(client)
    client.wait(step="desktop-started")


def test_a_killed_agent_leaves_the_desktop_and_adopts_it(world: World) -> None:
    """Killing the agent ends nothing on the screen; the next agent obeys a stop of the same session."""
    opened(world).close()
    desktop = world.programs("xfreerdp3")
    assert world.agent is not None
    world.agent.kill()
    assert world.programs("xfreerdp3") == desktop
    client = world.start_agent()
    client.wait(step="session")
    until(world.office.connected, seconds=CHANNEL_S, what="the stick's channel")
    assert world.programs("xfreerdp3") == desktop
    world.office.stop(Code.SESSION_SUSPENDED)
    client.wait(code="session-suspended")
    assert gone(world)


def test_a_dead_session_is_cleared_away(world: World) -> None:
    """If agent and desktop died together the next agent starts clean and a sign-in works."""
    opened(world).close()
    assert world.agent is not None
    world.agent.kill()
    kill_desktop(world)
    client = world.start_agent()
    client.wait(step="ready")
    world.sign_in(client)
    client.wait(step="desktop-started")


def test_a_terminated_agent_leaves_nothing(world: World) -> None:
    """SIGTERM ends desktop, tunnels and namespace; the agent's exit code is 0."""
    opened(world)
    assert world.agent is not None
    world.agent.send(signal.SIGTERM)
    assert world.agent.wait(GONE_S) == 0
    assert gone(world)
    assert "hn-" not in world.home.run(["ip", "-br", "link"]).stdout
    assert world.home.run(["ip", "netns"]).stdout == ""


def test_nonsense_on_the_control_socket_is_refused(world: World) -> None:
    """Malformed lines get a code, and the agent goes on."""
    client = world.start_agent()
    client.wait(step="ready")
    for kind in ("nonsense", "sign-in"):
        client.send(kind=kind)
        client.wait(code="malformed")
    client.send(kind="status")
    client.wait(step="ready")


def test_a_suspended_stick_hears_why(world: World) -> None:
    """A refusal at hello reaches the screen, and the agent stays to try again."""
    world.office.refuse["hello"] = Code.SUSPENDED
    client = world.start_agent()
    client.wait(step="ready")
    world.sign_in(client)
    client.wait(code="suspended")
    world.office.refuse.clear()
    world.office.give_pin()
    client.wait(step="ready")
    world.sign_in(client)
    client.wait(step="desktop-started")


def test_wrong_settings_end_with_a_sentence(world: World) -> None:
    """Settings that cannot be used end the agent with 2 and one line, without a traceback."""
    world.home.write(SETTINGS, 'device = "/media/hanare"\nrum = "/run"\n')
    with pytest.raises(OSError, match=r"Connection refused|No such file"):
        ControlClient(world.home.root / "run/hanare-stick/control.sock")
    done = world.home.run(
        ["python3", "-m", "hanare_stick", SETTINGS],
        env={"PYTHONPATH": "/opt/hanare/core:/opt/hanare/stick"},
        check=False,
    )
    assert done.returncode == 2
    assert "rum" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_pin_is_changed_in_a_session(world: World) -> None:
    """The present PIN is proven and the new one opens the lock; a wrong one changes nothing, and the desktop stays."""
    client = opened(world)
    desktop = world.programs("xfreerdp3")
    client.send(kind="change-pin", pin="000001", new_pin=NEW_PIN)
    client.wait(code="sign-in-failed")
    client.send(kind="change-pin", pin=PIN, new_pin=NEW_PIN)
    client.wait(step="pin-changed")
    client.send(kind="lock")
    client.wait(step="locked")
    client.send(kind="unlock", pin=PIN)
    client.wait(code="sign-in-failed")
    client.send(kind="unlock", pin=NEW_PIN)
    client.wait(step="session")
    assert world.programs("xfreerdp3") == desktop


def test_a_lock_during_the_proof_of_the_pin_holds(world: World) -> None:
    """The lid is closed while the right PIN is being proven: the screen stays covered, and the PIN opens it next."""
    client = opened(world)
    client.send(kind="lock")
    client.wait(step="locked")
    client.send(kind="unlock", pin=PIN)
    client.send(kind="lock")
    client.wait(code="out-of-order")
    client.send(kind="function")
    client.wait(code="out-of-order")
    client.send(kind="unlock", pin=PIN)
    client.wait(step="session")


def test_a_change_while_the_session_opens_is_obeyed(world: World) -> None:
    """What the hub says before the server's answer is there is newer, and holds from the first picture."""
    world.office.changed = StickSettings(idle_lock_minutes=3, idle_end_minutes=7, watermark=False)
    client = opened(world)
    rules = next(event for event in client.events if event["type"] == "opened")
    assert (rules["idle_lock_s"], rules["idle_end_s"], rules["watermark"]) == (180, 420, False)


def test_changed_settings_reach_a_running_session(world: World) -> None:
    """Idle times and watermark of a saved profile are told to the screen at once; another session's are not."""
    client = opened(world)
    settings = StickSettings(idle_lock_minutes=3, idle_end_minutes=7, watermark=False)
    world.office.obey(settings)

    def told() -> bool:
        client.send(kind="status")
        client.wait(step="session")
        rules = [event for event in client.events if event["type"] == "opened"][-1]
        return (rules["idle_lock_s"], rules["idle_end_s"], rules["watermark"]) == (180, 420, False)

    until(told, seconds=GONE_S, what="the new settings", process=world.agent)
    world.office.session += 1
    world.office.obey(StickSettings())
    world.office.session -= 1
    assert told()
    assert world.programs("xfreerdp3")


def test_a_message_of_the_office_is_shown_until_it_is_read(world: World) -> None:
    """It reaches a screen, also one that stands later; the office hears that it was shown and read, each once."""
    client = world.start_agent()
    client.wait(step="ready")
    until(world.office.connected, seconds=CHANNEL_S, what="the stick's channel")
    note = Note(note="note-1", ja="至急ご連絡ください", en="")
    world.office.say(note)
    until(lambda: world.office.noted, seconds=GONE_S, what="the stick's word", process=world.agent)
    assert [said.reading for said in world.office.noted] == [Reading.DELIVERED]
    client.send(kind="area", width=1280, height=720)
    until(lambda: len(world.office.noted) > 1, seconds=GONE_S, what="a screen", process=world.agent)
    client.send(kind="note-read", note="note-1")
    until(lambda: len(world.office.noted) > 2, seconds=GONE_S, what="the person's word", process=world.agent)
    assert [said.reading for said in world.office.noted] == [Reading.DELIVERED, Reading.SHOWN, Reading.READ]
    world.office.say(note)
    until(lambda: len(world.office.noted) > 3, seconds=GONE_S, what="the stick's word again", process=world.agent)
    client.send(kind="status")
    client.wait(step="ready")
    assert [event["ja"] for event in client.events if event["type"] == "note"] == [note.ja]


def test_diagnostics_are_sent_when_the_person_agrees_and_only_then(world: World) -> None:
    """A question that is declined sends nothing; a yes sends versions, line and log once, without addresses or keys."""
    client = world.start_agent()
    client.wait(step="ready")
    until(world.office.connected, seconds=CHANNEL_S, what="the stick's channel")
    for number, agreed in ((1, False), (2, True), (3, False)):
        world.office.say(
            Note(note=f"note-{number}", ja="診断情報を送ってよろしいですか", en="", diagnostics=number < 3)
        )
        until(
            lambda number=number: world.office.noted[-1:] and world.office.noted[-1].note == f"note-{number}",
            seconds=GONE_S,
            what="the stick's word",
            process=world.agent,
        )
        client.send(kind="note-read", note=f"note-{number}", agreed=agreed or number == 3)
    until(lambda: world.office.bundles, seconds=GONE_S, what="the diagnostics", process=world.agent)
    client.send(kind="note-read", note="note-2", agreed=True)
    client.send(kind="status")
    client.wait(step="ready")
    (bundle,) = world.office.bundles
    assert bundle.note == "note-2"
    assert {"image", "kernel", "memory", "line", "gateway"} <= set(bundle.facts)
    told = " ".join((*bundle.facts.values(), *bundle.log))
    assert not re.search(r"\d+\.\d+\.\d+\.\d+|[A-Za-z0-9_-]{43}", told)


def test_the_agent_tells_what_network_there_is(world: World) -> None:
    """Before any sign-in a screen may ask; a home with a cable and without Wi-Fi says just that."""
    client = world.start_agent()
    client.wait(step="ready")
    client.send(kind="wifi-scan")

    def told() -> list[object]:
        client.send(kind="status")
        client.wait(step="ready")
        return [(event["radio"], event["cable"]) for event in client.events if event["type"] == "networks"]

    assert until(told, seconds=GONE_S, what="the networks", process=world.agent) == [(False, True)]
    client.send(kind="wifi-join", name="nowhere")
    client.wait(code="malformed")


@pytest.mark.parametrize("pull_out", PullOut)
def test_a_stick_that_is_pulled_out_locks_or_not_as_the_profile_says(world: World, pull_out: PullOut) -> None:
    """The work goes on from memory, unlocked, where the profile says so; else the screen is locked at once."""
    world.office.changed = StickSettings(pull_out=pull_out)
    client = opened(world)
    desktop = world.programs("xfreerdp3")
    world.home.write(str(medium.TOLD), "pulled\n")
    if pull_out is PullOut.LOCK:
        client.wait(step="locked")
    else:
        with pytest.raises(AssertionError, match="no locked"):
            client.wait(step="locked", seconds=NOTICED_S)
        client.send(kind="status")
        client.wait(step="session")
    assert world.programs("xfreerdp3") == desktop
