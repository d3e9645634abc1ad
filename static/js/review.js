/* Commenting on a place of an issue at its share address: a tap on a paragraph or an item offers it,
   and the form comes there. Without this a list in the form names sections and items. Who somebody
   is stands in the form again when they say more: their browser alone remembers it. */
(() => {
  "use strict";
  document.addEventListener("DOMContentLoaded", () => {
    const section = document.querySelector("#review");
    const form = section && section.querySelector("[data-review-form]");
    const body = document.querySelector(".body");
    if (!form || !body) {
      return;
    }
    const MOST = 300;
    const BLOCKS = "li, p, h2, h3, h4, h5, h6, td, figcaption, pre";
    const quote = form.querySelector("[name=quote]");
    const shown = form.querySelector(".review-quote");
    const place = form.querySelector("[data-review-place]");
    const here = document.createElement("button");
    here.type = "button";
    here.className = "comment-here";
    here.textContent = section.dataset.here;
    const back = document.createElement("button");
    back.type = "button";
    back.className = "plain";
    back.textContent = section.dataset.back;
    back.hidden = true;
    form.querySelector(".send").append(back);
    let block = null;

    const leave = () => {
      here.remove();
      if (block) {
        block.classList.remove("spoken-about");
      }
    };
    // What a block says by itself, without the blocks in it: an item, not those below it.
    const wordsOf = (node) => {
      const others = "ul, ol, button, form, aside, .item-menu";
      const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
      const words = [];
      while (texts.nextNode()) {
        const other = texts.currentNode.parentElement.closest(others);
        if (!other || !node.contains(other) || other === node) {
          words.push(texts.currentNode.data);
        }
      }
      return words.join("").replace(/\s+/g, " ").trim();
    };
    const put = (node, beside) => {
      if (beside.matches("li, td")) {
        beside.append(node);
      } else {
        beside.after(node);
      }
    };

    body.addEventListener("click", (event) => {
      const found = event.target.closest(BLOCKS);
      if (!found || event.target.closest("a, button, summary, form, input")) {
        return;
      }
      leave();
      block = found;
      block.classList.add("spoken-about");
      put(here, block);
    });

    here.addEventListener("click", () => {
      const selected = String(window.getSelection()).replace(/\s+/g, " ").trim();
      const words = wordsOf(block);
      quote.value = (words.includes(selected) && selected ? selected : words).slice(0, MOST);
      shown.textContent = quote.value;
      shown.hidden = false;
      place.hidden = true;
      back.hidden = false;
      here.remove();
      put(form, block);
      form.querySelector("textarea").focus();
    });

    back.addEventListener("click", () => {
      leave();
      quote.value = "";
      shown.hidden = true;
      place.hidden = false;
      back.hidden = true;
      section.append(form);
      form.querySelector("textarea").focus();
    });

    const who = form.querySelector("[name=who]");
    try {
      who.value ||= window.localStorage.getItem("reviewer") ?? "";
    } catch {
      // nothing is kept then
    }
    form.addEventListener("submit", () => {
      try {
        window.localStorage.setItem("reviewer", who.value.trim());
      } catch {
        // as above
      }
    });

    if (quote.value) {
      shown.textContent = quote.value;
      shown.hidden = false;
      place.hidden = true;
    }
  });
})();
