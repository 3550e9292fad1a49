"""The addresses of console accounts and of the provider's organisations."""

from django.urls import path

from hanare_server.administrators import organisations, own, pages

app_name = "administrators"

_ONE = "administrators/<str:identifier>"

urlpatterns = [
    path("administrators", pages.administrators, name="administrators"),
    path("administrators/new", pages.edit, name="administrators-new"),
    path(_ONE, pages.one, name="administrators-one"),
    path(f"{_ONE}/edit", pages.edit, name="administrators-edit"),
    path(f"{_ONE}/close", pages.close, name="administrators-close"),
    path(f"{_ONE}/reset", pages.reset, name="administrators-reset"),
    path(f"{_ONE}/first-password", pages.first_password, name="administrators-first-password"),
    path("account/complete", own.complete, name="own-complete"),
    path("organisations", organisations.organisations, name="organisations"),
    path("organisations/<str:identifier>/visit", organisations.visit, name="organisations-visit"),
]
