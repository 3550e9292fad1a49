"""The addresses of long work."""

from django.urls import path

from hanare_server.jobs import pages

app_name = "jobs"

urlpatterns = [
    path("<str:identifier>", pages.one, name="one"),
    path("<str:identifier>/cancel", pages.end, name="cancel"),
]
