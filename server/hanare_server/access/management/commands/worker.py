"""`worker`: the server's second process; ends what is over. Several may run: each look is repeated under the lock."""

import logging
import os
import signal
import threading
from typing import Any, Final

from django.db import DatabaseError, close_old_connections, connections

from hanare_core.problems import Problem
from hanare_server.access import mass_stop, planner, upkeep
from hanare_server.approvals import requests
from hanare_server.audit import off_box, seal
from hanare_server.directory.management.base import QuickCommand, say
from hanare_server.directory.models import Organisation
from hanare_server.emergency import code as sealed_code
from hanare_server.helpdesk import diagnostics, messages
from hanare_server.jobs import work
from hanare_server.lending import leaving, reminders
from hanare_server.reports import counted
from hanare_server.sticks import leftovers

ROUND_SECONDS: Final = 5.0
"""Between two rounds: a session ends so much after its hours at the latest. The kernel does not wait for us."""

SEAL_SECONDS: Final = 0.25
"""Between two looks at the audit logs: so long a row waits for its seal at most, privileged or not."""

JOB_SECONDS: Final = 0.5
"""Between two looks for long work that waits."""

NICE: Final = 5
"""How far the worker stands back for the other processes (nice(2)): its rounds over ten thousand sessions may take
longer, a person who stops one or signs in may not. Not further, because it holds an organisation's lock at times."""

_log: Final = logging.getLogger(__name__)


class Command(QuickCommand):
    """Goes round until SIGTERM or SIGINT."""

    help = say("help.worker")

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run rounds; a database that is away is tried again in the next."""
        os.nice(NICE)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        beside = [threading.Thread(target=target, args=(stop,)) for target in (_seal_rounds, _job_rounds)]
        for thread in beside:
            thread.start()
        while not stop.wait(ROUND_SECONDS):
            try:
                _round()
            except (DatabaseError, Problem):
                _log.exception("a round failed; the next is tried")
            finally:
                close_old_connections()
        for thread in beside:
            thread.join()


def _seal_rounds(stop: threading.Event) -> None:
    """Seal the audit logs and send their copy outside; in a thread of its own, so that a slow round delays neither."""
    while not stop.wait(SEAL_SECONDS):
        try:
            seal.seal_all()
            off_box.send_all()
        except (DatabaseError, Problem):
            _log.exception("sealing failed; the next round tries again")
        finally:
            close_old_connections()
    connections.close_all()


def _job_rounds(stop: threading.Event) -> None:
    """Do long work; in a thread of its own, so that a session's end does not wait for an import."""
    while not stop.wait(JOB_SECONDS):
        try:
            while not stop.is_set() and work.work():
                pass
        except (DatabaseError, Problem):
            _log.exception("a job was interrupted; the next round begins it anew")
        finally:
            close_old_connections()
    connections.close_all()


def _round() -> None:
    for organisation in Organisation.objects.all():
        upkeep.round_of(organisation)
        reminders.round_of(organisation)
        messages.round_of(organisation)
        diagnostics.round_of(organisation)
        requests.round_of(organisation)
        mass_stop.round_of(organisation)
        sealed_code.round_of(organisation)
        counted.round_of(organisation)
        leaving.forget(organisation.pk)
    leftovers.clear()
    planner.round_of()
