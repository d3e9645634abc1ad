"""The staff's pages of mail: one module for each noun."""

from mailing.admin import desk, effects, mailings, settings, subscribers, suppressions
