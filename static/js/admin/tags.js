/* Suggest tags while their names are typed. The field works the same without this. */
(() => {
  "use strict";
  const WAIT = 150;

  const connect = (input, number) => {
    const list = document.createElement("ul");
    list.className = "suggestions";
    list.id = `suggestions-${number}`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.labels[0] ? input.labels[0].textContent.trim() : "");
    list.hidden = true;
    const holder = document.createElement("div");
    holder.className = "suggesting";
    // Moving a field takes the focus from who types in it already.
    const typing = document.activeElement === input;
    input.replaceWith(holder);
    holder.append(input, list);
    if (typing) {
      input.focus();
    }
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);

    const single = "single" in input.dataset;
    let active = -1;
    let timer = 0;
    let asked = 0;

    // The name the cursor is in: from the comma before it to the comma after it.
    const span = () => {
      if (single) {
        return [0, input.value.length];
      }
      const at = input.selectionStart;
      const start = input.value.lastIndexOf(",", at - 1) + 1;
      const end = input.value.indexOf(",", at);
      return [start, end < 0 ? input.value.length : end];
    };

    const close = () => {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };

    const mark = (index) => {
      const options = [...list.children];
      active = (index + options.length) % options.length;
      options.forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
      input.setAttribute("aria-activedescendant", options[active].id);
      options[active].scrollIntoView({ block: "nearest" });
    };

    const take = (name) => {
      const [start, end] = span();
      const before = input.value.slice(0, start);
      const rest = input.value.slice(end);
      const shown = name.includes(",") && !single ? `"${name}"` : name;
      const head = before + (start ? " " : "") + shown;
      const tail = rest || (single ? "" : ", ");
      input.value = head + tail;
      const cursor = rest ? head.length : input.value.length;
      input.setSelectionRange(cursor, cursor);
      input.dispatchEvent(new Event("input", { bubbles: true }));
      window.clearTimeout(timer);
      close();
    };

    const show = (tags) => {
      list.replaceChildren(
        ...tags.map((tag, i) => {
          const option = document.createElement("li");
          option.id = `${list.id}-${i}`;
          option.setAttribute("role", "option");
          option.setAttribute("aria-selected", "false");
          option.dataset.name = tag.name;
          const name = document.createElement("span");
          name.textContent = tag.alias ? `${tag.alias} → ${tag.name}` : tag.name;
          const count = document.createElement("span");
          count.className = "quiet";
          count.textContent = String(tag.post_count);
          option.append(name, " ", count);
          return option;
        }),
      );
      active = -1;
      list.hidden = !tags.length;
      input.setAttribute("aria-expanded", String(tags.length > 0));
    };

    const ask = async () => {
      const [start, end] = span();
      const typed = input.value.slice(start, end).trim().replace(/^"|"$/g, "");
      if (!typed) {
        close();
        return;
      }
      asked += 1;
      const mine = asked;
      try {
        const query = new URLSearchParams({ q: typed });
        const response = await fetch(`${input.dataset.suggest}?${query}`);
        const found = response.ok ? (await response.json()).tags : [];
        // A slow answer must not replace a newer one, nor appear where nobody types any more.
        if (mine === asked && document.activeElement === input) {
          show(found);
        }
      } catch {
        close();
      }
    };

    input.addEventListener("input", () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(ask, WAIT);
    });
    input.addEventListener("keydown", (event) => {
      // While a syllable is being composed, its keys belong to the input method.
      if (list.hidden || event.isComposing) {
        return;
      }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        mark(event.key === "ArrowDown" ? active + 1 : active < 0 ? -1 : active - 1);
      } else if (event.key === "Enter" && active >= 0) {
        event.preventDefault();
        take(list.children[active].dataset.name);
      } else if (event.key === "Escape") {
        event.preventDefault();
        close();
      }
    });
    list.addEventListener("mousedown", (event) => {
      const option = event.target.closest("li");
      event.preventDefault();
      if (option) {
        take(option.dataset.name);
      }
    });
    input.addEventListener("blur", close);
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("input[data-suggest]").forEach(connect);
  });
})();
