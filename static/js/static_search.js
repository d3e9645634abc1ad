/* Search on a site of files: a query is cut into tokens as `posts.searching.tokens` cuts texts,
   their pieces of the index are fetched (`posts.searching.shards` says what is in them), and rows
   from the newest on until a page of them was found; titles first. */
(() => {
  "use strict";
  const holder = document.querySelector("[data-static-search]");
  if (!holder) {
    return;
  }
  const ROOT = holder.dataset.staticSearch;
  const PAGE = 20;
  const MOST_FILES = 60; // of rows, that one page of results looks into

  // Tokens

  const RUN =
    "\\u0e01-\\u0e4e\\u0e81-\\u0edf\\u1000-\\u109f\\u1100-\\u11ff\\u1780-\\u17d3\\u2e80-\\u2fd5" +
    "\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u303b\\u3041-\\u3096\\u309d-\\u309f\\u30a1-\\u30fa" +
    "\\u30fc-\\u30ff\\u3105-\\u312f\\u3131-\\u318e\\u31a0-\\u31bf\\u31f0-\\u31ff\\u3400-\\u4dbf" +
    "\\u4e00-\\u9fff\\ua960-\\ua97c\\uac00-\\ud7fb\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
  const RUNS = new RegExp(`([${RUN}]+)`, "u");
  const IS_RUN = new RegExp(`^[${RUN}]`, "u");
  const HANGUL = /[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb]/u;
  const NUMBER = "v?\\p{Nd}+(?:\\.\\p{Nd}+)+[a-z\\p{Nd}]*";
  const LETTER = "[\\p{L}\\p{Nl}\\p{No}]";
  const WORD = new RegExp(
    `${NUMBER}|[a-z]+(?:\\+\\+|#(?![a-z\\p{Nd}]))` +
      `|${LETTER}+(?:[\\p{Mn}\\p{Mc}]+${LETTER}*)*(?:['’]s(?![\\p{L}\\p{N}]))?` +
      "|\\p{Nd}+(?:[\\p{L}\\p{N}]|[\\p{Mn}\\p{Mc}])*|\\.net(?![\\p{L}\\p{N}])",
    "gu",
  );
  const FOLDED = {
    ø: "o", ł: "l", đ: "d", ð: "d", æ: "ae", œ: "oe", ı: "i", ß: "ss", ς: "σ", ى: "ي", ة: "ه",
  };
  const LEFT_OUT =
    "[\\u0300-\\u036f\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7\\u0640\\u064b-\\u0655\\u0670]+";
  const ACCENTS = new RegExp(LEFT_OUT, "g");
  const ACCENTED = new RegExp(
    `[\\u00c0-\\u052f\\u0622-\\u0626\\u1e00-\\u1fff]\\p{M}*|${LEFT_OUT}`, "gu",
  );
  const AS_THEY_ARE = new Set(["news", "embed", "series", "species", "always", "perhaps"]);

  const fold = (text) =>
    text
      .normalize("NFKC")
      .replace(/[\p{Cf}\ufe00-\ufe0f\u{e0000}-\u{e0fff}]+/gu, "")
      .replace(/(?<![\p{L}\p{N}])([A-Z]{2,})s(?![\p{L}\p{N}])/gu, "$1")
      .toLowerCase()
      .replace(ACCENTED, (part) => part.normalize("NFD").replace(ACCENTS, "").normalize("NFC"))
      .replace(/[øłđðæœıßςىة]/g, (letter) => FOLDED[letter]);

  const withoutEnding = (word) => {
    if (AS_THEY_ARE.has(word)) {
      return word;
    }
    if (/i[zs]ation$/.test(word) && word.length > 8) {
      return word.slice(0, -5);
    }
    for (const ending of ["ing", "ed"]) {
      const rest = word.slice(0, -ending.length);
      if (word.endsWith(ending) && rest.length >= 3 && /[aeiouy]/.test(rest)) {
        return rest.endsWith("e") ? word : rest;
      }
    }
    return word.length > 7 ? word.replace(/(?<=[st])ion$/, "") : word;
  };

  const withoutEnd = (given) => {
    const word = given.length > 3 && given.endsWith("e") ? given.slice(0, -1) : given;
    if (word.length > 3 && word.endsWith("y") && !/[aeiouy]/.test(word.at(-2))) {
      return `${word.slice(0, -1)}i`;
    }
    return word.length > 3 ? word.replace(/([^aeiou])\1$/, "$1") : word;
  };

  let plurals = {}; // irregular ones, as the index tells them

  const stem = (given) => {
    const word = Object.hasOwn(plurals, given) ? plurals[given] : given;
    if (word.length <= 3 || AS_THEY_ARE.has(word) || !/^[a-z]+$/.test(word)) {
      return word;
    }
    const single = word.endsWith("s") && word.at(-2) !== "s" ? word.slice(0, -1) : word;
    return withoutEnd(withoutEnding(single));
  };

  const indexed = (word) =>
    [...stem(/['’]s$/.test(word) ? word.slice(0, -2) : word)].slice(0, 64).join("");

  // A text as runs and words: [text, whether it is a run].
  const parts = (text) =>
    fold(text).split(RUNS).flatMap((piece, place) =>
      place % 2 ? [[piece, true]] : (piece.match(WORD) || []).map((word) => [indexed(word), false]));

  const pairs = (run) => {
    const letters = [...run];
    return [...letters.slice(1).map((letter, place) => letters[place] + letter), letters.at(-1)];
  };

  const JOINED = new RegExp(
    "(?<![a-z\\p{Nd}]|[-‐.@/_])([a-z]{1,20})(?:[-‐]|\\.(?=js(?![a-z\\p{Nd}])))([a-z]{2,20})" +
      "(?![a-z\\p{Nd}]|[-‐.@/_][\\p{L}\\p{N}_])",
    "gu",
  );

  const tokens = (text) => [
    ...parts(text).flatMap(([part, isRun]) => (isRun ? pairs(part) : [part])),
    ...new Set([...fold(text).matchAll(JOINED)].map(([, one, other]) => indexed(one + other))),
  ];

  // Queries: what each word asks for is one of some phrases, {tokens, isPrefix}

  let particles = new Set();
  let longest = 0;

  const phraseOf = (found) => {
    const made = found.flatMap(([part, isRun]) => (isRun ? pairs(part) : [part]));
    const [last, isRun] = found.at(-1);
    const isSingle = isRun && [...last].length === 1;
    if (isRun && !isSingle) {
      made.pop();
    }
    return { tokens: made.slice(0, 16), isPrefix: isSingle && made.length <= 16 };
  };

  const withoutParticle = (run, behind) => {
    const least = behind ? 0 : 2;
    for (let length = Math.min(longest, run.length - least); length > 0; length -= 1) {
      if (particles.has(run.slice(-length))) {
        return run.slice(0, -length);
      }
    }
    return null;
  };

  // A compound with one space inside, then with two; no word is a single syllable.
  const cuts = (run) => {
    const found = [];
    if (run.length > 12) {
      return found;
    }
    for (let one = 2; one <= run.length - 2; one += 1) {
      found.push([run.slice(0, one), run.slice(one)]);
    }
    for (let one = 2; one <= run.length - 4; one += 1) {
      for (let two = one + 2; two <= run.length - 2; two += 1) {
        found.push([run.slice(0, one), run.slice(one, two), run.slice(two)]);
      }
    }
    return found;
  };

  // Forms that a word may have in texts, as `posts.searching.queries` tells them

  const WORDLY = `(?:(?![${RUN}])\\p{L})`;
  const JOINTS = new RegExp(`(?<=${WORDLY})[-‐](?=${WORDLY})|(?<=${WORDLY}{2})\\.(?=${WORDLY})`, "gu");
  const VERSION = /^(v?)(\d+(?:\.\d+)+)$/;
  const PLAIN_NUMBER = /^\d{1,4}$/;

  const bareOf = (found) => {
    const before = found.slice(0, -1);
    const [last, isRun] = found.at(-1);
    if (!isRun) {
      return found;
    }
    if (!HANGUL.test(last.at(-1))) {
      return [...before, [last.replace(/(?<=[ァ-ヺー]{3})ー$/u, ""), true]];
    }
    const bare = withoutParticle(last, before.length > 0);
    return bare === null ? found : bare ? [...before, [bare, true]] : before;
  };

  const spellingOf = (word, isBehind) => {
    const version = word.match(VERSION);
    if (version) {
      return version[1] ? version[2] : `v${word}`;
    }
    const model = isBehind && word.match(/^(\d{2,})(s?)$/);
    return !model ? "" : model[2] ? model[1] : `${word}s`;
  };

  const formsOf = (word, found) => {
    const joined = word.replace(JOINTS, "");
    return (joined === word ? [found] : [found, parts(joined)]).flatMap((written) => {
      const bare = bareOf(written);
      const [last, isRun] = bare.at(-1);
      const other = isRun ? "" : spellingOf(last, bare.length > 1);
      return other ? [bare, [...bare.slice(0, -1), [other, false]]] : [bare];
    });
  };

  // A version that begins with a number, behind other words.
  const begun = (before, number) => (
    { ...phraseOf([...before, [`${number}.`, false]]), isPrefix: true });

  const termOf = (word, isQuoted) => {
    const found = parts(word);
    if (!found.length) {
      return null;
    }
    const phrases = [phraseOf(found)];
    const forms = isQuoted ? [found] : formsOf(word, found);
    for (const form of isQuoted ? [] : [...forms, found]) {
      const before = form.slice(0, -1);
      const [last, isRun] = form.at(-1);
      phrases.push(phraseOf(form));
      if (isRun && HANGUL.test(last)) {
        cuts(last).forEach((cut) => {
          phrases.push(phraseOf([...before, ...cut.map((part) => [part, true])]));
        });
      } else if (VERSION.test(last)) {
        phrases.push(begun(before, last));
      } else if (PLAIN_NUMBER.test(last)) {
        const others = before.at(-1)?.[0] === "v" ? before.slice(0, -1) : before;
        phrases.push(begun(others, last), begun(others, `v${last}`));
      }
    }
    const shown = new Set(forms.flatMap((form) => form.map(([part]) => part)));
    return { phrases: phrases.slice(0, 25), shown: [...shown] };
  };

  const FILTERS = {
    tag: "tag", source: "source", section: "section", year: "year", kind: "kind",
    태그: "tag", 출처: "source", 섹션: "section", 연도: "year", 종류: "kind",
  };
  const PIECE = new RegExp(
    `(-?)(?:(${Object.keys(FILTERS).join("|")}):(?=\\S))?(?:"([^"]*)"|(\\S+))`, "giu");

  const parse = (text) => {
    const query = { terms: [], excluded: [], wanted: [], unwanted: [] };
    const typed = text.slice(0, 1000).normalize("NFKC").replace(/[“”„‟«»]/g, '"');
    for (const [, minus, name, quoted, plain] of typed.matchAll(PIECE)) {
      const value = plain ?? quoted ?? "";
      if (name) {
        const kind = FILTERS[name.toLowerCase()];
        const folded = value.replaceAll('"', "").normalize("NFKC").toLowerCase().split(/\s+/).join(" ");
        const bare = folded.replace(/^https?:\/\//, "").replace(/\/$/, "");
        query[minus ? "unwanted" : "wanted"].push(`=${kind}:${kind === "source" ? bare : folded}`);
        continue;
      }
      const term = termOf(value, plain === undefined);
      if (term) {
        query[minus ? "excluded" : "terms"].push(term);
      }
    }
    return query;
  };

  // The index

  const kept = new Map();
  const fetched = (name) => {
    if (!kept.has(name)) {
      kept.set(name, fetch(`${ROOT}${name}.json`).then((answer) => {
        if (!answer.ok) {
          throw new Error(`${name}: ${answer.status}`);
        }
        return answer.json();
      }));
    }
    return kept.get(name);
  };

  const fileOf = (token, number) => {
    const start = IS_RUN.test(token)
      ? [...token][0]
      : [...token].slice(0, 3).join("").replace(/\..*/, ".");
    const beginning = token.startsWith("=") ? token : start;
    let value = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(beginning)) {
      value = Math.imul(value ^ byte, 0x01000193) >>> 0;
    }
    return value % number;
  };

  // The rows that have a token, or one that begins so: Map of place to whether a title has it.
  const rowsOf = async (about, token, isPrefix) => {
    const file = await fetched(`words/${fileOf(token, about.words)}`);
    const names = isPrefix
      ? Object.keys(file).filter((name) => name.startsWith(token))
      : Object.hasOwn(file, token) ? [token] : [];
    const rows = new Map();
    for (const name of names) {
      let number = 0;
      for (const step of file[name]) {
        number += step;
        rows.set(number >> 1, rows.get(number >> 1) || number % 2 === 1);
      }
    }
    return rows;
  };

  const both = (one, other) => {
    const found = new Map();
    for (const [place, isTitle] of one) {
      if (other.has(place)) {
        found.set(place, isTitle && other.get(place));
      }
    }
    return found;
  };

  const either = (all) => {
    const found = new Map();
    all.forEach((rows) => rows.forEach((isTitle, place) =>
      found.set(place, found.get(place) || isTitle)));
    return found;
  };

  const rowsOfPhrase = async (about, { tokens: given, isPrefix }) => {
    const all = await Promise.all(given.map((token, place) =>
      rowsOf(about, token, isPrefix && place === given.length - 1)));
    return all.reduce(both);
  };

  const rowsOfTerm = async (about, { phrases }) =>
    either(await Promise.all(phrases.map((phrase) => rowsOfPhrase(about, phrase))));

  // Places that may be found, those with a title first, the newest first among them.
  const candidates = async (about, query) => {
    const wanted = new Map(); // one of each kind, but all tags
    query.wanted.forEach((token) => {
      const kind = token.startsWith("=tag:") ? token : token.split(":")[0];
      wanted.set(kind, [...(wanted.get(kind) || []), token]);
    });
    const sets = await Promise.all([
      ...query.terms.map((term) => rowsOfTerm(about, term)),
      ...[...wanted.values()].map(async (names) =>
        either(await Promise.all(names.map((name) => rowsOf(about, name))))),
    ]);
    if (!sets.length) {
      return [];
    }
    const found = sets.reduce(both);
    const unwanted = await Promise.all(query.unwanted.map((name) => rowsOf(about, name)));
    unwanted.forEach((rows) => rows.forEach((_isTitle, place) => found.delete(place)));
    const inTitle = (place) =>
      sets.slice(0, query.terms.length).every((rows) => rows.get(place));
    const places = [...found.keys()].sort((one, other) => other - one);
    return [...places.filter(inTitle), ...places.filter((place) => !inTitle(place))];
  };

  // Whether a row has the phrases, not their tokens alone

  const has = (words, { tokens: given, isPrefix }) =>
    words.some((_word, start) => given.every((token, place) => {
      const word = words[start + place];
      const isLast = place === given.length - 1;
      return word !== undefined && (isPrefix && isLast ? word.startsWith(token) : word === token);
    }));

  const fits = (row, query) => {
    const columns = [tokens(row[2]), [...tokens(row[3]), ...tokens(row[4])]];
    const meets = (term) =>
      term.phrases.some((phrase) => columns.some((words) => has(words, phrase)));
    return query.terms.every(meets) && !query.excluded.some(meets);
  };

  // What is shown

  const element = (name, className, ...inside) => {
    const made = document.createElement(name);
    made.className = className;
    made.append(...inside);
    return made;
  };

  // A version is marked by what it begins with, too: 16.2 by 16.
  const isSought = (part, word) =>
    part === word || (/^v?\d/.test(part) && part.replace(/^v/, "").startsWith(`${word.replace(/^v/, "")}.`));

  const marked = (text, words) => {
    const pieces = [];
    for (const piece of text.split(/([\p{L}\p{N}\p{M}+#.'’]+)/u)) {
      const isFound = piece && parts(piece).some(([part, isRun]) =>
        words.some((word) => (isRun ? part.includes(word) : isSought(part, word))));
      pieces.push(isFound ? element("mark", "", piece) : piece);
    }
    return pieces;
  };

  const around = (text, words) => {
    const folded = text.toLowerCase();
    const places = words.map((word) => folded.indexOf(word)).filter((place) => place >= 0);
    const start = Math.max((places.length ? Math.min(...places) : 0) - 60, 0);
    const end = start + 200;
    return `${start ? "…" : ""}${text.slice(start, end)}${end < text.length ? "…" : ""}`;
  };

  const language = document.documentElement.lang || "en";
  const days = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
  const words = holder.dataset;

  const link = (className, address, ...inside) => {
    const made = element("a", className, ...inside);
    made.href = address;
    return made;
  };

  const shown = (row, terms) => {
    const [kind, day, title, text, extra, url, issue, address, source, lang] = row;
    const sought = terms.flatMap((term) => term.shown);
    const heading = link("", address || url, ...marked(title || issue, sought));
    heading.rel = "noopener";
    const body = element("div", "card-text", element("h3", "linked-title", heading));
    body.lang = lang;
    const excerpt = around(text || extra.split("\n")[0], sought);
    if (excerpt) {
      body.append(element("p", "linked-line", ...marked(excerpt, sought)));
    }
    const facts = element("p", "card-facts");
    if (source) {
        const name = source.split("/").map(encodeURIComponent).join("/");
      facts.append(link("tag", `/sources/${name}/`, source), " ");
    }
    const names = { issue: words.issue, page: words.page };
    facts.append(link("place", url, names[kind] || issue));
    body.append(facts);
    return element("li", "card linked",
      element("p", "card-date", days.format(new Date(`${day}T00:00:00Z`))), body);
  };

  // Asking

  const list = holder.querySelector("ul");
  const total = holder.querySelector("[data-total]");
  const more = holder.querySelector("button");
  const help = document.querySelector(".search-help");
  const box = document.querySelector("#sought");

  const isNot = (element_, isHidden) => {
    if (element_) {
      element_.hidden = isHidden;
    }
  };

  const search = async (typed) => {
    const about = await fetched("about");
    plurals = about.plurals;
    particles = new Set(about.particles);
    longest = Math.max(...about.particles.map((particle) => particle.length));
    const query = parse(typed);
    const places = await candidates(about, query);
    let at = 0;
    let found = 0;
    const next = async () => {
      more.disabled = true;
      const files = new Set();
      let added = 0;
      while (at < places.length && added < PAGE) {
        const file = Math.floor(places[at] / about.rowsOfFile);
        files.add(file);
        if (files.size > MOST_FILES) {
          break;
        }
        const row = (await fetched(`rows/${file}`))[places[at] % about.rowsOfFile];
        at += 1;
        if (fits(row, query)) {
          list.append(shown(row, query.terms));
          added += 1;
        }
      }
      found += added;
      more.disabled = false;
      more.hidden = at >= places.length;
      const said = at < places.length ? words.some : words.all;
      const number = found.toLocaleString(language);
      total.textContent = found ? said.replace("{count}", number) : words.nothing;
    };
    more.onclick = () => next().catch(failed);
    await next();
  };

  const failed = () => {
    total.textContent = words.failed;
    more.hidden = true;
  };

  const typed = new URLSearchParams(location.search).get("q") || "";
  if (box) {
    box.value = typed;
    box.removeAttribute("data-suggest");
  }
  const isAsked = parts(typed).length > 0;
  isNot(help, isAsked);
  holder.hidden = !isAsked;
  if (isAsked) {
    total.textContent = words.busy;
    search(typed).catch(failed);
  }
})();
