/* The contents of an issue: always open beside the text; above it a fold that closes once it was
   used. Both mark where the reader is. */
(() => {
  "use strict";
  const LINE = 96; // pixels from the top: a heading that is above has been reached
  const contents = document.querySelector(".contents");
  if (!contents) {
    return;
  }
  const fold = contents.querySelector("details");
  const here = contents.querySelector(".contents-here");
  const beside = window.matchMedia("(min-width: 56rem)");
  const links = [...contents.querySelectorAll("a")];
  const headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  let current = null;
  let waits = false;

  const show = (link) => {
    current?.removeAttribute("aria-current");
    current = link;
    current?.setAttribute("aria-current", "location");
    here.textContent = current?.textContent ?? "";
    if (link && beside.matches) {
      contents.scrollTop = link.offsetTop - contents.clientHeight / 2;
    }
  };
  const look = () => {
    waits = false;
    const reached = headings.findLastIndex((row) => row && row.getBoundingClientRect().top <= LINE);
    if (links[reached] !== (current ?? undefined)) {
      show(links[reached]);
    }
  };
  const unfold = () => {
    fold.open = beside.matches;
  };

  window.addEventListener("scroll", () => {
    if (!waits) {
      waits = true;
      window.requestAnimationFrame(look);
    }
  }, { passive: true });
  document.addEventListener("click", (event) => {
    if (!beside.matches && (!contents.contains(event.target) || event.target.closest("a"))) {
      fold.open = false;
    }
  });
  contents.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !beside.matches) {
      fold.open = false;
      fold.querySelector("summary").focus();
    }
  });
  beside.addEventListener("change", unfold);
  unfold();
  look();
})();
