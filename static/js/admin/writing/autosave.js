/* What stands in the form is kept on the site while somebody types: seconds after the last key
   (data-quiet), and now and then (data-most) while the keys go on. What the site did not take yet is in this browser
   (browser-copies.js), and the next form that is opened brings it there. The line below the text
   says what is kept. */
(() => {
  "use strict";
  const holder = document.querySelector("[data-keeping]");
  if (!window.writing || !holder) {
    return;
  }
  const { form, text } = window.writing;
  const words = holder.dataset;
  const handle = form.querySelector("[name=working_copy]");
  const QUIET = Number(words.quiet); // milliseconds after the last key
  const MOST = Number(words.most); // after the first one that is not kept
  const HERE = 1000; // until this browser has it
  const AGAIN = 10000; // after the site did not take it
  const PATIENCE = 20000; // for an answer
  const BEACON = 60000; // bytes; browsers send 64 KB of a page that is left
  const NOT_TYPED = new Set(["csrfmiddlewaretoken", "working_copy"]);

  let number = 0; // of the last write
  let changed = 0; // when the first key came that no write has; 0: none
  let behind = false; // the site does not have what the last write had
  let held = false; // this browser has what the site was not asked to take
  let sending = null;
  let leaving = false;
  let holding = 0;
  let taken = []; // the fields that the site took last
  let said = "";

  const typed = () => {
    const data = new FormData(form);
    data.delete("text"); // a long text is not copied once more
    return [...data, ["text", text.value()]]
      .filter(([name, value]) => typeof value === "string" && !NOT_TYPED.has(name))
      .sort(([one], [other]) => (one < other ? -1 : 1));
  };
  /* Texts are long: they are compared as they are, not written out as JSON. */
  const same = (one, other) => one.length === other.length && one.every(
    ([name, value], index) => name === other[index][0] && value === other[index][1],
  );
  // What stands there at first, once all scripts have set the form up.
  let first = [];
  document.addEventListener("DOMContentLoaded", () => {
    first = typed();
  });
  // A form that shows what is not saved is never back at its beginning.
  const startsSaved = !words.bound && !holder.querySelector("[data-copy-open]");
  /* Whether nobody has this yet. What is typed in a panel beside the text belongs to other forms, and
     leaves this one as it is. */
  const isNew = (now) => !same(now, taken) && !(startsSaved && same(now, first));

  const say = (what, link) => {
    if (said !== what) {
      window.writing.say(what, link);
      said = what;
    }
  };
  const keyOf = (value) => value.split(".")[0];
  const entryOf = (fields) => ({
    key: keyOf(handle.value), handle: handle.value, user: words.user, post: window.writing.post,
    number, fields,
  });
  const body = (entry) => {
    const data = new FormData();
    entry.fields.forEach(([name, value]) => data.append(name, value));
    data.set("working_copy", entry.handle);
    data.set("post", entry.post);
    data.set("user", entry.user);
    data.set("number", entry.number);
    data.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    return data;
  };

  // Asking the site

  /* A long text takes a slow machine as long as a key does, so it leaves between two. */
  const betweenKeys = () => (document.hidden ? null : new Promise(window.writing.idle));
  /* Once: what the site did not take is planned again below. */
  const within = async (asks, stop = new AbortController()) => {
    const late = window.setTimeout(() => stop.abort(), PATIENCE);
    const answer = await asks({ signal: stop.signal, tries: 1 });
    window.clearTimeout(late);
    return answer;
  };
  const ask = () => within((options) => window.writing.ask(address(), options));
  const postTo = (where, body, stop) =>
    within((options) => window.writing.send(where, body, options), stop);
  const address = () => {
    const asked = new URLSearchParams({ post: window.writing.post, user: words.user });
    return `${words.copies}?${asked}`;
  };
  /* Somebody who signed in again has another token, which this form needs, too. The site refuses
     that of somebody else, whose account is no place for what is typed here. */
  const renew = async () => {
    const answer = await ask();
    if (answer.ok && answer.data) {
      form.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((input) => {
        input.value = answer.data.token;
      });
    }
    return answer;
  };
  const isOut = (answer) => answer.status === 403 || (answer.ok && !answer.data);
  const send = async (entry, stop) => {
    const post = () => postTo(words.keep, body(entry), stop);
    const answer = await post();
    if (!isOut(answer)) {
      return answer;
    }
    const renewed = await renew();
    return renewed.ok && renewed.data ? post() : { ...renewed, isOut: isOut(renewed) };
  };

  // Keeping

  const plan = window.writing.atRest(() => keep(), QUIET);
  /* Before the site is asked this browser has it: it may be the browser that dies. */
  const hold = () => {
    holding = 0;
    const fields = typed();
    if (changed && !leaving && isNew(fields)) {
      number += 1;
      held = true;
      window.browserCopies.put(entryOf(fields));
    }
  };
  const touched = () => {
    leaving = false;
    changed = changed || Date.now();
    holding = holding || window.setTimeout(() => window.writing.idle(hold), HERE);
    plan(Math.max(0, Math.min(QUIET, changed + MOST - Date.now())));
  };

  const show = (answer, isHere) => {
    const { data } = answer;
    if (answer.isOut && isHere) {
      say(words.signedOut, { href: words.signInAddress, words: words.signIn });
    } else {
      say((isHere ? data && data.words : words.unkept)
        || (answer.status ? words.refused : words.offline));
    }
  };
  const others = (names) => {
    const line = holder.querySelector("[data-keeping-others]");
    line.textContent = names;
    line.hidden = !names;
  };
  const accept = async (entry, data, isHere) => {
    if (data.state === "kept") {
      behind = false;
      taken = entry.fields;
      await window.browserCopies.remove(entry.key, entry.number);
      say(data.words);
      others(data.others);
      return;
    }
    // Another form has written this copy since, or it was saved: go on with one of our own.
    if (data.state === "older") {
      number = Math.max(number, data.number);
    } else {
      handle.value = data.handle;
      number = 0;
      if (isHere) {
        await window.browserCopies.remove(entry.key, entry.number);
      }
    }
    await keep();
  };

  /* Forget what was kept of a form in which everything stands as it did at first. */
  const undone = async () => {
    const key = keyOf(handle.value);
    taken = [];
    behind = held = false;
    await postTo(`${words.discard}?copy=${key}`, new URLSearchParams());
    await window.browserCopies.remove(key, number);
    say("");
  };

  const write = async (fields) => {
    number += 1;
    const entry = entryOf(fields);
    behind = true;
    held = false;
    const isHere = await window.browserCopies.put(entry);
    await betweenKeys();
    if (sending || leaving) {
      plan(QUIET);
      return;
    }
    sending = new AbortController();
    const answer = await send(entry, sending);
    sending = null;
    if (answer.ok && answer.data && answer.data.state) {
      await accept(entry, answer.data, isHere);
    } else if (!leaving) {
      show(answer, isHere);
      plan(AGAIN);
    }
  };

  async function keep() {
    plan.stop();
    if (leaving) {
      return;
    }
    changed = 0;
    const fields = typed();
    if (startsSaved && same(fields, first)) {
      await (taken.length || behind || held ? undone() : null);
    } else if (!same(fields, taken) || behind) {
      await write(fields);
    }
  }

  // The form

  text.on("change", touched);
  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  const retry = () => {
    if (behind && !sending && !document.hidden) {
      plan(0);
    }
  };
  window.addEventListener("online", retry);
  window.addEventListener("focus", retry);

  const isAhead = () => behind || (Boolean(changed) && isNew(typed()));
  const putNow = () => {
    number += 1;
    const entry = entryOf(typed());
    window.browserCopies.putNow(entry);
    return entry;
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && changed && !leaving) {
      keep();
    }
  });
  window.addEventListener("pagehide", () => {
    if (leaving || !isAhead()) {
      return;
    }
    const entry = putNow();
    const size = entry.fields.reduce((sum, [, value]) => sum + new Blob([value]).size, 0);
    if (size < BEACON) {
      navigator.sendBeacon(words.keep, body(entry));
    }
  });
  /* The copy of a form that is sent is closed by saving; until that is done, this browser has it. */
  form.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) {
      putNow();
      leaving = true;
      sending?.abort();
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      leaving = false;
    }
  });

  // What was not saved before

  const bar = holder.querySelector("[data-keeping-copies]");
  const bring = async (entry) => {
    const answer = await send(entry);
    const state = answer.ok && answer.data && answer.data.state;
    if (state === "forked") {
      const moved = { ...entry, key: keyOf(answer.data.handle), handle: answer.data.handle };
      const again = await send(moved);
      if (!(again.ok && again.data && again.data.state === "kept")) {
        return false;
      }
    }
    if (state) {
      await window.browserCopies.remove(entry.key, entry.number);
    }
    return Boolean(state) && state !== "done";
  };
  const offer = async () => {
    const mine = keyOf(handle.value);
    const entries = await window.browserCopies.all(words.user);
    const brought = await Promise.all(entries.filter(({ key }) => key !== mine).map(bring));
    if (brought.some(Boolean)) {
      const answer = await ask();
      if (answer.ok && answer.data) {
        bar.innerHTML = answer.data.html;
      }
    }
  };
  offer();
})();
