/* Forms that a passkey fills in: asked for by a button, sent once the device has answered. */
(() => {
  "use strict";
  if (!window.PublicKeyCredential || !window.webauthnJSON) {
    return;
  }

  async function challenge(form) {
    if (form.dataset.options) {
      return JSON.parse(form.dataset.options);
    }
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    return answer.json();
  }

  async function fill(form) {
    const trouble = form.querySelector(".trouble");
    trouble.hidden = true;
    try {
      const made = await window.webauthnJSON[form.dataset.passkey](await challenge(form));
      form.elements.credential.value = JSON.stringify(made);
      form.submit();
    } catch {
      // Given up, out of time, or no passkey of this site: browsers do not say which.
      trouble.textContent = form.dataset.trouble;
      trouble.hidden = false;
    }
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      fill(form);
    });
  }
  for (const hint of document.querySelectorAll(".no-passkey")) {
    hint.hidden = true;
  }
})();
