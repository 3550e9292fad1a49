"""The addresses of the help desk."""

from django.urls import path

from hanare_server.helpdesk import pages

app_name = "helpdesk"

urlpatterns = [
    path("", pages.help_desk, name="help"),
    path("<str:identifier>", pages.one, name="help-one"),
    path("<str:identifier>/code", pages.new_code, name="help-code"),
]
