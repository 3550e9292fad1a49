// Selecting rows of a list: the box in the head ticks all of the page, and the bar says how many are ticked.
"use strict";

function boxes() {
  return [...document.querySelectorAll('input[form="bulk"][name="row"]')];
}

function count() {
  const bar = document.querySelector(".list-selected");
  if (!bar) return;
  const ticked = boxes().filter((box) => box.checked).length;
  bar.textContent = ticked ? bar.dataset.some.replace("{count}", ticked) : bar.dataset.none;
}

document.addEventListener("change", (event) => {
  if (event.target.matches(".list-all")) for (const box of boxes()) box.checked = event.target.checked;
  count();
});
document.addEventListener("htmx:afterSwap", count);
