"""Work on several sticks at once that a person stops."""

import signal
import sys
import threading
import traceback
from pathlib import Path

from hanare_image import side_by_side
from hanare_image.disks import Disk
from hanare_image.side_by_side import Step
from hanare_image.texts import say
from hanare_lab.wait import until


def test_a_second_ctrl_c_takes_no_outcome_away() -> None:
    """The first stops each stick at its next step; while that is waited for, another one does nothing."""
    usual = signal.getsignal(signal.SIGINT)
    finishes, goes_on = (Disk(Path(name), name, "", 0, removable=True) for name in ("finishes", "goes on"))

    def work(disk: Disk, step: Step) -> str:
        if disk is finishes:
            until(_is_waited_for, seconds=30, what="the main thread's wait")
            signal.raise_signal(signal.SIGINT)
        until(lambda: signal.getsignal(signal.SIGINT) is signal.SIG_IGN, seconds=30, what="the wait for the end")
        if disk is goes_on:
            step()
        signal.raise_signal(signal.SIGINT)
        return "finished"

    told = side_by_side.run([finishes, goes_on], work)
    assert [(one.done, one.said) for one in told] == [(True, "finished"), (False, say("problem.stopped"))]
    assert signal.getsignal(signal.SIGINT) is usual


def _is_waited_for() -> bool:
    frame = sys._current_frames()[threading.main_thread().ident or 0]
    return any(one.f_code is side_by_side._wait.__code__ for one, _ in traceback.walk_stack(frame))
