"""The public pages: what readers browse, feeds and sitemaps, and the shell around them."""
