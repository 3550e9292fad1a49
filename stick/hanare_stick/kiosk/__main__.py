"""`python -m hanare_stick.kiosk [SETTINGS.toml]`: starts the compositor, and in it two processes.

They are the guardian, and the kiosk that it watches. Ends with 2 when it cannot start, with one sentence.
"""

import sys
from pathlib import Path

from hanare_stick.kiosk import compositor, guardian, settings
from hanare_stick.kiosk.settings import Settings


def main() -> int:
    """Run the kiosk in a compositor of its own."""
    arguments = sys.argv[1:]
    try:
        chosen = settings.read(Path(arguments[0])) if arguments else Settings()
        labwc, x = compositor.start(chosen)
        handover = guardian.kiosk_or_end(labwc)
        # While the compositor starts; the guardian never needs it.
        from hanare_stick.kiosk.draw.application import Application  # noqa: PLC0415

        return Application(chosen, x).run(handover)
    except (OSError, KeyError, TypeError, ValueError) as error:
        sys.stderr.write(f"hanare-kiosk: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
