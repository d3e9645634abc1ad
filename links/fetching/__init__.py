"""The only door to other servers: guarded, limited, pure of Django and of our models."""

from links.fetching.fetcher import Fetcher, fetch
from links.fetching.guarding import Policy
from links.fetching.responses import FetchError, Response, Validators
