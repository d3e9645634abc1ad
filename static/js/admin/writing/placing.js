/* Where a new item goes in the text: on a line of its own at the cursor, in its list and with its
   mark, else as a list of its own.

   writing.placing(text, offset, item)  {from, to, words}: what takes the place of what; pure
   writing.place(item, offset)          puts it there, by default at the cursor; undo takes it back */
(() => {
  "use strict";
  const writing = window.writing;
  if (!writing) {
    return;
  }
  const ITEM = /^([ \t]*)([-*+]|\d{1,9}[.)])([ \t]+|$)/;
  const HEADING = /^ {0,3}#{1,6}(\s|$)/;
  const isBlank = (line) => line === undefined || line.trim() === "";
  const indent = (line) => line.length - line.trimStart().length;

  // The item, with the mark of one beside it; a number counts on.
  const marked = (item, like, step) => {
    const match = like && ITEM.exec(like);
    if (!match) {
      return item;
    }
    const number = /^\d+/.exec(match[2]);
    const mark = number ? `${Number(number[0]) + step}${match[2].slice(number[0].length)}` : match[2];
    return `${match[1]}${mark}${match[3] || " "}${item.replace(ITEM, "")}`;
  };

  // The last line of the item that begins on a line, without the items below it.
  const endOfItem = (lines, start) => {
    const depth = indent(lines[start]);
    let end = start;
    for (let at = start + 1; at < lines.length; at += 1) {
      if (ITEM.test(lines[at]) || HEADING.test(lines[at])) {
        break;
      }
      if (isBlank(lines[at])) {
        continue;
      }
      if (at > end + 1 && indent(lines[at]) <= depth) {
        break;
      }
      end = at;
    }
    return end;
  };

  // The line on which the item of a line begins, or -1 where it is in none.
  const startOfItem = (lines, at) => {
    for (let start = at; start >= 0 && !isBlank(lines[start]); start -= 1) {
      if (ITEM.test(lines[start])) {
        return start;
      }
      if (HEADING.test(lines[start])) {
        return -1;
      }
    }
    return -1;
  };

  // In the place of blank line `at`, or, where `at` has words, before it.
  const between = (lines, at, item) => {
    const before = lines[at - 1];
    const isFree = at < lines.length && isBlank(lines[at]);
    const after = lines[isFree ? at + 1 : at];
    const above = isBlank(before) ? -1 : startOfItem(lines, at - 1);
    const like = above >= 0 ? lines[above] : ITEM.test(after || "") ? after : "";
    const isAmong = !isFree && ITEM.test(after || "");
    const gapBefore = !isBlank(before) && above < 0 && !isAmong;
    const gapAfter = !isBlank(after) && !ITEM.test(after);
    return {
      line: at,
      taken: isFree ? 1 : 0,
      words: [
        ...(gapBefore ? [""] : []),
        marked(item, like, above >= 0 ? 1 : 0),
        ...(gapAfter ? [""] : []),
      ],
    };
  };

  const found = (lines, at, item) => {
    const line = lines[at];
    const match = ITEM.exec(line);
    if (match && line.slice(match[0].length).trim() === "") {
      return { line: at, taken: 1, words: [marked(item, line, 0)] };
    }
    if (isBlank(line)) {
      return between(lines, at, item);
    }
    const start = startOfItem(lines, at);
    if (start >= 0) {
      const end = endOfItem(lines, start);
      const next = lines[end + 1];
      const isGroup = next !== undefined && ITEM.test(next) && indent(next) > indent(lines[start]);
      const like = isGroup ? next : lines[start];
      return { line: end + 1, taken: 0, words: [marked(item, like, isGroup ? 0 : 1)] };
    }
    let end = at;
    while (!HEADING.test(line) && !isBlank(lines[end + 1]) && !ITEM.test(lines[end + 1])) {
      end += 1;
    }
    // A list that stands below its heading is where the item goes, as the first.
    const isList = isBlank(lines[end + 1]) && ITEM.test(lines[end + 2] || "");
    return between(lines, isList ? end + 2 : end + 1, item);
  };

  writing.placing = (text, offset, item) => {
    const lines = text.split("\n");
    const at = text.slice(0, offset).split("\n").length - 1;
    const { line, taken, words } = found(lines, at, item);
    const start = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
    if (taken) {
      return { from: start, to: start + lines[line].length, words: words.join("\n") };
    }
    // At the end of the line before: so the cursor stands behind the item, and the next follows it.
    const end = Math.max(start - 1, 0);
    const isFirst = line === 0;
    return { from: end, to: end, words: isFirst ? `${words.join("\n")}\n` : `\n${words.join("\n")}` };
  };

  // Nobody has been in the text yet: then its end is the place, not its beginning.
  let wasThere = false;
  writing.text.on("cursor", () => {
    wasThere = true;
  });

  writing.place = (item, offset) => {
    const text = writing.text.value();
    const at = offset ?? (wasThere ? writing.text.selection().to : text.trimEnd().length);
    const { from, to, words } = writing.placing(text, at, item);
    writing.text.replace(from, to, words);
  };
})();
