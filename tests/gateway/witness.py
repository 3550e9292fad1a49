"""Counts the packets of a stream where they are sent and where they are received, in a table of its own at either end.

What was sent and did not arrive was lost. What a busy machine sends again, because it was late, was not.
"""

import re
from typing import Final

from hanare_lab.machine import Machine
from tests.gateway.site import Site
from tests.gateway.stream import RDP

_SENT, _CAME = "counter name sent", "counter name received"
_TABLE: Final = f"""
table inet witness {{
  counter sent {{ }}
  counter received {{ }}
  chain output {{ type filter hook output priority 0; tcp dport {RDP} {_SENT}; tcp sport {RDP} {_SENT}; }}
  chain input {{ type filter hook input priority 0; tcp dport {RDP} {_CAME}; tcp sport {RDP} {_CAME}; }}
}}
"""


class Witness:
    """Of the streams between the site's home and its office PC, from now on."""

    def __init__(self, site: Site) -> None:
        self._ends = (site.home, site.pc)
        for machine in self._ends:
            machine.run(["nft", "-f", "-"], stdin=_TABLE)

    def nothing_lost(self) -> bool:
        """Whether everything that was sent has arrived; the last packet may be on its way."""
        home, pc = (_counted(machine) for machine in self._ends)
        return min(home) > 0 and (home, pc) == (pc[::-1], home[::-1])


def _counted(machine: Machine) -> tuple[int, int]:
    """Return how many packets were sent and received."""
    shown = machine.run(["nft", "list", "counters", "table", "inet", "witness"]).stdout
    found = dict(re.findall(r"counter (\w+) {\s+packets (\d+)", shown))
    return int(found["sent"]), int(found["received"])
