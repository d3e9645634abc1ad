/* The toolbar above the text (WAI-ARIA, toolbar: one stop for Tab, arrows inside) and the keys of
   its buttons, for the plain box and for an editor alike. Other scripts add buttons:

   writing.addAction({name, label, run, key})
     A button that stands there already (`data-action`) keeps its words and its key; otherwise one
     is added with these. `run` is called with writing.text, and the focus is in the text before. */
(() => {
  "use strict";
  const { writing } = window;
  const editor = document.querySelector("[data-text=editor]");
  if (!writing || !editor) {
    return;
  }
  const tools = editor.querySelector("[data-text=tools]");
  const added = tools.querySelector("[data-text=added]");
  const blank = tools.querySelector("template");
  const isMac = /Mac|iP(hone|ad|od)/.test(navigator.platform);
  const actions = new Map();
  const buttons = () =>
    [...tools.querySelectorAll("button")].filter((button) => !button.hidden && !button.disabled);

  /* How a key is called: "Ctrl+Shift+H", or "⇧⌘H" where that is how people write it. */
  const nameOf = (key) => {
    const parts = key.split("-");
    const last = parts.pop().replace(/^.$/, (letter) => letter.toUpperCase());
    const names = isMac
      ? { Mod: "⌘", Shift: "⇧", Alt: "⌥" }
      : { Mod: tools.dataset.control, Shift: tools.dataset.shift, Alt: "Alt" };
    const named = parts.map((part) => names[part]);
    return isMac ? named.reverse().join("") + last : [...named, last].join("+");
  };

  /* A key of a Korean keyboard says "ㅠ" where its cap says B. */
  const letterOf = (event) =>
    /^[ -~]$/.test(event.key) ? event.key.toLowerCase() : event.code.replace(/^Key/, "").toLowerCase();

  const isPressed = (key, event) => {
    const parts = key.split("-");
    const letter = parts.pop();
    return (
      letterOf(event) === letter &&
      (isMac ? event.metaKey : event.ctrlKey) === parts.includes("Mod") &&
      event.shiftKey === parts.includes("Shift") &&
      event.altKey === parts.includes("Alt")
    );
  };

  const enter = (button) => {
    buttons().forEach((other) => {
      other.tabIndex = other === button ? 0 : -1;
    });
  };

  const name = (button, label, key) => {
    button.setAttribute("aria-label", label);
    button.title = key ? `${label} (${nameOf(key)})` : label;
    if (key) {
      button.setAttribute("aria-keyshortcuts", key.replace("Mod", isMac ? "Meta" : "Control").replaceAll("-", "+"));
    }
  };

  writing.addAction = ({ name: action, label, run, key }) => {
    let button = tools.querySelector(`[data-action="${CSS.escape(action)}"]`);
    if (!button) {
      button = blank.content.firstElementChild.cloneNode(true);
      button.dataset.action = action;
      button.textContent = label;
      button.setAttribute("aria-label", label);
      added.append(button);
    }
    const shortcut = button.dataset.key || key;
    button.tabIndex = -1;
    name(button, button.getAttribute("aria-label"), shortcut);
    actions.set(action, { run, key: shortcut });
    return button;
  };

  const run = (action) => {
    if (actions.has(action)) {
      actions.get(action).run(writing.text);
    }
  };

  // A button takes no focus from the text, so that a phone's keyboard stays.
  tools.addEventListener("mousedown", (event) => event.preventDefault());
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    if (button) {
      enter(button);
      run(button.dataset.action);
    }
  });
  tools.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(document.activeElement);
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 };
    if (at >= 0 && event.key in steps) {
      event.preventDefault();
      const next = all[(steps[event.key] + all.length) % all.length];
      enter(next);
      next.focus();
    }
  });
  editor.addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing || tools.contains(event.target)) {
        return;
      }
      const found = [...actions].find(([, action]) => action.key && isPressed(action.key, event));
      if (found) {
        event.preventDefault();
        event.stopPropagation();
        run(found[0]);
      }
    },
    true,
  );
  window.addEventListener("load", () => enter(buttons()[0]));

  const help = editor.querySelector("[data-text=help]");
  const row = (button) => {
    const line = document.createElement("tr");
    const [head, cell] = [document.createElement("th"), document.createElement("td")];
    const cap = document.createElement("kbd");
    head.scope = "row";
    head.textContent = button.getAttribute("aria-label");
    cap.textContent = nameOf(actions.get(button.dataset.action).key);
    cell.append(cap);
    line.append(head, cell);
    return line;
  };
  const openHelp = () => {
    const named = buttons().filter((button) => (actions.get(button.dataset.action) || {}).key);
    help.querySelector("[data-text=keys]").replaceChildren(...named.map(row));
    help.querySelectorAll("[data-key]").forEach((cap) => {
      cap.textContent = nameOf(cap.dataset.key);
    });
    help.showModal();
  };
  help.querySelector("[data-text=help-close]").addEventListener("click", () => help.close());
  writing.addAction({ name: "help", run: openHelp });

  const fill = (isFull) => {
    document.body.classList.toggle("writing-full", isFull);
    full.setAttribute("aria-pressed", String(isFull));
    (isFull ? tools : editor).scrollIntoView({ block: isFull ? "start" : "nearest" });
  };
  const full = writing.addAction({
    name: "full",
    run: () => fill(!document.body.classList.contains("writing-full")),
  });
  // What something nearer took for itself (a search, a list of choices) does not end it.
  document.addEventListener("keydown", (event) => {
    const isFull = document.body.classList.contains("writing-full");
    if (event.key === "Escape" && isFull && !event.isComposing && !event.defaultPrevented) {
      fill(false);
    }
  });
  tools.hidden = false;
})();
