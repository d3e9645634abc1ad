/* An item's own link, named after the item: it offers the item's address to copy, all that was said
   about its link, and to report that. Without this script it leads to the item, and the end of the issue to the reports. */
(() => {
  "use strict";
  const MARKS = 'a[href^="#item-"]:empty';
  const body = document.querySelector(".post > .body");
  const menu = document.querySelector(".item-menu");
  if (!body || !menu) {
    return;
  }
  const button = menu.querySelector("button");
  const report = menu.querySelector('a[rel="nofollow"]');
  const more = menu.querySelector(".item-more");
  const about = more?.href;
  const words = button.textContent;
  let opened = null;

  const nameOf = (mark) => {
    const item = mark.parentElement;
    const title = item.querySelector(".title");
    if (title && title.compareDocumentPosition(mark) & Node.DOCUMENT_POSITION_FOLLOWING) {
      return title.textContent;
    }
    const before = document.createRange();
    before.setStart(item, 0);
    before.setEndBefore(mark);
    return before.toString().trim().slice(0, 80);
  };

  const close = () => {
    opened?.setAttribute("aria-expanded", "false");
    menu.hidden = true;
    opened = null;
  };

  const open = (mark) => {
    close();
    opened = mark;
    mark.setAttribute("aria-expanded", "true");
    window.history.replaceState(null, "", mark.hash);
    button.textContent = words;
    const item = mark.hash.slice("#item-".length);
    if (report) {
      report.href = `${report.href.split("?")[0]}?item=${item}`;
      report.hidden = !mark.dataset.host;
    }
    if (more) {
      more.href = `${about}${item}/`;
      more.hidden = !mark.dataset.host;
    }
    mark.after(menu);
    menu.hidden = false;
  };

  for (const mark of body.querySelectorAll(MARKS)) {
    mark.setAttribute("aria-label", `${menu.dataset.name} ${nameOf(mark)}`);
    mark.setAttribute("aria-expanded", "false");
  }
  // What the style says of a link that was covered before, for tools that do not read styles.
  for (const again of body.querySelectorAll(".again")) {
    const style = window.getComputedStyle(again);
    const word = (name) => JSON.parse(style.getPropertyValue(name).trim() || '""');
    const { day = "", issue = "" } = again.dataset;
    again.setAttribute("aria-label", `${word("--before")}${day}${word("--between")}${issue}`);
  }
  // Headings show theirs to whoever points at them; for all others they are in the contents.
  for (const heading of body.querySelectorAll(":is(h2, h3, h4, h5, h6)[id]:not(:has([id]))")) {
    const mark = document.createElement("a");
    mark.className = "heading-mark";
    mark.href = `#${heading.id}`;
    mark.tabIndex = -1;
    mark.setAttribute("aria-hidden", "true");
    heading.append(mark);
  }

  document.addEventListener("click", (event) => {
    const mark = event.target.closest(MARKS);
    if (mark && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      (mark === opened ? close : open)(mark);
    } else if (!menu.contains(event.target)) {
      close();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && opened) {
      opened.focus();
      close();
    }
  });
  button.addEventListener("click", async () => {
    const page = document.querySelector('link[rel="canonical"]')?.href ?? window.location.href;
    const address = page.split("#")[0] + opened.hash;
    try {
      await window.navigator.clipboard.writeText(address);
      button.textContent = button.dataset.done;
    } catch {
      button.textContent = address; // not allowed here: to be copied by hand
    }
  });
})();
