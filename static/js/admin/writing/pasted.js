/* An address pasted into the text. It stands there at once; what is known of it is said below the
   text, and where it stands alone, its title takes its place when that comes, which undo takes
   back. Nothing waits for any of this. */
(() => {
  "use strict";
  const writing = window.writing;
  const pattern = document.querySelector("[data-pasted]");
  const below = document.querySelector("[data-writing=said]");
  if (!writing || !pattern || !below) {
    return;
  }
  const { addressUrl, titleUrl } = pattern.dataset;
  const ADDRESS = /^https?:\/\/[^\s<>"]+$/;
  const START = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?$/;
  const MARK = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+/;
  const field = document.querySelector(".writing-main");
  const text = writing.text;

  // While Hangul is composed the text must not change below the keys.
  let composing = false;
  document.addEventListener("compositionstart", () => {
    composing = true;
  }, true);
  document.addEventListener("compositionend", () => {
    composing = false;
  }, true);
  const atRest = async () => {
    while (composing) {
      await new Promise((done) => document.addEventListener("compositionend", done, { once: true }));
      await new Promise((done) => setTimeout(done, 0));
    }
  };

  // -- the text

  /* Where an address stands, the nearest to a place: {from, to, start, rest}; null if it is gone. */
  const find = (address, near) => {
    const whole = text.value();
    let best = -1;
    for (let at = whole.indexOf(address); at >= 0; at = whole.indexOf(address, at + 1)) {
      const next = whole[at + address.length];
      const isWhole = next === undefined || /[\s)>\]]/.test(next);
      if (isWhole && (best < 0 || Math.abs(at - near) < Math.abs(best - near))) {
        best = at;
      }
    }
    if (best < 0) {
      return null;
    }
    const start = whole.lastIndexOf("\n", best - 1) + 1;
    const end = whole.indexOf("\n", best);
    const to = best + address.length;
    return {
      from: best,
      to,
      start: whole.slice(start, best),
      rest: whole.slice(to, end < 0 ? whole.length : end),
    };
  };

  /* Put words in the place of others, in one step, and leave cursor and focus where they were. */
  const swap = (from, to, words) => {
    const focused = document.activeElement;
    const cursor = text.selection();
    const moved = (at) => (at <= from ? at : at >= to ? at + words.length - (to - from) : from + words.length);
    text.replace(from, to, words);
    if (cursor.from !== to || cursor.to !== to) {
      text.select(moved(cursor.from), moved(cursor.to));
    }
    if (focused && focused !== document.activeElement && !field.contains(focused)) {
      focused.focus();
    }
  };

  const title = async (address, near, found) => {
    if (!found || !found.title) {
      return;
    }
    await atRest();
    const place = find(address, near);
    if (!place || !START.test(place.start)) {
      return;
    }
    if (place.rest.trim()) {
      swap(place.from, place.to, found.link);
    } else if (MARK.test(place.start)) {
      swap(place.from, place.to, found.item.replace(MARK, ""));
    } else {
      swap(place.from, place.to, found.item);
    }
  };

  // -- what is said

  const chip = document.createElement("div");
  chip.className = "pasted";
  chip.setAttribute("role", "status");
  below.after(chip);

  const part = (chipped, name, isShown) => {
    const found = chipped.querySelector(`[data-pasted-part=${name}]`);
    found.hidden = !isShown;
    return found;
  };

  const places = (holder, { covered, more }) => {
    const list = holder.querySelector("span");
    covered.forEach(({ title: words, day, path }, index) => {
      const link = document.createElement("a");
      Object.assign(link, { href: path, target: "_blank", rel: "noopener" });
      link.textContent = `${words} (${day})`;
      list.append(...(index ? [", ", link] : [link]));
    });
    if (more) {
      list.append(` +${more}`);
    }
  };

  /* Make an item of an address that stands alone; its words are selected, to be written over. */
  const name = (address, near, { host, plain }) => {
    const place = find(address, near);
    if (!place || !START.test(place.start) || place.rest.trim()) {
      return;
    }
    const item = MARK.test(place.start) ? plain.replace(MARK, "") : plain;
    text.replace(place.from, place.to, item);
    const at = place.from + Math.max(item.indexOf(host), 0);
    text.select(at, at + host.length);
  };

  const say = (address, near, found, isUntitled) => {
    const shown = pattern.content.cloneNode(true);
    places(part(shown, "covered", found.covered.length), found);
    part(shown, "waiting", found.waiting);
    const warnings = part(shown, "warnings", found.warnings.length);
    warnings.textContent = found.warnings.join(" ");
    const tracked = part(shown, "tracked", found.removed.length);
    tracked.querySelector("span").textContent = found.removed.join(", ");
    tracked.addEventListener("click", () => {
      const written = address.replace(/&(?=#?\w+;)/g, "&amp;");
      const place = find(`<${written}>`, near) || find(written, near) || find(address, near);
      if (place) {
        swap(place.from, place.to, found.canonical);
      }
      tracked.hidden = true;
    });
    part(shown, "untitled", isUntitled).querySelector("button").addEventListener("click", () => {
      chip.replaceChildren();
      name(address, near, found);
    });
    const something = isUntitled || found.covered.length || found.waiting || found.warnings.length || found.removed.length;
    shown.querySelector("[data-pasted-part=host]").textContent = found.host;
    part(shown, "close", true).addEventListener("click", () => chip.replaceChildren());
    chip.replaceChildren(...(something ? [shown] : []));
  };

  // -- asking

  /* What is known of an address; null where nobody says so: it stands there as it was pasted. */
  const post = async (where, address) => {
    const body = new URLSearchParams({ url: address, post: writing.post });
    const answer = await writing.send(where, body);
    return answer.ok ? answer.data : null;
  };

  const look = async (address, near) => {
    const place = find(address, near);
    const isAlone = place && START.test(place.start) && !place.rest.trim();
    const found = await post(addressUrl, address);
    if (!found) {
      return;
    }
    say(address, near, found, false);
    if (!isAlone) {
      return;
    }
    const told = found.ask ? await post(titleUrl, address) : found;
    if (told && told.title) {
      title(address, near, told);
    } else if (place && find(address, near)) {
      say(address, near, found, true);
    }
  };

  document.addEventListener("paste", (event) => {
    const isText = event.target.closest && event.target.closest(".writing-main .field-text, .text-editor");
    const address = event.clipboardData ? event.clipboardData.getData("text/plain").trim() : "";
    if (!isText || !ADDRESS.test(address)) {
      return;
    }
    // The paste itself comes first.
    setTimeout(() => {
      const { to } = text.selection();
      look(address, Math.max(to - address.length, 0));
    }, 0);
  });
})();
