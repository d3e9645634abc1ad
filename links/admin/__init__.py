"""The staff's side of links: one module for each noun, and the parts that admins are made of."""

from links.admin.decisions import DecisionAdmin
from links.admin.links import LinkAdmin
from links.admin.parts import (
    EMPTY,
    HEALTH,
    SHOWN,
    STANDINGS,
    Desk,
    ReadOnly,
    ReasonForm,
    badge,
    day,
    moment,
    outward,
    page_of,
    rule_badge,
)
from links.admin.rules import SourceRuleAdmin
from links.admin.sources import SourceAdmin

__all__ = [
    "EMPTY",
    "HEALTH",
    "SHOWN",
    "STANDINGS",
    "DecisionAdmin",
    "Desk",
    "LinkAdmin",
    "ReadOnly",
    "ReasonForm",
    "SourceAdmin",
    "SourceRuleAdmin",
    "badge",
    "day",
    "moment",
    "outward",
    "page_of",
    "rule_badge",
]
