"""Gives a written stick its identity: keys, certificate and site file onto its partition, read back, then registered.

The private keys exist in a folder in memory until the stick has given them back unchanged, then on the stick only. A
stick whose keys are on it but whose registration failed is registered again with the same keys.
"""

import time
from pathlib import Path
from typing import NamedTuple

from hanare_core import fingerprint, keyring, signed
from hanare_core import site as names
from hanare_core.problems import Problem
from hanare_core.site import Site
from hanare_image import identity
from hanare_image.device import Written, write_partition
from hanare_image.gpt import Partition
from hanare_image.kitting import Batch
from hanare_image.media import Medium
from hanare_image.registration import register
from hanare_image.texts import refused


class Enrolled(NamedTuple):
    """A stick that the server knows now."""

    stick: str
    label: str
    fingerprint: str
    """Of its identity key: the console shows the same digits."""


def enrol(medium: Medium, place: Partition, label: str, batch: Batch) -> Enrolled:
    """Enrol one stick; raise KittingError, or OSError for what the system says."""
    before = medium.read(place.start, place.size)
    with identity.opened(before) as folder:
        if (folder / names.KEYS_FILE).exists():
            written = _held(folder, batch.site)
        else:
            written = write_partition(folder, batch.site, batch.ca_key, now_ms=time.time_ns() // 1_000_000)
        (folder / names.LABEL_FILE).write_text(label, "utf-8")
        after = identity.fill(before, folder)
    medium.write(place.start, after)
    medium.settle()
    if medium.read(place.start, place.size) != after:
        raise refused("lying", at=place.start >> 20)
    register(batch.server, batch.site, written, batch.token, label)
    digits = fingerprint.digits(signed.public_text(written.identity))
    return Enrolled(written.stick, label, digits)


def _held(folder: Path, site: Site) -> Written:
    """Return the identity that the stick has already; raise KittingError when it is not this office's."""
    try:
        keys = keyring.read((folder / names.KEYS_FILE).read_bytes()).current
        certificate = keyring.certificate_of(keys)
    except (OSError, ValueError, Problem) as error:
        raise refused("identity-broken") from error
    if certificate.organisation != site.organisation:
        raise refused("identity-foreign", organisation=certificate.organisation)
    return Written(certificate.stick, keys.certificate or "", keys.identity_key)
