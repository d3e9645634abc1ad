"""What the form of an issue asks for while it is written, and what it is answered, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from posts.documents import split_header
from posts.markdown.lines import with_ends
from posts.markdown.marks import is_foreign
from posts.models import Post
from posts.proofs.entries import entries_of
from posts.proofs.known import Known
from posts.proofs.pages import around, language_of
from posts.proofs.parts import Carried, Part, Proof, prove
from posts.publishing.composing import PLAIN_HEADING
from posts.publishing.matching import Trait
from posts.rendering import NOTES, Head, ImageSize, MarkdownLimitError
from posts.slots import Draft
from posts.translating import translated

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was sent: a post that is never saved, a part of its text or the whole, what the browser
    was told of its links, and the digests of the sections that it ``has``."""

    post: Post
    part: Part
    known: Known
    has: frozenset[str]
    tags: Sequence[str] = ()
    authors: Sequence[str] = ()
    may_have_header: bool = False

    @classmethod
    def read(cls, sent: Mapping[str, Any], post: Post, **more: Any) -> Asked:
        """Read what was sent. Raises KeyError, TypeError and ValueError where it is no such thing.

        A text may bring its header along where the issue has none yet.
        """
        before, was, behind = (_carried(sent[name]) for name in ("before", "was", "behind"))
        part = Part(sent["text"] + "", before, was, behind, sent["context"] + "")
        return cls(post, part, _known(sent["known"]), frozenset(sent["has"]), **more)


def _carried(rows: Sequence[Any]) -> list[Carried]:
    return [
        Carried(Head(*head), tags, [tuple(one) for one in defined], stub + "")
        for head, tags, defined, stub in rows
    ]


def _known(sent: Mapping[str, Any]) -> Known:
    return Known(
        links={url + "": dict(row) for url, row in sent["links"].items()},
        images={name + "": ImageSize(*row) for name, row in sent["images"].items()},
        items=tuple(
            (Trait(*(word + "" for word in row)), bool(is_hidden))
            for *row, is_hidden in sent["items"]
        ),
    )


def answer(asked: Asked) -> Json:
    """Return the sections asked for, with the HTML of those that the browser has not; or that the
    whole has to be sent; or why the text cannot be rendered, with the line of what was sent."""
    header, asked_part = _without_header(asked)
    first = len(with_ends(header))
    try:
        proof = prove(asked_part, asked.post.title)
    except MarkdownLimitError as error:
        return {"problem": [error.line + first, translated(error.reason)]}
    if proof is None:
        return {"whole": True}
    html = _html(asked, proof, asked.has)
    told: Json = {
        "first": first,
        "context": proof.context,
        "sections": [_section(proof, place, html) for place in proof.places],
        "remarks": _remarks(proof),
    }
    if asked.part.is_whole:
        told["cut"] = proof.can_be_cut
        told["notes"] = html.get(NOTES, "")
        told["language"] = _language(asked)
        told["around"] = around(proof, asked.post, asked.tags, asked.authors, asked.known.images)
    return told


def drafted(asked: Asked) -> Draft:
    """Return the draft that the whole of a text makes. Raises MarkdownLimitError."""
    _header, part = _without_header(asked)
    proof = prove(part, asked.post.title)
    if proof is None:
        raise ValueError("a part is no draft")
    decided = asked.known.decisions(proof.parsed, _language(asked))
    html = proof.parsed.to_html(
        None, decided, asked.known.images, foreign=not settings.MIRROR_IMAGES
    )
    asked.post.language = _language(asked)
    return Draft(asked.post, "".join(html), proof.parsed, decided, asked.known.images)


def _without_header(asked: Asked) -> tuple[str, Part]:
    if not (asked.may_have_header and asked.part.is_whole):
        return "", asked.part
    header, text = split_header(asked.part.text)
    return header, asked.part._replace(text=text)


def _language(asked: Asked) -> str:
    if not asked.part.is_whole:
        return asked.post.language
    return language_of(asked.part.text, asked.post.language)


def _html(asked: Asked, proof: Proof, has: frozenset[str]) -> dict[int, str]:
    parsed = proof.parsed
    anchors = [
        [f"item-{section.anchor}-{number}" for number, _item in enumerate(section.items)]
        for section in parsed.sections
    ]
    pages = parsed.to_lined_html(
        (place for place in proof.places if proof.digest(place) not in has),
        anchors,
        asked.known.decisions(parsed, _language(asked)),
        asked.known.images,
        foreign=not settings.MIRROR_IMAGES,
    )
    title = -2 if parsed.title_place is None else parsed.title_place
    if title in pages and (found := PLAIN_HEADING.match(pages[title])):
        pages[title] = pages[title][found.end() :]
    return pages


def _section(proof: Proof, place: int, html: Mapping[int, str]) -> Json:
    section = proof.parsed.sections[place]
    start, end = proof.span(place)
    told: Json = {
        "digest": proof.digest(place),
        "lines": end - start,
        "end": proof.ends(place),
        "heading": section.heading,
        "level": section.level,
        "carried": proof.carried[place],
        "entries": entries_of(proof.parsed, place),
        "links": list(dict.fromkeys(link.url for link in section.links)),
        "pictures": _pictures(proof, place),
    }
    if place in html:
        told["html"] = html[place]
    return told


def _pictures(proof: Proof, place: int) -> list[str]:
    sources = (image.get("src", "") for image in proof.parsed.document.trees[place].iter("img"))
    return list(dict.fromkeys(source for source in sources if not is_foreign(source)))


def _remarks(proof: Proof) -> list[tuple[int, int, str]]:
    return [
        (place, line, gettext("No definition for %(label)s.") % {"label": label})
        for place, line, label in proof.remarks()
    ]
