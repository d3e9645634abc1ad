"""Publishing and withdrawing issues: what staff are asked before, and told after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import SHOWN, StaffAdmin, ask, selection
from posts import access, drafting, publishing
from posts.access import Right
from posts.admin.holding import MOST_WORDS, OverrideField
from posts.admin.states import state_of
from posts.auditing import writing_down
from posts.messages import Message
from posts.models import Post
from posts.preflight import Finding, WriteDown, held_among, release
from posts.slots import EFFECTS
from posts.translating import translated

MOST_CHECKED = 20
"""So many issues are checked before it is asked whether to publish them; all are after it."""


class WhyForm(Form):
    """Why issues are published that a check holds."""

    why = OverrideField()

    def __init__(self, data: Any = None, *, required: bool) -> None:
        super().__init__(data)
        self.fields["why"].required = required
        self.fields["why"].help_text = (
            gettext("Checks hold it. The reason stands in the history, with your name.")
            if required
            else gettext("Of those that checks hold. Empty: they stay drafts.")
        )


def saying(request: HttpRequest) -> WriteDown:
    """Return what writes down in the name of the signed-in user what is said of a post."""
    return lambda said: writing_down(request, *said)


def found_words(found: Sequence[Finding]) -> list[str]:
    """Return what was found, in words, each with its line."""
    line = gettext("Line %(line)d: %(error)s")
    said = [(one.line, translated(one.words)) for one in found[:SHOWN]]
    return [line % {"line": number, "error": words} if number else words for number, words in said]


class PublishingPages(StaffAdmin):
    """The pages and actions that publish or withdraw; each asks first, and works by POST alone."""

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may publish and withdraw."""
        return access.may(request.user, access.PUBLISH)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that ask."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/publish/", view(self.publish_view), name="posts_post_publish"),
            path("<int:pk>/withdraw/", view(self.withdraw_view), name="posts_post_withdraw"),
            path("<int:pk>/previews/", view(self.previews_view), name="posts_post_previews"),
            *super().get_urls(),
        ]

    # One issue

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether readers are to see an issue, and publish it."""
        post = self._found(request, pk)
        if post.problem or post.is_public():
            return HttpResponseRedirect(_form_of(post))
        found = held_among([post]).get(post.pk, [])
        form = WhyForm(request.POST or None, required=True) if found else None
        if request.method != "POST" or (form and not form.is_valid()):
            return self._question(
                request,
                post,
                form=form,
                title=gettext("Publish “%(title)s”?") % {"title": post.title},
                consequence=_what_publishing_again_does(post),
                rows=found_words(found),
                button=gettext("Publish"),
            )
        before = state_of(post)
        why = form.cleaned_data["why"] if form else ""
        done = release([post], saying(request), why=why, by=request.user)
        if done.held:
            return HttpResponseRedirect(request.get_full_path())
        if not done.published:
            raise Post.DoesNotExist(pk)
        self.message_user(request, said(post, before), messages.SUCCESS)
        return HttpResponseRedirect(_form_of(post))

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether readers are to lose an issue, and make it a draft."""
        post = self._found(request, pk)
        if post.status == Post.Status.DRAFT:
            return HttpResponseRedirect(_form_of(post))
        if request.method != "POST":
            return self._question(
                request,
                post,
                title=gettext("Withdraw “%(title)s”?") % {"title": post.title},
                consequence=with_endings([post], _what_withdrawing_does(post)),
                button=gettext("Withdraw"),
            )
        was_public = post.is_public()
        log = writing_down(request, Message(gettext_noop("Withdrawn.")))
        if not publishing.withdraw([post], by=request.user, log=log):
            raise Post.DoesNotExist(pk)
        self.message_user(request, _said_of_withdrawn(post, was_public), messages.SUCCESS)
        return HttpResponseRedirect(_form_of(post))

    def previews_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether the preview addresses of an issue are to end, and end them."""
        post = self._found(request, pk, access.END_PREVIEWS)
        if request.method != "POST":
            return self._question(
                request,
                post,
                title=gettext("End the previews of “%(title)s”?") % {"title": post.title},
                consequence=gettext(
                    "Whoever was given a preview address of this issue sees nothing there any"
                    " more. The form has a new one."
                ),
                button=gettext("End the previews"),
            )
        log = writing_down(request, Message(gettext_noop("Previews ended.")))
        publishing.end_previews(post, by=request.user, log=log)
        words = gettext("The preview addresses given away so far have ended.")
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(_form_of(post))

    def _found(self, request: HttpRequest, pk: int, right: Right = access.PUBLISH) -> Post:
        access.check(request.user, right)
        post = get_object_or_404(Post, pk=pk)
        access.check(request.user, access.of_issue(right, post.status))
        return post

    def _question(
        self, request: HttpRequest, post: Post, form: Form | None = None, **shown: Any
    ) -> HttpResponse:
        return ask(self, request, form=form, back=_form_of(post), object=post, **shown)

    # Several issues

    def changed_since(self, at: datetime) -> Q:
        """Return the condition that somebody saved or published an issue after a moment."""
        return Q(modified_at__gt=at)

    @admin.action(description=_("Publish the selected issues…"), permissions=["publish"])
    def publish_selected(
        self, request: HttpRequest, queryset: QuerySet[Post]
    ) -> HttpResponse | None:
        """Publish issues, each at its own time, or now if it has none."""
        chosen = [post for post in queryset if post.status == Post.Status.DRAFT]
        if not chosen:
            self.message_user(request, gettext("They are published already."), messages.INFO)
            return None
        if "decide" not in request.POST:
            held = held_among(chosen[:MOST_CHECKED])
            form = WhyForm(required=False) if held or len(chosen) > MOST_CHECKED else None
            effects = _effects_of(chosen)
            return self.question_about(request, chosen, "publish_selected", form, held, effects)
        why = request.POST.get("why", "").strip()[:MOST_WORDS]
        done = release(chosen, saying(request), why=why, by=request.user)
        scheduled = sum(not post.is_public() for post in done.published)
        self.report(request, len(done.published) - scheduled, PUBLISHED)
        self.report(request, scheduled, SCHEDULED)
        self.report(request, len(done.held), HELD, messages.WARNING)
        self.report(request, len(done.refused), REFUSED, messages.WARNING)
        for effect in _effects_of(done.published):
            self.message_user(request, effect, messages.INFO)
        self._name_pending(request, done.published)
        return None

    def _name_pending(self, request: HttpRequest, posts: Sequence[Post]) -> None:
        """Name the issues of which something else was saved for later, which stays so."""
        pending = Post.objects.filter(pk__in=[post.pk for post in posts], pending__isnull=False)
        if titles := list(pending.values_list("title", flat=True)[:SHOWN]):
            words = gettext(
                "What was saved for later of these is not published by this, and stays for later:"
                " %(titles)s"
            )
            named = ", ".join(f"“{title}”" for title in titles)
            self.message_user(request, words % {"titles": named}, messages.WARNING)

    @admin.action(description=_("Withdraw the selected issues…"), permissions=["publish"])
    def withdraw_selected(
        self, request: HttpRequest, queryset: QuerySet[Post]
    ) -> HttpResponse | None:
        """Turn issues into drafts."""
        chosen = [post for post in queryset if post.status == Post.Status.PUBLISHED]
        if not chosen:
            self.message_user(request, gettext("They are drafts already."), messages.INFO)
            return None
        if "decide" not in request.POST:
            return self.question_about(
                request, chosen, "withdraw_selected", effects=endings_of(chosen)
            )
        log = writing_down(request, Message(gettext_noop("Withdrawn.")))
        withdrawn = publishing.withdraw(chosen, by=request.user, log=log)
        self.report(request, len(withdrawn), WITHDRAWN)
        return None

    def question_about(
        self,
        request: HttpRequest,
        posts: Sequence[Post],
        action: str,
        form: Form | None = None,
        held: Mapping[int, Sequence[Finding]] | None = None,
        effects: Sequence[str] = (),
    ) -> HttpResponse:
        """Ask whether an action about several issues is meant; ``effects`` is what else follows."""
        title, consequence, button = QUESTIONS[action]
        return ask(
            self,
            request,
            title=title,
            form=form,
            back=request.get_full_path(),
            consequence=_joined(consequence, *effects),
            button=button,
            rows=[_row(post, (held or {}).get(post.pk, ())) for post in posts[:SHOWN]],
            more=max(0, len(posts) - SHOWN),
            hidden=selection(action, [post.pk for post in posts]),
        )

    def report(
        self, request: HttpRequest, count: int, words: Any, level: int = messages.SUCCESS
    ) -> None:
        """Tell how many issues something was done to, if any."""
        if count:
            self.message_user(request, words % {"n": count}, level)


def _form_of(post: Post) -> str:
    return reverse("admin:posts_post_change", args=[post.pk])


def _address(post: Post) -> str:
    """Return where readers find an issue, in its own letters."""
    return unquote(post.get_absolute_url())


# Words

QUESTIONS = {
    "publish_selected": (
        _("Publish these issues?"),
        _(
            "Readers see them at once, each with its own date, on the site and in the feeds; those"
            " whose time is still to come, from then on."
        ),
        _("Publish"),
    ),
    "withdraw_selected": (
        _("Withdraw these issues?"),
        _(
            "Readers lose them at once: their addresses answer 404, and they leave lists and feeds."
            " Their texts stay here as drafts."
        ),
        _("Withdraw"),
    ),
    "delete_selected": (
        _("Delete these issues?"),
        _(
            "They lie in the trash for 30 days, with their texts, pictures and items and what was"
            " decided about those, and can be taken out of it. Readers lose them at once: their"
            " addresses answer 404. After that they are gone for good."
        ),
        _("Delete"),
    ),
}
PUBLISHED = ngettext_lazy(
    "%(n)d issue is published.",
    "%(n)d issues are published.",
    "n",
)
SCHEDULED = ngettext_lazy(
    "%(n)d issue is scheduled: its time is still to come.",
    "%(n)d issues are scheduled: their times are still to come.",
    "n",
)
WITHDRAWN = ngettext_lazy(
    "%(n)d issue is withdrawn: it is a draft now, and its address answers 404.",
    "%(n)d issues are withdrawn: they are drafts now, and their addresses answer 404.",
    "n",
)
DELETED = ngettext_lazy(
    "%(n)d issue lies in the trash now, for 30 days.",
    "%(n)d issues lie in the trash now, for 30 days.",
    "n",
)
RECOVERED = ngettext_lazy(
    "%(n)d issue is a draft again.",
    "%(n)d issues are drafts again.",
    "n",
)
HELD = ngettext_lazy(
    "%(n)d issue stays a draft, because a check holds it: its form says which.",
    "%(n)d issues stay drafts, because checks hold them: their forms say which.",
    "n",
)
REFUSED = ngettext_lazy(
    "%(n)d issue has a problem and stays a draft.",
    "%(n)d issues have problems and stay drafts.",
    "n",
)


def _row(post: Post, held: Sequence[Finding]) -> str:
    """Return an issue in a question about several, with what holds it."""
    if not held:
        return post.title
    words = ngettext("%(title)s (%(n)d finding holds it)", "%(title)s (%(n)d findings hold it)",
                     len(held))  # fmt: skip
    return words % {"title": post.title, "n": len(held)}


def what_publishing_does(post: Post | None, *, now: bool = False) -> str:
    """Return in words what readers see once an issue (None: a new one) is published.

    ``now``: it does not wait for a time that is still to come.
    """
    if post is None:
        return gettext("Readers see it at once, on the site and in the feeds.")
    if post.published_at is not None and post.published_at > timezone.now():
        words = (
            gettext("Readers see it at once, at %(address)s and in the feeds, not at %(moment)s.")
            if now
            else gettext("Readers see it from %(moment)s on, at %(address)s and in the feeds.")
        )
    elif post.published_at is not None:
        words = gettext(
            "Readers see it at once, at %(address)s and in the feeds, with its date, %(moment)s."
        )
    else:
        words = gettext("Readers see it at once, at %(address)s and in the feeds.")
    return words % {"address": _address(post), "moment": moment_words(post)}


def with_effects(post: Post | None, words: str, *, is_done: bool = False) -> SafeString | str:
    """Return what publishing does, or did, with what else follows from it (``posts.slots``)."""
    if post is None:
        return words
    asked = [effect.after if is_done else effect.before for effect in EFFECTS]
    return _joined(words, *(found for ask in asked if (found := ask(post))))


def _effects_of(posts: Sequence[Post]) -> list[str]:
    """Return what else follows from publishing several issues."""
    return [found for effect in EFFECTS if (found := effect.several(posts))]


def with_endings(posts: Sequence[Post], words: str) -> SafeString:
    """Return what withdrawing or deleting does, with what else ends by it (``posts.slots``)."""
    return _joined(words, *endings_of(posts))


def endings_of(posts: Sequence[Post]) -> list[str]:
    """Return what else ends when issues are withdrawn or deleted."""
    return [found for effect in EFFECTS if (found := effect.ending(posts))]


def _joined(*sentences: object) -> SafeString:
    return format_html_join(" ", "{}", [(sentence,) for sentence in sentences])


def _what_publishing_again_does(post: Post) -> SafeString | str:
    """Return what readers see once an issue is published as it is stored, and what they do not."""
    words = with_effects(post, what_publishing_does(post))
    if drafting.pending_of(post) is None:
        return words
    stays = gettext(
        "They see what they saw before: what was saved for later is not published by this, and"
        " stays for later."
    )
    way = gettext("To publish that, go to the form")
    return format_html('{} {} <a href="{}">{}</a>', words, stays, _form_of(post), way)


def _what_withdrawing_does(post: Post) -> str:
    if not post.is_public():
        return gettext("It is not published at its time, and stays here as a draft.")
    words = gettext(
        "Readers lose it at once: its address %(address)s answers 404, and it leaves all lists and"
        " feeds. Preview addresses end. The text stays here as a draft."
    )
    return words % {"address": _address(post)}


def _said_of_withdrawn(post: Post, was_public: bool) -> SafeString:
    said = (
        gettext("Withdrawn. Its address answers 404 now.")
        if was_public
        else gettext("Withdrawn. It is a draft, and is not published at its time.")
    )
    back = reverse("admin:posts_post_publish", args=[post.pk])
    return format_html('{} <a href="{}">{}</a>', said, back, gettext("Publish it again…"))


def said(post: Post, before: str) -> SafeString | str:
    """Return what an editor is told after an issue was saved; ``before`` was its state."""
    state = state_of(post)
    if state == "problem":
        return gettext("The text is saved as a draft, because it cannot be shown: %(problem)s") % {
            "problem": post.problem
        }
    if state == "scheduled":
        words = gettext("Saved. The issue is scheduled: readers will see it from {}.")
        return with_effects(post, format_html(words, moment_words(post)))
    if state == "published" and before != "published":
        words = gettext(
            "Published. Readers see it now, and feeds have it:"
            ' <a href="{}">view it on the site</a>.'
        )
        return with_effects(post, format_html(words, post.get_absolute_url()), is_done=True)
    if state == "published":
        return format_html(
            gettext('Saved. Readers see the change: <a href="{}">view it on the site</a>.'),
            post.get_absolute_url(),
        )
    if state == "review":
        return gettext("Saved. It is in review; readers do not see it.")
    return gettext("Saved as a draft: readers do not see it.")


def moment_words(post: Post) -> str:
    """Return the publish time of an issue in words; "" if it has none."""
    if post.published_at is None:
        return ""
    return date_format(timezone.localtime(post.published_at), "DATETIME_FORMAT")
