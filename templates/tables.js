// Tables: a heading sorts by its column, up, down and back; a field shows the rows that hold all its words.
(() => {
  const order = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
  const aside = ".cell-note, .origin, .hidden";
  const wordsOf = (cell) => [...cell.childNodes]
    .filter((node) => !(node instanceof Element && node.matches(aside)))
    .map((node) => node.textContent).join(" ").replace(/\s+/g, " ").trim();
  const numberOf = (words) => {
    const found = words.replace(/[−–](?=\d)/g, "-").match(/[+-]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?/i);
    return found ? Number(found[0].replace(/,/g, "")) : null;
  };

  const keyOf = (row, column, numeric) => {
    const cell = row.cells[column];
    const words = cell ? wordsOf(cell) : "";
    if (words === "" || words === "–" || words === "-") return null;
    return numeric ? numberOf(words) : words;
  };
  const compare = (one, other, numeric) => (numeric ? one - other : order.compare(one, other));

  const sorted = (rows, { column, numeric, way }) => {
    const keyed = rows.map((row, place) => ({ row, place, key: keyOf(row, column, numeric) }));
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.place - b.place;
      return way * compare(a.key, b.key, numeric) || a.place - b.place;
    });
    return keyed.map(({ row }) => row);
  };

  const makeSortable = (table, rows) => {
    const body = table.tBodies[0];
    const totals = rows.filter((row) => row.classList.contains("total"));
    const free = rows.filter((row) => !row.classList.contains("total"));
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const numeric = head.classList.contains("num");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        for (const other of heads) other.removeAttribute("aria-sort");
        const next = { ascending: "descending", descending: "" }[now] ?? "ascending";
        if (next) head.setAttribute("aria-sort", next);
        const way = next === "descending" ? -1 : 1;
        body.append(...(next ? sorted(free, { column, numeric, way }) : free), ...totals);
      });
    });
  };

  const tools = document.getElementById("table-tools");
  const makeFilterable = (table, rows) => {
    const made = tools.content.cloneNode(true).firstElementChild;
    const [kept, all] = [made.querySelector(".kept"), made.querySelector(".all")];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const input = made.querySelector("input");
    kept.textContent = all.textContent = rows.length.toLocaleString("en");
    input.setAttribute("aria-label", `${made.querySelector("label").textContent.trim()}: ${wordsOf(table.caption)}`);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, k) => {
        row.hidden = !words.every((word) => texts[k].includes(word));
        shown += row.hidden ? 0 : 1;
      });
      kept.textContent = shown.toLocaleString("en");
    });
    table.closest(".scroll").before(made);
  };

  for (const table of document.querySelectorAll("table.t")) {
    const rows = [...table.tBodies[0].rows];
    if (table.tHead && rows.length > 2 && !table.matches(".matrix, .signatures")) makeSortable(table, rows);
    if (rows.length >= (table.tHead ? 10 : 20) && table.closest(".scroll") && table.caption) makeFilterable(table, rows);
  }
})();
