"""`hanare stick kit DATA STICK…` in which every file named `false` claims more room than it has."""

import sys
from pathlib import Path

from hanare_image import stick
from hanare_image.kit.acts import Acts
from hanare_image.kit.guide import Guide
from hanare_image.kit.medium import Medium
from hanare_image.kit.offer import Offer
from hanare_image.kit.page import Page
from hanare_image.media import Medium as Stick
from tests.image.bad_sticks import Forgetting
from tests.image.images import MIB


def _open(path: Path) -> Stick:
    return Forgetting(path, 2000 * MIB) if path.name == "false" else stick.open_for_writing(path)


if __name__ == "__main__":
    data = Medium("DATA", Path(sys.argv[1]))
    Guide(Acts(Page(), data, Medium("CA"), Offer(sys.argv[2:]), opener=_open)).run()
