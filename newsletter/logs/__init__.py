"""The log: lines for people, or JSON for machines; no token in it, and strangers cannot fill it.

What stands here is asked while the settings are read, so nothing of it knows models.
"""

from newsletter.logs.discreet import Discreet
from newsletter.logs.rarely import NO_HTTP, Rarely
