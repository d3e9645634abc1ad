/* Pictures of an issue: dropped or pasted on the text, chosen or taken, sent to the library at once,
   described, and put where the cursor is as `![description](path "caption (credit)")`. */
(() => {
  "use strict";
  const panel = document.querySelector("[data-pictures=panel]");
  const { writing } = window;
  if (!panel || !writing) {
    return;
  }
  const part = (name) => panel.querySelector(`[data-pictures=${name}]`);
  const words = panel.dataset;
  const asked = part("asked");
  const known = new Map();
  const say = (text) => {
    part("said").textContent = text;
  };
  const named = (text, name) => text.replace("{name}", name);

  /* What Markdown would read as a sign of its own. */
  const escaped = (text) => text.replace(/[\\[\]`*_<]/g, "\\$&");
  const inQuotes = (text) => `"${text.replace(/[\\"]/g, "\\$&")}"`;

  const markdownOf = (picture, said) => {
    const title = said.credit && said.caption ? `${said.caption} (${said.credit})` : said.caption || said.credit;
    const alt = said.decorative ? "" : escaped(said.alt);
    return `![${alt}](${picture.path}${title ? ` ${inQuotes(title)}` : ""})`;
  };

  /* A paragraph of its own, which is shown with its caption, unless the cursor is inside a line. */
  const insert = (markdown) => {
    const { from, to } = writing.text.selection();
    const value = writing.text.value();
    const before = value.slice(0, from);
    const after = value.slice(to);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    const rest = after.split("\n", 1)[0];
    if ((line.trim() && rest.trim()) || /^\s*([-*+>]|\d+[.)])\s/.test(line)) {
      const gap = line && !/\s$/.test(line) ? " " : "";
      writing.text.replace(from, to, gap + markdown);
      return;
    }
    const above = !before.trim() || /\n[ \t]*\n[ \t]*$/.test(before) ? "" : line.trim() ? "\n\n" : "\n";
    const ends = /^[ \t]*\n[ \t]*\n/.test(after) ? "" : "\n";
    const below = !after.trim() ? (after ? "" : "\n") : rest.trim() ? "\n\n" : ends;
    writing.text.replace(from, to, above + markdown + below);
  };

  /* The cover, beside its field. */

  const field = document.querySelector("#id_cover");
  const chooser = part("chooser").content.firstElementChild.cloneNode(true);
  const cover = chooser.querySelector("img");
  const first = field && field.value;
  const showCover = () => {
    const path = field.value.trim();
    const own = path && path === first ? words.cover : "";
    const source = known.get(path) || own || (/^(https:\/\/|\/)/.test(path) ? path : "");
    cover.hidden = !source;
    if (source) {
      cover.src = source;
    }
  };
  /* Whoever came from the field wants a cover: what is chosen then becomes it. */
  let isForCover = false;
  const choose = chooser.querySelector("button");
  if (field) {
    field.after(chooser);
    choose.addEventListener("click", () => {
      writing.open("pictures");
      isForCover = true;
      say(words.choose);
      part("search").focus();
    });
    document.addEventListener("writing:panel", () => {
      isForCover = false;
    });
    field.addEventListener("input", showCover);
    cover.addEventListener("error", () => {
      cover.hidden = true;
    });
    showCover();
  }
  const makeCover = (picture) => {
    field.value = picture.path;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    say(words.covered);
  };
  const backToField = () => {
    const panel = field.closest("[data-panel]");
    if (panel) {
      writing.open(panel.dataset.panel);
    }
    choose.focus();
  };

  /* What is said of a picture, asked before it stands in the text. */

  const keepWords = async (picture, said) => {
    const body = new URLSearchParams({ alt: said.alt, caption: said.caption, credit: said.credit });
    if (said.decorative) {
      body.set("is_decorative", "on");
    }
    const address = words.words.replace("/0/", `/${picture.pk}/`);
    const answer = await writing.send(address, body);
    if (answer.ok && answer.data) {
      Object.assign(picture, answer.data.picture);
    }
  };

  const ask = (picture, focus) => {
    const open = asked.querySelector(`[data-pk="${picture.pk}"]`);
    const card = open || part("card").content.firstElementChild.cloneNode(true);
    const get = (name) => card.querySelector(`[data-part=${name}]`);
    if (!open) {
      card.dataset.pk = picture.pk;
      get("image").src = picture.thumbnail;
      get("name").textContent = picture.name;
      for (const name of ["alt", "caption", "credit"]) {
        get(name).value = picture[name];
      }
      get("decorative").checked = picture.is_decorative;
      listen(card, get, picture);
      asked.append(card);
    }
    get("insert").classList.toggle("default", !isForCover);
    get("cover").classList.toggle("default", isForCover);
    if (focus) {
      get("alt").focus();
      card.scrollIntoView({ block: "nearest" });
    }
  };

  const leave = (card) => {
    card.remove();
    const next = asked.querySelector("[data-part=alt]");
    if (next) {
      next.focus();
    } else {
      const { from, to } = writing.text.selection();
      writing.text.select(from, to);
    }
  };

  const listen = (card, get, picture) => {
    const said = () => ({
      alt: get("alt").value.trim(),
      caption: get("caption").value.trim(),
      credit: get("credit").value.trim(),
      decorative: get("decorative").checked,
    });
    const put = () => {
      const now = said();
      const isSilent = !now.alt && !now.decorative;
      get("wrong").textContent = isSilent ? words.silent : "";
      if (isSilent) {
        get("alt").focus();
        return;
      }
      card.remove();
      insert(markdownOf(picture, now));
      keepWords(picture, now);
      say(words.inserted);
      writing.say(words.inserted);
      if (asked.children.length) {
        leave(asked.lastElementChild.cloneNode());
      }
    };
    get("insert").addEventListener("click", put);
    get("leave").addEventListener("click", () => leave(card));
    get("cover").hidden = !field;
    const takeAsCover = () => {
      makeCover(picture);
      keepWords(picture, said());
      if (isForCover) {
        card.remove();
        backToField();
      } else {
        leave(card);
      }
    };
    get("cover").addEventListener("click", takeAsCover);
    // Enter does what the button does that stands out; it would save the issue otherwise.
    card.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input") && !event.isComposing) {
        event.preventDefault();
        (get("cover").classList.contains("default") ? takeAsCover : put)();
      }
    });
  };

  const meet = (picture) => {
    known.set(picture.path, picture.thumbnail);
    return picture;
  };

  /* Sending, one after another. */

  const progress = part("progress");
  const send = (file) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const data = new FormData();
      data.append("file", file, file.name);
      request.open("POST", words.send);
      request.responseType = "json";
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRFToken", writing.form.querySelector("[name=csrfmiddlewaretoken]").value);
      request.upload.addEventListener("progress", (event) => {
        progress.value = event.lengthComputable ? (100 * event.loaded) / event.total : 50;
      });
      request.addEventListener("load", () => resolve({ ok: request.status === 200, data: request.response }));
      request.addEventListener("error", () => resolve(null));
      request.send(data);
    });

  const take = async (file) => {
    if (file.size > Number(words.most)) {
      return named(words.large, file.name);
    }
    say(named(words.sending, file.name));
    progress.value = 0;
    progress.hidden = false;
    const answer = await send(file);
    progress.hidden = true;
    if (!answer) {
      return named(words.failed, file.name);
    }
    if (!answer.ok) {
      const data = answer.data || {};
      return typeof data.error === "string" ? data.error : named(words.refused, file.name);
    }
    ask(meet(answer.data.picture), !asked.children.length);
    return answer.data.is_new ? named(words.sent, file.name) : words.known;
  };

  let queue = Promise.resolve();
  const isPicture = (file) =>
    file.type.startsWith("image/") || /\.(heic|heif|avif|webp|png|jpe?g|gif)$/i.test(file.name);
  const takeAll = (files) => {
    if (!files.length) {
      return;
    }
    writing.open("pictures");
    const wrong = [];
    for (const file of files) {
      queue = queue.then(async () => {
        const result = isPicture(file) ? await take(file) : named(words.other, file.name);
        if (!isPicture(file) || !asked.children.length) {
          wrong.push(result);
        }
        say([...wrong, ...(wrong.includes(result) ? [] : [result])].join(" "));
      });
    }
  };

  /* Ways in. */

  for (const [button, input] of [["choose", "files"], ["take", "camera"]]) {
    part(button).addEventListener("click", () => part(input).click());
    part(input).addEventListener("change", (event) => {
      // Choosing is no word of the issue that could be lost.
      takeAll([...event.target.files]);
      event.target.value = "";
    });
  }
  const area = document.querySelector(".writing-main");
  const hasFiles = (data) => data && [...data.types].includes("Files");
  area.addEventListener(
    "dragover",
    (event) => {
      if (hasFiles(event.dataTransfer)) {
        event.preventDefault();
        event.stopPropagation();
        area.classList.add("is-dropping");
      }
    },
    true,
  );
  for (const end of ["dragleave", "dragend", "drop"]) {
    area.addEventListener(end, () => area.classList.remove("is-dropping"), true);
  }
  area.addEventListener(
    "drop",
    (event) => {
      if (hasFiles(event.dataTransfer) && event.dataTransfer.files.length) {
        event.preventDefault();
        event.stopPropagation();
        // Where they are dropped is where they will stand: the cursor goes there.
        const offset = writing.text.at(event.clientX, event.clientY);
        if (offset !== undefined) {
          writing.text.select(offset);
        }
        takeAll([...event.dataTransfer.files]);
      }
    },
    true,
  );
  /* A picture from a page or a screen; what spreadsheets copy has words as well, and these win. */
  const fresh = (file) => {
    const stamp = new Date().toISOString().slice(0, 16).replace(/[-:]/g, "").replace("T", "-");
    return new File([file], `${words.pasted}-${stamp}.${file.name.split(".").pop()}`, { type: file.type });
  };
  area.addEventListener(
    "paste",
    (event) => {
      const data = event.clipboardData;
      const files = data ? [...data.files].filter(isPicture) : [];
      if (files.length && ![...data.types].includes("text/plain")) {
        event.preventDefault();
        event.stopPropagation();
        takeAll(files.map((file) => (/^image\.\w+$/.test(file.name) ? fresh(file) : file)));
      }
    },
    true,
  );

  /* The library. */

  const found = part("found");
  const search = part("search");
  const turn = writing.turns();
  const find = async () => {
    const query = new URLSearchParams({ q: search.value.trim(), post: words.post });
    const answer = await writing.ask(`${words.find}?${query}`, { signal: turn() });
    if (answer.isOld || !answer.ok || !answer.data) {
      return;
    }
    found.replaceChildren(...answer.data.pictures.map((picture) => thumb(meet(picture))));
    if (!found.children.length && search.value.trim()) {
      const line = document.createElement("li");
      line.textContent = words.nothing;
      found.append(line);
    }
    showCover();
  };
  const thumb = (picture) => {
    const entry = part("thumb").content.firstElementChild.cloneNode(true);
    entry.querySelector("img").src = picture.thumbnail;
    entry.querySelector("span").textContent = picture.alt || picture.name;
    entry.querySelector("button").title = picture.name;
    entry.querySelector("button").addEventListener("click", () => {
      if (isForCover && (picture.alt || picture.is_decorative)) {
        makeCover(picture);
        backToField();
      } else {
        ask(picture, true);
      }
    });
    return entry;
  };
  const soon = writing.soon(find, 250);
  search.addEventListener("input", (event) => {
    event.stopPropagation();
    soon();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      find();
    }
  });
  panel.querySelectorAll(".pictures-ways, .pictures-library").forEach((element) => {
    element.hidden = false;
  });
  const section = panel.closest("[data-panel]");
  let isRead = false;
  const read = () => {
    if (!isRead && section && !section.hidden) {
      isRead = true;
      find();
    }
  };
  document.addEventListener("writing:panel", read);
  read();
  if (writing.addAction) {
    const run = () => {
      writing.open("pictures");
      part("choose").focus();
    };
    writing.addAction({ name: "picture", label: words.insert, run });
  }
})();
