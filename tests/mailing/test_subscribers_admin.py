"""Staff's pages of subscribers: who sees what of them, and what can be done with one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailing import bounces, subscribing
from mailing.addresses import digest_of
from mailing.admin.bases import CappedPaginator
from mailing.models import Consent, Event, MailSettings, Subscriber, Suppression, Transfer
from mailing.settling import settle
from posts.auditing import words_of
from tests.builders import make_member
from tests.conftest import SignIn
from tests.mailing.builders import make_delivery, make_mailing, make_subscriber, make_subscribers
from tests.reading import Page

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database,
    pytest.mark.usefixtures("mail_is_on"),
]

LIST = "/admin/mailing/subscriber/"
IMPORT, EXPORT = f"{LIST}import/", f"{LIST}export/"


@pytest.fixture
def keeper(sign_in: SignIn) -> Client:
    """Somebody who looks after the list."""
    return sign_in(make_member("keeper"))


@pytest.fixture
def onlooker(sign_in: SignIn, outsider: User) -> Client:
    """Somebody who may see the list, and no address."""
    outsider.is_staff = True
    outsider.save()
    outsider.user_permissions.add(Permission.objects.get(codename="view_subscriber"))
    return sign_in(outsider)


def looked_for(client: Client, words: str) -> list[str]:
    """Return the addresses that the list shows once words are looked for in it."""
    answer = client.post(f"{LIST}find/", {"q": words}, follow=True)
    return Page(answer).texts("#result_list tbody th")


def found(client: Client, query: str) -> list[str]:
    """Return the addresses that the list shows for a query."""
    answer = client.get(f"{LIST}?{query}")
    if answer.status_code == 400:  # it is not allowed
        return []
    assert answer.status_code == 200
    return Page(answer).texts("#result_list tbody th")


# The list


def test_addresses_are_masked_for_who_may_not_see_them(keeper: Client, onlooker: Client) -> None:
    row = make_subscriber("kim@news.example.com", name="Kim Minsu")
    page = f"{LIST}{row.pk}/change/"

    assert found(keeper, "") == ["kim@news.example.com"]
    assert "Kim Minsu" in keeper.get(page).content.decode()
    for path in (LIST, page, f"{LIST}{row.pk}/history/", "/admin/"):
        html = onlooker.get(path).content.decode()
        assert "kim@" not in html, path
        assert "Minsu" not in html, path
    assert found(onlooker, "") == ["k…@n….com"]


def test_no_page_of_staff_leads_to_the_page_that_is_the_readers_own(
    keeper: Client, onlooker: Client
) -> None:
    row = make_subscriber("kim@news.example.com")
    kind = ContentType.objects.get_for_model(Subscriber).pk

    for client in (keeper, onlooker):
        for path in (LIST, f"{LIST}{row.pk}/change/"):
            assert row.key not in client.get(path).content.decode()
            assert f"/admin/r/{kind}/" not in client.get(path).content.decode()
        assert client.get(f"/admin/r/{kind}/{row.pk}/").status_code == 404


def test_a_whole_address_is_found_by_all_and_a_part_by_who_may_see_it(
    keeper: Client, onlooker: Client
) -> None:
    make_subscriber("kim@news.example.com", name="Kim Minsu")
    make_subscriber("lee@example.org")

    for typed in ("kim@news.example.com", "KIM@News.Example.com", " kim@news.example.com"):
        assert looked_for(keeper, typed) == ["kim@news.example.com"]
        assert looked_for(onlooker, typed) == ["k…@n….com"]
    for part in ("kim", "news.example", "Minsu"):
        assert looked_for(keeper, part) == ["kim@news.example.com"]
        assert looked_for(onlooker, part) == []
    assert looked_for(onlooker, "im@news.example.com") == []


@pytest.mark.parametrize(
    "query",
    ["address__startswith=k", "address=kim@news.example.com", "name__contains=K", "key__gt=A",
     "digest__startswith=0", "o=1", "consents__form__startswith=a", "deliveries__code=5"],
)  # fmt: skip
def test_no_query_lets_an_address_be_guessed(onlooker: Client, query: str) -> None:
    make_subscriber("kim@news.example.com")
    make_subscriber("lee@example.org", name="L")

    shown = found(onlooker, query)

    assert shown in (["l…@e….org", "k…@n….com"], [])


def test_the_list_is_narrowed_by_what_is_known_of_subscribers(keeper: Client) -> None:
    old = timezone.now() - timedelta(days=800)
    ann = make_subscriber("ann@example.org", choices=[("tag", "ai")], language="ko")
    make_subscriber("bob@example.org", status="left", rhythm="weekly", created_at=old)
    make_subscriber("cem@example.org", source="import", language="en")
    tag = ann.choices.get().pk

    assert found(keeper, "status__exact=left") == ["bob@example.org"]
    assert found(keeper, "rhythm__exact=weekly") == ["bob@example.org"]
    assert found(keeper, "language=ko") == ["ann@example.org"]
    assert found(keeper, "source__exact=import") == ["cem@example.org"]
    assert found(keeper, f"chosen={tag}") == ["ann@example.org"]
    assert found(keeper, f"came={timezone.localtime(old).year}") == ["bob@example.org"]
    everybody = ["cem@example.org", "ann@example.org", "bob@example.org"]
    assert found(keeper, "chosen=nonsense") == everybody
    assert found(keeper, "chosen=99999999999999999999") == everybody


def test_queries_of_the_list_do_not_grow_with_subscribers(keeper: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert keeper.get(LIST).status_code == 200
        return len(seen)

    make_subscribers(5, choices=[("tag", "ai"), ("section", "papers")])
    queries()
    before = queries()
    make_subscribers(5, choices=[("tag", "ai"), ("source", "example.org")])
    assert queries() == before


def test_an_address_that_is_looked_for_stands_in_no_address_of_a_page(keeper: Client) -> None:
    make_subscriber("ann@example.org")
    make_subscriber("bob@example.org")

    for words in ("ann@example.org", "ann"):
        form = Page(keeper.get(f"{LIST}?status__exact=active")).one("#changelist-search")
        assert (form.attributes["method"], form.attributes["action"]) == ("post", f"{LIST}find/")
        sent = {"q": words, "status__exact": "active"}
        answer = keeper.post(f"{LIST}find/", sent)
        page = Page(keeper.get(answer.headers["Location"]))

        assert "ann" not in answer.headers["Location"]
        assert "status__exact=active" in answer.headers["Location"]
        assert page.texts("#result_list tbody th") == ["ann@example.org"]
        assert page.one("#searchbar").attributes["value"] == words
    assert keeper.post(f"{LIST}find/", {"q": " "}).headers["Location"] == LIST


@pytest.mark.parametrize("path", [LIST, "/admin/mailing/suppression/"])
def test_an_address_typed_behind_a_question_mark_leads_to_the_field(
    keeper: Client, path: str
) -> None:
    make_subscriber("ann@example.org")

    answer = keeper.get(f"{path}?q=ann@example.org&o=1")

    assert answer.headers["Location"] == f"{path}?o=1"
    assert "Write the words into the field." in Page(keeper.get(path)).text()


def test_what_was_looked_for_is_of_who_looked_for_it(
    keeper: Client, sign_in: SignIn, owner: User
) -> None:
    make_subscriber("ann@example.org")
    way = keeper.post(f"{LIST}find/", {"q": "ann@example.org"}).headers["Location"]

    assert not Page(sign_in(owner).get(way)).all("#result_list tbody th")


def test_a_list_that_ends_before_all_rows_says_so(
    keeper: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CappedPaginator, "most", 2)
    words = "There are more: these are the first 2."
    make_subscribers(2)
    assert words not in Page(keeper.get(LIST)).text()

    make_subscriber()
    assert words in Page(keeper.get(LIST)).text()


# The page of one


def test_the_page_of_one_says_what_came_back_of_late(keeper: Client) -> None:
    row = make_subscriber("ann@example.org")
    assert "Nothing came back." in Page(keeper.get(f"{LIST}{row.pk}/change/")).text()
    delivery = make_delivery(subscriber=row)
    for days in (40, 9, 2):
        at = timezone.now() - timedelta(days=days)
        said = {"code": "4.2.2", "reason": f"Full {days}"}
        bounces.record(bounces.Told(f"{days}", Event.Kind.SOFT, at, delivery, **said))

    text = Page(keeper.get(f"{LIST}{row.pk}/change/")).texts("section.outline")[-1]

    assert "2 mails came back for now, without one that arrived since." in text
    assert "After 5 the address gets no mail any more." in text
    assert "4.2.2 Full 9" in text
    assert "Full 40" not in text


def test_the_page_of_one_says_what_they_said_and_what_was_sent(keeper: Client) -> None:
    row = make_subscriber("ann@example.org", choices=[("tag", "ai")])
    Consent.objects.create(subscriber=row, digest=row.digest, kind="given", form="/subscribe/")
    mailing = make_mailing()
    make_delivery(mailing, row, status="failed", code="5.1.1", reason="No such mailbox.")
    Suppression.objects.create(digest=row.digest, reason="bounced", note="Twice.")

    text = Page(keeper.get(f"{LIST}{row.pk}/change/")).text()

    for words in ("Tag: ai", "Confirmed", "/subscribe/", mailing.title, "Refused", "5.1.1",
                  "Mail came back", "Twice."):  # fmt: skip
        assert words in text


@pytest.mark.parametrize(
    ("verb", "sent", "status", "said"),
    [
        ("pause", {"days": "10"}, "paused", "Paused for 10 days."),
        ("leave", {}, "left", "Taken off the list."),
        ("suppress", {"reason": "Wrote a letter."}, "left", "Suppressed: Wrote a letter."),
    ],
)
def test_what_is_done_with_one_is_asked_before_and_written_down(
    keeper: Client, verb: str, sent: dict[str, str], status: str, said: str
) -> None:
    row = make_subscriber("ann@example.org")
    path = f"{LIST}{row.pk}/do/{verb}/"

    assert keeper.get(path).status_code == 200
    row.refresh_from_db()
    assert row.status == "active"
    assert keeper.post(path, {**sent, "decide": "1"}).status_code == 302

    row.refresh_from_db()
    assert row.status == status
    entry = LogEntry.objects.get()
    assert (words_of(entry), entry.object_repr) == (said, "a…@e….org")


def test_staff_end_a_pause_for_who_asks_them_to(keeper: Client) -> None:
    row = make_subscriber("ann@example.org")
    path = f"{LIST}{row.pk}/do/resume/"
    assert path not in keeper.get(f"{LIST}{row.pk}/change/").content.decode()
    subscribing.pause(row, timezone.now() + timedelta(days=10))

    assert path in keeper.get(f"{LIST}{row.pk}/change/").content.decode()
    assert keeper.get(path).status_code == 200
    assert keeper.post(path, {"decide": "1"}).status_code == 302

    row.refresh_from_db()
    assert (row.status, row.paused_until) == ("active", None)
    assert words_of(LogEntry.objects.get()) == "Ended the pause."


@pytest.mark.parametrize(("confirmed_at", "gets"), [(timezone.now(), 1), (None, 0)])
def test_a_suppression_is_undone_with_a_reason_and_only_who_once_agreed_gets_mail(
    keeper: Client, confirmed_at: Any, gets: int
) -> None:
    row = make_subscriber("ann@example.org", status="bounced", confirmed_at=confirmed_at)
    Suppression.objects.create(digest=row.digest, reason="bounced")
    path = f"{LIST}{row.pk}/do/unsuppress/"

    assert keeper.post(path, {"decide": "1"}).status_code == 200
    assert Suppression.objects.exists()
    keeper.post(path, {"reason": "Mailbox mended.", "decide": "1"})

    assert not Suppression.objects.exists()
    assert Subscriber.objects.receiving().count() == gets
    assert words_of(LogEntry.objects.get()) == "Suppression undone: Mailbox mended."


def test_a_suppression_of_somebody_erased_is_found_by_the_address_and_undone(
    keeper: Client,
) -> None:
    row = Suppression.objects.create(digest=digest_of("ann@example.org"), reason="erased")
    Suppression.objects.create(digest=digest_of("bob@example.org"), reason="erased")
    sent = {"q": "Ann@example.org"}
    page = Page(keeper.post("/admin/mailing/suppression/find/", sent, follow=True))
    assert page.texts("#result_list tbody th") == [row.digest[:12]]

    keeper.post(f"/admin/mailing/suppression/{row.pk}/undo/", {"reason": "Asked.", "decide": "1"})

    assert not Suppression.objects.filter(pk=row.pk).exists()


def test_who_is_erased_is_gone_but_for_a_digest(sign_in: SignIn, owner: User) -> None:
    row = make_subscriber("ann@example.org", name="Ann")
    Consent.objects.create(subscriber=row, digest=row.digest, kind="given")

    answer = sign_in(owner).post(f"{LIST}{row.pk}/do/erase/", {"decide": "1"})

    assert answer.headers["Location"] == LIST
    assert not Subscriber.objects.exists()
    kinds = Consent.objects.filter(digest=row.digest).values_list("kind", flat=True)
    assert list(kinds) == ["given", "erased"]
    assert "ann@" not in str(list(LogEntry.objects.values()))


def test_who_did_not_confirm_is_asked_again(keeper: Client, mailoutbox: list[Any]) -> None:
    row = make_subscriber("ann@example.org", status="waiting")

    keeper.post(f"{LIST}{row.pk}/do/ask/", {"decide": "1"})

    assert [mail.to for mail in mailoutbox] == [["ann@example.org"]]
    row.refresh_from_db()
    assert row.status == "waiting"


def test_who_left_is_not_offered_to_be_asked_first(keeper: Client) -> None:
    row = make_subscriber("ann@example.org", status="left", left_at=timezone.now())

    page = Page(keeper.get(f"{LIST}{row.pk}/change/"))

    verbs = [link for link in page.values("a[href]", "href") if "/do/" in link]
    assert verbs == [f"{LIST}{row.pk}/do/{verb}/" for verb in ("suppress", "invite")]


def test_who_left_is_asked_once_more_where_staff_mean_it(
    keeper: Client, mailoutbox: list[Any]
) -> None:
    row = make_subscriber("ann@example.org", status="left", left_at=timezone.now())
    path = f"{LIST}{row.pk}/do/invite/"
    assert "Ask only who told you" in Page(keeper.get(path)).text()

    keeper.post(path, {"decide": "1"})

    assert [mail.to for mail in mailoutbox] == [["ann@example.org"]]
    row.refresh_from_db()
    assert row.status == "left"
    assert keeper.get(f"{LIST}{row.pk}/do/ask/").status_code == 404


# Files


def upload(text: str, **values: str) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("members.csv", text.encode()), "consent": "none", **values}


def test_a_file_is_looked_at_first_and_then_imported(keeper: Client) -> None:
    text = "email,status\nann@example.org,active\nbob@example.org,cleaned\nnobody,active\n"
    said = [
        "1 Added: get mail now",
        "1 Added so that they get no mail: left, bounced or complained",
        "1 Refused: no address",
    ]
    sent = upload(text, consent="statement", statement="They asked for it.")

    look = Page(keeper.post(IMPORT, sent))
    assert not Subscriber.objects.exists()
    assert look.texts(".report-counts li") == said
    assert "This is no e-mail address." in look.text()
    ticket = look.value("input[name=ticket]", "value")
    answer = keeper.post(IMPORT, {"ticket": ticket})

    transfer = Transfer.objects.get()
    page = Page(keeper.get(answer.headers["Location"]))
    assert page.texts(".report-counts li") == said
    assert Subscriber.objects.receiving().get().address == "ann@example.org"
    assert Consent.objects.get(kind="imported").by is not None
    file = keeper.get(f"{IMPORT}{transfer.pk}/report/")
    assert b"This is no e-mail address." in b"".join(file.streaming_content)  # type: ignore[attr-defined]
    assert words_of(LogEntry.objects.get()) == "Imported subscribers from members.csv."


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        (upload("email\na@example.org\n", consent="statement"), "statement", "where they agreed"),
        (upload("email\na@example.org\n", consent=""), "consent", "required"),
        (upload("title\nHello\n"), "file", "No column"),
        ({"consent": "none"}, "file", "required"),
    ],
)
def test_what_is_missing_for_an_import_is_said_at_its_field(
    keeper: Client, sent: dict[str, Any], field: str, words: str
) -> None:
    page = Page(keeper.post(IMPORT, sent))

    assert words in page.one(f".field-{field} .errorlist").text()
    assert not Transfer.objects.exists()


def test_a_file_need_not_be_chosen_again_where_something_else_was_forgotten(
    keeper: Client,
) -> None:
    text = "email,status\nann@example.org,active\n"
    page = Page(keeper.post(IMPORT, upload(text, consent="")))
    assert "members.csv is here already" in page.one(".field-file").text()

    kept = page.value("input[name=upload]", "value")
    page = Page(keeper.post(IMPORT, {"upload": kept, "consent": "statement"}))
    kept = page.value("input[name=upload]", "value")
    sent = {"upload": kept, "consent": "statement", "statement": "They asked."}
    ticket = Page(keeper.post(IMPORT, sent)).value("input[name=ticket]", "value")
    keeper.post(IMPORT, {"ticket": ticket})

    assert Subscriber.objects.receiving().get().address == "ann@example.org"
    assert Transfer.objects.get().name == "members.csv"


def test_another_file_takes_the_place_of_the_one_that_came_before(keeper: Client) -> None:
    page = Page(keeper.post(IMPORT, upload("email\nann@example.org\n", consent="")))
    sent = upload("email,status\nbob@example.org,left\n")
    sent["upload"] = page.value("input[name=upload]", "value")

    look = Page(keeper.post(IMPORT, sent))
    keeper.post(IMPORT, {"ticket": look.value("input[name=ticket]", "value")})

    assert Subscriber.objects.get().address == "bob@example.org"


def test_a_file_that_came_is_imported_by_no_other_and_not_without_a_look(
    keeper: Client, sign_in: SignIn, owner: User
) -> None:
    page = Page(keeper.post(IMPORT, upload("email\nann@example.org\n", consent="")))
    kept = page.value("input[name=upload]", "value")

    for client, sent in (
        (keeper, {"ticket": kept}),
        (sign_in(owner), {"upload": kept, "consent": "none"}),
        (keeper, {"upload": f"{kept}x", "consent": "none"}),
    ):
        assert "not kept any more" in Page(client.post(IMPORT, sent)).text()
    assert not Transfer.objects.exists()


def test_a_ticket_is_good_for_who_got_it_alone(
    keeper: Client, sign_in: SignIn, owner: User
) -> None:
    look = Page(keeper.post(IMPORT, upload("email\na@example.org\n")))
    ticket = look.value("input[name=ticket]", "value")

    for client, sent in ((sign_in(owner), ticket), (keeper, f"{ticket}x")):
        assert "not kept any more" in Page(client.post(IMPORT, {"ticket": sent})).text()
    assert not Transfer.objects.exists()


def test_each_look_at_an_export_is_written_down(keeper: Client) -> None:
    make_subscriber("ann@example.org")

    assert "ann@" not in keeper.get(EXPORT).content.decode()
    assert not LogEntry.objects.exists()
    for _time in range(2):
        answer = keeper.post(EXPORT, {"decide": "1"})
        assert b"ann@example.org" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]

    said = {words_of(entry) for entry in LogEntry.objects.all()}
    assert (LogEntry.objects.count(), said) == (
        2,
        {"Exported all subscribers with their addresses."},
    )


def test_the_menu_names_the_list_only_while_mail_is_on(
    keeper: Client, mail_is_on: MailSettings
) -> None:
    assert {LIST, IMPORT, EXPORT} <= set(Page(keeper.get("/admin/")).values("a[href]", "href"))

    mail_is_on.is_on = False
    settle(mail_is_on)

    assert LIST not in Page(keeper.get("/admin/")).values("a[href]", "href")
