"""Whether a kept connection is still good is seen by its socket: Django asks `SELECT 1`, for which each stop waits.

A connection at rest has nothing to read. Where there is something, it is the end of it or the server's last word, and
the connection is made anew; so is one after a mere notice, which costs some milliseconds. A server whose machine lost
its power is noticed by the first statement, as it would be by the question.
"""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of one thread."""

    def is_usable(self) -> bool:
        """Return whether nothing has ended the connection."""
        kept = self.connection
        if kept is None or kept.closed:
            return False
        looking = select.poll()
        looking.register(kept.fileno(), select.POLLIN)
        return not looking.poll(0)
