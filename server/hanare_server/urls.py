"""The server's addresses: the console for browsers, the API for sticks and the kitting station."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("hanare_server.api.urls")),
    path("console/tokens/", include("hanare_server.api.page_urls")),
    path("", include("hanare_server.sticks.urls")),
    path("", include("hanare_server.console.urls")),
    path("console/sealed-code", include("hanare_server.emergency.urls")),
    path("console/", include("hanare_server.administrators.urls")),
    path("console/evidence/", include("hanare_server.evidence.urls")),
    path("console/approvals/", include("hanare_server.approvals.urls")),
    path("console/messages/", include("hanare_server.helpdesk.message_urls")),
    path("console/jobs/", include("hanare_server.jobs.urls")),
    path("console/rekey/", include("hanare_server.rekey.urls")),
    path("console/help/", include("hanare_server.helpdesk.urls")),
    path("console/", include("hanare_server.reports.urls")),
    path("console/settings/", include("hanare_server.profiles.urls")),
    path("console/", include("hanare_server.console.account_urls")),
    path("", include("hanare_server.lending.urls")),
    path("console/directory/", include("hanare_server.directory.urls")),
]
