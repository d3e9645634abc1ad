/* How somebody reads, remembered in this browser alone: the size of text, keys of one letter, and
   whether to keep the place. The dialog says which keys there are; without this script nobody
   sees its button. */
(() => {
  "use strict";
  const root = document.documentElement;
  const dialog = document.querySelector(".reading");
  const button = document.querySelector(".reading-open");
  if (!dialog?.showModal || !button) {
    return;
  }
  const form = dialog.querySelector("form");

  const remembered = (name) => {
    try {
      return window.localStorage.getItem(name);
    } catch {
      return null; // storage may be forbidden: choices last as long as the page then
    }
  };
  const remember = (name, value) => {
    try {
      window.localStorage.setItem(name, value);
    } catch {
      // as above
    }
  };

  let hasKeys = remembered("keys") !== "off";
  form.elements.text.value = root.dataset.text;
  form.elements.keys.checked = hasKeys;
  form.elements.place.checked = remembered("place") === "on";
  form.addEventListener("change", () => {
    root.dataset.text = form.elements.text.value;
    hasKeys = form.elements.keys.checked;
    remember("text", root.dataset.text);
    remember("keys", hasKeys ? "on" : "off");
    remember("place", form.elements.place.checked ? "on" : "off");
    root.dispatchEvent(new CustomEvent("place-choice"));
  });
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());

  // Keys: what they go through, in the order of the page

  const ITEMS = '.post .body [id^="item-"], .brief li, .card, .entries-table tbody tr';
  const SECTIONS = ".post .body > :is(h2, h3, h4)[id], .brief";
  const IN_LINES = /^(?:input|textarea|select)$/i;
  // The same keys while Hangul is typed.
  const HANGUL = { ㅓ: "j", ㅏ: "k", ㅜ: "n", ㅔ: "p" };

  const step = (selector, by) => {
    const all = [...document.querySelectorAll(selector)];
    const here = document.activeElement;
    const { top, bottom } = here.getBoundingClientRect();
    const isSeen = here !== document.body && bottom > 0 && top < window.innerHeight;
    if (isSeen && here.closest(selector)) {
      return all[all.indexOf(here.closest(selector)) + by];
    }
    // From what is focused, or else from the top of what is seen.
    const isAfter = (each) =>
      isSeen
        ? here.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING
        : each.getBoundingClientRect().top >= 0;
    return by > 0 ? all.find(isAfter) : all.findLast((each) => !isAfter(each));
  };
  const go = (target) => {
    if (!target) {
      return;
    }
    const link = target.matches(ITEMS) && target.querySelector('a[href]:not([href^="#item-"])');
    const focused = link || target;
    if (!link) {
      target.tabIndex = -1;
    }
    focused.focus({ preventScroll: true });
    target.scrollIntoView({ block: target.matches(ITEMS) ? "center" : "start" });
  };
  const turn = (by) => {
    const section = step(SECTIONS, by);
    if (section) {
      go(section);
    } else if (!document.querySelector(SECTIONS)) {
      document.querySelector(`.steps a[rel="${by > 0 ? "next" : "prev"}"]`)?.click();
    }
  };
  const KEYS = {
    j: () => go(step(ITEMS, 1)),
    k: () => go(step(ITEMS, -1)),
    n: () => turn(1),
    p: () => turn(-1),
    "?": () => dialog.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const isTyping = IN_LINES.test(target.tagName) || target.isContentEditable;
    const isOurs = hasKeys && !isTyping && !dialog.open && !event.isComposing;
    if (!isOurs || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const act = KEYS[HANGUL[event.key] ?? event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
})();
