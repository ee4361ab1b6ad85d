"""The pages of the report: scores by period and branch, the chart, and the same as files."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup

from server.extensions import library
from server.reports.dutch import spell_period
from server.reports.formats import FORMATS, file_name, render
from server.reports.lines import lines, scope, source
from server.reports.period import Period, day_in_amsterdam, read_day
from server.reports.queries import ReportQuery, find_branches, years_with_visits
from server.reports.report import Report, make_report
from vertelpaal.errors import InvalidInput, NotFound

blueprint = Blueprint("reports", __name__, url_prefix="/rapport", template_folder="templates", static_folder="static")

WRONG = MappingProxyType(
    {
        "day": "Schrijf een dag als 2024-12-31.",
        "order": "De eerste dag komt na de laatste dag. Draai ze om.",
        "year": "Kies een jaar tussen 2000 en 2100.",
        "branch": "Deze vestiging kennen wij niet. Kies er een uit de lijst.",
    }
)
"""What a person reads, for each problem that a filter can have."""


@blueprint.get("/")
def page() -> tuple[str, int]:
    """Show the scores of a period, or say what is wrong with the filter."""
    today = day_in_amsterdam(library().clock.now())
    report, wrong = None, None
    try:
        report = _report()
    except InvalidInput as error:
        wrong = WRONG[str(error.detail["problem"])]
    with library().database.reading() as session:
        branches, years = find_branches(session, ()), years_with_visits(session)
    html = render_template(
        "reports/page.html",
        report=report,
        wrong=wrong,
        branches=branches,
        chosen=request.args.getlist("vestiging"),
        years=reversed(years),
        first=request.args.get("van") or date(today.year, 1, 1).isoformat(),
        last=request.args.get("tot") or today.isoformat(),
        shown=_shown(report) if report else {},
    )
    return html, 422 if wrong else 200


@blueprint.get("/bestand/<form>")
def download(form: str) -> Response:
    """Answer with the report as a file."""
    if form not in FORMATS:
        raise NotFound("Deze soort bestand maken wij niet.")
    report = _report()
    response = Response(render(report, form), content_type=FORMATS[form][0])
    response.headers.set("Content-Disposition", "attachment", filename=file_name(report, form))
    return response


def _report() -> Report:
    query = _query(day_in_amsterdam(library().clock.now()))
    return make_report(library().database, query, library().clock.now())


def _query(today: date) -> ReportQuery:
    """Read the filter from the address; without one it is this year until today.

    Raises:
        InvalidInput: its `problem` is a key of WRONG.
    """
    args = request.args
    first = read_day(args["van"]) if args.get("van") else date(today.year, 1, 1)
    last = read_day(args["tot"]) if args.get("tot") else today
    branches = tuple(dict.fromkeys(slug for slug in args.getlist("vestiging") if slug))
    return ReportQuery(Period(first, last), branches)


def _shown(report: Report) -> dict[str, object]:
    """Return what the page shows of a report."""
    from server.reports.charts import bar_chart  # drawing takes a second to load, and not every visit needs it

    return {
        "lines": lines(report),
        "period": spell_period(report.period.days),
        "scope": scope(report),
        "source": source(report),
        "chart": Markup(bar_chart(report)),  # noqa: S704 our own drawing: bar_chart escapes what it writes
        "files": {form: _file_address(report, form) for form in ("pdf", "xlsx", "csv", "json")},
    }


def _file_address(report: Report, form: str) -> str:
    """Return where the same report is as a file."""
    return url_for(
        "reports.download",
        form=form,
        van=report.period.first_day.isoformat(),
        tot=report.period.last_day.isoformat(),
        vestiging=[slug for slug in request.args.getlist("vestiging") if slug],
    )
