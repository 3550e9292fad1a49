"""`python -m hanare_stick.kiosk [SETTINGS.toml]`: starts the compositor, which starts the same program again inside.

Inside it is two processes: the guardian, and the kiosk that it watches.

Ends with 2 when it cannot start, with one sentence.
"""

import os
import sys
from pathlib import Path

import msgspec

from hanare_stick.kiosk import compositor, guardian, settings
from hanare_stick.kiosk.settings import Settings


def main() -> int:
    """Run the kiosk; inside the compositor when there is none yet."""
    arguments = sys.argv[1:]
    try:
        chosen = settings.read(Path(arguments[0])) if arguments else Settings()
        if "LABWC_PID" not in os.environ:
            compositor.start(chosen, arguments)
        guardian.kiosk_or_end()
        # GTK opens its display when it is loaded, which only the inner start may do.
        from hanare_stick.kiosk.draw.application import Application  # noqa: PLC0415

        os.environ.pop(guardian.CONNECTION, None)
        return Application(chosen).run()
    except (OSError, KeyError, msgspec.DecodeError) as error:
        sys.stderr.write(f"hanare-kiosk: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
