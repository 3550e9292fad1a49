"""`python -m hanare_gateway.web.helper FILE`: squid asks "ID ADDRESS HOST" of each connection; it says OK or ERR.

Squid's external ACL protocol with concurrency (squid.conf, external_acl_type). Squid keeps an answer for a second, so a
change of the table counts within a second, and no connection of another session is touched.
"""

import sys
from typing import Final

from hanare_core.web_proxy import permitted
from hanare_gateway.web.table import Reader

_WORDS: Final = 3


def main() -> int:
    """Answer until squid closes the pipe."""
    reader = Reader(sys.argv[1])
    for line in sys.stdin:
        words = line.split()
        allowed = len(words) >= _WORDS and permitted(words[1], words[2], reader.table())
        sys.stdout.write(f"{words[0] if words else '0'} {'OK' if allowed else 'ERR'}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
