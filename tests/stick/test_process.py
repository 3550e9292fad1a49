"""Ending a process group for good, whoever its parent is."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from hanare_stick import process
from hanare_stick.process import Running

FAMILY = "sleep 600 & sleep 600 & echo $!; wait"


@pytest.fixture
def leader() -> Iterator["subprocess.Popen[bytes]"]:
    """Start a shell that leads a group of three."""
    with subprocess.Popen(["sh", "-c", FAMILY], stdout=subprocess.PIPE, start_new_session=True) as made:
        yield made
        with contextlib.suppress(ProcessLookupError):
            os.killpg(made.pid, signal.SIGKILL)


def member_of(leader: "subprocess.Popen[bytes]") -> Running:
    """Return the last of the family."""
    assert leader.stdout is not None
    return process.running(int(leader.stdout.readline()))


def test_a_group_is_gone_when_its_end_returns(leader: "subprocess.Popen[bytes]") -> None:
    """Members that are not our children are dead too, not only told to die."""
    member = member_of(leader)
    process.kill_group(process.running(leader.pid))
    assert not process.alive(member)


def test_a_dead_leader_does_not_save_its_group(leader: "subprocess.Popen[bytes]") -> None:
    """What a killed leader left behind is ended all the same."""
    member, led = member_of(leader), process.running(leader.pid)
    os.kill(leader.pid, signal.SIGKILL)
    leader.wait()
    assert process.alive(member)
    process.kill_group(led)
    assert not process.alive(member)


def test_another_process_of_that_number_is_left_alone(leader: "subprocess.Popen[bytes]") -> None:
    """A number that the kernel gave to somebody else since is not killed."""
    member, led = member_of(leader), process.running(leader.pid)
    process.kill_group(Running(pid=led.pid, started=led.started + 1))
    assert process.alive(led)
    assert process.alive(member)
