/* Markdown in the editor: what is a heading, a link, code, so that a style sheet can tell. */
(() => {
  "use strict";
  const { codemirror, writing } = window;
  if (!codemirror || !writing) {
    return;
  }
  const { GFM, Language, defineLanguageFacet, languageDataProp, parser, tags } = codemirror;
  // A header is looked for no further than this.
  const LONGEST_HEADER = 20_000;
  const HEADER = /^(---|\+\+\+)[ \t]*\n(?:[^]*?\n)?\1[ \t]*(?=\n|$)/;

  /* The header of a document that was pasted whole. */
  const frontMatter = {
    defineNodes: [{ name: "FrontMatter", block: true, style: tags.meta }],
    parseBlock: [{
      name: "FrontMatter",
      before: "HorizontalRule",
      parse(context, line) {
        if (context.lineStart !== 0 || !/^(---|\+\+\+)\s*$/.test(line.text)) {
          return false;
        }
        const { input } = context;
        const found = HEADER.exec(input.read(0, Math.min(input.length, LONGEST_HEADER)));
        if (!found) {
          return false;
        }
        const end = found[0].length;
        while (context.lineStart + line.text.length < end && context.nextLine());
        context.nextLine();
        context.addElement(context.elt("FrontMatter", 0, end));
        return true;
      },
    }],
  };

  const data = defineLanguageFacet({});
  const language = new Language(
    data,
    parser.configure([GFM, frontMatter, { props: [languageDataProp.add({ Document: data })] }]),
    [],
    "markdown",
  );

  const highlighter = codemirror.tagHighlighter([
    { tag: tags.heading1, class: "md-heading md-heading-1" },
    { tag: tags.heading2, class: "md-heading md-heading-2" },
    { tag: tags.heading, class: "md-heading" },
    { tag: tags.strong, class: "md-strong" },
    { tag: tags.emphasis, class: "md-emphasis" },
    { tag: tags.strikethrough, class: "md-struck" },
    { tag: tags.link, class: "md-link" },
    { tag: tags.url, class: "md-url" },
    { tag: tags.monospace, class: "md-code" },
    { tag: tags.quote, class: "md-quote" },
    { tag: tags.meta, class: "md-quiet" },
    { tag: tags.comment, class: "md-quiet" },
    { tag: tags.labelName, class: "md-url" },
    { tag: [tags.processingInstruction, tags.contentSeparator], class: "md-mark" },
  ]);

  writing.extensions.push(language, codemirror.syntaxHighlighting(highlighter));

  /* Tell whether a place is in code, where nothing means what it means elsewhere. */
  writing.isCode = (state, at) => {
    for (let node = codemirror.syntaxTree(state).resolveInner(at, -1); node; node = node.parent) {
      if (/Code/.test(node.name) || node.name === "FrontMatter") {
        return true;
      }
    }
    return false;
  };
})();
