"""What the staff's pages of mail have in common: while mail is off, the menu does not name them."""

from __future__ import annotations

from functools import cached_property
from secrets import token_hex
from typing import Any, Final

from django.contrib import messages
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from links.admin import ReadOnly, StaffAdmin
from mailing.addresses import AddressError, checked, digest_of
from mailing.offering import OFFER
from posts import identity

# Nobody pages further, and counting all rows would take longer than showing some.
MOST_COUNTED: Final = 10_000
# What was looked for, in the session: the last of it.
SEARCHES: Final = "mailing.searches"
MOST_KEPT, MOST_LETTERS = 20, 320


class CappedPaginator(Paginator):
    """Pages of the first MOST_COUNTED rows."""

    most: Final = MOST_COUNTED

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows[: self.most + 1].count())

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, as far as they are listed."""
        return min(self._counted, self.most)

    @property
    def is_capped(self) -> bool:
        """Whether there are more: the list says so."""
        return self._counted > self.most


class MailAdmin(StaffAdmin):
    """Rows of mail."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Tell whether the menu names this table: only while readers can get mail."""
        return super().has_module_permission(request) and is_open()


def is_open() -> bool:
    """Tell whether readers can get mail, as public pages offer it: nothing is asked for a menu."""
    return OFFER.name in identity.current().offers and OFFER.is_able()


class MailList(MailAdmin, ReadOnly):
    """Rows of mail that nobody edits by hand."""

    paginator = CappedPaginator

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what may change has an action of its own, which is written down."""
        return False


class AddressList(MailList):
    """A list in which people look for addresses, which stand in no address of a page: servers and
    browsers write those down. What is looked for is sent, and kept in the session for a while."""

    @property
    def find_url(self) -> str:
        """Where the form of the search is sent."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_find")

    def get_urls(self) -> list[URLPattern]:
        """Add what takes the form of the search."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_find"
        view = self.admin_site.admin_view(require_POST(self.find_view))
        return [path("find/", view, name=name), *super().get_urls()]

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """Keep what is looked for, and show the list of it, narrowed as it was."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        sent = request.POST.copy()
        words = sent.pop(SEARCH_VAR, [""])[-1].strip()[:MOST_LETTERS]
        sent.pop("csrfmiddlewaretoken", None)
        if words:
            kept = list(request.session.get(SEARCHES, {}).items())[1 - MOST_KEPT :]
            key = token_hex(4)
            request.session[SEARCHES] = dict([*kept, (key, words)])
            sent[SEARCH_VAR] = key
        way = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return HttpResponseRedirect(f"{way}?{sent.urlencode()}" if sent else way)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find what was sent."""
        words = _meant(request, search_term)
        return (self.find(request, queryset, words) if words else queryset), False

    def find(self, request: HttpRequest, queryset: QuerySet[Any], words: str) -> QuerySet[Any]:
        """Return the rows that words mean."""
        raise NotImplementedError

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list, whose form says again what was looked for."""
        found = super().get_changelist_instance(request)
        found.query = _meant(request, found.query)
        return found

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list; say why, where a word in its address finds nothing."""
        term = request.GET.get(SEARCH_VAR, "").strip()
        if term and not _meant(request, term):
            words = gettext("That search is not kept any more. Write the words into the field.")
            self.message_user(request, words, messages.WARNING)
            return HttpResponseRedirect(_without(request, SEARCH_VAR))
        return super().changelist_view(request, extra_context)


def _meant(request: HttpRequest, term: str) -> str:
    """Return what was looked for under a key; "" for what is none."""
    return str(request.session.get(SEARCHES, {}).get(term.strip(), ""))


def _without(request: HttpRequest, name: str) -> str:
    """Return the address of a page without one of its parameters."""
    kept = request.GET.copy()
    kept.pop(name)
    return f"{request.path}?{kept.urlencode()}" if kept else request.path


def whole_address(words: str) -> str:
    """Return the digest of an address that is typed whole; "" for other words."""
    try:
        return digest_of(checked(words))
    except AddressError:
        return ""
