/* On paper a link cannot be followed: number the links of an issue and list their addresses. */
(() => {
  "use strict";
  const isAddress = (link) => /^https?:/.test(link.getAttribute("href") || "");

  const clear = () => {
    document.documentElement.classList.remove("with-print-links");
    for (const made of document.querySelectorAll(".print-mark, .print-links")) {
      made.remove();
    }
  };

  const build = () => {
    clear();
    const body = document.querySelector(".post .body");
    const links = body ? [...body.querySelectorAll("a[href]")].filter(isAddress) : [];
    if (!links.length) {
      return;
    }
    const numbers = new Map();
    const list = document.createElement("ol");
    list.className = "print-links";
    for (const link of links) {
      if (!numbers.has(link.href)) {
        numbers.set(link.href, numbers.size + 1);
        const row = document.createElement("li");
        row.textContent = link.getAttribute("href");
        list.append(row);
      }
      const mark = document.createElement("sup");
      mark.className = "print-mark";
      mark.textContent = numbers.get(link.href);
      link.after(mark);
    }
    body.append(list);
    document.documentElement.classList.add("with-print-links");
  };

  window.addEventListener("beforeprint", build);
  window.addEventListener("afterprint", clear);
})();
