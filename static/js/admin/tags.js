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
    let isOwed = false; // what was typed got no answer that somebody saw to its end

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
    const typed = () => input.value.slice(...span()).trim().replace(/^"|"$/g, "");

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
      soon.stop();
      isOwed = false;
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

    const { ask, turns } = window.asking;
    const turn = turns();
    const soon = window.asking.soon(async () => {
      const words = typed();
      if (!words) {
        close();
        return;
      }
      const query = new URLSearchParams({ q: words });
      const { ok, data, isOld } = await ask(`${input.dataset.suggest}?${query}`, {
        signal: turn(),
      });
      // A slow answer must not appear where something else stands, nor where nobody types any more.
      if (!isOld && words === typed() && document.activeElement === input) {
        show(ok && data ? data.tags : []);
      }
    }, WAIT);

    input.addEventListener("input", () => {
      isOwed = true;
      soon();
    });
    input.addEventListener("focus", () => isOwed && soon());
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
        isOwed = false;
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
