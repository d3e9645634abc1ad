/* "/" leads to the box of search, which suggests tags, sources, sections and titles while somebody
   types. Without it the box is an ordinary form. */
(() => {
  "use strict";
  const PAUSE = 150; // milliseconds without a key before anything is asked
  const box = document.querySelector("input[data-search]");
  if (!box) {
    return;
  }
  const list = document.createElement("datalist");
  list.id = `${box.id}-suggested`;
  box.after(list);
  box.setAttribute("list", list.id);
  let waiting = 0;
  let asking = null;

  const show = ([, values, labels]) => {
    list.replaceChildren(...values.map((value, place) => {
      const option = document.createElement("option");
      option.value = value;
      option.label = labels[place];
      return option;
    }));
  };
  const ask = async () => {
    const typed = box.value.trim();
    asking?.abort();
    if (!typed) {
      list.replaceChildren();
      return;
    }
    asking = new AbortController();
    try {
      const address = `${box.dataset.suggest}?${new URLSearchParams({ q: typed })}`;
      const response = await fetch(address, { signal: asking.signal });
      if (response.ok) {
        show(await response.json());
      }
    } catch {
      // aborted, or no connection: nothing is suggested
    }
  };

  box.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(ask, PAUSE);
  });
  // Keys of one letter can be switched off (js/reading.js).
  const hasKeys = () => {
    try {
      return window.localStorage.getItem("keys") !== "off";
    } catch {
      return true; // storage may be forbidden
    }
  };
  document.addEventListener("keydown", (event) => {
    const types = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && hasKeys() && !types && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });
})();
