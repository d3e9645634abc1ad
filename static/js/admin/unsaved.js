/* Ask before a text that is not saved is left behind. */
(() => {
  "use strict";
  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("#content-main form[id$=_form]");
    if (!form) {
      return;
    }
    // A form that came back with errors or a conflict holds what nobody has saved, and so does one
    // that goes on with what was typed before.
    let unsaved = Boolean(form.querySelector(".errornote, .conflict, [data-copy-open]"));
    // Fields of panels belong to a form of their own, and are sent by themselves: what was typed
    // there and not sent counts.
    const beside = document.querySelector("#beside-form");
    form.addEventListener("input", (event) => {
      unsaved ||= !beside || event.target.form !== beside;
    });
    const isTyped = (field) =>
      ["text", "textarea"].includes(field.type) && field.value !== field.defaultValue;
    form.addEventListener("submit", () => {
      unsaved = false;
    });
    // Where nothing is connected the browser would show an error in the place of the page. Before
    // all else that listens: nothing is sent.
    const keeping = form.querySelector("[data-keeping]");
    form.addEventListener("submit", (event) => {
      if (!navigator.onLine && keeping && window.writing) {
        event.preventDefault();
        event.stopImmediatePropagation();
        window.writing.say(keeping.dataset.saveOffline);
      }
    }, true);
    window.addEventListener("beforeunload", (event) => {
      if (unsaved || (beside && [...beside.elements].some(isTyped))) {
        event.preventDefault();
      }
    });
    // A key saves; what readers see is changed by a button alone.
    const save = form.querySelector("button[name=_later]") || form.querySelector("button[name=_save]");
    // The key of a Korean keyboard says "ㄴ".
    const isSave = (event) =>
      (event.key === "s" || (event.code === "KeyS" && !/^[ -~]$/.test(event.key))) &&
      (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    document.addEventListener("keydown", (event) => {
      if (!save || !isSave(event)) {
        return;
      }
      event.preventDefault();
      if (event.isComposing) {
        // What is composed is text already; the field takes it when it is left.
        document.activeElement.blur();
      }
      setTimeout(() => form.requestSubmit(save));
    });
  });
})();
