/* Remarks on lines below the plain box, as links to their lines. An editor shows them itself. */
(() => {
  "use strict";
  const { writing } = window;
  const part = document.querySelector("[data-text=remarks]");
  if (!writing || !part) {
    return;
  }
  const { text } = writing;
  const [list, blank] = [part.querySelector("ul"), part.querySelector("template")];

  const shown = (remark) => {
    const row = blank.content.firstElementChild.cloneNode(true);
    row.className = `remark-${remark.level}`;
    row.dataset.line = remark.line;
    row.querySelector("a span").textContent = remark.line;
    row.querySelector(":scope > span").textContent = remark.words;
    return row;
  };

  const show = () => {
    const remarks = text.showsRemarks() ? [] : text.remarks();
    list.replaceChildren(...remarks.map(shown));
    part.hidden = !remarks.length;
  };

  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-line]");
    if (row && event.target.closest("a")) {
      event.preventDefault();
      text.select(writing.offset(Number(row.dataset.line)));
    }
  });
  text.on("remarks", show);
  text.on("swap", show);
})();
