/* Lists in the editor: Enter goes on with one, Tab and Shift-Tab move an item, with what belongs to
   it, below the one above and back. Elsewhere Tab leads on through the page, and so it does in a
   list after Escape. */
(() => {
  "use strict";
  const { codemirror, writing } = window;
  if (!codemirror || !writing) {
    return;
  }
  const ITEM = /^((?:\s*>)*\s*)(?:[-*+]|(\d{1,9})([.)]))(\s+)(\[[ xX]\]\s+)?/;
  const QUOTE = /^(?:\s*>)+\s?/;

  const itemOf = (line) => ITEM.exec(line.text);
  const indentOf = (line) => /^\s*/.exec(line.text)[0].length;

  /* What a line after this one begins with; null where there is nothing to go on with. */
  const continuation = (line) => {
    const item = itemOf(line);
    if (!item) {
      const quote = QUOTE.exec(line.text);
      return quote && { before: quote[0], next: quote[0] };
    }
    const [before, indent, number, dot, space, box] = item;
    const mark = number ? Number(number) + 1 + dot : before.slice(indent.length).charAt(0);
    return { before, next: indent + mark + space + (box ? "[ ] " : "") };
  };

  const goOn = (view) => {
    const { state } = view;
    const { main } = state.selection;
    const line = state.doc.lineAt(main.head);
    const found = continuation(line);
    if (!main.empty || !found || main.head < line.from + found.before.length ||
      writing.isCode(state, main.head)) {
      return false;
    }
    const isEmpty = !line.text.slice(found.before.length).trim();
    if (isEmpty && indentOf(line) && moveOut(view)) {
      return true;
    }
    const change = isEmpty
      ? { from: line.from, to: line.to, insert: "" }
      : { from: main.head, insert: `\n${found.next}` };
    const anchor = change.from + change.insert.length;
    view.dispatch({ changes: change, selection: { anchor }, scrollIntoView: true, userEvent: "input" });
    return true;
  };

  /* The lines that are selected and those below them that belong to them. */
  const block = (state) => {
    const { from, to } = state.selection.main;
    const lines = [];
    for (let number = state.doc.lineAt(from).number; number <= state.doc.lines; number += 1) {
      const line = state.doc.line(number);
      const belongs = line.text.trim() && indentOf(line) > indentOf(lines[0] || line);
      if (lines.length && line.from > to && !belongs) {
        break;
      }
      lines.push(line);
    }
    return lines;
  };

  /* The nearest item above a line that `fits`; nothing beyond a line that is less indented. */
  const above = (state, line, fits) => {
    for (let number = line.number - 1; number > 0; number -= 1) {
      const other = state.doc.line(number);
      if (itemOf(other) && fits(indentOf(other))) {
        return other;
      }
      if (other.text.trim() && indentOf(other) < indentOf(line) && !itemOf(other)) {
        return null;
      }
    }
    return null;
  };

  const shift = (view, lines, by) => {
    const changes = lines
      .filter((line) => line.text.trim())
      .map((line) => by > 0
        ? { from: line.from, insert: " ".repeat(by) }
        : { from: line.from, to: line.from + Math.min(-by, indentOf(line)) });
    view.dispatch({ changes, scrollIntoView: true, userEvent: "input.indent" });
  };

  const moveIn = (view) => {
    const lines = block(view.state);
    const at = indentOf(lines[0]);
    const parent = above(view.state, lines[0], (indent) => indent <= at);
    if (parent && indentOf(parent) === at) {
      const [before, , , , , box] = itemOf(parent);
      shift(view, lines, before.length - (box || "").length - at);
    }
  };

  /* Tell whether there was anywhere to move to. */
  const moveOut = (view) => {
    const lines = block(view.state);
    const at = indentOf(lines[0]);
    if (at) {
      const parent = above(view.state, lines[0], (indent) => indent < at);
      shift(view, lines, (parent ? indentOf(parent) : 0) - at);
    }
    return at > 0;
  };

  const inList = (move) => (view) => {
    const { state } = view;
    const line = state.doc.lineAt(state.selection.main.from);
    if (!itemOf(line) || writing.isCode(state, line.to)) {
      return false;
    }
    move(view);
    return true;
  };

  /* Enter while a syllable is composed: where the browser itself would write the line's end into the
     editor's elements, the syllable is ended and the line with it. */
  const endLine = (event, view) => {
    const isEnd = /^insert(?:Paragraph|LineBreak)$/.test(event.inputType);
    if (!isEnd || !view.composing || /Android/.test(navigator.userAgent)) {
      return false;
    }
    event.preventDefault();
    view.contentDOM.blur();
    view.focus();
    setTimeout(() => goOn(view) || codemirror.insertNewline(view));
    return true;
  };

  writing.extensions.push(codemirror.Prec.high([
    codemirror.keymap.of([
      { key: "Enter", run: goOn },
      { key: "Tab", run: inList(moveIn), shift: inList(moveOut) },
    ]),
    codemirror.EditorView.domEventHandlers({ beforeinput: endLine }),
  ]));
})();
