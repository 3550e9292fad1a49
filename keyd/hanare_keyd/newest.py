"""The newest certificate of each stick that was ever used here: once it has been, an older one is no more.

So the keys that a re-key replaced open nothing, also for who rules the server and shows their certificate again. A
certificate is newer when it begins later; the kitting station never lets a new one begin before the one it replaces.
"""

from hanare_core.certificate import StickCertificate
from hanare_core.problems import Code, Problem
from hanare_keyd.store import Moment


def admit(moment: Moment, stick: StickCertificate) -> None:
    """Note the certificate. Raises Problem(NOT_AUTHENTIC) when a newer one of the stick was used before."""
    whose = (stick.organisation, stick.stick)
    query = "SELECT not_before_ms FROM certificates WHERE organisation = ? AND stick = ?"
    row = moment.database.execute(query, whose).fetchone()
    if row is not None and stick.not_before_ms < row[0]:
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": "stick-certificate"})
    if row is None or stick.not_before_ms > row[0]:
        moment.database.execute("INSERT OR REPLACE INTO certificates VALUES (?, ?, ?)", (*whose, stick.not_before_ms))
