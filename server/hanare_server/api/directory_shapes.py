"""The things of the directory, as they are answered and as a program says them: a change names only what is to change.

A schema cannot say which characters people can read: `directory.names` refuses the others (400, with the path).
"""

from datetime import date
from typing import Annotated, Any, Final, Literal

from ninja import Field, Schema
from pydantic import ConfigDict

from hanare_server.api.shapes import Id, MaybeId, MaybeWord, Wish
from hanare_server.directory.names import NAME_CHARACTERS

LONGEST: Final = 200
"""Characters of a name, label or full name, as the rows have them."""

_OCTET: Final = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"

Name = Annotated[str, Field(max_length=LONGEST, pattern=r"[^\s]")]
SignInName = Annotated[str, Field(max_length=NAME_CHARACTERS, pattern=r"[^\s]")]
FullName = Annotated[str, Field(max_length=LONGEST)]
Address = Annotated[str, Field(pattern=rf"^{_OCTET}(\.{_OCTET}){{3}}$")]
Port = Annotated[int, Field(ge=1, le=65_535)]
Fingerprint = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}$")]
Kind = Literal["windows", "xrdp"]
Zone = Literal["internal", "lgwan", "internet", "mynumber"]

_text = Field(default_factory=str)
"""Of a field that may be left out: nobody reads this value, and `null` is not taken for it."""


class NewDepartment(Schema):
    """A department to add."""

    model_config = ConfigDict(extra="forbid")

    name: Name


class ChangedDepartment(Schema):
    """What a department is to be."""

    model_config = ConfigDict(extra="forbid")

    name: Name = _text


class NewUser(Schema):
    """A user to add; `permitted_until` is the last day, null or left out: no end."""

    model_config = ConfigDict(extra="forbid")

    name: SignInName
    full_name: FullName = _text
    department: Id
    permitted_until: date | None = None


class ChangedUser(Schema):
    """What a user is to be; another department moves them and ends their session."""

    model_config = ConfigDict(extra="forbid")

    name: SignInName = _text
    full_name: FullName = _text
    department: Id = _text
    permitted_until: date | None = None


class ChangedStick(Schema):
    """What a stick is to be; sticks are made by kitting."""

    model_config = ConfigDict(extra="forbid")

    label: FullName = _text
    department: Id | None = None


class NewOfficePC(Schema):
    """An office PC to add; `user`: whose it is, null or left out: nobody's."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    user: Id | None = None
    kind: Kind = "windows"
    address: Address
    port: Port = 3389
    fingerprint: Fingerprint
    zone: Zone = "internal"


class ChangedOfficePC(Schema):
    """What an office PC is to be; another user or address ends the session on it."""

    model_config = ConfigDict(extra="forbid")

    name: Name = _text
    user: Id | None = None
    kind: Kind = Field(default_factory=lambda: "windows")
    address: Address = _text
    port: Port = Field(default_factory=int)
    fingerprint: Fingerprint = _text
    zone: Zone = Field(default_factory=lambda: "internal")


class StandingWish(Wish):
    """Filters of sticks and users."""

    department: MaybeId = None
    state: MaybeWord = None


class StickRow(Schema):
    """A stick."""

    id: str
    label: str
    department: str | None
    state: str
    image: int
    seen_ms: int | None


class UserRow(Schema):
    """A user. Nothing here says anything of a PIN but whether there is one."""

    id: str
    name: str
    full_name: str
    department: str
    state: str
    has_pin: bool
    permitted_until_ms: int | None


class DepartmentRow(Schema):
    """A department."""

    id: str
    name: str
    suspended: bool
    profile: str | None


class OfficePCRow(Schema):
    """An office PC."""

    id: str
    name: str
    user: str | None
    kind: str
    address: str
    port: int
    zone: str


class GatewayRow(Schema):
    """A gateway."""

    id: str
    name: str
    state: str
    position: int


class ProfileRow(Schema):
    """A profile, with the settings that it sets itself."""

    id: str
    name: str
    version: int
    settings: dict[str, Any]


class AdministratorRow(Schema):
    """A console account."""

    id: str
    name: str
    role: str
    is_active: bool


class OneTimeCode(Schema):
    """A one-time code, in clear this once."""

    code: str
    not_after_ms: int
