/* Places that two editors changed: choosing one of the two, or both, takes the marks out of the
   text. The marks are found again each time, since the text may be edited meanwhile. */
(() => {
  "use strict";
  const list = document.querySelector("[data-clashes]");
  const { writing } = window;
  if (!list || !writing || !writing.text) {
    return;
  }
  const { text } = writing;
  const MARKED = /^<<<<<<< [^\n]*\n([\s\S]*?)^=======\n([\s\S]*?)^>>>>>>> [^\n]*(?:\n|$)/gm;
  const wordsOf = (entry, side) => {
    const shown = entry.querySelector(`[data-${side}]`);
    return shown ? shown.textContent.replace(/\r\n?/g, "\n") : "";
  };
  const ended = (words) => (words && !words.endsWith("\n") ? `${words}\n` : words);

  const find = (entry) => {
    const mine = ended(wordsOf(entry, "mine"));
    const theirs = ended(wordsOf(entry, "theirs"));
    return [...text.value().matchAll(MARKED)].find(
      (found) => found[1] === mine && found[2] === theirs,
    );
  };

  const keep = (entry, side) => {
    const said = entry.querySelector("[data-said]");
    const found = find(entry);
    if (!found) {
      said.textContent = list.dataset.gone;
      return;
    }
    const kept = { mine: found[1], theirs: found[2], both: found[1] + found[2] }[side];
    text.replace(found.index, found.index + found[0].length, kept);
    text.select(found.index, found.index + kept.length);
    said.textContent = list.dataset.done;
    entry.classList.add("clash-done");
  };

  list.querySelectorAll("[data-clash]").forEach((entry) => {
    entry.querySelectorAll("[data-keep]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => keep(entry, button.dataset.keep));
    });
    const show = entry.querySelector("[data-show]");
    show.hidden = false;
    show.addEventListener("click", () => {
      const found = find(entry);
      if (found) {
        text.select(found.index, found.index + found[0].length);
      }
    });
  });
})();
