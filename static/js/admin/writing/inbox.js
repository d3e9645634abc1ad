/* The inbox beside the text: search, and put links into the text as items. What the text has is
   ticked; that follows from the text alone, so that undoing takes the tick away. */
(() => {
  "use strict";
  const writing = window.writing;
  const holder = document.querySelector("[data-inbox]");
  if (!writing || !holder) {
    return;
  }
  const tools = holder.querySelector(".inbox-tools");
  const search = tools.querySelector("input");
  const only = tools.querySelector("select");
  const list = holder.querySelector(".inbox-entries");
  const more = holder.querySelector("[data-more]");
  const copy = holder.querySelector("[data-copy]");
  const said = holder.querySelector(".inbox-said");
  const pattern = holder.querySelector("template");
  const panel = holder.closest("[data-panel]");
  const entries = new Map();
  let page = 0;
  let isAsking = false;
  const turn = writing.turns();

  // -- what waits

  const filled = (row, name, words) => {
    const part = row.querySelector(`.${name}`);
    part.textContent = words;
    part.hidden = !words;
  };

  const places = (part, covered) => {
    part.hidden = covered.length === 0;
    covered.slice(0, 2).forEach(({ title, day, path }, index) => {
      const link = document.createElement("a");
      Object.assign(link, { href: path, target: "_blank", rel: "noopener" });
      link.textContent = `${title} (${day})`;
      part.append(...(index ? [", ", link] : [link]));
    });
  };

  const show = (entry) => {
    const row = pattern.content.cloneNode(true).querySelector("li");
    filled(row, "inbox-title", entry.title);
    filled(row, "inbox-host", entry.host);
    filled(row, "inbox-note", entry.note);
    filled(row, "inbox-state", entry.state);
    places(row.querySelector(".inbox-covered"), entry.covered);
    entries.set(row.querySelector("button"), entry);
    list.append(row);
  };

  const ask = async (next) => {
    isAsking = true;
    const query = { q: search.value, only: only.value, page: next, post: writing.post };
    const address = `${holder.dataset.inbox}?${new URLSearchParams(query)}`;
    const answer = await writing.ask(address, { signal: turn() });
    if (answer.isOld) {
      return;
    }
    isAsking = false;
    if (!answer.ok || !answer.data) {
      said.textContent = holder.dataset.failed;
      return;
    }
    if (next === 1) {
      entries.clear();
      list.replaceChildren();
    }
    page = next;
    answer.data.entries.forEach(show);
    more.hidden = !answer.data.more;
    list.hidden = entries.size === 0;
    const isAsked = search.value || only.value;
    said.textContent = entries.size ? "" : holder.dataset[isAsked ? "none" : "empty"];
    copy.hidden = !entries.size && !isAsked;
    tick();
  };

  // -- what the text has

  const ADDRESS = /https?:\/\/[^\s<>"]+/g;
  const END = /[)\]}.,;:!?'*_`]+$/;

  const addresses = () => {
    const there = new Set();
    for (const [found] of writing.text.value().matchAll(ADDRESS)) {
      there.add(found);
      there.add(found.replace(END, ""));
      there.add(found.replace(/\).*$/, ""));
    }
    return there;
  };

  const tick = () => {
    if (entries.size === 0 || panel.hidden) {
      return;
    }
    const there = addresses();
    entries.forEach((entry, button) => {
      const isUsed = entry.addresses.some((one) => there.has(one.replace(/^<|>$/g, "")));
      button.classList.toggle("is-used", isUsed);
      button.querySelector(".inbox-used").hidden = !isUsed;
    });
  };

  // Reading a long text takes a while: once the keys rest, and the browser has nothing to do.
  const PAUSE = 800;
  const tickSoon = writing.atRest(tick, PAUSE);
  writing.text.on("change", () => tickSoon());

  // -- into the text

  const insert = (button, offset) => {
    const entry = entries.get(button);
    writing.place(entry.markdown, offset);
    writing.say(`${holder.dataset.inserted} ${entry.title}`);
    tick();
  };

  const find = (entry) => {
    const text = writing.text.value();
    const at = Math.max(...entry.addresses.map((one) => text.indexOf(one)));
    writing.text.select(Math.max(at, 0));
  };

  const buttons = () => [...entries.keys()];

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) {
      return;
    }
    if (button.classList.contains("is-used")) {
      find(entries.get(button));
      return;
    }
    insert(button);
    // By keyboard one goes on from here; `detail` counts the clicks of a pointer.
    if (event.detail === 0) {
      const rest = buttons();
      const next = rest.slice(rest.indexOf(button)).find((one) => !one.matches(".is-used"));
      (next || button).focus();
    }
  });

  // -- dragging

  const TYPE = "application/x-newsletter-item";
  list.addEventListener("dragstart", (event) => {
    const row = event.target.closest("li");
    const button = row && row.querySelector("button");
    if (button) {
      event.dataTransfer.setData(TYPE, String(buttons().indexOf(button)));
      event.dataTransfer.setData("text/plain", entries.get(button).markdown);
      event.dataTransfer.effectAllowed = "copy";
    }
  });
  const isOurs = (event) =>
    event.dataTransfer.types.includes(TYPE) && event.target.closest(".writing-main");
  document.addEventListener("dragover", (event) => {
    if (isOurs(event)) {
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    }
  }, true);
  document.addEventListener("drop", (event) => {
    const button = isOurs(event) && buttons()[Number(event.dataTransfer.getData(TYPE))];
    if (button) {
      event.preventDefault();
      event.stopPropagation();
      insert(button, writing.text.at(event.clientX, event.clientY));
    }
  }, true);

  // -- keys

  const step = (from, by) => {
    const all = [search, ...buttons()];
    const next = all[all.indexOf(from) + by];
    if (next) {
      next.focus();
    }
  };
  holder.addEventListener("keydown", (event) => {
    if (event.isComposing) {
      return;
    }
    const from = event.target;
    if (event.key === "Escape") {
      event.preventDefault();
      const { from: start, to } = writing.text.selection();
      writing.text.select(start, to);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (from === search || entries.has(from)) {
        event.preventDefault();
        step(from, event.key === "ArrowDown" ? 1 : -1);
      }
    } else if (event.key === "Enter" && from === search) {
      event.preventDefault();
      step(search, 1);
    }
  });
  document.addEventListener("keydown", (event) => {
    const isAlone = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (isAlone && event.code === "KeyI" && !event.isComposing) {
      event.preventDefault();
      writing.open("inbox");
      search.focus();
    }
  });

  // -- searching; what is typed here is no change of the issue

  const askSoon = writing.soon(() => ask(1), 200);
  tools.addEventListener("input", (event) => {
    event.stopPropagation();
    askSoon(event.target === search ? 200 : 0);
  });
  more.addEventListener("click", async () => {
    const last = entries.size;
    await ask(page + 1);
    (buttons()[last] || search).focus();
  });

  tools.hidden = false;
  holder.querySelector(".inbox-keys").hidden = false;
  const begin = () => {
    if (panel.hidden) {
      return;
    }
    if (page === 0 && !isAsking) {
      ask(1);
    } else {
      tick();
    }
  };
  document.addEventListener("writing:panel", begin);
  begin();
})();
