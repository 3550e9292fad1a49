"""Departments, users, sticks and office PCs added and changed: by the forms that the console's pages have.

A program says what is to be otherwise, so two of them that change different things lose nothing to each other.
"""

from typing import Any, Final

from django.http import HttpRequest
from ninja import Schema

from hanare_core.problems import Code, Problem
from hanare_server.api import reads
from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.api.directory_shapes import (
    ChangedDepartment,
    ChangedOfficePC,
    ChangedStick,
    ChangedUser,
    DepartmentRow,
    NewDepartment,
    NewOfficePC,
    NewUser,
    OfficePCRow,
    StickRow,
    UserRow,
)
from hanare_server.api.things import Identifier
from hanare_server.console import scope
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, User
from hanare_server.directory.pages import change, kinds
from hanare_server.directory.pages.forms import NEVER, TAKEN, ThingForm

_KINDS: Final = {kind.word: kind for kind in kinds.KINDS}
_EDIT: Final = Permission.DIRECTORY_EDIT

router = reads.router
"""The lists' own: the framework answers for all methods of an address in one router."""


@router.post("/departments", response=answers(DepartmentRow), **demands(_EDIT))
def add_department(request: HttpRequest, wanted: NewDepartment) -> DepartmentRow:
    """Add a department."""
    return reads.department_row(_saved(request, "departments", wanted))


@router.patch("/departments/{identifier}", response=answers(DepartmentRow), **demands(_EDIT))
def change_department(request: HttpRequest, identifier: Identifier, wanted: ChangedDepartment) -> DepartmentRow:
    """Change a department."""
    return reads.department_row(_saved(request, "departments", wanted, identifier))


@router.post("/users", response=answers(UserRow), **demands(_EDIT))
def add_user(request: HttpRequest, wanted: NewUser) -> UserRow:
    """Add a user; 409 when another one signs in with the name."""
    return reads.user_row(_saved(request, "users", wanted))


@router.patch("/users/{identifier}", response=answers(UserRow), **demands(_EDIT))
def change_user(request: HttpRequest, identifier: Identifier, wanted: ChangedUser) -> UserRow:
    """Change a user, or move them to another department."""
    return reads.user_row(_saved(request, "users", wanted, identifier))


@router.patch("/sticks/{identifier}", response=answers(StickRow), **demands(_EDIT))
def change_stick(request: HttpRequest, identifier: Identifier, wanted: ChangedStick) -> StickRow:
    """Change a stick's label or department."""
    return reads.stick_row(_saved(request, "sticks", wanted, identifier))


@router.post("/office-pcs", response=answers(OfficePCRow), **demands(_EDIT))
def add_office_pc(request: HttpRequest, wanted: NewOfficePC) -> OfficePCRow:
    """Add an office PC; 409 when the user has one, 403 where telework would come to the My Number zone."""
    return reads.office_pc_row(_saved(request, "office-pcs", wanted))


@router.patch("/office-pcs/{identifier}", response=answers(OfficePCRow), **demands(_EDIT))
def change_office_pc(request: HttpRequest, identifier: Identifier, wanted: ChangedOfficePC) -> OfficePCRow:
    """Change an office PC, or give it to another user."""
    return reads.office_pc_row(_saved(request, "office-pcs", wanted, identifier))


def _saved(request: HttpRequest, word: str, wanted: Schema, identifier: str | None = None) -> Any:
    account = account_of(request)
    said = wanted.model_dump(mode="json", exclude_unset=identifier is not None)
    if said.get("department"):
        scope.one(account, Department, said["department"])  # 404 rather than a choice that the form does not have
    if said.get("user"):
        said["user"] = scope.one(account, User, said["user"]).name  # as the form asks for it
    fields = {name: "" if value is None else str(value) for name, value in said.items()}
    form, row = change.patch(account, _KINDS[word], fields, identifier)
    if row is None:
        raise _fault(form)
    return row


def _fault(form: ThingForm) -> Problem:
    """Return what is wrong with the first faulty field."""
    field, (fault, *_) = next(iter(form.errors.as_data().items()))
    code = Code.NOT_PERMITTED if fault.code == NEVER else Code.CONFLICT if fault.code in TAKEN else Code.MALFORMED
    return Problem(code, detail={"path": f"body.{field}"})
