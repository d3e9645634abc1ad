/* The panel of a review without leaving the text: what is pressed is sent by itself and the panel
   shown anew; comments are marked at their lines, which follow the text while it changes. */
(() => {
  "use strict";
  const beside = document.querySelector("#beside-form");
  const panel = document.querySelector("#panel-review");
  const writing = window.writing;
  if (!beside || !panel || !writing) {
    return;
  }
  // Letters and digits alone are compared, as the server does: a page shows no marks.
  const letters = (words) =>
    [...words.toLowerCase()].filter((sign) => /[\p{L}\p{N}]/u.test(sign)).join("");
  const plain = (line) => letters(line.replace(/\]\([^()\s]*(?:\s+"[^"]*")?\s*\)/g, "]"));

  const lineOf = (quote, near) => {
    const lines = writing.text.value().split("\n").map(plain);
    const key = letters(quote);
    const whole = lines.join("");
    let best = 0;
    let at = key ? whole.indexOf(key) : -1;
    while (at >= 0) {
      let line = 0;
      for (let seen = 0; line < lines.length && seen + lines[line].length <= at; line += 1) {
        seen += lines[line].length;
      }
      best = best && Math.abs(best - near) <= Math.abs(line + 1 - near) ? best : line + 1;
      at = whole.indexOf(key, at + 1);
    }
    return best || near;
  };

  const rows = () => [...panel.querySelectorAll("[data-line]")];
  const mark = () => {
    if (writing.text.mark) {
      const open = rows().filter((row) => !row.classList.contains("resolved"));
      writing.text.mark("review", open.map((row) => ({
        line: lineOf(row.dataset.quote, Number(row.dataset.line)),
        level: "hint",
        words: row.dataset.words,
      })));
    }
  };
  const prepare = () => {
    panel.querySelectorAll(".review-go, [data-review-place]").forEach((part) => {
      part.hidden = false;
    });
    document.dispatchEvent(new Event("copying"));
    mark();
  };

  panel.addEventListener("click", (event) => {
    const go = event.target.closest(".review-go");
    if (go) {
      const { line, quote } = go.closest("[data-line]").dataset;
      const offset = writing.offset(lineOf(quote, Number(line)));
      const end = writing.text.value().indexOf("\n", offset);
      writing.text.select(offset, end < 0 ? writing.text.value().length : end);
    }
  });

  // The words selected in the text, else its line with the cursor.
  const chosen = () => {
    const { from, to } = writing.text.selection();
    const text = writing.text.value();
    const start = text.lastIndexOf("\n", from - 1) + 1;
    const end = text.indexOf("\n", from);
    return from < to ? text.slice(from, to) : text.slice(start, end < 0 ? text.length : end);
  };

  beside.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button || button.closest("#panel-review") === null) {
      return;
    }
    event.preventDefault();
    panel.querySelector("[name=quote]").value = button.value === "remark" ? chosen() : "";
    const body = new FormData(beside, button);
    button.disabled = true;
    const { ok, data } = await writing.send(button.formAction, body);
    button.disabled = false;
    if (ok && data && !data.failed) {
      panel.querySelector(".review").outerHTML = data.html;
      prepare();
      panel.querySelector(".review").focus();
    }
    const said = panel.querySelector("[data-review-said]");
    said.textContent = ok && data ? data.said : said.dataset.failed;
  });

  const soon = writing.atRest(mark, 600);
  writing.text.on("change", () => soon());
  prepare();
})();
