// Shows the accent in the samples while it is typed; what passes, saving says.
"use strict";

for (const sample of document.querySelectorAll(".accent-sample")) {
  const field = document.getElementById(`id_${sample.dataset.field}`);
  field?.addEventListener("input", () => {
    if (/^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(field.value.trim())) {
      for (const part of sample.querySelectorAll(".accent")) {
        part.setAttribute("fill", field.value.trim());
      }
      sample.nextElementSibling.textContent = field.value.trim();
    }
  });
}
