// Shows the accent in the samples while it is typed or picked; what passes, saving says.
"use strict";

for (const sample of document.querySelectorAll(".accent-sample")) {
  const field = document.getElementById(`id_${sample.dataset.field}`);
  if (field) {
    const picker = document.createElement("input");
    picker.type = "color";
    picker.className = "accent-picker";
    picker.value = sample.dataset.colour;
    picker.setAttribute("aria-label", sample.dataset.pick);
    field.after(picker);

    const show = (colour) => {
      for (const part of sample.querySelectorAll(".accent")) {
        part.setAttribute("fill", colour);
      }
      sample.nextElementSibling.textContent = colour;
    };
    field.addEventListener("input", () => {
      const colour = field.value.trim();
      if (/^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(colour)) {
        picker.value = colour.length === 4 ? colour.replace(/[0-9a-f]/gi, "$&$&") : colour;
        show(colour);
      }
    });
    picker.addEventListener("input", () => {
      field.value = picker.value;
      show(picker.value);
    });
  }
}
