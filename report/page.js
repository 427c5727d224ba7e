// Everything is there without this: it sorts tables, and shows at once what a browser tells late.
"use strict";
(() => {
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    table.classList.add("sorts");
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.tabIndex = 0;
      const sort = () => {
        const down = head.getAttribute("aria-sort") !== "descending" &&
          (head.hasAttribute("aria-sort") || head.classList.contains("n"));
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].sort((a, b) => {
          const x = value(a, column), y = value(b, column);
          return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
        });
        body.append(...rows);
      };
      head.addEventListener("click", sort);
      head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
    });
  }

  const tip = document.getElementById("tip");
  const place = (event) => {
    const box = tip.getBoundingClientRect();
    const x = Math.min(event.clientX + 14, innerWidth - box.width - 8);
    const y = event.clientY + 18 + box.height > innerHeight
      ? event.clientY - box.height - 10 : event.clientY + 18;
    tip.style.left = Math.max(8, x) + "px";
    tip.style.top = Math.max(8, y) + "px";
  };
  for (const mark of document.querySelectorAll("g.mark")) {
    const title = mark.querySelector(":scope > title");
    if (!title) continue;
    const text = title.textContent;
    mark.setAttribute("aria-label", text);
    title.remove();
    mark.addEventListener("pointerenter", (event) => {
      tip.textContent = text;
      tip.hidden = false;
      place(event);
    });
    mark.addEventListener("pointermove", place);
    mark.addEventListener("pointerleave", () => { tip.hidden = true; });
  }

  for (const picture of document.querySelectorAll("svg.lineage")) {
    const edges = [...picture.querySelectorAll(".edge")];
    const nodes = [...picture.querySelectorAll(".node")];
    for (const node of nodes) {
      node.addEventListener("pointerenter", () => {
        const id = node.dataset.node;
        const near = new Set([id]);
        picture.classList.add("lit");
        for (const edge of edges) {
          const on = edge.dataset.a === id || edge.dataset.b === id;
          edge.classList.toggle("on", on);
          if (on) near.add(edge.dataset.a).add(edge.dataset.b);
        }
        for (const other of nodes) other.classList.toggle("on", near.has(other.dataset.node));
      });
      node.addEventListener("pointerleave", () => picture.classList.remove("lit"));
    }
  }
})();
