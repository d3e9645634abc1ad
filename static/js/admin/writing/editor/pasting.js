/* Pasting into the editor: an address onto words makes a link of them, and rich text becomes
   Markdown. Ctrl+Shift+V pastes as it is. */
(() => {
  "use strict";
  const { codemirror, writing } = window;
  const holder = document.querySelector("[data-turndown]");
  if (!codemirror || !writing || !holder) {
    return;
  }
  const ADDRESS = /^https?:\/\/[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*)*$/;
  // Markup that Markdown has words for; code that is copied from an editor is only coloured.
  const RICH = /<(?:a\s|b\b|strong\b|em\b|i\b|h[1-6]\b|[uo]l\b|blockquote\b|pre\b|code\b|table\b|img\s|del\b|s\b)/i;
  let isPlain = false;

  const insert = (view, words) => {
    view.dispatch(view.state.replaceSelection(words), {
      userEvent: "input.paste",
      scrollIntoView: true,
    });
  };

  /* Return words that are selected as a link, or nothing where they can be none. */
  const linked = (state, address) => {
    const { main } = state.selection;
    const words = state.sliceDoc(main.from, main.to);
    const fits = words.trim() && !words.includes("\n") && !ADDRESS.test(words);
    return fits && ADDRESS.test(address) && !writing.isCode(state, main.from)
      ? `[${words}](${address})`
      : "";
  };

  let loading = null;
  const load = () => {
    loading = loading || new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = holder.dataset.turndown;
      script.onload = done;
      script.onerror = failed;
      document.head.append(script);
    });
    return loading;
  };

  // The policy of the page refuses inline styles even where they are only read.
  const readable = (html) => html
    .replace(/<style[^]*?<\/style>/gi, "")
    .replace(/(<[a-z][^<>]*?\s)style=/gi, "$1data-style=");
  const weightOf = ({ dataset }) => (/font-weight:\s*(\w+)/.exec(dataset.style) || [])[1];
  const isBold = (node) => weightOf(node) === "bold" || Number(weightOf(node)) >= 600;
  const marked = (mark) => (content) => {
    const [, before, words, after] = /^(\s*)([^]*?)(\s*)$/.exec(content);
    return words ? before + mark + words + mark + after : content;
  };

  const service = () => {
    const { TurndownService, gfm } = window.turndown;
    const made = new TurndownService({
      headingStyle: "atx",
      hr: "---",
      bulletListMarker: "-",
      codeBlockStyle: "fenced",
      emDelimiter: "*",
    });
    made.use(gfm);
    made.remove(["script", "style", "title", "meta", "noscript", "button"]);
    // Google Docs wraps a whole text in <b>, and says of single words how bold they are.
    made.addRule("not bold", {
      filter: (node) => /^(B|STRONG)$/.test(node.nodeName) && weightOf(node) === "normal",
      replacement: (content) => content,
    });
    made.addRule("bold", {
      filter: (node) => node.nodeName === "SPAN" && isBold(node),
      replacement: marked("**"),
    });
    made.addRule("item", {
      filter: "li",
      replacement(content, node) {
        const { parentNode } = node;
        const start = Number(parentNode.getAttribute("start") || 1);
        const at = [...parentNode.children].indexOf(node);
        const mark = parentNode.nodeName === "OL" ? `${start + at}. ` : "- ";
        const words = content.trim().replace(/\n{2,}(?=\s*(?:[-*+]|\d+\.) )/g, "\n");
        return mark + words.replace(/\n(?=.)/g, `\n${" ".repeat(mark.length)}`) + (node.nextSibling ? "\n" : "");
      },
    });
    // A table without a head is how a page is laid out: its words, row by row.
    made.addRule("layout", {
      filter: (node) => node.nodeName === "TABLE" && !node.querySelector("th"),
      replacement: (content) => `\n\n${content.trim()}\n\n`,
    });
    made.addRule("picture", {
      filter: (node) => node.nodeName === "IMG" && !/^https?:/.test(node.getAttribute("src") || ""),
      replacement: () => "",
    });
    return made;
  };

  const convert = (html) => {
    writing.turndown = writing.turndown || service();
    return writing.turndown.turndown(readable(html));
  };

  /* Headings, lists and their like begin a line of their own, wherever the cursor stands. */
  const BLOCK = /^(?:#{1,6}\s|[-*+]\s|\d+[.)]\s|>|```|\|)/;
  const ITEM = /^\s*(?:[-*+]|\d+[.)])\s/;
  const apart = ({ doc, selection: { main } }, words) => {
    const [first, last] = [doc.lineAt(main.from), doc.lineAt(main.to)];
    const before = first.text.slice(0, main.from - first.from);
    const after = last.text.slice(main.to - last.from);
    const gap = ITEM.test(before) && ITEM.test(words) ? "\n" : "\n\n";
    const above = before.trim() && BLOCK.test(words) ? gap : "";
    const below = after.trim() && BLOCK.test(words.slice(words.lastIndexOf("\n") + 1)) ? "\n\n" : "";
    return above + words + below;
  };

  const pasteRich = async (view, html, plain) => {
    let words = plain;
    try {
      await load();
      words = apart(view.state, convert(html) || plain);
    } catch {
      loading = null;
    }
    insert(view, words);
  };

  const paste = (event, view) => {
    const { clipboardData } = event;
    const plain = clipboardData.getData("text/plain");
    const html = isPlain ? "" : clipboardData.getData("text/html");
    const link = isPlain ? "" : linked(view.state, plain.trim());
    if (link) {
      insert(view, link);
    } else if (html && RICH.test(html) && !ADDRESS.test(plain.trim())) {
      pasteRich(view, html, plain);
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  };

  writing.extensions.push(codemirror.Prec.high(codemirror.EditorView.domEventHandlers({
    keydown(event) {
      isPlain = event.shiftKey && (event.ctrlKey || event.metaKey);
      return false;
    },
    paste,
  })));
})();
