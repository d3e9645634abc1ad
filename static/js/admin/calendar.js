/* Dragging an issue to another day of the calendar; its time of the day stays. Without this the
   link beside it leads to a form. */
(() => {
  "use strict";
  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("#move-form");
    const days = document.querySelector(".calendar");
    if (!form || !days) {
      return;
    }
    let dragged = null;
    const dayOf = (event) => dragged && event.target.closest(".day");
    const leave = () => days.querySelectorAll(".over").forEach((day) => day.classList.remove("over"));

    document.addEventListener("dragstart", (event) => {
      dragged = event.target.closest && event.target.closest("[data-move]");
      if (dragged) {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", dragged.querySelector("a").textContent);
      }
    });
    document.addEventListener("dragend", () => {
      dragged = null;
      leave();
    });
    days.addEventListener("dragover", (event) => {
      const day = dayOf(event);
      leave();
      if (day) {
        event.preventDefault();
        day.classList.add("over");
      }
    });
    days.addEventListener("drop", (event) => {
      const day = dayOf(event);
      if (!day) {
        return;
      }
      event.preventDefault();
      if (day.contains(dragged)) {
        return;
      }
      form.action = dragged.dataset.move;
      form.elements.published_at.value = `${day.dataset.day}T${dragged.dataset.time}`;
      form.requestSubmit();
    });
  });
})();
