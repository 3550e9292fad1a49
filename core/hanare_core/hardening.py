"""What every process of ours that holds a secret does first: it forbids core dumps, in which it would stand."""

import resource


def no_core_dumps() -> None:
    """Forbid core dumps for this process and its children (setrlimit(2), RLIMIT_CORE)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
