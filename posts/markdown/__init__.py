"""Our Python-Markdown extension: how the Markdown of an issue is read.

One module a seam: ``lines`` (rules that look at one line), ``stack`` (the open blocks),
``verbatim`` (code and raw HTML blocks), ``blocks`` (all other blocks), ``tables``, ``references``
(link destinations and definitions), ``inlines`` (text to links and emphasis), ``tags`` (raw HTML in
text), ``emphasis``, ``autolinks``, ``attributes`` (what generators read beside Markdown), ``html``
(raw HTML tags), ``mentions`` (tags that are only named), ``embeds``, ``tree`` (elements and
tokens), ``fragments`` (links within an issue), ``limits`` (what is refused), ``writing`` (the tree
to HTML), ``extension`` (all this as an extension of Python-Markdown), ``document`` (a text,
parsed once: where to start from) and ``comments`` (those of note tools, which readers see).
"""
