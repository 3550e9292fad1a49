"""Settings are inherited field by field: organisation, department, user."""

from typing import Any

from hanare_core.profile import FIELDS, Keyboard, SecondFactor, Standard
from hanare_server import identifiers
from hanare_server.directory.models import Department, Organisation, Profile, User
from hanare_server.profiles.resolve import Layer, Level, layers_of, resolve
from tests.server.town import Town

CITY = Layer(Level.ORGANISATION, "city", {"watermark": False, "idle_lock_minutes": 5})
SECTION = Layer(Level.DEPARTMENT, "section", {"idle_lock_minutes": 3, "sound": False})
PERSON = Layer(Level.USER, "person", {"sound": True})


def test_the_nearest_wins() -> None:
    """Each field comes from the nearest profile that sets it, and the origin is told."""
    settings, origins = resolve([CITY, SECTION, PERSON])
    assert (settings.watermark, settings.idle_lock_minutes, settings.sound) == (False, 3, True)
    levels = {field: origins[field].level for field in ("watermark", "idle_lock_minutes", "sound", "microphone")}
    assert list(levels.values()) == [Level.ORGANISATION, Level.DEPARTMENT, Level.USER, Level.DEFAULT]
    assert tuple(origins) == FIELDS


def test_nobody_nearer_loosens_lgwan() -> None:
    """Where the city asks for LGWAN, a department's profile takes neither standard nor second factor away."""
    city = Layer(Level.ORGANISATION, "city", {"standard": "lgwan", "second_factor": "totp"})
    loose = Layer(Level.DEPARTMENT, "loose", {"standard": "none", "second_factor": "none"})
    settings, _ = resolve([city, loose])
    assert settings.standard is Standard.LGWAN
    assert settings.second_factor is SecondFactor.ANY


def test_a_session_hears_its_users_settings(town: Town) -> None:
    """The session answer carries what department and user profile say; hello what the stick's department says."""
    stick = town.ready()
    organisation = Organisation.objects.get(pk=town.id)
    section = Profile.objects.create(
        id=f"pro-{town.id}-1", organisation=organisation, name="課", settings={"microphone": True, "keyboard": "us"}
    )
    own = Profile.objects.create(
        id=f"pro-{town.id}-2", organisation=organisation, name="本人", settings={"sound": False}
    )
    Department.objects.filter(pk=town.department).update(profile=section)
    User.objects.filter(organisation=town.id).update(profile=own)
    assert stick.hello().settings.keyboard is Keyboard.US
    answer = stick.sign_in("tanaka").settings
    assert (answer.microphone, answer.sound, answer.watermark) == (True, False, True)
    levels = [layer.level for layer in layers_of(organisation, User.objects.get(organisation=town.id))]
    assert levels == [Level.ORGANISATION, Level.DEPARTMENT, Level.USER]


def _profile(organisation: Organisation, name: str, fields: dict[str, Any]) -> Profile:
    return Profile.objects.create(id=identifiers.new("pro"), organisation=organisation, name=name, settings=fields)
