/* The place in an issue: kept in this browser alone, and only if its reader asked for that. It is
   offered, never jumped to. */
(() => {
  "use strict";
  const KEPT = 30; // issues
  const body = document.querySelector(".post > .body");
  const bar = document.querySelector(".resume");
  if (!body || !bar) {
    return;
  }

  const read = (name) => {
    try {
      return window.localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const write = (name, value) => {
    try {
      window.localStorage.setItem(name, value);
    } catch {
      // nothing is kept then
    }
  };
  const places = () => {
    try {
      return Object.entries(JSON.parse(read("places") ?? "{}"));
    } catch {
      return [];
    }
  };
  const path = window.location.pathname;
  const isWanted = () => read("place") === "on";

  const keep = () => {
    const others = places().filter(([name]) => name !== path);
    const passed = [...body.querySelectorAll("[id]")].filter(
      (element) => element.getBoundingClientRect().top < window.innerHeight / 3,
    );
    const isOver = body.getBoundingClientRect().bottom < window.innerHeight;
    const last = isOver ? undefined : passed.at(-1);
    const now = last ? [...others, [path, last.id]] : others;
    write("places", JSON.stringify(Object.fromEntries(now.slice(-KEPT))));
  };
  let timer = 0;
  document.addEventListener(
    "scroll",
    () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => isWanted() && keep(), 400);
    },
    { passive: true },
  );
  document.documentElement.addEventListener("place-choice", () => {
    if (!isWanted()) {
      write("places", "{}");
      bar.hidden = true;
    }
  });

  const found = Object.fromEntries(places())[path];
  const target = found && document.getElementById(found);
  if (isWanted() && target && !window.location.hash) {
    bar.querySelector("a").href = `#${found}`;
    bar.hidden = false;
    bar.addEventListener("click", () => {
      bar.hidden = true;
    });
  }
})();
