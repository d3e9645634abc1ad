/* The parts of the issue as it is being written: go there, move them, change one item. What is done
   to the text `moves.js` says; it is one step that undo takes back. */
(() => {
  "use strict";
  const { writing } = window;
  const moves = window.writingMoves;
  const holder = document.querySelector("[data-outline=live]");
  if (!writing || !writing.proof || !holder) {
    return;
  }
  const panel = holder.closest("[data-panel]");
  const list = holder.querySelector(".outline-parts");
  const words = holder.dataset;
  const template = (name) =>
    holder.querySelector(`template[data-outline=${name}]`).content.firstElementChild;
  const isShown = () => !panel.hidden && panel.getClientRects().length > 0;
  const say = (text, name) => writing.say(text.replace("{name}", name));

  // ---- rows -----------------------------------------------------------------------------------

  // What nobody has looked at yet is shown all the same, so it is nothing to know here.
  const BADGES = ["blocked", "held", "broken"];
  const badge = (text, kind) => {
    const element = document.createElement("span");
    element.className = `outline-badge is-${kind}`;
    element.textContent = text;
    return element;
  };
  const badgesOf = (known) => {
    const found = { [known.standing]: true, broken: known.broken };
    const shown = BADGES.filter((name) => found[name]).slice(0, 1);
    const badges = shown.map((name) => badge(words[name], name));
    if (known.covered) {
      const place = known.covered;
      const link = document.createElement("a");
      link.href = place.path;
      link.target = "_blank";
      link.rel = "noopener";
      link.textContent = `${place.date}, ${place.title}`;
      const mark = badge(`${words.covered}: `, "covered");
      mark.append(link);
      badges.push(mark);
    }
    return badges;
  };
  const rowOf = (name, url, isMovable = true) => {
    const row = template("row").cloneNode(true);
    row.querySelector(".outline-go").textContent = name;
    row.draggable = isMovable;
    if (!isMovable) {
      row.querySelector(".outline-tools").remove();
    } else if (url) {
      row.querySelector("[data-do=edit]").hidden = false;
    }
    const known = url && writing.proof.known.links[url];
    if (known) {
      row.querySelector(".outline-badges").append(...badgesOf(known));
    }
    for (const button of row.querySelectorAll("[data-do]")) {
      button.setAttribute("aria-label", `${button.title}: ${name}`);
    }
    return row;
  };
  const partOf = (section) => {
    const part = document.createElement("li");
    part.className = `outline-part level-${section.level}`;
    part.append(rowOf(section.heading || words.opening, "", section.level > 0));
    const entries = document.createElement("ol");
    for (const [, , , depth, title, url] of section.entries) {
      const entry = document.createElement("li");
      entry.className = `outline-entry depth-${Math.min(depth, 4)}`;
      entry.append(rowOf(title, url));
      entries.append(entry);
    }
    if (section.entries.length) {
      part.append(entries);
    }
    return part;
  };

  let parts = new Map(); // by what they say
  let seen = "";
  let isBusy = false; // something is dragged or changed: nothing moves under the hand

  const show = (now) => {
    if (!now || !isShown() || isBusy) {
      return;
    }
    const links = JSON.stringify(writing.proof.known.links);
    if (links !== seen) {
      parts = new Map();
      seen = links;
    }
    const kept = new Map();
    const shown = now.sections.map((section) => {
      const key = JSON.stringify([section.level, section.heading, section.entries]);
      const part = (!kept.has(key) && parts.get(key)) || partOf(section);
      kept.set(key, part);
      return part;
    });
    parts = kept;
    if (shown.length !== list.children.length || shown.some((part, at) => list.children[at] !== part)) {
      const at = rows().indexOf(document.activeElement.closest(".outline-row"));
      list.replaceChildren(...shown);
      if (at >= 0) {
        focus(rows()[Math.min(at, rows().length - 1)]);
      }
    }
    holder.querySelector(".outline-none").hidden = now.sections.length > 0;
    holder.querySelector(".outline-keys").hidden = now.sections.length === 0;
    const first = rows()[0];
    if (first && !list.querySelector(".outline-go[tabindex='0']")) {
      first.querySelector(".outline-go").tabIndex = 0;
    }
  };
  const rows = () => [...list.querySelectorAll(".outline-row")];
  const focus = (row) => {
    if (!row) {
      return;
    }
    for (const other of list.querySelectorAll(".outline-go[tabindex='0']")) {
      other.tabIndex = -1;
    }
    const button = row.querySelector(".outline-go");
    button.tabIndex = 0;
    button.focus();
  };
  const nameOf = (row) => row.querySelector(".outline-go").textContent;

  /* Where a row stands: [number of the section, number of the entry or -1]. */
  const placeOf = (row) => {
    const part = row.closest(".outline-part");
    const entry = row.closest(".outline-entry");
    return [
      [...list.children].indexOf(part),
      entry ? [...entry.parentElement.children].indexOf(entry) : -1,
    ];
  };
  const lineOf = ([number, at]) => {
    const section = writing.proof.now.sections[number];
    return section.start + (at < 0 ? 0 : section.entries[at][0]);
  };
  const rowAt = (line, isEntry) =>
    rows().find((row) => {
      const place = placeOf(row);
      return (place[1] >= 0) === isEntry && lineOf(place) === line;
    });

  // ---- changes --------------------------------------------------------------------------------

  /* What an outline says, in any order: a move changes none of it. */
  const contents = (sections) =>
    JSON.stringify([
      ...sections.map((section) => `${section.level} ${section.heading}`),
      ...sections.flatMap((section) => section.entries.map((entry) => entry.slice(4).join(" "))),
    ].sort());

  let isMoving = false;
  /* Does one thing to the text as it is now; work gets the text, its sections and the place. */
  const perform = async (row, work, done) => {
    if (isMoving) {
      return;
    }
    isMoving = true;
    const [place, name] = [placeOf(row), nameOf(row)];
    try {
      if (!(await writing.proof.fresh())) {
        return;
      }
      const { sections } = writing.proof.now;
      const [number, at] = place;
      const found = sections[number] && (at < 0 ? sections[number].heading : (sections[number].entries[at] || [])[4]);
      const change = found === name ? work(writing.text.value(), sections, place) : null;
      if (!change) {
        say(words.stuck, name);
        return;
      }
      const before = contents(sections);
      writing.text.replace(change.from, change.to, change.words);
      const isRead = await writing.proof.fresh();
      const isSame = !isRead || done !== words.moved || contents(writing.proof.now.sections) === before;
      say(isSame ? done : words.strange, name);
      focus(rowAt(change.line, at >= 0) || rows()[0]);
    } finally {
      isMoving = false;
    }
  };

  const step = (row, by) =>
    perform(row, (text, sections, [number, at]) => {
      if (at < 0) {
        const before = moves.stepOfSection(sections, number, by);
        return before === null ? null : moves.moveSection(text, sections, number, before);
      }
      const to = moves.siblings(sections[number], at).indexOf(at) + by;
      return moves.moveEntry(text, sections, number, at, to);
    }, words.moved);

  const drop = (row, target, isBehind) => {
    const to = placeOf(target);
    return perform(row, (text, sections, [number, at]) => {
      if (at < 0) {
        const before = isBehind ? moves.endOf(sections, to[0]) : to[0];
        return moves.moveSection(text, sections, number, before);
      }
      if (to[1] < 0) {
        return sections[to[0]].entries.length
          ? moves.transfer(text, sections, [number, at], [to[0], 0], false)
          : null;
      }
      const siblings = moves.siblings(sections[number], at);
      if (to[0] === number && siblings.includes(to[1])) {
        const place = siblings.indexOf(to[1]) + (isBehind ? 1 : 0);
        return moves.moveEntry(text, sections, number, at, place - (siblings.indexOf(at) < place ? 1 : 0));
      }
      return moves.transfer(text, sections, [number, at], to, isBehind);
    }, words.moved);
  };

  // ---- one item -------------------------------------------------------------------------------

  let editing = null; // {row, form, item}

  const close = () => {
    if (!editing) {
      return;
    }
    const { row, form } = editing;
    editing = null;
    isBusy = false;
    form.remove();
    focus(row);
    show(writing.proof.now);
  };
  const edit = async (row) => {
    close();
    const place = placeOf(row);
    if (!(await writing.proof.fresh())) {
      return;
    }
    const section = writing.proof.now.sections[place[0]];
    const item = section && section.entries[place[1]] && moves.readItem(writing.text.value(), section, place[1]);
    if (!item) {
      writing.text.select(writing.offset(lineOf(place) + 1));
      writing.say(words.other);
      return;
    }
    const form = template("edit").cloneNode(true);
    for (const name of ["title", "address", "note"]) {
      const input = form.querySelector(`[data-part=${name}]`);
      input.value = item[name] ? item[name].value : "";
      input.parentElement.hidden = !item[name];
    }
    isBusy = true;
    editing = { row, form, item };
    const there = rows().includes(row) ? row : rowAt(lineOf(place), true);
    editing.row = there;
    there.after(form);
    form.querySelector("input").focus();
  };
  const save = () => {
    const { row, form, item } = editing;
    const value = (name) => form.querySelector(`[data-part=${name}]`).value;
    const wanted = { title: value("title"), address: value("address"), note: value("note") };
    close();
    perform(row, (text, sections, [number, at]) => {
      const now = moves.readItem(text, sections[number], at);
      return now && now.words === item.words ? moves.editItem(text, now, wanted) : null;
    }, words.changed);
  };

  // ---- hands ----------------------------------------------------------------------------------

  /* The key of a Korean keyboard says "ㅋ" where its cap says Z. */
  const isUndo = (event) =>
    (event.key === "z" || (event.code === "KeyZ" && !/^[ -~]$/.test(event.key))) &&
    (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  /* What was done here was done to the text, whose undo it is; the focus stays in the outline. */
  const takeBack = async () => {
    const at = rows().indexOf(document.activeElement.closest(".outline-row"));
    writing.text.undo();
    await writing.proof.fresh();
    focus(rows()[Math.max(Math.min(at, rows().length - 1), 0)]);
  };

  const DO = { up: (row) => step(row, -1), down: (row) => step(row, 1), edit };
  holder.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) {
      return;
    }
    if (button.dataset.do === "save") {
      save();
    } else if (button.dataset.do === "cancel") {
      close();
    } else {
      const row = button.closest(".outline-row");
      const work = DO[button.dataset.do];
      if (work) {
        work(row);
      } else {
        focus(row);
        writing.text.select(writing.offset(lineOf(placeOf(row)) + 1));
      }
    }
  });
  holder.addEventListener("keydown", (event) => {
    if (event.isComposing) {
      return;
    }
    if (editing && editing.form.contains(event.target)) {
      if (event.key === "Escape") {
        event.preventDefault();
        close();
      } else if (event.key === "Enter" && event.target.matches("input")) {
        event.preventDefault(); // it would send the form of the issue
        save();
      }
      return;
    }
    if (isUndo(event)) {
      event.preventDefault();
      if (!isMoving) {
        takeBack();
      }
      return;
    }
    const row = event.target.closest(".outline-row");
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!row || !by || event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    event.preventDefault();
    if (event.altKey) {
      if (row.draggable) {
        step(row, by);
      }
    } else {
      const all = rows();
      focus(all[Math.min(Math.max(all.indexOf(row) + by, 0), all.length - 1)]);
    }
  });

  let dragged = null;
  const clear = () => {
    for (const row of list.querySelectorAll(".drop-before, .drop-behind")) {
      row.classList.remove("drop-before", "drop-behind");
    }
  };
  const isBehindOf = (row, event) => {
    const { top, height } = row.getBoundingClientRect();
    return event.clientY > top + height / 2;
  };
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest(".outline-row");
    if (dragged) {
      isBusy = true;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("application/x-outline", "");
    }
  });
  list.addEventListener("dragover", (event) => {
    const row = event.target.closest(".outline-row");
    clear();
    const isSection = dragged && dragged.closest(".outline-entry") === null;
    if (row && dragged && row !== dragged && !(isSection && row.closest(".outline-entry"))) {
      event.preventDefault();
      row.classList.add(isBehindOf(row, event) ? "drop-behind" : "drop-before");
    }
  });
  list.addEventListener("drop", (event) => {
    const row = event.target.closest(".outline-row");
    if (row && dragged) {
      event.preventDefault();
      isBusy = false;
      drop(dragged, row, isBehindOf(row, event));
    }
  });
  list.addEventListener("dragend", () => {
    dragged = null;
    isBusy = Boolean(editing);
    clear();
    show(writing.proof.now);
  });

  panel.querySelector("[data-outline=static]").hidden = true;
  holder.hidden = false;
  writing.proof.on(show);
  writing.proof.wanted(isShown);
  document.addEventListener("writing:panel", () => show(writing.proof.now));
})();
