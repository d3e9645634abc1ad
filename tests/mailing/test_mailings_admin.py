"""The staff's pages of mailings: planning, the progress page, and who may what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.models import Appeared, Delivery, Mailing, MailSettings
from posts.models import Post
from tests.builders import make_draft, make_post, make_scheduled
from tests.conftest import SignIn
from tests.mailing.builders import make_delivery, make_mailing, make_subscriber, make_subscribers
from tests.reading import Page

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database,
    pytest.mark.usefixtures("mail_is_on", "run_waiting_tasks"),
]

Status = Mailing.Status


@pytest.fixture
def client(sign_in: SignIn, editor: User) -> Client:
    """An editor's client."""
    return sign_in(editor)


def form_of(post: Post) -> str:
    return f"/admin/posts/post/{post.pk}/change/"


def plan_url(post: Post) -> str:
    return f"/admin/mailing/mailing/plan/{post.pk}/"


def page_url(row: Mailing) -> str:
    return f"/admin/mailing/mailing/{row.pk}/change/"


def do(client: Client, row: Mailing, verb: str) -> Any:
    return client.post(f"/admin/mailing/mailing/{row.pk}/do/", {"verb": verb}, follow=True)


def cancel_url(row: Mailing) -> str:
    return f"/admin/mailing/mailing/{row.pk}/cancel/"


# From the form of an issue


def test_who_published_an_issue_is_led_on_to_sending_it(client: Client) -> None:
    fresh, sent = make_draft("Fresh"), make_draft("Sent")
    make_mailing(sent, status=Status.DONE)

    said = [
        Page(client.post(f"/admin/posts/post/{post.pk}/publish/", follow=True))
        for post in (fresh, sent)
    ]

    assert said[0].values(".messagelist a", "href")[-1] == plan_url(fresh)
    assert plan_url(sent) not in said[1].values(".messagelist a", "href")


def test_the_form_of_an_issue_leads_to_sending_it(client: Client) -> None:
    post = make_post()
    make_mailing(post, status=Status.DONE, finished_at=timezone.now())

    page = client.get(form_of(post)).content.decode()

    assert plan_url(post) in page
    assert "It is sent" in page


@pytest.mark.parametrize(
    ("status", "verb"),
    [(Status.PLANNED, "stop"), (Status.HELD, "stop"), (Status.SENDING, "pause"),
     (Status.PAUSED, "resume")],
)  # fmt: skip
def test_while_a_mailing_is_under_way_the_form_of_its_issue_stops_it_and_plans_no_other(
    client: Client, status: str, verb: str
) -> None:
    post = make_post()
    row = make_mailing(post, status=status, held_until=timezone.now())

    page = Page(client.get(form_of(post)))

    (button,) = page.all("#panel-mail button")
    assert (button.attributes["name"], button.attributes["value"]) == ("verb", verb)
    assert button.attributes["formaction"] == f"/admin/mailing/mailing/{row.pk}/do/"
    assert plan_url(post) not in page.values("#panel-mail a", "href")


def test_a_mailing_with_publishing_names_the_day_of_its_issue(client: Client) -> None:
    make_subscriber()
    post = make_scheduled()
    MailSettings.objects.update(hold_minutes=15)
    client.post(plan_url(post), {"when": "publishing"})
    at = timezone.localtime(post.published_at + timedelta(minutes=15))

    for path in (form_of(post), page_url(Mailing.objects.get()), "/admin/mailing/mailing/"):
        assert f"{at:%H:%M}" in Page(client.get(path)).text(), path


def test_while_mail_is_off_the_form_says_nothing_of_it(client: Client) -> None:
    MailSettings.objects.update(is_on=False)
    post = make_post()

    assert "panel-mail" not in client.get(form_of(post)).content.decode()
    assert client.get(plan_url(post)).status_code == 404


def test_an_editor_plans_a_public_issue_for_now_and_can_stop_it(client: Client) -> None:
    make_subscriber()
    post = make_post()

    answer = client.post(plan_url(post), {"when": "now"}, follow=True)
    row = Mailing.objects.get()
    stopped = do(client, row, "stop")

    assert row.status == Status.HELD
    assert "unless somebody stops it" in answer.content.decode()
    assert "Nothing of it has left" in stopped.content.decode()
    row.refresh_from_db()
    assert row.status == Status.CANCELLED


def test_moments_in_sentences_are_words_and_no_html(client: Client) -> None:
    post = make_scheduled()
    at = timezone.now() + timedelta(hours=3)
    rows = (
        make_mailing(post, status=Status.PLANNED, starts_at=at),
        make_mailing(post, status=Status.HELD, held_until=at),
        make_mailing(post, status=Status.DONE, finished_at=at),
    )

    pages = [client.get(url) for url in (plan_url(post), form_of(post), *map(page_url, rows))]

    for page in pages:
        assert "&lt;time" not in page.content.decode()
        assert f"{at:%H:%M}" in page.content.decode() or page is pages[0]


def test_a_draft_is_planned_with_publishing(client: Client) -> None:
    make_subscriber()
    post = make_draft()

    client.post(plan_url(post), {"when": "publishing", "is_advertising": "on"})

    row = Mailing.objects.get()
    assert (row.status, row.starts_at, row.is_advertising) == (Status.PLANNED, None, True)


def test_ticks_of_the_form_that_sends_stand_in_one_line_with_their_words(client: Client) -> None:
    post = make_post()
    make_mailing(post, status=Status.DONE)

    page = Page(client.get(plan_url(post)))

    assert page.values(".checkbox-row > input", "name") == ["is_advertising", "again"]
    assert len(page.texts(".checkbox-row > input + label")) == 2


def test_who_publishes_is_told_of_the_mail_that_leaves_and_how_to_stop_it(client: Client) -> None:
    make_subscriber()
    post = make_draft()
    assert "Its mail leaves" not in client.get(form_of(post)).content.decode()
    client.post(plan_url(post), {"when": "publishing"})
    row = Mailing.objects.get()
    MailSettings.objects.update(hold_minutes=15)

    question = f"/admin/posts/post/{post.pk}/publish/"
    asked = [client.get(url).content.decode() for url in (form_of(post), question)]
    answer = client.post(question, follow=True).content.decode()

    for page in asked:
        assert "Its mail leaves 15 minutes after that, unless somebody stops it." in page
    assert "Its mail leaves in 15 minutes." in answer
    assert f'<a href="{page_url(row)}">Stop it</a>' in answer


@pytest.mark.parametrize("verb", ["withdraw", "delete"])
@pytest.mark.parametrize("is_many", [True, False])
def test_who_takes_an_issue_back_is_told_what_becomes_of_its_mail(
    admin: User, sign_in: SignIn, verb: str, is_many: bool
) -> None:
    client, post = sign_in(admin), make_post()

    def asked() -> str:
        if not is_many:
            return client.get(f"/admin/posts/post/{post.pk}/{verb}/").content.decode()
        chosen = {"action": f"{verb}_selected", "_selected_action": post.pk}
        return client.post("/admin/posts/post/", chosen).content.decode()

    words = ("Mail that is planned is cancelled.", "Mail that is on its way is paused.")
    make_mailing(post, status=Status.DONE)
    assert not any(word in asked() for word in words)

    make_mailing(post, status=Status.HELD)
    assert [word in asked() for word in words] == [True, False]

    make_mailing(post, status=Status.SENDING)
    assert [word in asked() for word in words] == [True, True]


def test_without_minutes_to_think_none_are_promised(client: Client) -> None:
    make_subscriber()
    post = make_draft()
    client.post(plan_url(post), {"when": "publishing"})
    page = page_url(Mailing.objects.get())
    assert "It leaves 10 minutes after the issue is public" in client.get(page).content.decode()

    MailSettings.objects.update(hold_minutes=0)
    planned = client.get(page).content.decode()
    asked = client.get(form_of(post)).content.decode()
    answer = client.post(f"/admin/posts/post/{post.pk}/publish/", follow=True).content.decode()

    assert "It leaves as soon as the issue is public." in planned
    assert "Its mail leaves right after that." in asked
    assert "Its mail leaves now." in answer


def test_who_publishes_several_issues_is_told_with_which_of_them_mail_leaves(
    client: Client,
) -> None:
    make_subscriber()
    planned, other = make_draft("With mail"), make_draft("Without")
    client.post(plan_url(planned), {"when": "publishing"})
    data = {"action": "publish_selected", "_selected_action": [str(planned.pk), str(other.pk)]}
    words = "Mail leaves with 1 of them, unless somebody stops it: “With mail”."

    asked = client.post("/admin/posts/post/", data).content.decode()
    answer = client.post("/admin/posts/post/", data | {"decide": "1"}, follow=True)

    for page in (asked, answer.content.decode()):
        assert f'{words} <a href="/admin/mailing/mailing/">See the mailings</a>' in page


def test_a_time_and_a_language_can_be_chosen(client: Client) -> None:
    make_subscriber(language="ko")
    post, day = make_post(), timezone.localdate() + timedelta(days=2)

    client.post(
        plan_url(post),
        {"when": "later", "at_0": day.isoformat(), "at_1": "08:30", "audience": "ko"},
    )

    row = Mailing.objects.get()
    assert row.audience == {"language": "ko"}
    assert timezone.localtime(row.starts_at).strftime("%H:%M") == "08:30"


def test_readers_without_a_language_are_offered_as_those_of_the_sites(client: Client) -> None:
    make_subscriber(language="")
    post = make_post()

    client.post(plan_url(post), {"when": "now", "audience": "en"})

    assert Mailing.objects.get().audience == {"language": "en"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"when": "later"}, "Say at what time."),
        ({"when": "later", "at_0": "2020-01-01", "at_1": "08:00"}, "This time is over."),
        ({"when": "later", "at_0": "9999-12-31", "at_1": "23:59"}, "Look at the year."),
        ({"when": "publishing"}, "Select a valid choice."),
        ({}, "This field is required."),
        ({"when": "now", "audience": "xx"}, "Select a valid choice."),
    ],
)
def test_what_makes_no_sense_is_said_in_words(client: Client, sent: dict, said: str) -> None:
    make_subscriber()

    answer = client.post(plan_url(make_post()), sent)

    assert said in answer.content.decode()
    assert not Mailing.objects.exists()


def test_a_second_mailing_to_the_same_readers_is_refused_unless_it_is_meant(
    client: Client,
) -> None:
    reader, post = make_subscriber(), make_post()
    row = make_mailing(post, status=Status.DONE, finished_at=timezone.now())
    make_delivery(row, reader, once_for=post)

    refused = client.post(plan_url(post), {"when": "now"})
    client.post(plan_url(post), {"when": "now", "again": "on"})

    assert "All these readers have got this issue." in refused.content.decode()
    assert Mailing.objects.exclude(pk=row.pk).get().is_repeated


def test_the_form_says_how_many_get_this_issue(client: Client) -> None:
    post = make_post(body="## News\n- [one](https://one.example/)\n", tags=["Django"])
    news = (("section", "news"),)
    make_subscribers(3)
    make_subscribers(2, choices=(("tag", "django"),))
    make_subscriber(choices=(("tag", "flask"),))
    make_subscribers(2, choices=news)
    make_subscriber(rhythm="weekly")
    make_subscriber(rhythm="monthly", choices=(("tag", "flask"),))
    make_subscriber(status="paused")
    row = make_mailing(post, status=Status.DONE, finished_at=timezone.now())
    make_delivery(row, make_subscriber(), once_for=post)

    text = Page(client.get(plan_url(post))).text()

    assert "5 readers get the whole issue." in text
    assert "2 readers get the parts of it that they chose." in text
    assert "1 reader has it, or is on the way to it" in text
    assert "1 reader finds it in the next roll-up" in text
    assert "11 subscribers get mail at all." in text


def test_of_a_draft_it_is_said_who_gets_it_whole(client: Client) -> None:
    make_subscribers(2)

    text = Page(client.get(plan_url(make_draft()))).text()

    assert "2 readers get the whole issue." in text
    assert "Who chose parts of it is known once it has its time" in text


def test_looking_at_whom_an_issue_reaches_notes_nothing(client: Client) -> None:
    make_subscriber()
    post = make_post(at=timezone.now())

    client.get(plan_url(post))

    assert not Appeared.objects.exists()


def test_a_test_mail_goes_to_whoever_asks_for_it(client: Client, mailoutbox: list) -> None:
    post = make_draft()

    page = client.get(plan_url(post)).content.decode()
    answer = client.post(
        f"/admin/mailing/mailing/test/{post.pk}/", {"address": "editor@example.org"}, follow=True
    )

    assert 'value="editor@example.org"' in page
    assert [mail.to for mail in mailoutbox] == [["editor@example.org"]]
    assert mailoutbox[0].subject == f"[Test] {post.title}"
    assert "was taken by the server" in answer.content.decode()
    history = client.get(f"/admin/posts/post/{post.pk}/history/").content.decode()
    assert "Sent as a test mail." in history


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nobody", "Enter a valid email address."),
        ('"me,too"@example.org', "This is no mail address."),
        ("me@☃.com", "This is no mail address."),
    ],
)
def test_a_test_mail_to_no_address_is_refused(
    client: Client, mailoutbox: list, address: str, said: str
) -> None:
    post = make_draft()

    answer = client.post(f"/admin/mailing/mailing/test/{post.pk}/", {"address": address})

    assert said in answer.content.decode()
    assert mailoutbox == []


def test_a_test_mail_goes_to_a_domain_of_any_script(client: Client, mailoutbox: list) -> None:
    client.post(f"/admin/mailing/mailing/test/{make_draft().pk}/", {"address": "me@예시.한국"})

    assert [mail.to for mail in mailoutbox] == [["me@xn--vv4b11d.xn--3e0b707e"]]


# How it goes


def test_the_page_of_a_mailing_counts_states_and_names_reasons(client: Client) -> None:
    row = make_mailing()
    make_delivery(row)
    make_delivery(row, status="failed", code="550 5.1.1", reason="no such user")
    make_delivery(row, status="dropped", code="left")
    make_delivery(row, status="queued")

    page = client.get(page_url(row)).content.decode()

    assert "3 of 4 mails are settled." in page
    assert "550 5.1.1 no such user" in page
    assert "left, or paused, before it was their turn" in page


def test_the_page_says_how_few_mails_leave_in_an_hour(client: Client) -> None:
    row = make_mailing(make_post(), status=Status.SENDING)
    assert "It is on its way." in client.get(page_url(row)).content.decode()

    MailSettings.objects.update(hourly_limit=300)
    limited = client.get(page_url(row)).content.decode()
    MailSettings.objects.update(warm_up=True)
    warming = client.get(page_url(row)).content.decode()

    assert "It is on its way: 300 mails in an hour leave at most." in limited
    assert "It is on its way: 20 mails in an hour leave at most." in warming


def test_a_mailing_that_was_refused_for_some_leads_to_sending_it_to_them(client: Client) -> None:
    row = make_mailing(make_post(), status=Status.DONE, finished_at=timezone.now())
    make_delivery(row)
    before = client.get(page_url(row)).content.decode()
    make_delivery(row, status="failed", code="554 5.7.1", reason="looks like spam")
    after = client.get(page_url(row)).content.decode()
    assert plan_url(row.post) not in before
    assert f'<a href="{plan_url(row.post)}">Send it to those it was refused for</a>' in after


def test_a_script_gets_the_part_that_changes(client: Client) -> None:
    row = make_mailing(status=Status.DONE)

    found = client.get(f"/admin/mailing/mailing/{row.pk}/progress/").json()

    assert found["over"] is True
    assert "It is sent" in found["html"]


def test_pause_go_on_and_cancel_are_pressed_in_turn(client: Client) -> None:
    row = make_mailing(is_filled=True)
    make_delivery(row, status="queued")
    said = [do(client, row, verb).content.decode() for verb in ("pause", "resume")]
    said.append(client.post(cancel_url(row), follow=True).content.decode())
    said.append(do(client, row, "resume").content.decode())

    assert "Paused. Nothing more leaves" in said[0]
    assert "It goes on." in said[1]
    assert "Cancelled: 1 reader does not get it." in said[2]
    assert "not in that state any more" in said[3]


def test_before_the_rest_is_cancelled_it_is_said_who_does_not_get_it(client: Client) -> None:
    row = make_mailing(is_filled=True)
    make_delivery(row)
    for status in ("queued", "queued", "deferred"):
        make_delivery(row, status=status)

    page = client.get(page_url(row)).content.decode()
    asked = client.get(cancel_url(row)).content.decode()

    assert f'href="{cancel_url(row)}"' in page
    assert "3 readers do not get it then. 1 reader has it." in asked
    row.refresh_from_db()
    assert row.status == Status.SENDING
    assert do(client, row, "cancel").status_code == 404  # by no button alone


def test_of_a_ledger_that_is_being_filled_more_would_be_left_out(client: Client) -> None:
    row = make_mailing(is_filled=False)
    make_delivery(row, status="queued")

    assert "At least 1 reader does not get it" in client.get(cancel_url(row)).content.decode()


def test_what_is_over_is_not_cancelled(client: Client) -> None:
    row = make_mailing(status=Status.DONE, finished_at=timezone.now())

    assert client.get(cancel_url(row), follow=True).redirect_chain == [(page_url(row), 302)]
    assert cancel_url(row) not in client.get(page_url(row)).content.decode()


def test_what_was_pressed_stands_in_the_history_of_the_issue(client: Client) -> None:
    row = make_mailing()

    do(client, row, "pause")

    history = client.get(f"/admin/posts/post/{row.post.pk}/history/").content.decode()
    assert "Paused its mailing." in history


def test_a_mailing_that_ended_early_says_how_many_got_it(client: Client) -> None:
    row = make_mailing(is_filled=True)
    make_delivery(row)
    make_delivery(row, status="queued")
    make_delivery(row, status="queued")
    client.post(cancel_url(row))

    assert "1 got it, 2 did not." in client.get(page_url(row)).content.decode()
    assert "1 got it, 2 did not." in client.get(form_of(row.post)).content.decode()


def test_trouble_that_paused_a_mailing_is_named(client: Client) -> None:
    row = make_mailing(status=Status.PAUSED, trouble="550 5.7.1 who are you")

    assert "It is paused: 550 5.7.1 who are you." in client.get(page_url(row)).content.decode()


def test_those_of_whom_nobody_knows_are_named_to_who_may_see_addresses(
    sign_in: SignIn, owner: User, client: Client
) -> None:
    row = make_mailing(status=Status.DONE)
    make_delivery(row, make_subscriber("who@example.org"), status=Delivery.Status.UNKNOWN)

    assert "who@example.org" in sign_in(owner).get(page_url(row)).content.decode()
    assert "who@example.org" not in client.get(page_url(row)).content.decode()


def test_the_list_of_mailings_says_all_in_korean(client: Client, settings: Settings) -> None:
    settings.LANGUAGE_CODE = "ko"
    make_mailing(status=Status.DONE)

    page = client.get("/admin/mailing/mailing/").content.decode()

    assert "보냄" in page
    assert "만든 사람" in page
    assert "보낸 날" not in page
    assert "Created by" not in page


def test_the_list_names_mailings_and_how_they_stand(client: Client) -> None:
    row = make_mailing()
    make_delivery(row)
    make_delivery(row, status="queued")

    page = client.get("/admin/mailing/mailing/").content.decode()

    assert page_url(row) in page
    assert "Being sent" in page
    assert "1 of 2 mails" in page
    assert "1 mailing" in page


def test_the_page_asks_as_often_whatever_the_number_of_readers(
    client: Client, django_assert_max_num_queries: Callable
) -> None:
    row = make_mailing()
    for reader in make_subscribers(12):
        make_delivery(row, reader)
    client.get(page_url(row))

    with django_assert_max_num_queries(20):
        client.get(page_url(row))


# Who may


@pytest.mark.parametrize(
    ("name", "sees", "sends"),
    [("admin", True, True), ("owner", True, True), ("editor", True, True),
     ("moderator", False, False), ("writer", False, False)],
)  # fmt: skip
def test_roles_see_and_send(
    name: str, sees: bool, sends: bool, sign_in: SignIn, request: pytest.FixtureRequest
) -> None:
    client = sign_in(request.getfixturevalue(name))
    make_subscriber()
    post, row = make_post(), make_mailing()
    reads = [page_url(row), f"/admin/mailing/mailing/{row.pk}/progress/", "/admin/mailing/mailing/"]
    acts = [
        (f"/admin/mailing/mailing/{row.pk}/do/", {"verb": "pause"}),
        (cancel_url(make_mailing()), {}),
        (plan_url(post), {"when": "now"}),
        (f"/admin/mailing/mailing/test/{post.pk}/", {"address": "me@example.org"}),
    ]

    assert [client.get(url).status_code for url in reads] == [200 if sees else 403] * 3
    assert client.get(plan_url(post)).status_code == (200 if sends else 403)
    found = [client.post(url, values).status_code for url, values in acts]
    assert found == [302 if sends else 403] * 4


def test_nothing_is_there_for_what_is_not(client: Client) -> None:
    row = make_mailing()

    assert do(client, row, "explode").status_code == 404
    assert client.get("/admin/mailing/mailing/999/change/").status_code == 404
    assert client.get("/admin/mailing/mailing/plan/999/").status_code == 404
    assert client.get(f"/admin/mailing/mailing/{row.pk}/do/").status_code == 405
