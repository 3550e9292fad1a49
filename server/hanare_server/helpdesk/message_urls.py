"""The addresses of messages to sticks."""

from django.urls import path

from hanare_server.helpdesk import message_pages as pages

app_name = "messages"

urlpatterns = [
    path("", pages.sent, name="messages"),
    path("new", pages.new, name="messages-new"),
    path("<str:identifier>", pages.one, name="messages-one"),
]
