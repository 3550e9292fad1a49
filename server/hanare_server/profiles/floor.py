"""The oldest image that a stick's profiles allow, as the database computes it for many sticks at once.

The nearest profile that sets it wins, as `resolve` says of one stick: its department's, else the organisation's.
"""

from django.db.models import BigIntegerField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce


def image_floor() -> Coalesce:
    """Return the expression for rows of sticks."""
    return Coalesce(_of("department__profile"), _of("organisation__profile"), Value(0))


def _of(profile: str) -> Cast:
    return Cast(KeyTextTransform("image_floor", f"{profile}__settings"), BigIntegerField())
