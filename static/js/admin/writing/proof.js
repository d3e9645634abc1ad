/* The issue as it is being written, read by the server: its sections, their HTML and what can be
   moved in them, and what is known of its links. After a keystroke only the sections that changed
   are sent and read again; where that does not do, the server says so and gets the whole.

   writing.proof.now            the last answer: {first, sections, notes, around, language, problem}
     sections                   [{digest, html, heading, level, start, lines, end, entries, links,
                                 remarks}], start: its line in the text, counted from 0
   writing.proof.known          {links, images, items}: links by their address as written
   writing.proof.on(fn)         called after each answer, and where more is known
   writing.proof.refresh()      asks again what is known: after pictures were added
   writing.proof.wanted(fn)     fn tells whether somebody looks; while nobody does, nothing is asked
   writing.proof.fresh()        a promise: whether the last answer is about the text as it is now
   writing.proof.whole(form)    what is sent to get the whole in another form than the site's     */
(() => {
  "use strict";
  const writing = window.writing;
  const panel = document.querySelector("[data-proof]");
  if (!writing || !panel) {
    return;
  }
  const PAUSE = 200; // milliseconds without a key
  const MOST = 2000; // milliseconds with keys
  const listeners = [];
  const lookers = [];
  const known = { links: {}, images: {}, items: [] };
  const asked = new Set();
  let now = null;
  let told = { text: null, page: "" }; // what the last answer is about
  const turn = writing.turns();
  let since = 0;
  let isStale = true;

  const isWanted = () => lookers.some((looks) => looks());
  const tell = () => listeners.forEach((listener) => listener(now));

  const page = () => {
    const value = (name) => (writing.form.elements[name] || { value: "" }).value;
    return {
      title: value("title"),
      description: value("description"),
      tags: value("tags"),
      authors: value("authors"),
      cover: value("cover"),
      at: value("published_at"),
      language: value("language"),
    };
  };
  const request = (part) => ({
    form: "web",
    post: writing.post,
    header: Boolean(panel.dataset.header),
    page: page(),
    known,
    has: [],
    before: [],
    was: [],
    behind: [],
    context: "",
    ...part,
  });
  const whole = (text) => request({ text, has: now ? now.sections.map((one) => one.digest) : [] });

  /* What of the text changed since the last answer, in whole sections; null: too much. */
  const changed = (text) => {
    const old = told.text;
    if (!now || !now.cut || old === null || told.page !== JSON.stringify(page())) {
      return null;
    }
    const most = Math.min(old.length, text.length);
    let same = 0;
    while (same < most && old[same] === text[same]) {
      same += 1;
    }
    let tail = 0;
    while (tail < most - same && old[old.length - 1 - tail] === text[text.length - 1 - tail]) {
      tail += 1;
    }
    const { sections } = now;
    const starts = now.offsets;
    if (!sections.length || same < starts[0]) {
      return null;
    }
    let from = 0;
    while (from + 1 < sections.length && starts[from + 1] < same) {
      from += 1;
    }
    let to = sections.length - 1;
    while (to > from && starts[to] >= old.length - tail) {
      to -= 1;
    }
    if (from === 0 && to === sections.length - 1) {
      return null;
    }
    const end = to + 1 < sections.length ? old.length - starts[to + 1] : 0;
    return { from, to, text: text.slice(starts[from], text.length - end) };
  };

  /* Where each section starts, in lines and in characters. */
  const place = (text) => {
    const offsets = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
      offsets.push(at + 1);
    }
    let line = now.first;
    now.sections.forEach((section) => {
      section.start = line;
      line += section.lines;
    });
    now.offsets = now.sections.map((section) => offsets[section.start] ?? text.length);
  };

  const received = (answer) => {
    const { sections } = answer;
    sections.forEach((section) => {
      section.remarks = [];
    });
    answer.remarks.forEach(([number, line, words]) => {
      if (sections[number]) {
        sections[number].remarks.push({ line, words });
      }
    });
    return sections;
  };

  const takePart = (part, answer) => {
    now.sections.splice(part.from, part.to - part.from + 1, ...received(answer));
  };

  const takeWhole = (answer) => {
    const html = new Map(now ? now.sections.map((one) => [one.digest, one.html]) : []);
    const sections = received(answer);
    sections.forEach((section) => {
      section.html = section.html ?? html.get(section.digest) ?? "";
    });
    now = { ...answer, sections };
  };

  const failed = (problem) => {
    now = { first: 0, sections: [], offsets: [], remarks: [], ...now, problem };
    tell();
  };

  const read = async () => {
    const text = writing.text.value();
    const shown = JSON.stringify(page());
    const part = changed(text);
    let body = part
      ? request({
          text: part.text,
          before: now.sections.slice(0, part.from).map((one) => one.carried),
          was: now.sections.slice(part.from, part.to + 1).map((one) => one.carried),
          behind: now.sections.slice(part.to + 1).map((one) => one.carried),
          context: now.context,
          page: { ...page(), language: now.language },
        })
      : whole(text);
    const signal = turn();
    let answer = await writing.send(panel.dataset.proof, body, { signal });
    const isPart = part && answer.ok && answer.data && !answer.data.whole;
    if (part && !isPart && !answer.isOld) {
      body = whole(text);
      answer = await writing.send(panel.dataset.proof, body, { signal });
    }
    // What it changes in the preview is laid out, which takes longer than a key may wait.
    await new Promise(writing.idle);
    if (signal.aborted) {
      return;
    }
    if (!answer.ok || !answer.data) {
      failed({ line: 0, words: "" });
      return;
    }
    if (answer.data.problem) {
      const [line, words] = answer.data.problem;
      failed({ line: line + (isPart ? now.sections[part.from].start : 0), words });
      return;
    }
    if (isPart) {
      takePart(part, answer.data);
    } else {
      takeWhole(answer.data);
    }
    now.problem = null;
    told = { text, page: shown };
    place(text);
    tell();
    learn();
  };

  const run = async () => {
    timed.stop();
    if (!isWanted()) {
      isStale = true;
      return;
    }
    isStale = false;
    since = 0;
    await read();
  };

  const timed = writing.atRest(run, PAUSE);
  const later = () => {
    since = since || Date.now();
    timed(Date.now() - since > MOST ? 0 : PAUSE);
  };

  /* What decides about HTML; the rest is for badges. */
  const decides = (row) =>
    ["standing", "marked", "replaced", "copy", "again"].some((name) => row[name]);

  const pictures = () => [
    ...new Set([...now.sections.flatMap((section) => section.pictures), page().cover]),
  ].filter(Boolean);
  const ask = async (addresses) => {
    const paths = pictures();
    addresses.forEach((address) => asked.add(address));
    askedPictures = JSON.stringify(paths);
    const body = { post: writing.post, addresses, pictures: paths };
    const answer = await writing.send(panel.dataset.known, body);
    if (!answer.ok || !answer.data) {
      addresses.forEach((address) => asked.delete(address));
      askedPictures = "";
      return;
    }
    const rows = answer.data.links;
    const { images, items } = answer.data;
    const isNew = JSON.stringify([images, items]) !== JSON.stringify([known.images, known.items]);
    Object.assign(known.links, rows);
    Object.assign(known, { images, items });
    if (isNew || Object.values(rows).some(decides)) {
      told = { text: null, page: "" };
      now.sections.forEach((section) => {
        section.digest = "";
      });
      await run();
    } else {
      tell();
    }
  };
  const unasked = () => [
    ...new Set(now.sections.flatMap((section) => section.links)),
  ].filter((address) => !asked.has(address));
  let first = true;
  let askedPictures = "";
  const asks = writing.soon(() => ask(unasked()), 1000);
  const learn = () => {
    asks.stop();
    if (first || unasked().length || askedPictures !== JSON.stringify(pictures())) {
      // An address that is being typed is another with each key.
      asks(first ? 0 : 1000);
      first = false;
    }
  };

  const isAbout = (text) => Boolean(now) && !now.problem && told.text === text;
  const fresh = async () => {
    if (!isAbout(writing.text.value())) {
      await run();
    }
    return isAbout(writing.text.value());
  };

  writing.proof = {
    fresh,
    get now() {
      return now;
    },
    known,
    on: (listener) => listeners.push(listener),
    wanted(looks) {
      lookers.push(looks);
      later();
    },
    refresh: () => now && ask([]),
    whole: (form) => ({ ...whole(writing.text.value()), form }),
  };
  writing.text.on("change", later);
  writing.text.on("swap", later);
  writing.form.addEventListener("input", (event) => {
    if (event.target !== writing.text.box) {
      later();
    }
  });
  document.addEventListener("writing:panel", () => isStale && later());
  document.addEventListener("writing:pictures", () => writing.proof.refresh());
})();
