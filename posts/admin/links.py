"""Links as the app ``links`` shows them, and where they stand, which only this app knows."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
)
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from links.admin import DecisionAdmin, LinkAdmin, SourceRuleAdmin
from links.models import Decision, Link, SourceRule
from links.queue import count_by_kind
from posts.admin.queue.context import reach_of
from posts.admin.queue.desk import capped
from posts.health import measuring
from posts.health.keeping import is_fresh, kept_health, measure_links
from posts.health.panels import panels_of
from posts.health.tabulating import csv_lines
from posts.models import Appearance
from posts.settling import waiting

SHOWN_PLACES = 200


@admin.register(Decision)
class FollowedDecisionAdmin(DecisionAdmin):
    """Decisions, and how far their pages are."""

    pages_left = staticmethod(waiting)


@admin.register(SourceRule)
class ReachingRuleAdmin(SourceRuleAdmin):
    """Rules, and how many posts and items each reaches."""

    reach = staticmethod(reach_of)


@admin.register(Link)
class PlacedLinkAdmin(LinkAdmin):
    """Links with the number of issues that have them, and their places."""

    reach = staticmethod(reach_of)
    list_display = (*LinkAdmin.list_display, "issues")
    change_form_template = "admin/posts/link/change_form.html"
    change_list_template = "admin/posts/link/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        """Return links with the number of issues that have them, drafts too."""
        places = Appearance.objects.filter(link=OuterRef("pk")).order_by().values("link")
        count = places.annotate(count=Count("post", distinct=True)).values("count")
        links: QuerySet[Link] = super().get_queryset(request)
        return links.annotate(issue_count=Subquery(count))

    @admin.display(description=_("issues"))
    def issues(self, link: Any) -> int:
        return link.issue_count or 0

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the places where the link stands."""
        if (link := context.get("original")) is not None:
            places = Appearance.objects.filter(link=link).select_related("post", "section", "item")
            dated = places.order_by(
                F("post__published_at").desc(nulls_first=True), "-post_id", "position"
            )
            context["places"] = list(dated.defer("post__header", "section__source")[:SHOWN_PLACES])
            context["seen"] = places.aggregate(
                first=Min("post__published_at"),
                last=Max("post__published_at"),
                issues=Count("post", distinct=True, filter=Q(post__published_at__isnull=False)),
            )
        return super().render_change_form(request, context, *args, **kwargs)

    def view_on_site(self, obj: Link) -> str | None:
        """Return the page of a link, if readers can see it."""
        public = Appearance.objects.filter(link=obj, date__lte=timezone.now())
        is_shown = obj.standing == Link.Standing.SHOWN and public.exists()
        return reverse("posts:link", args=[obj.digest]) if is_shown else None

    # Link health at a glance

    def pages(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Return the pages beside the list: all links in numbers."""
        return [(gettext("Link health"), reverse("admin:links_link_health"))]

    def get_urls(self) -> list[URLPattern]:
        """Add the pages about all links to Django's."""
        view = self.admin_site.admin_view
        return [
            path("health/", view(self.health_view), name="links_link_health"),
            path("health/again/", view(self.measure_view), name="links_link_measure"),
            path("health.csv", view(self.health_file_view), name="links_link_healthfile"),
            *super().get_urls(),
        ]

    def health_view(self, request: HttpRequest) -> HttpResponse:
        """Show how the links fare."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        numbers = kept_health()
        outages = measuring.recent_outages(timezone.now())
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Link health"),
            "opts": self.opts,
            "health": numbers,
            "waiting": capped(sum(count_by_kind(cast("User", request.user)).values())),
            "outage": next((one for one in outages if one.ended_at is None), None),
            "panels": panels_of(numbers, outages) if numbers else (),
        }
        return render(request, "admin/posts/link/health.html", context)

    @method_decorator(require_POST)
    def measure_view(self, request: HttpRequest) -> HttpResponse:
        """Have the links counted again."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if is_fresh():
            said = gettext("They were counted less than a minute ago; what is shown is that.")
        else:
            measure_links.enqueue()
            said = gettext("The links are being counted. Load this page again in a moment.")
        messages.info(request, said)
        return redirect("admin:links_link_health")

    def health_file_view(self, request: HttpRequest) -> HttpResponseBase:
        """Send one table of the page as a file; without a name, show the page to choose from."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        numbers = kept_health()
        if "table" not in request.GET or numbers is None:
            return redirect("admin:links_link_health")
        key = request.GET["table"]
        panel = next((one for one in panels_of(numbers) if one.key == key), None)
        if panel is None:
            raise Http404("There is no such table.")
        name = f'attachment; filename="{key}-{timezone.localdate()}.csv"'
        # Whole: a stream would ask the database from a thread of the server (newsletter/slots.py).
        return HttpResponse(
            b"".join(csv_lines(panel.columns, panel.all_rows())),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": name},
        )
