"""What a process keeps for long is left alone by Python's garbage collector.

It stops everything else while it walks through all that is there: ten thousand leases or a loaded Django take it tens
of milliseconds, for which a stop would wait.
"""

import gc


def keep_for_long() -> None:
    """Clear away what is over, and walk no more through what is there now; what ends later is freed all the same."""
    gc.collect()
    gc.freeze()
