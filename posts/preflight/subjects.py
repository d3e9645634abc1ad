"""Which tags an issue is likely to have, told from the archive alone, and why."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from links.models import Source
from links.normalizing import host_of, source_key, source_name
from posts.messages import Message
from posts.messages import Message as _
from posts.models import Citation, Tag, TagAlias, TaggedPost
from posts.naming import fold
from posts.preflight.written import Written

SHOWN: Final = 8
MOST_TAGS: Final = 2_000
"""So many tags, the most used ones, are looked for."""
MOST_SOURCES: Final = 8
MOST_CITED: Final = 1_000
"""Sources that more issues cite say nothing of what one is about."""
LATEST: Final = 40
"""So many issues of a source are asked for their tags."""
_ENOUGH: Final = 3
_WORD: Final = re.compile(r"[^\W_]+")
_LATIN: Final = re.compile(r"[\x00-\u024f]+")
_SHORT: Final = 3


class Suggested(NamedTuple):
    """A tag and why an issue may have it."""

    name: str
    why: Message


def suggest_tags(written: Written) -> list[Suggested]:
    """Return tags that a text does not have, the likeliest first."""
    tags = _tags()
    found: dict[int, tuple[float, Message]] = {}
    for pk, weight, why in (*_by_words(written, tags), *_by_sources(written)):
        weight_before, why_before = found.get(pk, (0.0, why))
        found[pk] = weight + weight_before, why_before
    has = {fold(name) for name in written.details.tags}
    has_not = {pk: said for pk, said in found.items() if pk in tags and tags[pk].key not in has}
    likely = sorted(has_not.items(), key=lambda one: (-one[1][0], tags[one[0]].name))
    return [Suggested(tags[pk].name, why) for pk, (_weight, why) in likely[:SHOWN]]


def _tags() -> dict[int, Tag]:
    rows = Tag.objects.filter(post_count__gt=0).order_by("-post_count", "id").only("name", "key")
    return {tag.pk: tag for tag in rows[:MOST_TAGS]}


# By words


def _by_words(written: Written, tags: Mapping[int, Tag]) -> Iterator[tuple[int, float, Message]]:
    """Yield tags whose name, or another name of theirs, stands in the title or repeatedly."""
    names = {fold(tag.name): (pk, tag.name) for pk, tag in tags.items()}
    aliases = TagAlias.objects.filter(tag__in=tags.keys()).values_list("key", "tag", "name")
    names = {key: (pk, name) for key, pk, name in aliases} | names
    text = "\n".join(_texts(written))
    folded, title = fold(text), fold(written.details.title)
    words = set(_WORD.findall(folded))
    for key, (pk, name) in names.items():
        count = _count(key, name, folded, text, words)
        if count >= _ENOUGH or (count and _pattern(key).search(title)):
            why = _("“%(word)s” stands %(count)d times in the text", word=name, count=count)
            yield pk, min(count, 10) / 5 + 1, why


def _texts(written: Written) -> Iterator[str]:
    yield written.details.title
    for section in written.sections:
        yield section.heading
        yield section.text


def _count(key: str, name: str, folded: str, text: str, words: set[str]) -> int:
    """Return how often a name stands in a text; short Latin ones count as they are spelled."""
    is_latin = _LATIN.fullmatch(key) is not None
    if len(key) < 2 or (is_latin and not words.issuperset(_WORD.findall(key))):
        return 0
    if not is_latin and key not in folded:
        return 0
    if is_latin and len(key) <= _SHORT:
        return len(_pattern(name).findall(text))
    return len(_pattern(key).findall(folded))


def _pattern(name: str) -> re.Pattern[str]:
    """Return what finds a name; behind one that is not Latin, particles may follow."""
    after = r"(?!\w)" if _LATIN.fullmatch(name) else ""
    return re.compile(rf"(?<!\w){re.escape(name)}{after}")


# By sources


def _by_sources(written: Written) -> Iterator[tuple[int, float, Message]]:
    """Yield tags that a good part of the latest issues have that cite one of the sources."""
    cited = Counter(
        name
        for link in written.links
        for name in {source_name(link.canonical), source_key(link.canonical)}
        if name
    )
    known = Source.objects.filter(
        name__in=cited, post_count__gte=_ENOUGH, post_count__lte=MOST_CITED
    )
    sources = sorted(known, key=lambda source: (-cited[source.name], source.name))[:MOST_SOURCES]
    posts = _latest_posts(sources)
    tags = _tags_of({post for rows in posts.values() for post in rows})
    for source in sources:
        latest = posts[source.pk]
        counts = Counter(tag for post in latest for tag in tags[post])
        for tag, count in counts.items():
            if count >= _ENOUGH and count * 3 >= len(latest):
                why = _(
                    "%(count)d of %(all)d issues that cite %(source)s have it",
                    count=count,
                    all=len(latest),
                    source=_shown(source.name),
                )
                yield tag, 2 * count / len(latest), why


def _shown(name: str) -> str:
    host, slash, owner = name.partition("/")
    return host_of(f"https://{host}/") + slash + owner


def _latest_posts(sources: Iterable[Source]) -> dict[int, list[int]]:
    order = [F("date").desc(), F("post").desc()]
    rank = Window(RowNumber(), partition_by=[F("source")], order_by=order)
    rows = Citation.objects.filter(source__in=list(sources), date__isnull=False)
    rows = rows.annotate(rank=rank).filter(rank__lte=LATEST)
    found = defaultdict(list)
    for source, post in rows.values_list("source", "post"):
        found[source].append(post)
    return found


def _tags_of(posts: Iterable[int]) -> dict[int, list[int]]:
    rows = TaggedPost.objects.filter(content_object__in=list(posts))
    found = defaultdict(list)
    for post, tag in rows.values_list("content_object", "tag"):
        found[post].append(tag)
    return found
