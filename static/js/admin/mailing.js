// The page of a mailing follows what happens, as long as it happens and somebody looks.
// Without this script, reloading does the same.
"use strict";

(() => {
  const part = document.querySelector("[data-progress]");
  if (!part) return;
  const EVERY = 3000;

  const look = async () => {
    if ("over" in part.dataset) return;
    // What somebody is about to press stays where it is.
    if (document.visibilityState === "visible" && !part.contains(document.activeElement)) {
      try {
        const answer = await fetch(part.dataset.progress, { headers: { Accept: "application/json" } });
        if (answer.ok && !answer.redirected) {
          const found = await answer.json();
          part.innerHTML = found.html;
          if (found.over) part.dataset.over = "";
        }
      } catch {
        // The site is not there just now: it is asked again.
      }
    }
    setTimeout(look, EVERY);
  };
  setTimeout(look, EVERY);
})();
