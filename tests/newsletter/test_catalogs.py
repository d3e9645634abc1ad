import gettext
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from newsletter.catalogs import CatalogError, compile_catalog

SOURCE = r"""# A comment.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#: templates/base.html
msgid "Archive"
msgstr "보관함"

msgctxt "month"
msgid "May"
msgstr "5월"
msgid "May"
msgstr "해도 된다"

#, python-format
msgid "%(count)d issue"
msgid_plural "%(count)d issues"
msgstr[0] "한 호"
msgstr[1] "%(count)d호"

msgid ""
"A \"long\" line,\n"
"and its end"
msgstr "긴 \"줄\",\n끝"

#, fuzzy
msgid "Guess"
msgstr "추측"

msgid "Later"
msgstr ""

#~ msgid "Gone"
#~ msgstr "사라짐"
"""


def translations(source: str) -> gettext.GNUTranslations:
    return gettext.GNUTranslations(BytesIO(compile_catalog(source)))


def test_a_catalogue_is_read_by_gettext_as_its_translator_meant_it() -> None:
    found = translations(SOURCE)

    assert found.gettext("Archive") == "보관함"
    assert found.pgettext("month", "May") == "5월"
    assert found.gettext("May") == "해도 된다"
    assert found.ngettext("%(count)d issue", "%(count)d issues", 1) == "한 호"
    assert found.ngettext("%(count)d issue", "%(count)d issues", 3) == "%(count)d호"
    assert found.gettext('A "long" line,\nand its end') == '긴 "줄",\n끝'


@pytest.mark.parametrize("message", ["Guess", "Later", "Gone"])
def test_what_is_fuzzy_untranslated_or_obsolete_stays_as_it_is(message: str) -> None:
    assert translations(SOURCE).gettext(message) == message


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ('msgid "a"\nmsgstr "b"\nnonsense', "line 3"),
        ('"floating"', "line 1"),
        ('msgid "a"\nmsgstr "b', "line 2"),
        ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"', "'a' stands here twice"),
    ],
)
def test_a_broken_catalogue_is_refused_with_its_place(source: str, complaint: str) -> None:
    with pytest.raises(CatalogError, match=complaint):
        compile_catalog(source)


def test_a_catalogue_that_was_edited_is_out_of_date_until_it_is_compiled(
    settings: Settings, tmp_path: Path
) -> None:
    settings.LOCALE_PATHS = [tmp_path]
    source = tmp_path / "ko" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE, encoding="utf-8")

    with pytest.raises(CommandError, match="out of date"):
        call_command("compile_translations", check=True)
    call_command("compile_translations", stdout=StringIO())
    call_command("compile_translations", check=True)

    assert source.with_suffix(".mo").read_bytes() == compile_catalog(SOURCE)
