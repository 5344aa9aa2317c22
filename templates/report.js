"use strict";
(() => {
  const grid = document.getElementById("grid");
  const form = document.getElementById("filter");
  const words = document.getElementById("words");
  const shown = document.getElementById("shown");
  const body = grid.tBodies[0];
  const rows = [...body.rows].map((row) => {
    const article = document.getElementById(row.dataset.target);
    return { row, article, text: (row.cells[0].textContent + " " + article.textContent).toLowerCase() };
  });

  function filter() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcomes = new Set([...form.querySelectorAll(":checked")].map((box) => box.value));
    let count = 0;
    for (const { row, article, text } of rows) {
      const visible = outcomes.has(row.dataset.outcome) && wanted.every((word) => text.includes(word));
      row.hidden = article.hidden = !visible;
      count += visible;
    }
    shown.textContent = `${count} of ${rows.length} cells shown`;
  }

  function sort(column, header) {
    const descending = header.getAttribute("aria-sort") === "ascending";
    for (const other of grid.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const key = ({ row }) => Number(row.cells[column].dataset.key);
    const sorted = [...rows].sort((a, b) => (descending ? key(b) - key(a) : key(a) - key(b)));
    body.append(...sorted.map(({ row }) => row));
  }

  function open() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("article")) {
      target.hidden = false;
      target.firstElementChild.open = true;
      target.scrollIntoView();
    }
  }

  [...grid.tHead.rows[0].cells].forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(column, header));
    header.append(button);
  });
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", open);
  filter();
  open();
})();
