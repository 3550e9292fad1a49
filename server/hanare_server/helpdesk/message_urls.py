"""The addresses of messages to sticks."""

from django.urls import path

from hanare_server.helpdesk import diagnostics_pages
from hanare_server.helpdesk import message_pages as pages

app_name = "messages"

urlpatterns = [
    path("", pages.sent, name="messages"),
    path("new", pages.new, name="messages-new"),
    path("diagnostics/<str:identifier>", diagnostics_pages.ask, name="messages-diagnostics"),
    path("<str:identifier>", pages.one, name="messages-one"),
    path("<str:identifier>/diagnostics.json", diagnostics_pages.download, name="messages-download"),
]
