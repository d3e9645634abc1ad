/* CodeMirror in the place of the plain box. The box stays the form's field: what is in the editor
   stands in it before the form is sent, its data is read, or the page is left; scripts that read
   or set its value meet the editor's text. The browser remembers who prefers the plain box. */
(() => {
  "use strict";
  const { codemirror, writing } = window;
  const { nonce } = document.currentScript;
  if (!codemirror || !writing) {
    return;
  }
  const KEY = "newsletter.editor";
  const { EditorState, EditorView } = codemirror;
  const { text, form } = writing;
  const { box, field } = text;
  const phrases = Object.fromEntries(
    [...field.querySelectorAll("[data-text=phrases] dt")].map((term) => [
      term.textContent,
      term.nextElementSibling.textContent,
    ]),
  );
  const native = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
  const place = document.createElement("div");
  place.className = "text-place";
  // The box says what was typed, once; what is typed into the search is no change of the text.
  place.addEventListener("input", (event) => event.stopPropagation());
  let view = null;
  let state = null;
  let isStale = false;
  let isTelling = false;

  /* The text as a string, made once for each version of it. */
  let known = { doc: null, value: "" };
  const value = () => {
    const { doc } = view.state;
    if (known.doc !== doc) {
      known = { doc, value: doc.toString() };
    }
    return known.value;
  };

  const fill = () => {
    if (isStale) {
      isStale = false;
      native.set.call(box, value());
    }
  };

  const fillSoon = writing.atRest(() => view && fill(), 1000);

  const told = () => {
    isStale = true;
    fillSoon();
    isTelling = true;
    box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    isTelling = false;
  };

  /* Somebody wrote into the box: only what differs changes in the editor. */
  const follow = (now) => {
    const before = value();
    if (now === before) {
      return;
    }
    const most = Math.min(now.length, before.length);
    let start = 0;
    while (start < most && now[start] === before[start]) {
      start += 1;
    }
    let end = 0;
    while (end < most - start && now[now.length - 1 - end] === before[before.length - 1 - end]) {
      end += 1;
    }
    view.dispatch({
      changes: { from: start, to: before.length - end, insert: now.slice(start, now.length - end) },
      annotations: codemirror.isolateHistory.of("full"),
      userEvent: "input",
    });
  };

  Object.defineProperty(box, "value", {
    configurable: true,
    get: () => (view ? value() : native.get.call(box)),
    set(now) {
      native.set.call(box, now);
      if (view) {
        follow(native.get.call(box));
      }
    },
  });
  box.addEventListener("input", () => {
    if (view && !isTelling) {
      follow(native.get.call(box));
    }
  });

  const clamp = (offset) => Math.max(0, Math.min(offset, view.state.doc.length));
  const backend = {
    showsRemarks: true,
    value,
    slice: (from, to) => view.state.sliceDoc(clamp(from), clamp(to)),
    line: (offset) => view.state.doc.lineAt(clamp(offset)).number,
    offset: (line) => view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines))).from,
    replace(from, to, insert) {
      const made = view.state.toText(insert);
      view.dispatch({
        changes: { from: clamp(from), to: clamp(to), insert: made },
        selection: { anchor: clamp(from) + made.length },
        annotations: codemirror.isolateHistory.of("full"),
        scrollIntoView: true,
        userEvent: "input",
      });
      view.focus();
    },
    undo: () => codemirror.undo(view),
    selection() {
      const { from, to } = view.state.selection.main;
      return { from, to };
    },
    select(from, to) {
      view.dispatch({
        selection: { anchor: clamp(from), head: clamp(to) },
        effects: EditorView.scrollIntoView(clamp(from), { y: "center" }),
      });
      view.focus();
    },
    at: (x, y) => view.posAtCoords({ x, y }) ?? undefined,
    top() {
      const height = view.scrollDOM.getBoundingClientRect().top - view.documentTop;
      const block = view.lineBlockAtHeight(height);
      const share = Math.max(0, Math.min((height - block.top) / block.height, 1));
      return Math.round(block.from + share * block.length);
    },
    show(offset) {
      view.dispatch({ effects: EditorView.scrollIntoView(clamp(offset), { y: "start", yMargin: 0 }) });
    },
  };

  const listener = EditorView.updateListener.of((update) => {
    if (update.docChanged) {
      told();
    }
    if (update.selectionSet) {
      text.tell("cursor");
    }
  });

  const described = ["text-keys", box.getAttribute("aria-describedby")].filter(Boolean).join(" ");
  const extensions = () => [
    EditorView.cspNonce.of(nonce),
    EditorState.phrases.of(phrases),
    EditorView.contentAttributes.of({
      "aria-label": field.dataset.name,
      "aria-describedby": described,
      "aria-invalid": box.getAttribute("aria-invalid") || "false",
      tabindex: "0",
      spellcheck: "true",
      autocorrect: "on",
      autocapitalize: "sentences",
    }),
    EditorView.lineWrapping,
    codemirror.highlightSpecialChars(),
    codemirror.history(),
    codemirror.search({ top: true }),
    writing.extensions,
    codemirror.keymap.of([
      { key: "Mod-f", run: codemirror.openSearchPanel, scope: "editor search-panel" },
      { key: "F3", run: codemirror.findNext, shift: codemirror.findPrevious, scope: "editor search-panel" },
      { key: "Escape", run: codemirror.closeSearchPanel, scope: "editor search-panel" },
      { key: "Alt-ArrowUp", run: codemirror.moveLineUp },
      { key: "Alt-ArrowDown", run: codemirror.moveLineDown },
      ...codemirror.historyKeymap,
      ...codemirror.standardKeymap,
    ]),
    listener,
  ];

  const start = () => {
    const now = native.get.call(box);
    if (!state || state.doc.toString() !== now) {
      const selection = { anchor: Math.min(box.selectionStart, now.length) };
      state = EditorState.create({ doc: now, selection, extensions: extensions() });
    }
    view = new EditorView({ state, parent: place });
    view.scrollDOM.addEventListener("scroll", () => text.tell("scroll"), { passive: true });
    box.before(place);
    box.tabIndex = -1;
    box.setAttribute("aria-hidden", "true");
    field.dataset.editor = "on";
    text.use(backend);
    writing.showRemarks(view);
  };

  const end = () => {
    fill();
    state = view.state;
    const { from, to } = backend.selection();
    view.destroy();
    view = null;
    place.remove();
    box.removeAttribute("tabindex");
    box.removeAttribute("aria-hidden");
    delete field.dataset.editor;
    text.use(null);
    text.select(from, to);
  };

  const flush = () => view && fill();
  form.addEventListener("submit", flush, true);
  form.addEventListener("formdata", ({ formData }) => {
    if (view && formData.has(box.name)) {
      formData.set(box.name, value());
    }
  });
  window.addEventListener("beforeunload", flush);
  window.addEventListener("pagehide", flush);
  // A page that comes back may bring a text along that its scripts have not seen.
  window.addEventListener("pageshow", () => view && !isStale && follow(native.get.call(box)));

  // Whoever goes to the field means the editor.
  document.addEventListener("click", (event) => {
    const way = event.target.closest(`label[for="${box.id}"], a[href="#${box.id}"]`);
    if (view && way && !event.defaultPrevented) {
      event.preventDefault();
      field.scrollIntoView({ block: "nearest" });
      view.focus();
    }
  });

  text.on("remarks", () => view && writing.showRemarks(view));
  const only = (run) => () => view && run(view);
  const buttons = [
    writing.addAction({ name: "find", key: "Mod-f", run: only(codemirror.openSearchPanel) }),
    writing.addAction({ name: "undo", key: "Mod-z", run: only((it) => codemirror.undo(it) || it.focus()) }),
    writing.addAction({ name: "redo", key: "Mod-Shift-z", run: only((it) => codemirror.redo(it) || it.focus()) }),
  ];
  const swap = writing.addAction({
    name: "plain",
    run() {
      const isPlain = Boolean(view);
      localStorage.setItem(KEY, isPlain ? "plain" : "");
      (isPlain ? end : start)();
      if (view) {
        view.focus();
      }
    },
  });
  text.on("swap", () => {
    swap.setAttribute("aria-pressed", String(!view));
    buttons.forEach((button) => {
      button.hidden = !view;
    });
  });
  swap.hidden = false;

  if (localStorage.getItem(KEY) === "plain") {
    text.use(null);
  } else {
    start();
  }
})();
