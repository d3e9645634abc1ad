/* What the first buttons of the toolbar do to Markdown, in the plain box and in an editor alike. */
(() => {
  "use strict";
  const { writing } = window;
  if (!writing) {
    return;
  }
  const { text } = writing;
  const URL_ALONE = /^https?:\/\/\S+$/;

  /* Put marks around what is selected, or take them away again. */
  const wrap = (mark) => () => {
    const { from, to } = text.selection();
    const size = mark.length;
    const chosen = text.slice(from, to);
    const isMarked = (words) => words.startsWith(mark) && words.endsWith(mark);
    if (text.slice(Math.max(from - size, 0), from) === mark && text.slice(to, to + size) === mark) {
      text.replace(from - size, to + size, chosen);
      text.select(from - size, to - size);
    } else if (chosen.length > 2 * size && isMarked(chosen)) {
      text.replace(from, to, chosen.slice(size, -size));
      text.select(from, to - 2 * size);
    } else {
      text.replace(from, to, mark + chosen + mark);
      text.select(from + size, to + size);
    }
  };

  /* Change each line that is selected, as one step. */
  const eachLine = (change) => () => {
    const { from, to } = text.selection();
    const start = writing.offset(writing.line(from));
    const rest = text.slice(to, to + 100_000).indexOf("\n");
    const end = rest < 0 ? to + text.slice(to, to + 100_000).length : to + rest;
    const lines = text.slice(start, end).split("\n");
    const changed = change(lines).join("\n");
    text.replace(start, end, changed);
    text.select(lines.length > 1 ? start : start + changed.length, start + changed.length);
  };

  const nextHeading = (line) => {
    const [, marks, words] = /^(?:(#{1,6})\s+)?(.*)$/.exec(line);
    return { undefined: `## ${words}`, "##": `### ${words}` }[marks] || words;
  };

  const LISTED = /^(\s*)(?:[-*+]|\d+[.)])\s+/;
  const list = (lines) => {
    const isList = lines.every((line) => !line.trim() || LISTED.test(line));
    return lines.map((line) => {
      if (isList && lines.some((one) => one.trim())) {
        return line.replace(LISTED, "$1");
      }
      return line.trim() || lines.length === 1 ? line.replace(/^(\s*)/, "$1- ") : line;
    });
  };

  const link = () => {
    const { from, to } = text.selection();
    const chosen = text.slice(from, to);
    if (URL_ALONE.test(chosen)) {
      text.replace(from, to, `[](${chosen})`);
      text.select(from + 1);
    } else {
      text.replace(from, to, `[${chosen}]()`);
      text.select(chosen ? from + chosen.length + 3 : from + 1);
    }
  };

  writing.addAction({ name: "bold", run: wrap("**") });
  writing.addAction({ name: "italic", run: wrap("*") });
  writing.addAction({ name: "heading", run: eachLine((lines) => lines.map(nextHeading)) });
  writing.addAction({ name: "list", run: eachLine(list) });
  writing.addAction({ name: "link", run: link });
})();
