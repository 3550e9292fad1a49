"""The addresses of the evidence pack."""

from django.urls import path

from hanare_server.evidence import pages

app_name = "evidence"

urlpatterns = [
    path("", pages.evidence, name="evidence"),
    path("pdf", pages.document, name="evidence-pdf"),
]
