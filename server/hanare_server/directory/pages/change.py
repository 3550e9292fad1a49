"""Writes what a form of the directory says, in one act with its audit row."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise

from hanare_core.problems import Code, Problem
from hanare_server.access import reassigned
from hanare_server.access.act import OpenAct, act
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Gateway, Stick
from hanare_server.directory.pages.forms import ThingForm
from hanare_server.directory.pages.kinds import Kind


class ChangedMeanwhile(Exception):
    """Somebody has saved the row since the form was drawn; carries a form on the row as it is now."""

    def __init__(self, form: ThingForm, differences: Sequence[tuple[str | Promise, str, str]]) -> None:
        super().__init__("the row was changed meanwhile")
        self.form = form
        self.differences = differences
        """Label, what is there now, what this form would write."""


def actor(account: Administrator) -> Actor:
    """Return the account as the audit log names it."""
    return Actor(ActorKind.ADMINISTRATOR, account.pk)


def save(account: Administrator, kind: Kind, posted: Any, identifier: str | None) -> tuple[ThingForm, Model | None]:
    """Return the form and the saved row; no row when the form has faults. Raises ChangedMeanwhile."""
    return _save(account, kind, identifier, lambda _: posted)


def patch(
    account: Administrator, kind: Kind, changes: Mapping[str, str], identifier: str | None
) -> tuple[ThingForm, Model | None]:
    """Save these fields over what the row holds now; return as `save` does. For those who have seen no form."""
    return _save(account, kind, identifier, lambda form: {**form.values, **changes, "seen": form.digest()})


def write(opened: OpenAct, row: Model) -> None:
    """Save the row; one that the hub reads gets the act's revision."""
    if isinstance(row, Stick | Gateway):
        opened.touch(row)
    else:
        row.save()


def _save(
    account: Administrator, kind: Kind, identifier: str | None, posted_over: Callable[[ThingForm], Any]
) -> tuple[ThingForm, Model | None]:
    if kind.form is None:
        raise Problem(Code.NOT_FOUND)
    with act(account.here.pk, actor(account)) as opened:
        row = scope.one(account, kind.form.Meta.model, identifier) if identifier else None  # type: ignore[attr-defined]
        posted = posted_over(kind.form(account, instance=row))
        form = kind.form(account, posted, instance=row)
        _must_be_as_seen(account, form, posted)
        before = form.values
        if not form.is_valid():
            return form, None
        saved = form.save(commit=False)
        form.prepare(saved)
        write(opened, saved)
        detail = {} if row is None else _differences(before, kind.form(account, instance=saved).values)
        opened.write(Act.ADDED if row is None else Act.CHANGED, Thing(kind.thing, str(saved.pk)), detail)
        reassigned.end_changed(opened, [saved])
    return form, saved


def _must_be_as_seen(account: Administrator, form: ThingForm, posted: Any) -> None:
    if form.instance._state.adding or posted.get("seen") == form.digest():  # noqa: SLF001 Django's name
        return
    now = form.values
    wanted = {name: form[name] for name in now if name in posted}
    differences = [
        (field.label, _shown(field, now[name]), _shown(field, str(posted[name])))
        for name, field in wanted.items()
        if str(posted[name]) != now[name]
    ]
    fresh = posted.copy()
    fresh["seen"] = form.digest()
    raise ChangedMeanwhile(type(form)(account, fresh, instance=form.instance), differences)


def _shown(field: Any, value: str) -> str:
    """Return a value as its field shows it: a choice by its label."""
    choices = {str(key): str(label) for key, label in getattr(field.field, "choices", ())}
    return choices.get(value, value)


def _differences(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    return {name: f"{before[name]} → {value}" for name, value in after.items() if before[name] != value}
