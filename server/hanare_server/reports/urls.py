"""The addresses of the reports."""

from django.urls import path

from hanare_server.reports import pages

app_name = "reports"

urlpatterns = [
    path("hours/", pages.hours, name="hours"),
    path("hours/file", pages.hours_file, name="hours-file"),
    path("hours/<str:identifier>", pages.hours_of, name="hours-of"),
    path("usage", pages.use, name="usage"),
]
