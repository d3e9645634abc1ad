"""The staff's pages of mail: one module for each noun."""

from mailing.admin import mailings, settings, subscribers, suppressions
