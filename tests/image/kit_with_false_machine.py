"""`hanare stick kit DATA MACHINE` on a machine that a test makes in a folder."""

import sys
from pathlib import Path

from hanare_image.kit.acts import Acts
from hanare_image.kit.guide import Guide
from hanare_image.kit.medium import Medium
from hanare_image.kit.offer import Offer
from hanare_image.kit.page import Page
from tests.image import kernel

if __name__ == "__main__":
    data, machine = map(Path, sys.argv[1:])
    Guide(Acts(Page(), Medium("DATA", data), Medium("CA"), Offer(machine=kernel.machine(machine)))).run()
