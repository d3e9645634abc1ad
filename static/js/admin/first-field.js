/* Whoever adds a row begins in its first field, unless they are in another one already. */
(() => {
  "use strict";
  const form = document.getElementById(document.currentScript.dataset.form);
  const canType = (field) =>
    field.matches("button, input, select, textarea") && !field.disabled && field.offsetParent;
  const first = form && [...form.elements].find(canType);
  if (first && document.activeElement === document.body) {
    first.focus();
  }
})();
