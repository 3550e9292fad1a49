"""Opens the medium DEVICE, with SECONDS for a mount, and says how it ended; for a mount namespace of its own."""

import sys
from pathlib import Path

from hanare_image.errors import KittingError
from hanare_image.kit import medium

if __name__ == "__main__":
    medium.MOUNT_SECONDS = int(sys.argv[2])
    told = []
    try:
        with medium._mounted(Path(sys.argv[1])) as place:
            told.append(" ".join(sorted(path.name for path in place.iterdir())))
    except (KittingError, KeyboardInterrupt) as error:
        told.append(type(error).__name__)
    told.append("mounted" if "hanare-medium-" in Path("/proc/self/mountinfo").read_text("utf-8") else "let go")
    sys.stdout.write("\n".join(told))
