// The gallery: filters whose choice stands in the address, outlines that toggle, and each image in large.
(() => {
  const cards = (within) => [...within.querySelectorAll(".shown[data-image]")];
  const gallery = document.querySelector(".gallery");

  const off = new Set();
  const showOutlines = (within) => {
    for (const path of within.querySelectorAll(".outlines path")) path.style.display = off.has(path.dataset.region) ? "none" : "";
  };
  const toggles = [];
  const watch = (box) => {
    toggles.push(box);
    box.addEventListener("change", () => {
      off[box.checked ? "delete" : "add"](box.value);
      for (const other of toggles) if (other.value === box.value) other.checked = box.checked;
      showOutlines(document);
    });
  };
  document.querySelectorAll(".key input[type=checkbox]").forEach(watch);

  const filters = document.querySelector(".filters");
  const selects = filters ? [...filters.querySelectorAll("select")] : [];
  const has = (card, select) => !select.value || (card.dataset[select.name] ?? "").split("\n").includes(select.value);
  const filter = () => {
    const every = cards(gallery);
    let shown = 0;
    for (const card of every) {
      card.hidden = !selects.every((select) => has(card, select));
      shown += card.hidden ? 0 : 1;
    }
    for (const group of gallery.querySelectorAll(".pair, .more-shown")) group.hidden = cards(group).every((card) => card.hidden);
    filters.querySelector(".kept").textContent = shown;
    filters.querySelector(".all").textContent = every.length;
    filters.querySelector(".clear").disabled = selects.every((select) => !select.value);
    gallery.querySelector(".nothing").hidden = shown > 0;
  };
  const chosen = () => {
    const query = new URLSearchParams(selects.filter((select) => select.value).map((select) => [select.name, select.value]));
    return String(query) && `#examples?${query}`;
  };
  const choose = (query) => {
    for (const select of selects) {
      select.value = query.get(select.name) ?? "";
      if (select.selectedIndex < 0) select.value = "";
    }
    filter();
  };
  if (filters) {
    filters.addEventListener("change", () => {
      filter();
      report.note(chosen() || "#examples");
    });
    filters.querySelector(".clear").addEventListener("click", () => {
      choose(new URLSearchParams());
      report.note("#examples");
      selects[0].focus();
    });
    filter();
  }

  const box = document.querySelector(".lightbox");
  const part = (name) => box.querySelector(name);
  const strength = part(".strength input");
  let group = [];
  let place = 0;
  let before = "";
  let wanted = 1; // which map: 0 is none
  let leaving = ""; // where a link in the box leads

  const shade = () => {
    const mapped = part(".choices input:checked")?.value > 0 && strength.value > 0;
    const stage = part(".stage");
    stage.classList.toggle("grey", mapped);
    const canvas = stage.querySelector("canvas");
    if (canvas) canvas.style.opacity = mapped ? strength.value / 100 : 0;
    part(".strength output").textContent = `${strength.value} %`;
    strength.disabled = !(part(".choices input:checked")?.value > 0);
  };
  const paint = (card, which) => {
    const frames = [...card.querySelectorAll(".frame")];
    const stage = part(".stage");
    const photo = frames[0].cloneNode(true);
    stage.replaceChildren(photo);
    const source = frames[which]?.querySelector("img.map");
    if (source) {
      const canvas = document.createElement("canvas");
      const scale = 560 / Math.max(source.dataset.width, source.dataset.height);
      canvas.className = "map painted";
      canvas.width = Math.round(source.dataset.width * scale);
      canvas.height = Math.round(source.dataset.height * scale);
      canvas.setAttribute("aria-hidden", "true");
      try { report.paint(source, canvas); } catch { /* pixels cannot be read here: the photograph alone */ }
      photo.querySelector(".outlines") ? photo.querySelector(".outlines").before(canvas) : photo.append(canvas);
    }
    showOutlines(stage);
    shade();
  };
  const offer = (card) => {
    const frames = [...card.querySelectorAll(".frame")];
    const [none, ...old] = part(".choices").children;
    for (const one of old) one.remove();
    frames.slice(1).forEach((frame, k) => {
      const label = none.cloneNode(true);
      const input = label.querySelector("input");
      input.value = k + 1;
      input.checked = false;
      input.disabled = !frame.querySelector("img.map");
      label.querySelector("span").textContent = frame.parentElement.querySelector(".view-name").textContent;
      part(".choices").append(label);
    });
    const inputs = [...part(".choices").querySelectorAll("input")];
    (inputs.find((input) => Number(input.value) === wanted && !input.disabled) ?? inputs[0]).checked = true;
    const drawn = new Set([...frames[0].querySelectorAll(".outlines path")].map((path) => path.dataset.region));
    for (const label of part(".regions").querySelectorAll("label")) label.hidden = !drawn.has(label.querySelector("input").value);
    part(".regions").hidden = drawn.size === 0;
  };
  const show = (k) => {
    place = (k + group.length) % group.length;
    const card = group[place];
    offer(card);
    paint(card, Number(part(".choices input:checked").value));
    part(".lightbox-title").textContent = card.dataset.name;
    part(".caption").replaceChildren(...[...card.querySelectorAll(".answer, .details")].map((line) => line.cloneNode(true)));
    part(".caption").className = `caption ${card.classList.contains("wrong") ? "wrong" : "right"}`;
    part(".place .kept").textContent = place + 1;
    part(".place .all").textContent = group.length;
    const single = group.length < 2;
    part(".previous").disabled = single;
    part(".next").disabled = single;
    part(".link").href = `#image-${card.dataset.image}`;
    report.note(`#image-${card.dataset.image}`);
    if (!box.open) box.showModal();
  };
  const open = (card) => {
    if (!card.querySelector(".frame")) return;
    before = box.open || report.place().id.startsWith("image-") ? before : location.hash;
    const home = card.closest(".finding, .gallery");
    group = cards(home).filter((one) => !one.hidden && one.querySelector(".frame"));
    show(group.indexOf(card));
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.open");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link.closest(".shown"));
  });
  part(".choices").addEventListener("change", (event) => {
    wanted = Number(event.target.value);
    paint(group[place], wanted);
  });
  strength.addEventListener("input", shade);
  part(".regions").querySelectorAll("input").forEach(watch);
  part(".next").addEventListener("click", () => show(place + 1));
  part(".previous").addEventListener("click", () => show(place - 1));
  part(".close").addEventListener("click", () => box.close());
  box.addEventListener("click", (event) => {
    if (event.target === box) box.close();
    const link = event.target.closest("a");
    if (link && !link.matches(".link")) {
      event.preventDefault();
      leaving = link.hash;
      box.close();
    } else if (link) {
      event.preventDefault();
      navigator.clipboard?.writeText(link.href).catch(() => {});
    }
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Tab") {
      const stops = [...box.querySelectorAll("a[href], button, input")].filter((one) => !one.disabled && one.offsetParent);
      const [first, last] = [stops[0], stops.at(-1)];
      if (document.activeElement === (event.shiftKey ? first : last) || document.activeElement === box) {
        event.preventDefault();
        (event.shiftKey ? last : first).focus();
      }
    } else if (!event.target.matches("input") && group.length > 1) {
      if (event.key === "ArrowRight") show(place + 1);
      if (event.key === "ArrowLeft") show(place - 1);
    }
  });
  box.addEventListener("close", () => {
    if (leaving) {
      location.hash = leaving;
      leaving = "";
      return;
    }
    report.note(before || chosen() || "#examples");
    const card = group[place];
    card.scrollIntoView({ block: "nearest", behavior: "instant" });
    card.querySelector("a.open").focus({ preventScroll: true });
  });

  report.visitors.push((target, query) => {
    if (filters && target.id === "examples") {
      choose(query);
      return false;
    }
    if (!target.matches(".shown[data-image]")) return false;
    if (target.hidden || target.closest("[hidden]")) choose(new URLSearchParams());
    target.scrollIntoView({ block: "center", behavior: "instant" });
    open(target);
    return true;
  });
})();
report.start();
