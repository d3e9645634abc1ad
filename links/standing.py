"""Rules about sources: which one holds for a link, and what readers get of it.

Of several rules that match, the narrowest holds: a longer host before a shorter one, the host alone
before its sub-domains, a longer path before a shorter one. What somebody decided about one link
holds against rules made before it, and gives way to rules made after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import BigIntegerField, Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, StrIndex, Substr
from django.db.models.lookups import Exact, In

from links.models import Link, Source, SourceRule
from links.normalizing import path_of, source_key, source_name

STANDINGS = {
    SourceRule.Action.ALLOW: Link.Standing.SHOWN,
    SourceRule.Action.HOLD: Link.Standing.HELD,
    SourceRule.Action.BLOCK: Link.Standing.BLOCKED,
}
# What readers get of a link without any rule.
OWN_STANDING = Case(
    When(status=Link.Status.BLOCKED, then=Value(Link.Standing.BLOCKED.value)),
    When(status=Link.Status.APPROVED, then=Value(Link.Standing.SHOWN.value)),
    When(held=True, then=Value(Link.Standing.HELD.value)),
    default=Value(Link.Standing.SHOWN.value),
)


def active_rules() -> list[SourceRule]:
    """Return the rules that hold now."""
    return list(SourceRule.objects.filter(ended_at=None))


def narrowness(rule: SourceRule) -> tuple[int, bool, int]:
    """Return what orders rules that match one link; the greatest holds."""
    return len(rule.host), not rule.subdomains, len(rule.path)


def matches(rule: SourceRule, url: str) -> bool:
    """Tell whether a rule is about a canonical address: by its path, or because its owner is."""
    host = source_key(url)
    at_host = host == rule.host or (rule.subdomains and host.endswith(f".{rule.host}"))
    if not at_host:
        return False
    return _is_below(path_of(url), rule.path) or source_name(url) == f"{rule.host}{rule.path}"


def rule_for(link: Link, rules: Iterable[SourceRule]) -> SourceRule | None:
    """Return the rule that holds for a link, if one does."""
    found = [rule for rule in rules if matches(rule, link.url) and not _outlives(link, rule)]
    return max(found, key=narrowness, default=None)


def settle(link: Link, rules: Iterable[SourceRule]) -> None:
    """Set a link's rule and standing from what was decided; the row is not saved."""
    rule = rule_for(link, rules)
    link.rule_id = rule.pk if rule else None
    link.standing = STANDINGS[SourceRule.Action(rule.action)] if rule else own_standing(link)


def own_standing(link: Link) -> str:
    """Return what readers get of a link that no rule is about."""
    if link.status == Link.Status.BLOCKED:
        return Link.Standing.BLOCKED
    is_held = link.held and link.status == Link.Status.PENDING
    return Link.Standing.HELD if is_held else Link.Standing.SHOWN


def links_under(rule: SourceRule) -> QuerySet[Link]:
    """Return the links a rule is about, whether or not it holds for each."""
    return Link.objects.filter(_is_about(rule))


def _is_about(rule: SourceRule) -> Q:
    """Return the condition that ``matches`` states, without a join: it may stand in an UPDATE."""
    hosts = Q(host=rule.host)
    if rule.subdomains:
        hosts |= Q(host__endswith=f".{rule.host}")
    at_host = Q(source__in=Source.objects.filter(hosts))
    if not rule.path:
        return at_host
    owner = Source.objects.filter(name=f"{rule.host}{rule.path}")
    return at_host & (_below(rule.path) | Q(source__in=owner))


def settle_all(place: SourceRule, rules: Sequence[SourceRule]) -> QuerySet[Link]:
    """Set rule and standing of every link under a rule that was made or ended.

    ``rules`` are the active rules that may be about the same links. Takes two statements, which
    write only what differs; done again, it changes nothing. Returns the links, or none if readers
    get of all of them what they got before.
    """
    under = links_under(place)
    holding = _holding_rule(rules)
    changed = under.exclude(standing=_standing(rules)).update(standing=_standing(rules))
    differs = under.alias(old=Coalesce("rule_id", 0), new=Coalesce(holding, 0))
    differs.exclude(old=F("new")).update(rule=holding)
    return under if changed else under.none()


def unsettled(place: SourceRule, rules: Sequence[SourceRule]) -> int:
    """Return of how many links under a rule readers do not get yet what the active rules say."""
    return links_under(place).exclude(standing=_standing(rules)).count()


def _holding_rule(rules: Sequence[SourceRule]) -> Case:
    whens = [When(holds, then=Value(rule.pk)) for rule, holds in _narrowest_first(rules)]
    return Case(*whens, default=Value(None), output_field=BigIntegerField())


def _standing(rules: Sequence[SourceRule]) -> Case:
    whens = [
        When(holds, then=Value(STANDINGS[SourceRule.Action(rule.action)].value))
        for rule, holds in _narrowest_first(rules)
    ]
    return Case(*whens, default=OWN_STANDING, output_field=CharField())


def _narrowest_first(rules: Sequence[SourceRule]) -> Iterator[tuple[SourceRule, Q]]:
    """Yield rules with the condition on which each holds, unless one before it does."""
    for rule in sorted(rules, key=narrowness, reverse=True):
        undecided = Q(status=Link.Status.PENDING) | Q(decided_at__lte=rule.made_at)
        yield rule, _is_about(rule) & undecided


def related_rules(rule: SourceRule) -> list[SourceRule]:
    """Return the active rules that may be about the same links as this one."""
    return [
        other
        for other in active_rules()
        if other.host == rule.host
        or other.host.endswith(f".{rule.host}")
        or rule.host.endswith(f".{other.host}")
    ]


def _outlives(link: Link, rule: SourceRule) -> bool:
    """Tell whether what was decided about a link holds against a rule made before."""
    return (
        link.status != Link.Status.PENDING
        and link.decided_at is not None
        and link.decided_at > rule.made_at
    )


def _is_below(path: str, beginning: str) -> bool:
    return not beginning or path == beginning or path.startswith(f"{beginning}/")


def _below(beginning: str) -> Q:
    """Return the condition "the path begins so" on canonical addresses, which all have a path.

    Compares with ``Substr``, because SQLite's LIKE takes small and capital letters for the same.
    """
    place = Substr("url", StrIndex("url", Value("://")) + 3)
    path = Substr(place, StrIndex(place, Value("/")))
    after = Substr(path, len(beginning) + 1, 1)
    return Q(Exact(Substr(path, 1, len(beginning)), Value(beginning))) & Q(
        In(after, ["", "/", "?", "#"])
    )
