"""The address of the re-key's page."""

from django.urls import path

from hanare_server.rekey import pages

app_name = "rekey"

urlpatterns = [path("", pages.page, name="rekey"), path("start", pages.start, name="rekey-start")]
