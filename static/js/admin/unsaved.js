/* Ask before a text that is not saved is left behind. */
(() => {
  "use strict";
  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("#post_form");
    if (!form) {
      return;
    }
    // A form that came back with errors or a conflict holds what nobody has saved.
    let unsaved = Boolean(form.querySelector(".errornote, .conflict"));
    form.addEventListener("input", () => {
      unsaved = true;
    });
    form.addEventListener("submit", () => {
      unsaved = false;
    });
    window.addEventListener("beforeunload", (event) => {
      if (unsaved) {
        event.preventDefault();
      }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "s" && (event.ctrlKey || event.metaKey) && !event.altKey) {
        const save = form.querySelector("button[name=_save]");
        if (save) {
          event.preventDefault();
          form.requestSubmit(save);
        }
      }
    });
  });
})();
