/* The text of an issue, for every script that works on it: the plain box, until an editor takes
   its place. Offsets count UTF-16 units of a text whose lines end in "\n".

   writing.text.value()               the whole text
   writing.text.replace(from, to, s)  one step that undo takes back; the cursor stands behind it
   writing.text.undo()                takes the last step back
   writing.text.selection()           {from, to}
   writing.text.select(from, to)      selects, scrolls there and takes the focus
   writing.text.top()                 the offset of the first character in view
   writing.text.show(offset)          scrolls until it is the first line in view, without the focus
   writing.text.on(what, fn)          what: change, cursor, scroll, swap (another box or editor),
                                      remarks
   writing.text.slice(from, to)       a part of it
   writing.text.at(x, y)              the offset at a point of the window; undefined elsewhere
   writing.text.use(backend)          an editor takes the place of the box; null: the box again
   writing.text.mark(source, remarks) remarks about lines, in the place of earlier ones of this
                                      source: [{line, level, words}], level: error, warning, hint
   writing.text.remarks()             all of them, by line, each with its source
   writing.text.showsRemarks()        whether they stand at their lines, so that no list needs to
   writing.addAction({name, label, run, key})   a button above the text; key: "Mod-Shift-i" or none
   writing.text.field                 the element around box and editor, for what is dropped on it
   writing.extensions                 what CodeMirror is set up with, until editor.js does so
   writing.line(offset), writing.offset(line)   lines count from 1
   writing.post, writing.version      the key and the version shown; "" while it is new
   writing.ask(address, options)      asks the site, see asking.js
   writing.send(address, body, options)   posts a form, or anything else as JSON; answers as ask
   writing.turns(), writing.soon(work, wait), writing.idle(work), writing.atRest(work, wait)
                                      see asking.js
   writing.say(words, link)           words for the line below the text, read aloud; link, if any:
                                      {href, words}, which opens beside this page
   writing.open(name)                 shows a panel                                            */
(() => {
  "use strict";
  const form = document.querySelector("#post_form");
  const box = form && form.querySelector("#id_text");
  if (!box || box.readOnly) {
    return;
  }
  const listeners = {};
  const tell = (what) => (listeners[what] || []).forEach((listener) => listener());

  const plainBox = {
    value: () => box.value,
    slice: (from, to) => box.value.slice(from, to),
    line: (offset) => box.value.slice(0, offset).split("\n").length,
    offset(line) {
      const lines = box.value.split("\n");
      return lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    },
    replace(from, to, words) {
      box.focus();
      box.setSelectionRange(from, to);
      // The only way into a box that its undo knows.
      const done = words
        ? document.execCommand("insertText", false, words)
        : from === to || document.execCommand("delete");
      if (!done) {
        box.setRangeText(words, from, to, "end");
        box.dispatchEvent(new Event("input", { bubbles: true }));
      }
    },
    undo() {
      box.focus();
      document.execCommand("undo");
    },
    selection: () => ({ from: box.selectionStart, to: box.selectionEnd }),
    select(from, to) {
      box.focus();
      box.setSelectionRange(from, to);
      plainBox.show(from);
    },
    at(x, y) {
      const found = document.caretPositionFromPoint && document.caretPositionFromPoint(x, y);
      return found && found.offsetNode === box ? found.offset : undefined;
    },
    // Lines wrap: a box says where a character stands only by what a copy of it measures.
    top: () => Math.round((box.scrollTop / Math.max(box.scrollHeight, 1)) * box.value.length),
    show(offset) {
      box.scrollTop = (offset / Math.max(box.value.length, 1)) * box.scrollHeight;
    },
  };
  let backend = plainBox;
  const remarks = new Map();

  const text = {
    box,
    field: form.querySelector("[data-text=editor]"),
    value: () => backend.value(),
    slice: (from, to) => backend.slice(from, to),
    replace: (from, to, words) => backend.replace(from, to, words),
    undo: () => backend.undo(),
    selection: () => backend.selection(),
    select: (from, to = from) => backend.select(from, to),
    top: () => backend.top(),
    show: (offset) => backend.show(offset),
    at(x, y) {
      const isThere = text.field.contains(document.elementFromPoint(x, y));
      return isThere && backend.at ? backend.at(x, y) : undefined;
    },
    on(what, listener) {
      (listeners[what] = listeners[what] || []).push(listener);
    },
    tell,
    mark(source, list) {
      remarks.set(source, list.map((remark) => ({ ...remark, source })));
      tell("remarks");
    },
    showsRemarks: () => Boolean(backend.showsRemarks),
    remarks: () => [...remarks.values()].flat().sort((a, b) => a.line - b.line),
    use(other) {
      backend = other || plainBox;
      tell("swap");
    },
  };
  box.addEventListener("input", () => tell("change"));
  box.addEventListener("scroll", () => tell("scroll"), { passive: true });
  document.addEventListener("selectionchange", () => {
    if (document.activeElement === box) {
      tell("cursor");
    }
  });

  const { ask, turns, soon, idle, atRest } = window.asking;
  const send = (address, body, options = {}) => {
    const isForm = body instanceof FormData || body instanceof URLSearchParams;
    const headers = {
      "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value,
      ...(isForm ? {} : { "Content-Type": "application/json" }),
    };
    const sent = isForm ? body : JSON.stringify(body);
    return ask(address, { ...options, method: "POST", body: sent, headers });
  };

  const said = form.querySelector("[data-writing=said]");
  window.writing = {
    form,
    text,
    post: form.querySelector("[data-post]").dataset.post,
    version: form.querySelector("[name=seen_version]").value,
    line: (offset) => backend.line(offset),
    offset: (line) => backend.offset(line),
    ask,
    send,
    turns,
    soon,
    idle,
    atRest,
    say(words, link) {
      if (said) {
        said.textContent = words;
      }
      if (said && link) {
        const leads = document.createElement("a");
        leads.href = link.href;
        leads.textContent = link.words;
        leads.target = "_blank";
        said.append(" ", leads);
      }
    },
    open: () => {},
    addAction: () => {},
    extensions: [],
  };
})();
