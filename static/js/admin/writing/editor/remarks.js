/* Remarks in the editor: a mark beside the line, which moves with it; the words of the line that
   the cursor is on stand below the text, those of any other appear under the pointer. */
(() => {
  "use strict";
  const { codemirror, writing } = window;
  if (!codemirror || !writing) {
    return;
  }
  const { Decoration, EditorView, GutterMarker, RangeSet, StateEffect, StateField } = codemirror;
  const LEVELS = ["hint", "warning", "error"];
  const changed = StateEffect.define();

  class Mark extends GutterMarker {
    constructor(level, words, remarks) {
      super();
      this.level = level;
      this.words = words;
      this.remarks = remarks;
    }

    eq(other) {
      return this.level === other.level && this.words === other.words;
    }

    toDOM() {
      const mark = document.createElement("span");
      mark.className = `remark-mark remark-${this.level}`;
      mark.title = this.words;
      return mark;
    }
  }

  const worst = (remarks) =>
    LEVELS[Math.max(...remarks.map(({ level }) => LEVELS.indexOf(level)), 0)];

  /* Remarks by line, as marks where these lines begin. */
  const marksOf = (doc) => {
    const byLine = new Map();
    writing.text.remarks().filter(({ line }) => line >= 1 && line <= doc.lines).forEach((remark) => {
      byLine.set(remark.line, [...(byLine.get(remark.line) || []), remark]);
    });
    const ranges = [...byLine].map(([line, remarks]) => {
      const words = remarks.map((remark) => remark.words).join(" · ");
      return new Mark(worst(remarks), words, remarks).range(doc.line(line).from);
    });
    return RangeSet.of(ranges, true);
  };

  const field = StateField.define({
    create: (state) => marksOf(state.doc),
    update(marks, transaction) {
      const asked = transaction.effects.some((effect) => effect.is(changed));
      return asked ? marksOf(transaction.newDoc) : marks.map(transaction.changes);
    },
    provide: (self) => EditorView.decorations.from(self, (marks) => {
      const lines = [];
      for (let at = marks.iter(); at.value; at.next()) {
        lines.push(Decoration.line({ class: `cm-remark remark-${at.value.level}` }).range(at.from));
      }
      return Decoration.set(lines);
    }),
  });

  const at = (view, line) => {
    let words = "";
    view.state.field(field).between(line.from, line.to, (from, to, mark) => {
      words = mark.words;
    });
    return words;
  };

  const gutter = codemirror.gutter({
    class: "cm-remarks",
    markers: (view) => view.state.field(field),
    domEventHandlers: {
      mousedown(view, block) {
        view.dispatch({ selection: { anchor: block.from } });
        view.focus();
        return true;
      },
    },
  });

  const note = document.querySelector("[data-text=remark]");
  const listener = EditorView.updateListener.of((update) => {
    if (update.selectionSet || update.transactions.some(({ effects }) => effects.length)) {
      const line = update.state.doc.lineAt(update.state.selection.main.head);
      const words = at(update.view, line);
      if (note.textContent !== words) {
        note.textContent = words;
      }
    }
  });

  /* One source has said something new; what the others said stands where its lines are by now. */
  const follow = (state) => {
    for (let mark = state.field(field).iter(); mark.value; mark.next()) {
      const { number } = state.doc.lineAt(mark.from);
      mark.value.remarks.forEach((remark) => {
        remark.line = number;
      });
    }
  };

  writing.extensions.push(field, gutter, listener);
  writing.showRemarks = (view) => {
    follow(view.state);
    view.dispatch({ effects: changed.of(null) });
  };
})();
