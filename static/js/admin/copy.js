/* A button that copies what stands beside it. Without it the text can be selected as any other. */
(() => {
  "use strict";
  const prepare = () => {
    for (const place of document.querySelectorAll(".copying:not([data-copies])")) {
      const text = place.querySelector("textarea, input");
      const button = place.querySelector("button");
      const label = button.textContent;
      place.dataset.copies = "";
      button.hidden = false;
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(text.value);
          button.textContent = button.dataset.copied;
          window.setTimeout(() => {
            button.textContent = label;
          }, 2000);
        } catch {
          text.select(); // the clipboard may be forbidden: the text is ready to be copied by hand
        }
      });
    }
  };
  document.addEventListener("DOMContentLoaded", prepare);
  // Whatever puts more of them into the page says so.
  document.addEventListener("copying", prepare);
})();
