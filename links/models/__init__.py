"""The tables of this app, each group in a module of its own."""

from links.models.decisions import Decision, Effect, SourceRule, Undertaking
from links.models.keying import FormerKey, Keying
from links.models.links import DIGEST_LENGTH, Check, Link, Outage, Source
from links.models.queue import Concern, Kind, QueueEntry
from links.models.readers import ApiToken, InboxEntry, Report, Suggestion
