"""The addresses of the console's page of tokens."""

from django.urls import path

from hanare_server.api import pages

app_name = "tokens"

urlpatterns = [
    path("", pages.own, name="tokens"),
    path("<str:identifier>/revoke", pages.revoke, name="tokens-revoke"),
]
