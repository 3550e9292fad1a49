"""The console's addresses."""

from django.urls import path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from hanare_server.console import audit_list, live, organisation, stop
from hanare_server.console.guard import open_to_all

app_name = "console"

urlpatterns = [
    path("", open_to_all(RedirectView.as_view(pattern_name="console:live"))),
    path("console/", live.page, name="live"),
    path("console/rows", live.rows, name="rows"),
    path("console/live-token", live.token, name="live-token"),
    path("console/organisation", organisation.page, name="organisation"),
    path("console/organisation/stop", organisation.stop_all, name="organisation-stop"),
    path("console/resume/<str:things>/<str:identifier>", stop.resume_ask, name="resume-ask"),
    path("console/audit", audit_list.page, name="audit"),
    path("console/audit/export", audit_list.export, name="audit-export"),
    path("console/audit/export/<str:identifier>", audit_list.fetch, name="audit-fetch"),
    path("console/language", open_to_all(set_language), name="language"),
    path("console/api/<str:things>/<str:identifier>/suspend", stop.suspend, name="suspend"),
    path("console/api/<str:things>/<str:identifier>/resume", stop.resume, name="resume"),
]
