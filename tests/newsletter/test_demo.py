from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from links.models import Decision, QueueEntry
from newsletter.management.commands import create_demo
from posts.models import Post
from tests.builders import make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    some = create_demo.samples()[-3:]
    monkeypatch.setattr(create_demo, "samples", lambda: some)


def create() -> str:
    out = StringIO()
    call_command("create_demo", stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("few_samples")
def test_a_newcomer_finds_issues_accounts_and_a_queue_that_shows_what_it_is_for() -> None:
    last = create().splitlines()[-3:]

    assert [line.split(":")[0] for line in last] == [
        f"Created the account {name}" for name in ("admin", "editor", "moderator")
    ]
    assert Post.objects.published().count() == len(create_demo.samples())
    assert QueueEntry.objects.filter(closed_at=None).count() == create_demo.LEFT

    again = create()

    assert "account" not in again
    assert Decision.objects.count() == 1


@pytest.mark.usefixtures("few_samples")
def test_a_site_that_holds_an_issue_gets_no_samples_and_keeps_its_queue() -> None:
    make_post("Mine", "".join(f"- [it](https://{n}.example/)\n" for n in range(9)))

    create()

    assert [post.title for post in Post.objects.all()] == ["Mine"]
    assert not Decision.objects.exists()


@pytest.mark.parametrize(("language", "other"), [("en", "ko"), ("ko", "en")])
def test_the_newest_sample_is_in_the_language_of_the_site(
    language: str, other: str, settings: Settings
) -> None:
    settings.LANGUAGE_CODE = language
    texts = [path.read_text() for path in create_demo.samples()]

    assert f"language: {language}" in texts[-1]
    assert any(f"language: {other}" in text for text in texts)
