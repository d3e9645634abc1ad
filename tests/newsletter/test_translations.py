"""The translations are whole, and compiled as they are written."""

import re
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.newsletter.production import CHECKOUT

SOURCES = sorted(CHECKOUT.glob("locale*/*/LC_MESSAGES/*.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


@pytest.fixture(params=SOURCES, ids=lambda source: f"{source.parts[-4]}-{source.stem}")
def source(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def catalogue(source: Path) -> Catalog:
    with source.open("rb") as file:
        return read_po(file, source.parts[-3], abort_invalid=True)


def messages(catalogue: Catalog) -> list[Message]:
    """Return the messages of a catalogue without its header."""
    return [message for message in catalogue if message.id]


def forms(texts: str | Iterable[str]) -> list[str]:
    """Return a text that has no plural, or the forms of one that has."""
    return [texts] if isinstance(texts, str) else list(texts)


def test_every_message_stands_once_and_is_translated(source: Path, catalogue: Catalog) -> None:
    assert [message.id for message in messages(catalogue) if message.fuzzy] == []
    assert [message.id for message in messages(catalogue) if not all(forms(message.string))] == []
    written = re.findall("^msgid ", source.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(written) == 1 + len(messages(catalogue))


def test_no_translation_loses_or_invents_a_placeholder(catalogue: Catalog) -> None:
    assert [(message.id, errors) for message, errors in catalogue.check()] == []
    for message in messages(catalogue):
        wanted = sorted(PLACEHOLDER.findall(forms(message.id)[-1]))
        for text in forms(message.string):
            assert sorted(PLACEHOLDER.findall(text)) == wanted, message.id


def test_what_is_compiled_is_what_translators_wrote(source: Path, catalogue: Catalog) -> None:
    compiled = BytesIO()
    write_mo(compiled, catalogue)

    is_up_to_date = source.with_suffix(".mo").read_bytes() == compiled.getvalue()
    assert is_up_to_date, "run `make messages`"


def test_an_issue_has_one_name_wherever_a_person_reads(catalogue: Catalog) -> None:
    texts = [text for message in messages(catalogue) for text in forms(message.id)]

    assert [text for text in texts if re.search(r"\b[Pp]osts?\b", text)] == []


def test_texts_stand_where_make_messages_finds_them() -> None:
    """Within an f-string gettext's tools see none."""
    apps = ("backups", "links", "mailing", "newsletter", "notices", "posts", "tasks")
    hidden = re.compile(r"\{\s*(?:_|n?p?gettext(?:_lazy)?)\(\s*['\"]")
    sources = [file for app in apps for file in (CHECKOUT / app).rglob("*.py")]
    assert len(sources) > 300
    assert [str(file) for file in sources if hidden.search(file.read_text(encoding="utf-8"))] == []
