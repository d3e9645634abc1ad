/* The panels beside the text as tabs (WAI-ARIA, tabs with manual activation): one is open, and the
   browser remembers which. Without this they stand below each other. */
(() => {
  "use strict";
  const holder = document.querySelector("[data-panels]");
  const panels = holder ? [...holder.querySelectorAll("[data-panel]")] : [];
  if (panels.length < 2) {
    return;
  }
  const KEY = "newsletter.panel";
  const list = document.createElement("div");
  list.className = "panel-tabs";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", holder.getAttribute("aria-label"));

  const tabs = panels.map((panel) => {
    const heading = panel.querySelector("h2");
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = `tab-${panel.dataset.panel}`;
    tab.textContent = heading.textContent;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    heading.classList.add("visually-hidden");
    list.append(tab);
    return tab;
  });

  const open = (name, remember = true) => {
    const known = panels.some((panel) => panel.dataset.panel === name);
    const chosen = known ? name : panels[0].dataset.panel;
    holder.parentElement.dataset.open = chosen;
    panels.forEach((panel, index) => {
      const isOpen = panel.dataset.panel === chosen;
      panel.hidden = !isOpen;
      tabs[index].setAttribute("aria-selected", String(isOpen));
      tabs[index].tabIndex = isOpen ? 0 : -1;
      if (isOpen) {
        // The row may be wider than the page; the page itself stays where it is.
        list.scrollLeft = tabs[index].offsetLeft - list.offsetLeft - list.clientWidth / 2;
      }
    });
    if (remember) {
      localStorage.setItem(KEY, chosen);
    }
    document.dispatchEvent(new CustomEvent("writing:panel", { detail: chosen }));
  };

  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) {
      open(tab.id.slice("tab-".length));
    }
  });
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    if (at >= 0 && event.key in steps) {
      event.preventDefault();
      tabs[(steps[event.key] + tabs.length) % tabs.length].focus();
    }
  });

  const named = () => document.getElementById(location.hash.slice(1));

  holder.prepend(list);
  // An error must not hide in a tab that is closed.
  const wrong = panels.find((panel) => panel.querySelector(".errors, .errorlist"));
  const meant = wrong || named()?.closest("[data-panel]");
  open(meant ? meant.dataset.panel : localStorage.getItem(KEY), false);
  document.addEventListener("invalid", (event) => {
    const panel = event.target.closest("[data-panel]");
    if (panel && panel.hidden) {
      open(panel.dataset.panel, false);
    }
  }, true);
  // A link to a field leads to its panel.
  window.addEventListener("hashchange", () => {
    const target = named();
    const panel = target && target.closest("[data-panel]");
    if (panel && panel.hidden) {
      open(panel.dataset.panel, false);
      target.scrollIntoView();
      target.focus();
    }
  });
  // What is saved is told at the top of the page that follows: it begins there, not at the panel that
  // the address of this one named, which browsers keep naming.
  document.querySelector("#post_form")?.addEventListener("submit", () => {
    history.replaceState(null, "", location.pathname + location.search);
  });
  if (window.writing) {
    window.writing.open = open;
  }
})();
