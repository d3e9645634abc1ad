/* Light or dark, and the size of text: the reader's choice, remembered. Loaded before anything is
   painted (no flash). */
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  const remembered = (name) => {
    try {
      return window.localStorage.getItem(name);
    } catch {
      return null; // storage may be forbidden: what the system says is used then
    }
  };
  const remember = (theme) => {
    try {
      window.localStorage.setItem("theme", theme);
    } catch {
      // the choice then lasts as long as the page
    }
  };
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") {
      root.dataset.theme = theme;
    }
  };

  apply(remembered("theme"));
  root.dataset.text = remembered("text") ?? "normal";

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll(".theme-switch")) {
      const label = () => {
        button.textContent = isDark() ? button.dataset.light : button.dataset.dark;
      };
      label();
      button.hidden = false;
      button.addEventListener("click", () => {
        apply(isDark() ? "light" : "dark");
        remember(root.dataset.theme);
        label();
      });
      dark.addEventListener("change", label);
    }
  });
  window.addEventListener("storage", (event) => {
    if (event.key === "theme") {
      apply(event.newValue);
    }
  });
})();
