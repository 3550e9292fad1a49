"""Profiles: what cannot be saved, versions, putting back, and what a change would do."""

from typing import Any

import msgspec
import pytest

from hanare_core import wire
from hanare_core.problems import Code, Problem
from hanare_core.profile import FIELDS, Settings, Standard
from hanare_core.stick_settings import StickSettings
from hanare_server import identifiers
from hanare_server.access.act import act
from hanare_server.access.models import Lease
from hanare_server.audit.log import COMMAND
from hanare_server.directory.models import Department, Profile, User
from hanare_server.profiles import assignment, change, effect, prospects
from hanare_server.profiles.labels import LABELS, said
from hanare_server.profiles.lint import Weight, lint
from hanare_server.profiles.loosens import COMFORT, LOOSER
from hanare_server.profiles.ready_made import READY_MADE
from hanare_server.profiles.resolve import settings_of
from tests.core.test_profile import CHAT
from tests.server.town import Town


def made(town: Town, name: str, fields: dict[str, Any]) -> Profile:
    """Create a profile by the act that the console uses."""
    with act(town.id, COMMAND) as opened:
        return change.create(opened, name, fields)


def saved(town: Town, profile: Profile, fields: dict[str, Any], version: int | None = None) -> Profile:
    """Save fields over the version that is there, or the one given."""
    current = Profile.objects.get(pk=profile.pk)
    with act(town.id, COMMAND) as opened:
        return change.save(opened, profile.pk, change.Edit(version or current.version, current.name, fields))


def test_ready_made_profiles_pass_their_own_lint() -> None:
    """総務省LGWAN and NIST are valid and the lint has no error and no warning about them."""
    for standard, (_, fields) in READY_MADE.items():
        settings = msgspec.convert(dict(fields), Settings)
        assert settings.standard is standard
        assert {finding.weight for finding in lint(settings)} <= {Weight.NOTE}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"standard": "lgwan"}, "second_factor"),
        ({"standard": "lgwan", "second_factor": "none"}, "second_factor"),
        ({"standard": "nist", "pin_composition": True}, "pin_composition"),
    ],
)
def test_the_lint_refuses(town: Town, fields: dict[str, Any], field: str) -> None:
    """A standard's floor cannot be broken."""
    with pytest.raises(change.RefusedByLint) as refused:
        made(town, "緩い", fields)
    assert [finding.field for finding in refused.value.findings] == [field]
    assert not Profile.objects.filter(organisation=town.id, name="緩い").exists()


def test_a_department_cannot_loosen_the_citys_lgwan(town: Town) -> None:
    """With LGWAN above, a department's profile without second factor is refused, both when saved and when assigned."""
    saved(town, town.profile, {"standard": "lgwan", "second_factor": "totp"})
    with pytest.raises(change.RefusedByLint):
        made(town, "緩い", {"standard": "none", "second_factor": "none"})
    loose = Profile.objects.create(
        id=identifiers.new("pro"), organisation=town.organisation, name="x", settings={"second_factor": "none"}
    )
    with pytest.raises(change.RefusedByLint), act(town.id, COMMAND) as opened:
        assignment.assign(opened, Department.objects.get(pk=town.department), loose.pk)
    assert Department.objects.get(pk=town.department).profile is None


def test_what_contradicts_the_inherited_is_named(town: Town) -> None:
    """Hours that end before those of the city begin are refused with the field's name."""
    section = made(town, "課", {})
    with act(town.id, COMMAND) as opened:
        assignment.assign(opened, Department.objects.get(pk=town.department), section.pk)
    saved(town, town.profile, {"from_minute": 510})
    with pytest.raises(Problem) as refused:
        saved(town, section, {"until_minute": 500})
    assert (refused.value.code, refused.value.detail["path"]) == (Code.MALFORMED, "until_minute")


def test_versions_and_putting_back(town: Town) -> None:
    """Each save is a version; putting one back makes a newer one; a stale writer gets a conflict and loses nothing."""
    profile = made(town, "課", {"sound": False})
    saved(town, profile, {"sound": False, "microphone": True})
    with pytest.raises(Problem) as refused:
        saved(town, profile, {"watermark": False}, version=1)
    assert (refused.value.code, refused.value.detail) == (Code.CONFLICT, {"version": "2"})
    with act(town.id, COMMAND) as opened:
        change.save(opened, profile.pk, change.edit_back(profile, 1, version=2))
    versions = list(profile.versions.order_by("number").values_list("number", "settings", "put_back"))
    assert versions == [
        (1, {"sound": False}, None),
        (2, {"sound": False, "microphone": True}, None),
        (3, {"sound": False}, 1),
    ]
    differences = effect.field_differences(versions[0][1], versions[1][1])
    assert differences == [("microphone", msgspec.UNSET, True)]
    assert town.acts()[-3:] == ["added", "settings-changed", "settings-changed"]


def test_an_effect_counts_those_who_lose_something(town: Town) -> None:
    """Taking the chat away is told with the number of users who had it, and nobody else is counted."""
    other = Department.objects.create(id=identifiers.new("dep"), organisation=town.organisation, name="別の課")
    own = made(town, "別の課の設定", {"web_applications": [CHAT | {"id": "other"}]})
    Department.objects.filter(pk=other.pk).update(profile=own)
    saved(town, town.profile, {"web_applications": [CHAT]})
    for number in range(5):
        user = town.add_user(f"user{number}", office_pc=False)
        User.objects.filter(pk=user.pk).update(department=other if number > 2 else user.department)
    (found,) = effect.effects(prospects.of_fields(town.organisation, town.profile, {}))
    assert (found.field, found.after, found.users) == ("web_applications", None, 3)
    assert found.before is not None
    assert effect.effects(prospects.of_fields(town.organisation, town.profile, {"web_applications": [CHAT]})) == []


def test_an_assigned_profile_holds(town: Town) -> None:
    """A user's own profile changes what holds for that user and nobody else."""
    one, two = town.add_user("one"), town.add_user("two")
    own = made(town, "本人", {"standard": "lgwan", "second_factor": "totp"})
    with act(town.id, COMMAND) as opened:
        assert assignment.assign(opened, one, own.pk)
    users = User.objects.select_related("department__profile", "profile")
    standards = [settings_of(town.organisation, users.get(pk=row.pk)).standard for row in (one, two)]
    assert standards == [Standard.LGWAN, Standard.NONE]


def test_every_field_has_its_words() -> None:
    """Each field has a label, and each default can be said."""
    assert set(LABELS) == set(FIELDS)
    for field in FIELDS:
        assert said(field, getattr(Settings(), field))
        assert said(field, msgspec.UNSET)


def test_every_field_is_known_to_loosen_or_not() -> None:
    """A new setting does not loosen behind the second person's back: it has a rule, or is said to be comfort."""
    assert set(LOOSER) | COMFORT == set(FIELDS)
    assert not COMFORT & set(LOOSER)


def test_live_sessions_take_a_change_over(town: Town) -> None:
    """A saved change gives the leases of those whom it concerns a new revision with the new settings, nobody else's."""
    town.ready().sign_in("tanaka")
    lease = Lease.objects.get(organisation=town.id)
    before = (lease.revision, lease.settings)
    made(town, "誰も使わない", {"sound": False})
    lease.refresh_from_db()
    assert (lease.revision, lease.settings) == before
    saved(town, town.profile, {"sound": False, "lease_ttl_ms": 60_000})
    lease.refresh_from_db()
    assert (lease.revision, lease.ttl_ms) == (town.organisation.revision, 60_000)
    assert wire.decode(lease.settings, StickSettings) == StickSettings(sound=False)
    with act(town.id, COMMAND) as opened:
        own = change.create(opened, "本人", {"watermark": False})
        assignment.assign(opened, User.objects.get(organisation=town.id), own.pk, agreed=True)
    lease.refresh_from_db()
    assert wire.decode(lease.settings, StickSettings) == StickSettings(sound=False, watermark=False)
