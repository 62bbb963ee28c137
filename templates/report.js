"use strict";
(() => {
  const root = document.documentElement;
  const theme = document.querySelector(".theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const links = new Map([...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const id of links.keys()) seen.observe(document.getElementById(id));

  const filter = document.querySelector(".filter");
  if (filter) {
    const rows = [...document.querySelectorAll("table.long tbody tr")];
    const count = filter.querySelector(".filter-count");
    filter.hidden = false;
    filter.querySelector("input").addEventListener("input", (event) => {
      const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      count.textContent = `${shown} of ${rows.length} rows`;
    });
  }

  const box = document.querySelector(".lightbox");
  const shown = [...document.querySelectorAll(".shown[id]")];
  let place = 0;
  const open = (k) => {
    place = (k + shown.length) % shown.length;
    const stage = box.querySelector(".stage");
    stage.replaceChildren(shown[place].querySelector(".views").cloneNode(true));
    box.querySelector(".caption").textContent =
      [...shown[place].querySelectorAll(".answer, .details")].map((p) => p.textContent.replace(/\s+/g, " ").trim()).join(" · ");
    if (!box.open) box.showModal();
  };
  shown.forEach((one, k) => {
    for (const image of one.querySelectorAll("img")) {
      image.tabIndex = 0;
      image.setAttribute("role", "button");
      image.addEventListener("click", () => open(k));
      image.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(k); }
      });
    }
  });
  box.querySelector(".next").addEventListener("click", () => open(place + 1));
  box.querySelector(".previous").addEventListener("click", () => open(place - 1));
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") open(place + 1);
    if (event.key === "ArrowLeft") open(place - 1);
  });
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
})();
