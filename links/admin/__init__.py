"""The staff's side of links: one module for each noun."""

from links.admin.decisions import DecisionAdmin
from links.admin.desk import ReadOnly
from links.admin.links import LinkAdmin
from links.admin.rules import SourceRuleAdmin
from links.admin.sources import SourceAdmin

__all__ = ["DecisionAdmin", "LinkAdmin", "ReadOnly", "SourceAdmin", "SourceRuleAdmin"]
