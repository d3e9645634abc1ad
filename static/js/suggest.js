/* Says at once whether the address that is typed was covered before. Without it the answer comes
   when the form is sent. */
(() => {
  "use strict";
  const field = document.querySelector(".public-form [name=url]");
  const answer = document.querySelector(".public-form .covered");
  if (!field || !answer) {
    return;
  }
  let asked = field.value.trim();
  let running = null;

  const look = async () => {
    const url = field.value.trim();
    if (url === asked) {
      return;
    }
    asked = url;
    running?.abort();
    running = new AbortController();
    try {
      const address = `${window.location.pathname}?${new URLSearchParams({ url })}`;
      const response = await fetch(address, { signal: running.signal });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      answer.replaceChildren(...(page.querySelector(".public-form .covered")?.childNodes ?? []));
    } catch {
      // aborted, or no connection: sending the form gives the answer
    }
  };
  field.addEventListener("change", look);
})();
