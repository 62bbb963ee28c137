"use strict";
const report = {};

(() => {
  const root = document.documentElement;
  root.classList.add("scripted");

  // A link may name a place and, behind a question mark, what is chosen there: #examples?class=nurse
  const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
  report.place = () => {
    const [id, ...query] = location.hash.slice(1).split("?");
    return { id: decoded(id), chosen: new URLSearchParams(query.join("?")) };
  };
  report.note = (hash) => {
    try { history.replaceState(null, "", hash || location.pathname + location.search); } catch { /* framed: no address of its own */ }
  };

  const unfold = (element) => {
    for (let at = element; at; at = at.parentElement) if (at.localName === "details") at.open = true;
    for (const fold of element.closest(".finding")?.querySelectorAll("details.fold") ?? []) fold.open = true;
  };
  report.visitors = [];
  report.visit = () => {
    const { id, chosen } = report.place();
    const target = id && document.getElementById(id);
    if (!target) return;
    unfold(target);
    if (!report.visitors.some((visitor) => visitor(target, chosen))) target.scrollIntoView({ behavior: "instant" });
  };
  report.start = () => {
    addEventListener("hashchange", report.visit);
    report.visit();
  };

  const theme = document.querySelector(".theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const tell = () => theme.setAttribute("aria-pressed", String(isDark()));
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    tell();
  });
  system.addEventListener("change", tell);
  tell();

  // What most readers skip is folded; print and links unfold it.
  const folds = [...document.querySelectorAll("details.fold")];
  for (const fold of folds) fold.open = false;
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = folds.filter((fold) => !fold.open);
    for (const fold of folded) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of folded) fold.open = false; });

  const contents = document.querySelector(".contents");
  const narrow = matchMedia("(max-width: 900px)");
  const list = contents.querySelector("details");
  const fit = () => { list.open = !narrow.matches; };
  narrow.addEventListener("change", fit);
  fit();
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a") && narrow.matches) list.open = false;
  });

  const links = new Map([...contents.querySelectorAll("a")].map((a) => [a.hash.slice(1), a]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        for (const link of links.values()) link.removeAttribute("aria-current");
        const link = links.get(entry.target.id);
        link?.setAttribute("aria-current", "true");
        if (link && !narrow.matches) contents.scrollTop = Math.min(Math.max(contents.scrollTop, link.offsetTop - contents.clientHeight + 80), link.offsetTop - 20);
      }
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const id of links.keys()) {
    const target = document.getElementById(id);
    if (target) seen.observe(target);
  }
})();
