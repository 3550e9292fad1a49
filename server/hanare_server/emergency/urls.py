"""The address of the sealed code's page."""

from django.urls import path

from hanare_server.emergency import pages

app_name = "emergency"

urlpatterns = [path("", pages.page, name="page")]
