/* The queue by keys, without loading the page again. Every key presses a button or follows a link
   that is there; without this script they work the same, one page after another. */
(() => {
  "use strict";
  const RENEWED = 2 * 60 * 1000;
  const IDLE = 10 * 60 * 1000;
  const POLLED = 2000;
  const REMEMBERED = "queue-keys";

  const connect = (holder) => {
    const said = document.querySelector("#desk-said");
    const keys = document.querySelector("#desk-keys");
    const keysOn = document.querySelector("#desk-keys-on");
    const helpButton = document.querySelector("#desk-help-open");
    const token = () => holder.querySelector("input[name=csrfmiddlewaretoken]").value;
    const desk = () => holder.querySelector("#desk");
    let busy = false;
    let lastInput = Date.now();
    let polling = 0;

    const say = (words) => {
      said.textContent = words;
    };

    const ticked = () =>
      [...holder.querySelectorAll("input[name=selected]:checked")].map((box) => box.value);

    // The desk that came back takes the place of the one before; what was selected stays so.
    const show = (html) => {
      const selected = new Set(ticked());
      const found = new DOMParser().parseFromString(html, "text/html").querySelector("#desk");
      desk().replaceWith(found);
      holder.querySelectorAll(".desk-list input[name=selected]").forEach((box) => {
        box.checked = selected.has(box.value);
      });
      if (found.dataset.entry || found.dataset.url) {
        window.history.replaceState(null, "", found.dataset.url);
      }
      say(found.dataset.said || "");
      const asked = found.querySelector("details.ask[open] input[type=text]");
      const target = asked || found.querySelector("#desk-title");
      if (target) {
        target.focus();
      }
      poll();
    };

    const request = async (url, body) => {
      if (busy) {
        return;
      }
      busy = true;
      holder.setAttribute("aria-busy", "true");
      try {
        const options = body ? { method: "POST", body } : {};
        const response = await fetch(url, { ...options, headers: { "X-Desk": "1" } });
        if (response.status === 503) {
          say(holder.dataset.busy);
          return;
        }
        const html = await response.text();
        if (response.redirected || !response.ok) {
          // Signed out, or no longer allowed: the page itself says so.
          window.location.reload();
          return;
        }
        show(html);
      } catch {
        say(holder.dataset.failed);
      } finally {
        busy = false;
        holder.removeAttribute("aria-busy");
      }
    };

    const fields = (values) => {
      const data = new FormData();
      data.set("csrfmiddlewaretoken", token());
      Object.entries(values).forEach(([name, value]) => data.set(name, value));
      return data;
    };

    const open = (link) => {
      const part = Object.fromEntries(new URL(link.href).searchParams);
      request(holder.dataset.open, fields({ ...part, entry: link.dataset.open }));
    };

    // Claims: of what is shown, kept while somebody is there, given back when the page is left.

    const claim = async () => {
      const entry = desk().dataset.entry;
      if (!entry || document.hidden || Date.now() - lastInput > IDLE) {
        return;
      }
      try {
        const response = await fetch(holder.dataset.claim, {
          method: "POST",
          body: fields({ entry }),
        });
        const answer = await response.json();
        if (!answer.mine && desk().dataset.entry === entry) {
          say(answer.said);
        }
      } catch {
        // Deciding claims it, too; and says what is wrong.
      }
    };

    const poll = () => {
      window.clearTimeout(polling);
      if (holder.querySelector(".desk-progress")) {
        polling = window.setTimeout(look, POLLED);
      }
    };

    const look = async () => {
      const bar = holder.querySelector(".desk-progress progress");
      if (!bar) {
        return;
      }
      try {
        const answer = await (await fetch(holder.dataset.progress)).json();
        if (answer.finished) {
          request(desk().dataset.url);
          return;
        }
        bar.value = answer.done;
        holder.querySelector("[data-done]").textContent = String(answer.done);
      } catch {
        // The next look may succeed.
      }
      poll();
    };

    // What is clicked and submitted

    holder.addEventListener("submit", (event) => {
      event.preventDefault();
      const form = event.target;
      // Not `form.action`: some forms have a field of that name.
      request(form.getAttribute("action"), new FormData(form, event.submitter));
    });
    holder.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-open]");
      if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        open(link);
      }
    });
    holder.addEventListener(
      "toggle",
      (event) => {
        if (event.target.matches("details.ask[open]")) {
          event.target.querySelector("input:not([type=hidden])").focus();
        }
      },
      true,
    );

    // Keys

    const step = (by) => {
      const links = [...holder.querySelectorAll("a[data-open][href]")].filter((link) =>
        link.closest(".desk-list"),
      );
      const at = links.findIndex((link) => link.getAttribute("aria-current"));
      const next = links[at + by];
      if (next) {
        open(next);
      }
    };

    const press = (letter) => {
      const target = holder.querySelector(`[data-key="${letter}"]`);
      if (!target) {
        return;
      }
      if (target.matches("details")) {
        target.open = !target.open;
      } else if (target.matches("form")) {
        if (target.querySelector("button")) {
          target.requestSubmit();
        }
      } else if (target.form) {
        target.form.requestSubmit(target);
      } else {
        target.click();
      }
    };

    const select = () => {
      const box = holder.querySelector(".desk-list .current input[name=selected]");
      if (box) {
        box.checked = !box.checked;
      }
    };

    const handlers = { j: () => step(1), k: () => step(-1), x: select };

    // With a Hangul layout the key "a" gives "ㅁ": then its place on the keyboard counts.
    const letterOf = (event) => {
      if (/^[a-z]$/.test(event.key)) {
        return event.key;
      }
      const place = /^Key([A-Z])$/.exec(event.code);
      return place && !event.shiftKey && !/^[A-Za-z]$/.test(event.key)
        ? place[1].toLowerCase()
        : "";
    };

    const isTyping = (element) =>
      element.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");

    const close = () => {
      const asked = holder.querySelector("details.ask[open]");
      if (asked) {
        asked.open = false;
        asked.querySelector("summary").focus();
      }
    };

    document.addEventListener("keydown", (event) => {
      lastInput = Date.now();
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || keys.open) {
        return;
      }
      if (event.key === "Escape" && !event.isComposing) {
        close();
        return;
      }
      if (event.repeat || !keysOn.checked || isTyping(event.target)) {
        return;
      }
      const letter = letterOf(event);
      if (event.key === "?") {
        keys.showModal();
      } else if (letter in handlers) {
        handlers[letter]();
      } else if (letter && "abrmsuo".includes(letter)) {
        press(letter);
      } else {
        return;
      }
      event.preventDefault();
    });
    document.addEventListener("pointerdown", () => {
      lastInput = Date.now();
    });

    // The help

    helpButton.hidden = false;
    helpButton.addEventListener("click", () => keys.showModal());
    try {
      keysOn.checked = window.localStorage.getItem(REMEMBERED) !== "off";
    } catch {
      // Without storage the choice holds for this page.
    }
    keysOn.addEventListener("change", () => {
      try {
        window.localStorage.setItem(REMEMBERED, keysOn.checked ? "on" : "off");
      } catch {
        // See above.
      }
    });

    window.addEventListener("pagehide", () => {
      navigator.sendBeacon(holder.dataset.release, fields({}));
    });
    window.setInterval(claim, RENEWED);
    if (!("taken" in desk().dataset)) {
      claim();
    }
    poll();
  };

  document.addEventListener("DOMContentLoaded", () => {
    const holder = document.querySelector("#desk-holder");
    if (holder) {
      connect(holder);
    }
  });
})();
