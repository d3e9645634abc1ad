/* "Checks": what the checks find in the text as it is written. They are asked a while
   after the last change, the longer the slower they answer. A click leads to the line; a fix is
   one step that undo takes back. */
(() => {
  "use strict";
  const writing = window.writing;
  const panel = document.querySelector("[data-preflight]");
  if (!panel) {
    return;
  }
  const plain = panel.querySelector("[data-preflight-plain]");
  plain.remove();
  if (!writing) {
    return;
  }
  const text = writing.text;
  const list = panel.querySelector("[data-preflight-list]");
  const summary = panel.querySelector("[data-preflight-summary]");
  const again = panel.querySelector("[data-preflight-again]");
  const override = panel.querySelector("[data-preflight-override]");
  const sum = document.querySelector("[data-preflight-sum]");
  const SOON = 1500;
  const tags = writing.form.querySelector("#id_tags");
  const offered = document.createElement("div");
  offered.className = "tag-suggestions";
  const ask = document.querySelector(".publish-ask");
  let seen = null;
  let wait = SOON;
  const turn = writing.turns();

  const show = (answer) => {
    list.innerHTML = answer.html;
    summary.textContent = answer.summary;
    override.hidden = !answer.held && !override.querySelector("textarea").value;
    if (ask) {
      const reason = override.querySelector("textarea").value.trim();
      ask.querySelector("[data-publish-plain]").hidden = answer.held && !reason;
      ask.querySelector("[data-publish-held]").hidden = !answer.held || Boolean(reason);
      ask.querySelector("[data-publish-count]").textContent = `${answer.summary}.`;
    }
    if (sum) {
      sum.hidden = false;
      sum.textContent = answer.summary;
      sum.classList.toggle("is-held", answer.held);
    }
    offered.innerHTML = answer.tags;
    if (text.mark) {
      text.mark("preflight", answer.marks);
    }
  };

  const look = async () => {
    later.stop();
    const value = text.value();
    const body = new FormData(writing.form);
    // A button that publishes is not pressed, and files stay here.
    [...body].forEach(([name, part]) => part instanceof File && body.delete(name));
    body.set("text", value);
    body.set("post", writing.post);
    const began = performance.now();
    const answer = await writing.send(panel.dataset.preflight, body, { signal: turn() });
    if (answer.isOld) {
      return;
    }
    wait = Math.min(30000, Math.max(SOON, 4 * (performance.now() - began)));
    if (!answer.ok || !answer.data) {
      summary.textContent = panel.dataset.failed;
      return;
    }
    seen = value;
    show(answer.data);
  };

  const later = writing.atRest(look, SOON);
  const soon = () => later(wait);

  // Replaces all at once, so that one undo takes all of it back.
  const mend = (buttons) => {
    const value = text.value();
    const edits = buttons
      .map(({ dataset }) => ({ ...dataset, from: Number(dataset.from), to: Number(dataset.to) }))
      .sort((one, other) => one.from - other.from)
      .filter((one, place, all) => !place || one.from >= all[place - 1].to);
    if (!edits.length || edits.some((one) => value.slice(one.from, one.to) !== one.was)) {
      writing.say(panel.dataset.changed);
      look();
      return;
    }
    const start = edits[0].from;
    const end = edits[edits.length - 1].to;
    let words = "";
    let at = start;
    edits.forEach((one) => {
      words += value.slice(at, one.from) + one.new;
      at = one.to;
    });
    text.replace(start, end, words);
    writing.say(panel.dataset.fixed);
    look();
  };

  const go = ({ dataset }) => {
    const [from, to] = [Number(dataset.from), Number(dataset.to)];
    if (text.value() === seen && to > from) {
      text.select(from, to);
      return;
    }
    const line = Number(dataset.line);
    text.select(writing.offset(line), Math.max(writing.offset(line), writing.offset(line + 1) - 1));
  };

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) {
      return;
    }
    if (button.matches(".remark-place")) {
      go(button);
    } else if (button.matches(".remark-fix")) {
      mend([button]);
    } else if (button.matches(".remark-fix-all")) {
      mend([...button.closest("section").querySelectorAll(".remark-fix")]);
    }
  });
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#id_']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (field) {
      event.preventDefault();
      const holder = field.closest("[data-panel]");
      if (holder) {
        writing.open(holder.dataset.panel);
      }
      field.focus();
    }
  });
  if (tags) {
    tags.closest(".form-row").append(offered);
    offered.addEventListener("click", (event) => {
      const button = event.target.closest("[data-tag]");
      if (button) {
        const { tag } = button.dataset;
        const has = tags.value.trim().replace(/,$/, "");
        tags.value = (has ? `${has}, ` : "") + (tag.includes(",") ? `"${tag}"` : tag);
        tags.dispatchEvent(new Event("change", { bubbles: true }));
        const entry = button.closest("li");
        const next = entry.nextElementSibling || entry.previousElementSibling;
        entry.remove();
        (next ? next.querySelector("button") : tags).focus();
      }
    });
  }
  again.hidden = false;
  again.addEventListener("click", look);
  const lead = () => {
    writing.open("preflight");
    panel.scrollIntoView({ block: "nearest" });
    (list.querySelector("button, a") || again).focus();
  };
  if (sum) {
    sum.addEventListener("click", lead);
  }
  if (ask) {
    ask.querySelector("[data-publish-look]").addEventListener("click", () => {
      ask.open = false;
      lead();
      override.scrollIntoView({ block: "nearest" });
    });
  }
  text.on("change", soon);
  writing.form.addEventListener("change", (event) => {
    if (event.target !== text.box && event.target.name) {
      soon();
    }
  });
  // A new form, of which nothing is written, wants no complaints.
  if (text.value().trim()) {
    look();
  }
})();
