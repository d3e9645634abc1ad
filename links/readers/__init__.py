"""What readers do with links: suggest and report them."""

from links.readers.reporting import report
from links.readers.suggesting import accept, decline, suggest
