/* Moving parts of a text and changing one item of it, as changes of lines: pure functions, without a
   page. Each returns {from, to, words, line}: what takes the place of the characters between two
   offsets, and the line from 0 on which the part stands then; null where nothing is to be done.

   sections are those of `writing.proof.now`: {start, lines, end, level, entries}, entries
   [start, end, list, depth, title, url], whose lines count from the start of their section.

   What lies between two parts stays where it is: blank lines, so that lists stay tight or loose,
   and the numbers of ordered lists. So a move back gives every byte back.                        */
(() => {
  "use strict";
  const ITEM = /^([\s>]*)([-*+]|\d{1,9}[.)])([ \t]+|$)/;
  const NUMBER = /^(\d+)([.)])$/;

  /* The text with its lines, and where they start. */
  const linesOf = (text) => text.split("\n");
  const offsetOf = (lines, line) =>
    lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);

  /* Puts lines in the place of those from `first` up to `last`, and changes no more than differs. */
  const change = (text, lines, first, last, fresh, line) => {
    const from = offsetOf(lines, first);
    const old = lines.slice(first, last).join("\n");
    const words = fresh.join("\n");
    if (old === words) {
      return null;
    }
    const most = Math.min(old.length, words.length);
    let same = 0;
    while (same < most && old[same] === words[same]) {
      same += 1;
    }
    let tail = 0;
    while (tail < most - same && old[old.length - 1 - tail] === words[words.length - 1 - tail]) {
      tail += 1;
    }
    return {
      from: from + same,
      to: from + old.length - tail,
      words: words.slice(same, words.length - tail),
      line,
    };
  };
  const apply = (text, { from, to, words }) => text.slice(0, from) + words + text.slice(to);

  // ---- sections -------------------------------------------------------------------------------

  /* The number behind the sections that belong to one: those below headings of a lower rank. */
  const endOf = (sections, at) => {
    let end = at + 1;
    while (end < sections.length && sections[end].level > sections[at].level) {
      end += 1;
    }
    return end;
  };

  /* The lines of the sections from `first` up to `last`, without what lies behind their blocks:
     blank lines, and definitions of links and notes, which say the same wherever they stand. */
  const core = (lines, sections, first, last) => {
    const { start } = sections[first];
    const end = sections[last - 1];
    let behind = end.start + Math.max(end.end, 1);
    while (behind > start + 1 && !lines[behind - 1].trim()) {
      behind -= 1;
    }
    return [start, behind];
  };

  /* Whether a line begins a heading that no line above can take up. */
  const opens = (line) => /^ {0,3}#{1,6}(\s|$)/.test(line);

  /* Lines that would be read on, where nothing lies between: a heading that is underlined, or HTML,
     which ends at a blank line. */
  const needsBlank = (above, below) =>
    above.length && above[above.length - 1].trim() && (!opens(below[0]) || above.some((line) => /^\s*</.test(line)));

  /* Swaps the sections from `first` up to `middle` with those from there up to `last`. */
  const swap = (text, sections, first, middle, last, moved) => {
    const lines = linesOf(text);
    const [start, end] = core(lines, sections, first, middle);
    const [next, behind] = core(lines, sections, middle, last);
    const upper = lines.slice(next, behind);
    const lower = lines.slice(start, end);
    const between = lines.slice(end, next);
    const below = between.length ? between : lower;
    const gap = below[0].trim() && needsBlank(upper, below) ? ["", ...between] : between;
    const lead = start && needsBlank([lines[start - 1]], upper) ? [""] : [];
    const follows = lines.slice(behind, behind + 1);
    const isGlued = follows.length && follows[0].trim() && needsBlank(lower, follows);
    const fresh = [...lead, ...upper, ...gap, ...lower, ...(isGlued ? [""] : [])];
    const line = start + lead.length + (moved === "up" ? 0 : upper.length + gap.length);
    return change(text, lines, start, behind, fresh, line);
  };

  /* Moves a section, with those below it, before another one; the number of sections: to the end. */
  const moveSection = (text, sections, at, before) => {
    const end = endOf(sections, at);
    const isOwn = before >= at && before <= end;
    if (isOwn || !sections[at].level || (before < sections.length && !sections[before].level)) {
      return null;
    }
    return before < at
      ? swap(text, sections, before, at, end, "up")
      : swap(text, sections, at, end, before, "down");
  };

  /* Where a section goes that moves one step: before which other; null at either end. */
  const stepOfSection = (sections, at, step) => {
    if (step > 0) {
      const next = endOf(sections, at);
      const isSibling = next < sections.length && sections[next].level === sections[at].level;
      return isSibling || (next < sections.length && sections[next].level > 0)
        ? endOf(sections, next)
        : null;
    }
    for (let other = at - 1; other >= 0 && sections[other].level; other -= 1) {
      if (sections[other].level <= sections[at].level) {
        return other;
      }
    }
    return at > 0 && sections[at - 1].level ? at - 1 : null;
  };

  // ---- entries --------------------------------------------------------------------------------

  /* The entries that can change places with one: those of its list. */
  const siblings = (section, at) => {
    const { entries } = section;
    return entries.map((_entry, number) => number).filter((number) => entries[number][2] === entries[at][2]);
  };

  /* Whether an entry begins on the line of another, which would go with it. */
  const sharesLine = (section, at) =>
    section.entries.some((entry, number) => number !== at && entry[0] === section.entries[at][0]);

  const rangeOf = (section, at) => {
    const [start, end] = section.entries[at];
    return [section.start + start, section.start + end];
  };

  const markerOf = (line) => {
    const found = ITEM.exec(line);
    return found ? { indent: found[1], sign: found[2], space: found[3], all: found[0] } : null;
  };

  /* An entry with another marker; what is nested in it follows. */
  const marked = (lines, own, indent, sign) => {
    if (!own || (own.indent === indent && own.sign === sign)) {
      return lines;
    }
    const before = own.indent.length + own.sign.length;
    const by = indent.length + sign.length - before;
    const first = indent + sign + lines[0].slice(before);
    const rest = lines.slice(1).map((line) => {
      const width = /^ */.exec(line)[0].length;
      if (!line.trim() || width < Math.min(own.all.length, before + 1)) {
        return line; // blank, or a line that goes on without being indented
      }
      return by > 0 ? " ".repeat(by) + line : line.slice(Math.min(-by, width));
    });
    return [first, ...rest];
  };

  /* Moves an entry to another place in its list: `to` is the place it has then among its siblings. */
  const moveEntry = (text, sections, number, at, to) => {
    const section = sections[number];
    const row = siblings(section, at);
    const from = row.indexOf(at);
    if (to === from || to < 0 || to >= row.length || row.some((one) => sharesLine(section, one))) {
      return null;
    }
    const lines = linesOf(text);
    const ranges = row.map((one) => rangeOf(section, one));
    const cores = ranges.map(([start, end]) => lines.slice(start, end));
    const markers = cores.map(([first]) => markerOf(first));
    const order = row.map((_one, place) => place);
    order.splice(to, 0, ...order.splice(from, 1));
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    const fresh = [];
    let line = 0;
    for (let place = first; place <= last; place += 1) {
      const taken = order[place];
      const own = markers[place];
      if (taken === from) {
        line = ranges[first][0] + fresh.length;
      }
      fresh.push(...(own ? marked(cores[taken], markers[taken], own.indent, own.sign) : cores[taken]));
      if (place < last) {
        fresh.push(...lines.slice(ranges[place][1], ranges[place + 1][0]));
      }
    }
    return change(text, lines, ranges[first][0], ranges[last][1], fresh, line);
  };

  /* Moves an entry into another list, before or behind one of its entries. */
  const transfer = (text, sections, [number, at], [toNumber, toAt], isBehind) => {
    const [source, target] = [sections[number], sections[toNumber]];
    const lines = linesOf(text);
    const [start, end] = rangeOf(source, at);
    const [toStart, toEnd] = rangeOf(target, toAt);
    const [own, theirs] = [markerOf(lines[start]), markerOf(lines[toStart])];
    const isInside = toStart >= start && toStart < end;
    const shares = sharesLine(source, at) || sharesLine(target, toAt);
    if (!own || !theirs || isInside || shares || /[>\t]/.test(own.indent + theirs.indent)) {
      return null;
    }
    const row = siblings(source, at);
    const place = row.indexOf(at);
    // With the entry goes what lay between it and the next, or the one before.
    let [gone, behind] = [start, end];
    if (place + 1 < row.length) {
      behind = rangeOf(source, row[place + 1])[0];
    } else if (place > 0) {
      gone = rangeOf(source, row[place - 1])[1];
    }
    const there = siblings(target, toAt);
    const spot = there.indexOf(toAt);
    const gapBefore = (one) =>
      lines.slice(rangeOf(target, there[one - 1])[1], rangeOf(target, there[one])[0]);
    const near = isBehind ? spot + 1 : spot;
    const gap = there.length < 2
      ? []
      : gapBefore(Math.min(Math.max(near, 1), there.length - 1));
    const digits = NUMBER.exec(theirs.sign);
    const sign = digits && isBehind ? `${Number(digits[1]) + 1}${digits[2]}` : theirs.sign;
    const entry = marked(lines.slice(start, end), own, theirs.indent, sign);
    const insert = isBehind ? [...gap, ...entry] : [...entry, ...gap];
    const spotLine = isBehind ? toEnd : toStart;
    const lead = isBehind ? gap.length : 0;
    if (spotLine <= gone) {
      const fresh = [...insert, ...lines.slice(spotLine, gone)];
      return change(text, lines, spotLine, behind, fresh, spotLine + lead);
    }
    const fresh = [...lines.slice(behind, spotLine), ...insert];
    return change(text, lines, gone, spotLine, fresh, gone + spotLine - behind + lead);
  };

  // ---- one item -------------------------------------------------------------------------------

  const LINK = /(!?)\[((?:[^[\]\\]|\\[^]|\[(?:[^[\]\\]|\\[^])*\])*)\]\(\s*(<[^<>\n]*>|(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))+)(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/g;
  const STRONG = /^(\*\*|__)(?=\S)((?:[^*_\\]|\\[^]|\*(?!\*)|_(?!_))*?)\1/;
  const SEPARATOR = /^[ \t]*(?:[:：–—-](?=\s|$)|[:：](?=\S))[ \t]*/;

  const plainAddress = (written) =>
    written
      .replace(/^<|>$/g, "")
      .replace(/\\([!-/:-@[-`{-~])/g, "$1")
      .replace(/&amp;/g, "&");

  /* The first paragraph of an entry: its lines, and where its words begin in the first. */
  const ownLines = (lines, section, at) => {
    const [start, end] = rangeOf(section, at);
    const nested = section.entries
      .map((entry) => section.start + entry[0])
      .filter((line) => line > start && line < end);
    let behind = Math.min(end, ...nested);
    for (let line = start + 1; line < behind; line += 1) {
      if (!lines[line].replace(/[\s>]/g, "")) {
        behind = line;
      }
    }
    return [start, behind];
  };

  const onOneLine = (words) => words.replace(/\s*\n\s*/g, " ").trim();

  /* What of an item can be changed: {title, address, note}, each {from, to, value} in the words of
     its lines or null; and those lines. Null where it is written in another way. */
  const readItem = (text, section, at) => {
    const lines = linesOf(text);
    const [first, last] = ownLines(lines, section, at);
    const words = lines.slice(first, last).join("\n");
    const url = section.entries[at][5];
    const marker = markerOf(words);
    const quote = /^\s*>/.test(words);
    const head = (marker ? marker.all.length : 0);
    const task = /^\[[ xX]\][ \t]+/.exec(words.slice(head));
    const start = head + (task ? task[0].length : 0);
    const link = [...words.matchAll(LINK)].find(
      (found) => !found[1] && plainAddress(found[3]) === url);
    if (!link) {
      return null;
    }
    const inText = link.index + 1;
    const inAddress = link.index + link[0].indexOf("](", link[2].length) + 2;
    const skipped = /^\s*/.exec(words.slice(inAddress))[0].length;
    const address = { from: inAddress + skipped, to: inAddress + skipped + link[3].length };
    const linkEnd = link.index + link[0].length;
    const strong = STRONG.exec(words.slice(start));
    const strongEnd = strong ? start + strong[0].length : 0;
    const isAfter = Boolean(strong) && link.index >= strongEnd;
    let title = { from: inText, to: inText + link[2].length };
    let noteFrom = linkEnd;
    let noteTo = words.length;
    if (isAfter) {
      title = { from: start + strong[1].length, to: strongEnd - strong[1].length };
      noteFrom = strongEnd;
      const opening = /\s*[（([]?$/.exec(words.slice(strongEnd, link.index))[0].length;
      noteTo = link.index - opening;
      const behind = words.slice(linkEnd).replace(/^[)）\].。\s]+/, "");
      if (behind) {
        noteTo = noteFrom; // the note goes on behind the link: not to be told apart
      }
    } else if (strong && strongEnd >= linkEnd) {
      noteFrom = strongEnd;
    } else {
      const inner = /^(\*\*|__)([^]*)\1$/.exec(link[2]);
      if (inner) {
        title = { from: title.from + inner[1].length, to: title.to - inner[1].length };
      }
      const rest = words.slice(linkEnd);
      if (words.slice(start, link.index).trim() && rest.trim() && !SEPARATOR.test(rest)) {
        noteTo = noteFrom; // the link stands in a sentence: what follows is no note
      }
    }
    const hasNote = noteTo > noteFrom || (!isAfter && noteFrom === words.length);
    const separator = SEPARATOR.exec(words.slice(noteFrom, noteTo));
    const noteStart = noteFrom + (separator ? separator[0].length : /^[ \t]*/.exec(words.slice(noteFrom, noteTo))[0].length);
    const ended = noteTo - /\s*$/.exec(words.slice(noteStart, noteTo))[0].length;
    const isEmpty = noteStart >= noteTo || ended <= noteStart;
    const note = hasNote && !quote
      ? { from: isEmpty ? noteFrom : noteStart, to: isEmpty ? noteFrom : ended, behind: noteFrom }
      : null;
    const value = ({ from, to }) => words.slice(from, to);
    const indent = " ".repeat(head);
    return {
      first,
      last,
      words,
      indent,
      title: { ...title, value: onOneLine(value(title)) },
      address: { ...address, value: url },
      note: note && {
        ...note,
        isNew: isEmpty,
        value: value(note).split("\n").map((line, number) => (number ? line.trimStart() : line)).join("\n"),
      },
    };
  };

  /* Words that stand in brackets: those that would end them are escaped. */
  const inBrackets = (words) => {
    let depth = 0;
    const isEven = [...words.matchAll(/\\[^]|[[\]]/g)].every(([sign]) => {
      depth += sign === "[" ? 1 : sign === "]" ? -1 : 0;
      return depth >= 0;
    });
    return isEven && !depth ? words : words.replace(/\\[^]|[[\]]/g, (sign) => (sign.length > 1 ? sign : `\\${sign}`));
  };
  const asAddress = (address) => {
    const encoded = address.trim().replace(/[\s<>]/g, (sign) => encodeURIComponent(sign));
    return /[()\\]/.test(encoded) ? `<${encoded}>` : encoded;
  };
  /* Changes what of an item is another than it was: {title, address, note}. */
  const editItem = (text, item, wanted) => {
    const changes = [];
    const title = onOneLine(wanted.title);
    if (title && title !== item.title.value) {
      changes.push({ ...item.title, words: inBrackets(title) });
    }
    if (wanted.address.trim() && wanted.address.trim() !== item.address.value) {
      changes.push({ ...item.address, words: asAddress(wanted.address) });
    }
    if (item.note && wanted.note.trim() !== item.note.value.trim()) {
      const note = wanted.note.trim().split("\n").map((line) => line.trim()).filter(Boolean);
      const words = note.join(`\n${item.indent}`);
      if (!words) {
        changes.push({ from: item.note.behind, to: item.note.to, words: "" });
      } else {
        changes.push({ ...item.note, words: item.note.isNew ? `: ${words}${/\S/.test(item.words.slice(item.note.to, item.note.to + 1)) ? " " : ""}` : words });
      }
    }
    const fresh = changes
      .sort((one, other) => other.from - one.from)
      .reduce((words, { from, to, words: put }) => words.slice(0, from) + put + words.slice(to), item.words);
    const lines = linesOf(text);
    return change(text, lines, item.first, item.last, fresh.split("\n"), item.first);
  };

  window.writingMoves = {
    apply,
    endOf,
    moveSection,
    stepOfSection,
    siblings,
    moveEntry,
    transfer,
    readItem,
    editItem,
  };
})();
