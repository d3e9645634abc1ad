/* How long the text is, counted while nothing else is to do. What is counted are the words readers
   get, not the addresses of links; a syllable or an ideograph counts for reading time as it does
   on the site (posts/languages.py). */
(() => {
  "use strict";
  const { writing } = window;
  const part = document.querySelector("[data-text=counts]");
  if (!writing || !part) {
    return;
  }
  const CHARACTERS_PER_MINUTE = 500;
  const WORDS_PER_MINUTE = 230;
  const PIECE = 20_000;
  // Of a picture readers get what is said of it; it leads nowhere.
  const PICTURE = /!\[([^[\]]*)\]\([^)\s]*(?:\s[^)]*)?\)/g;
  const LINK = /\]\([^)\s]*(?:\s[^)]*)?\)|<?https?:\/\/[^\s<>)]+>?/g;
  const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’.·-]*/gu;
  const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;
  const SYLLABLE = /\p{Script=Hangul}/gu;
  const numbers = new Intl.NumberFormat(document.documentElement.lang || undefined);
  const count = (text, pattern) => (text.match(pattern) || []).length;

  const sumOf = () => ({ characters: 0, words: 0, links: 0, minutes: 0 });
  const add = (sum, piece) => {
    const text = piece.replace(PICTURE, " $1 ");
    sum.links += count(text, LINK);
    const seen = text.replace(LINK, " ");
    const ideographs = count(seen, IDEOGRAPH);
    const latin = seen.replace(SYLLABLE, " ").replace(IDEOGRAPH, " ");
    sum.characters += [...seen.replace(/\s+/g, " ").trim()].length;
    // Where no spaces divide words, each ideograph counts as one.
    sum.words += count(seen.replace(IDEOGRAPH, " "), WORD) + ideographs;
    sum.minutes +=
      (count(seen, SYLLABLE) + ideographs) / CHARACTERS_PER_MINUTE + count(latin, WORD) / WORDS_PER_MINUTE;
  };

  const show = (sum) => {
    part.hidden = false;
    Object.entries({ ...sum, minutes: Math.max(1, Math.round(sum.minutes)) }).forEach(([name, n]) => {
      part.querySelector(`[data-count=${name}] b`).textContent = numbers.format(n);
    });
  };

  let turn = 0;
  const countAll = () => {
    turn += 1;
    const mine = turn;
    const whole = writing.text.value();
    const sum = sumOf();
    let at = 0;
    const step = () => {
      if (mine !== turn) {
        return;
      }
      const line = whole.indexOf("\n", at + PIECE);
      const end = line < 0 ? whole.length : line + 1;
      add(sum, whole.slice(at, end));
      at = end;
      if (at < whole.length) {
        writing.idle(step);
      } else {
        show(sum);
      }
    };
    writing.idle(step);
  };

  const soon = writing.soon(countAll, 700);
  writing.text.on("change", () => {
    turn += 1;
    soon();
  });
  countAll();
})();
