"""The names of our table and its allow set in nftables."""

from typing import Final

NAME: Final = "hanare"
SET: Final = "allow"
TABLE: Final = f"inet {NAME}"
ALLOW: Final = f"{TABLE} {SET}"
