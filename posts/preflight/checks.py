"""The checks of this app, in the order in which their findings without a line are shown."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from posts.preflight import (
    addresses,
    advertising,
    details,
    known,
    pictures,
    structure,
    texts,
)
from posts.slots import CHECKS, Check, Level

OWN: Final = (
    Check("no-content", _("An issue with nothing in it"), structure.nothing, Level.STOP),
    Check("missing-picture", _("Pictures that are not there"), pictures.missing, Level.STOP),
    Check("missing-alt", _("Pictures without a text that says what they show"),
          pictures.without_words),
    Check("remote-picture", _("Pictures that stay on other servers"), pictures.remote),
    Check("unfinished-link", _("Links that are not finished"), addresses.unfinished, Level.STOP),
    Check("bare-title", _("Addresses in the place of titles"), addresses.bare_titles),
    Check("short-link", _("Short addresses"), addresses.short),
    Check("tracked-link", _("Addresses that count readers"), addresses.tracked),
    Check("duplicate-link", _("Two items with one link"), addresses.duplicates),
    Check("undefined-reference", _("References without an address"), addresses.undefined),
    Check("dead-place", _("Links to places that the issue does not have"), addresses.dead_places),
    Check("missing-page", _("Links to pages that this site does not have"),
          addresses.missing_pages),
    Check("broken-link", _("Broken links"), known.broken),
    Check("blocked-link", _("Blocked links"), known.blocked),
    Check("held-link", _("Links that wait for approval"), known.held),
    Check("look-alike", _("Addresses that pass for others"), known.alike),
    Check("covered-before", _("Links that an earlier issue had"), known.covered),
    Check("dropped-html", _("HTML that readers do not get"), texts.dropped_html),
    Check("template-tag", _("Template tags"), texts.template_tags),
    Check("shown-comment", _("Comments of Obsidian, which readers see"), texts.comments),
    Check("placeholder", _("Placeholders: TK, TODO, XXX"), texts.placeholders),
    Check("open-fence", _("Blocks of code that nothing ends"), texts.open_fences),
    Check("empty-section", _("Headings with nothing below them"), structure.empty_sections),
    Check("heading-order", _("Headings that skip a level"), structure.heading_order, Level.OFF),
    Check("no-description", _("No description"), details.no_description),
    Check("long-title", _("A title too long for lists and mail"), details.long_title),
    Check("long-description", _("A description too long for lists"), details.long_description),
    Check("no-tags", _("No tags"), details.no_tags),
    Check("new-tag", _("Tags that no issue has yet"), details.new_tags),
    Check("odd-date", _("A publish time that looks wrong"), details.odd_dates),
    Check("other-language", _("A text in another language than is said"), details.other_language),
    Check("lone-translation", _("A translation key that links to no issue"),
          details.lone_translation),
    Check("advertising-mark", _("Advertising in Korean without its mark"),
          advertising.advertising),
)  # fmt: skip

for _place, _check in enumerate(OWN):
    CHECKS.add(Check(_check.name, _check.title, _check.find, _check.level, 10 * _place + 10))
