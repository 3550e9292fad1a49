"""The pack of one organisation as it is handed out: the facts now, and the PDF with the log sealed up to now."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse

from hanare_server.audit import seal
from hanare_server.directory.models import Organisation
from hanare_server.evidence import pack
from hanare_server.evidence.facts import Facts, gather


def facts_of(organisation: Organisation) -> Facts:
    """Return what the items are judged by."""
    return gather(organisation, off_box=bool(settings.HANARE.syslog))


def document_of(organisation: Organisation) -> HttpResponse:
    """Answer with the PDF, which says up to which row keyd has sealed the log: up to now, while keyd answers."""
    seal.seal(organisation)
    moment = datetime.now(ZoneInfo(organisation.time_zone))
    answer = HttpResponse(pack.pdf(facts_of(organisation), moment), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="evidence-{moment:%Y-%m-%d}.pdf"'
    return answer
