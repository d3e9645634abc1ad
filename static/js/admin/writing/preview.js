/* The issue as readers would get it, in a frame beside the text: what changed is put in place of
   what was, both scroll in step by lines, and a press leads to the line. */
(() => {
  "use strict";
  const writing = window.writing;
  const holder = document.querySelector("[data-proof]");
  if (!writing || !writing.proof || !holder) {
    return;
  }
  const panel = holder.closest("[data-panel]");
  const frame = holder.querySelector("iframe");
  const sheet = holder.querySelector(".proof-sheet");
  const problem = holder.querySelector(".proof-problem");
  const KEY = "newsletter.preview";
  const WIDTHS = { phone: 390, desktop: 1200 };
  const site = frame.srcdoc;
  const chosen = { form: "web", width: "phone", theme: "", ...read() };

  function read() {
    try {
      return JSON.parse(localStorage.getItem(KEY)) || {};
    } catch {
      return {};
    }
  }
  const isShown = () => !panel.hidden && panel.getClientRects().length > 0;

  // ---- the frame ------------------------------------------------------------------------------

  const fit = () => {
    const room = sheet.clientWidth;
    if (!room) {
      return;
    }
    const width = WIDTHS[chosen.width] || WIDTHS.phone;
    const scale = Math.min(1, room / width);
    frame.style.width = `${width}px`;
    frame.style.height = `${sheet.clientHeight / scale}px`;
    frame.style.transform = scale < 1 ? `scale(${scale})` : "";
    lines = null;
  };
  const doc = () => frame.contentDocument;
  const scroller = () => doc().scrollingElement || doc().documentElement;

  const paint = () => {
    if (doc() && doc().documentElement) {
      doc().documentElement.dataset.theme = chosen.theme || systemTheme();
    }
  };
  const systemTheme = () => {
    const own = document.documentElement.dataset.theme;
    if (own === "light" || own === "dark") {
      return own;
    }
    return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  };

  // ---- the site's form ------------------------------------------------------------------------

  let shown = []; // [{digest, html, nodes}]
  let aroundShown = "";
  let lines = null; // [{line, top}], where the blocks stand

  const fragment = (html) => {
    const template = doc().createElement("template");
    template.innerHTML = html;
    return [...template.content.childNodes];
  };
  const showAround = (now) => {
    if (now.around === aroundShown) {
      return;
    }
    aroundShown = now.around;
    const fresh = new DOMParser().parseFromString(now.around, "text/html").querySelector(".post");
    const article = doc().querySelector(".post");
    for (const name of ["lang", "dir"]) {
      const value = fresh.getAttribute(name);
      if (value) {
        article.setAttribute(name, value);
      } else {
        article.removeAttribute(name);
      }
    }
    const body = article.querySelector(".body");
    while (article.firstChild !== body) {
      article.firstChild.remove();
    }
    for (const node of [...fresh.childNodes]) {
      if (node.nodeType === 1 && node.matches(".body")) {
        break;
      }
      body.before(doc().importNode(node, true));
    }
  };
  const showSite = (now) => {
    const body = doc().querySelector(".body");
    if (!body) {
      return;
    }
    showAround(now);
    const wanted = [...now.sections, { html: now.notes || "", start: 0, isNotes: true }];
    const old = shown;
    let kept = 0;
    while (kept < Math.min(old.length, wanted.length) && old[kept].html === wanted[kept].html) {
      kept += 1;
    }
    let tail = 0;
    while (
      tail < Math.min(old.length, wanted.length) - kept &&
      old[old.length - 1 - tail].html === wanted[wanted.length - 1 - tail].html
    ) {
      tail += 1;
    }
    const gone = old.slice(kept, old.length - tail);
    const follows = old.slice(old.length - tail).flatMap((one) => one.nodes)[0] || null;
    const fresh = wanted.slice(kept, wanted.length - tail).map((one) => {
      const nodes = fragment(one.html);
      nodes.forEach((node) => body.insertBefore(node, follows));
      return { nodes };
    });
    gone.forEach((one) => one.nodes.forEach((node) => node.remove()));
    const parts = [...old.slice(0, kept), ...fresh, ...old.slice(old.length - tail)];
    shown = parts.map((part, number) => ({ nodes: part.nodes, html: wanted[number].html }));
    shown.forEach((part, number) => {
      part.isNotes = wanted[number].isNotes;
      part.start = part.isNotes ? now.first : wanted[number].start;
    });
    lines = null;
  };

  const blocksOf = ({ nodes, start }) => nodes
    .filter((node) => node.nodeType === 1)
    .flatMap((node) => [node, ...node.querySelectorAll("[data-line]")])
    .filter((block) => block.dataset.line !== undefined)
    .map((block) => ({ block, line: start + Number(block.dataset.line) }));
  const byLine = (one, other) => one.line - other.line;
  const TOP = { line: -1, top: 0 };
  const placesOf = (blocks) => {
    const above = scroller().scrollTop;
    const place = (block) => block.getBoundingClientRect().top + above;
    return [TOP, ...blocks.map(({ block, line }) => ({ line, top: place(block) }))];
  };
  /* Where each block stands: by its line in the text, from the top of the frame's page. */
  const places = () => {
    lines = lines || placesOf(shown.flatMap(blocksOf).sort(byLine));
    return lines;
  };
  const lineOf = (block) => {
    const part = shown.find(({ nodes }) =>
      nodes.some((node) => node === block || node.contains(block)));
    return part ? part.start + Number(block.dataset.line) : 0;
  };

  // ---- scrolling in step ----------------------------------------------------------------------

  let leader = "text";
  const lead = (who) => () => {
    leader = who;
  };
  const MOVES = ["wheel", "touchstart", "pointerdown", "keydown"];

  /* Only the blocks around a line are measured: a key waits for this. */
  const topOf = (line) => {
    const at = shown.findLastIndex((part) => !part.isNotes && part.start <= line);
    const near = shown.filter((part, number) => part.isNotes || number === at || number === at + 1);
    const all = near.flatMap(blocksOf).sort(byLine);
    const next = all.findIndex((one) => one.line > line);
    const around = next < 0 ? all.slice(-1) : all.slice(Math.max(next - 1, 0), next + 1);
    const [above, below = above] = placesOf(around).slice(-2);
    const share = below.line > above.line ? (line - above.line) / (below.line - above.line) : 0;
    return above.top + (below.top - above.top) * Math.min(share, 1);
  };
  const lineAt = (top) => {
    const all = places();
    let found = all[0];
    for (const one of all) {
      if (one.top <= top + 1 && one.top >= found.top) {
        found = one;
      }
    }
    return Math.max(found.line, 0);
  };
  let isAsked = false;
  const soon = (work) => {
    if (!isAsked) {
      isAsked = true;
      window.requestAnimationFrame(() => {
        isAsked = false;
        work();
      });
    }
  };
  const followText = () => {
    if (leader === "text" && isShown() && chosen.form === "web" && doc()) {
      soon(() => {
        const first = writing.line(writing.text.top()) - 1;
        scroller().scrollTop = first ? topOf(first) - 8 : 0;
      });
    }
  };
  const followCursor = () => {
    if (leader !== "text" || !isShown() || chosen.form !== "web" || !doc()) {
      return;
    }
    soon(() => {
      const top = topOf(writing.line(writing.text.selection().from) - 1);
      const { scrollTop, clientHeight } = scroller();
      if (top < scrollTop || top > scrollTop + clientHeight * 0.8) {
        scroller().scrollTop = Math.max(top - clientHeight / 3, 0);
      }
    });
  };
  const followFrame = () => {
    if (leader === "preview" && chosen.form === "web") {
      soon(() => writing.text.show(writing.offset(lineAt(scroller().scrollTop) + 1)));
    }
  };

  // ---- going to the line ----------------------------------------------------------------------

  const go = (line) => {
    leader = "text";
    writing.text.select(writing.offset(line + 1));
  };
  const pressed = (event) => {
    const link = event.target.closest("a[href]");
    if (link && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      window.open(link.href, "_blank", "noopener");
      return;
    }
    if (link) {
      event.preventDefault();
    }
    if (link && link.getAttribute("href").startsWith("#") && link.textContent) {
      const target = doc().getElementById(decodeURIComponent(link.getAttribute("href").slice(1)));
      if (target) {
        leader = "preview";
        target.scrollIntoView();
      }
      return;
    }
    const block = event.target.closest("[data-line]");
    if (block && doc().getSelection().isCollapsed) {
      go(lineOf(block));
    }
  };
  const keyed = (event) => {
    if (event.key === "Enter" && chosen.form === "web" && !event.target.closest("a[href], summary")) {
      event.preventDefault();
      go(lineAt(scroller().scrollTop));
    } else if (event.key === "Escape") {
      go(writing.line(writing.text.selection().from) - 1);
    }
  };

  // ---- what is shown --------------------------------------------------------------------------

  const showProblem = (found) => {
    const words = found
      ? found.words
        ? `${holder.dataset.line.replace("%(line)s", found.line)}: ${found.words}`
        : problem.dataset.failed
      : "";
    if (problem.textContent !== words) {
      problem.textContent = words;
    }
    holder.classList.toggle("is-old", Boolean(found));
  };
  const mark = (now) => {
    if (!writing.text.mark) {
      return;
    }
    const remarks = now.sections.flatMap((section) =>
      section.remarks.map(({ line, words }) => ({
        line: section.start + line + 1,
        level: "warning",
        words,
      })));
    if (now.problem && now.problem.words) {
      remarks.push({ line: now.problem.line, level: "error", words: now.problem.words });
    }
    writing.text.mark("preview", remarks);
  };

  const turn = writing.turns();
  const showForm = async () => {
    const asked = writing.proof.whole(chosen.form);
    const answer = await writing.send(holder.dataset.proof, asked, { signal: turn() });
    if (answer.isOld) {
      return;
    }
    if (answer.ok && answer.data && answer.data.page) {
      top = scroller().scrollTop;
      frame.srcdoc = answer.data.page;
    } else if (!answer.ok) {
      showProblem({ words: "" });
    }
  };
  let top = 0;

  const show = (now) => {
    if (!now || !isShown()) {
      return;
    }
    mark(now);
    showProblem(now.problem);
    if (now.problem || !loaded) {
      return;
    }
    if (chosen.form === "web") {
      showSite(now);
      followCursor();
    } else {
      showForm();
    }
  };

  let loaded = null;
  const meet = () => {
    // The page that a frame has at first is empty.
    const isThere = doc() && doc().readyState === "complete" && doc().body.childElementCount > 0;
    if (!isThere || doc() === loaded) {
      return;
    }
    loaded = doc();
    paint();
    MOVES.forEach((name) => doc().addEventListener(name, lead("preview"), { passive: true }));
    doc().addEventListener("scroll", followFrame, { passive: true });
    doc().addEventListener("click", pressed);
    doc().addEventListener("keydown", keyed);
    shown = [];
    aroundShown = "";
    lines = null;
    if (chosen.form === "web") {
      show(writing.proof.now);
    } else {
      scroller().scrollTop = top;
    }
  };
  frame.addEventListener("load", meet);

  // ---- choices --------------------------------------------------------------------------------

  const press = () => {
    for (const button of holder.querySelectorAll("[data-choice] button")) {
      const { choice } = button.parentElement.dataset;
      const value = chosen[choice] || (choice === "theme" ? systemTheme() : "");
      button.setAttribute("aria-pressed", String(button.dataset.value === value));
    }
  };
  holder.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choice] button");
    if (!button) {
      return;
    }
    const { choice } = button.parentElement.dataset;
    const before = chosen.form;
    chosen[choice] = button.dataset.value;
    localStorage.setItem(KEY, JSON.stringify({ ...chosen, form: "web" }));
    press();
    fit();
    paint();
    if (chosen.form !== before) {
      if (chosen.form === "web") {
        frame.srcdoc = site;
      } else {
        showForm();
      }
    }
  });

  holder.hidden = false;
  panel.querySelector(".proof-without").hidden = true;
  chosen.form = "web";
  press();
  fit();
  new ResizeObserver(fit).observe(sheet);
  for (const name of MOVES) {
    document.querySelector(".writing-main").addEventListener(name, lead("text"), { passive: true });
  }
  writing.text.on("scroll", followText);
  writing.text.on("cursor", () => leader === "text" && followCursor());
  writing.proof.on(show);
  document.addEventListener("writing:panel", () => {
    fit();
    show(writing.proof.now);
  });
  writing.proof.wanted(isShown);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    press();
    paint();
  });
  meet(); // it may be there before this script
})();
