// Maps are painted from their grid, one grey pixel per cell: blown up in between, coloured, a line at half the maximum.
(() => {
  const stops = ["R", "G", "B"].map((channel) =>
    document.querySelector(`#inferno feFunc${channel}`).getAttribute("tableValues").trim().split(/\s+/).map(Number));
  const colours = new Uint8ClampedArray(256 * 3);
  for (let value = 0; value < 256; value += 1) {
    stops.forEach((table, channel) => {
      const at = (value / 255) * (table.length - 1);
      const low = Math.min(Math.floor(at), table.length - 2);
      colours[value * 3 + channel] = 255 * (table[low] + (table[low + 1] - table[low]) * (at - low));
    });
  }

  const grids = new Map();
  const gridOf = (image) => {
    if (!grids.has(image.src)) {
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      const pen = canvas.getContext("2d", { willReadFrequently: true });
      pen.drawImage(image, 0, 0);
      const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
      const cells = new Float32Array(canvas.width * canvas.height);
      for (let k = 0; k < cells.length; k += 1) cells[k] = pixels[4 * k] / 255;
      grids.set(image.src, { cells, columns: canvas.width, rows: canvas.height });
    }
    return grids.get(image.src);
  };

  // Where each pixel lies between two cells: half-pixel centres, as networks blow up their maps.
  const weights = (cells, pixels) => Array.from({ length: pixels }, (_, k) => {
    const at = Math.min(Math.max(((k + 0.5) * cells) / pixels - 0.5, 0), cells - 1);
    const low = Math.floor(at);
    return [low, Math.min(low + 1, cells - 1), at - low];
  });
  const upsampled = ({ cells, rows, columns }, width, height) => {
    const across = weights(columns, width);
    const field = new Float32Array(width * height);
    weights(rows, height).forEach(([top, bottom, down], y) => {
      across.forEach(([left, right, along], x) => {
        const upper = cells[top * columns + left] * (1 - along) + cells[top * columns + right] * along;
        const lower = cells[bottom * columns + left] * (1 - along) + cells[bottom * columns + right] * along;
        field[y * width + x] = upper * (1 - down) + lower * down;
      });
    });
    return field;
  };

  // How far a pixel lies from the line: the value over the slope.
  const away = (field, level, { x, y, width, height }) => {
    const k = y * width + x;
    const slopeX = (field[k + (x < width - 1 ? 1 : 0)] - field[k - (x > 0 ? 1 : 0)]) / 2;
    const slopeY = (field[k + (y < height - 1 ? width : 0)] - field[k - (y > 0 ? width : 0)]) / 2;
    return Math.abs(field[k] - level) / Math.max(Math.hypot(slopeX, slopeY), 1e-6);
  };
  const lay = (pixel, tone, alpha) => {
    const kept = pixel[3] * (1 - alpha);
    const whole = alpha + kept;
    if (whole > 0) for (let c = 0; c < 3; c += 1) pixel[c] = (tone[c] * alpha + pixel[c] * kept) / whole;
    pixel[3] = whole;
  };

  report.paint = (image, canvas) => {
    const { width, height } = canvas;
    const field = upsampled(gridOf(image), width, height);
    const level = field.reduce((most, value) => Math.max(most, value), 0) / 2;
    const pen = canvas.getContext("2d");
    const made = pen.createImageData(width, height);
    const broad = Math.max(1, width / 400);
    for (let y = 0, k = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, k += 1) {
        const at = 3 * Math.round(field[k] * 255);
        const pixel = [colours[at], colours[at + 1], colours[at + 2], field[k]];
        const distance = away(field, level, { x, y, width, height });
        if (level > 0 && distance < 1.9 * broad + 0.5) {
          lay(pixel, [0, 0, 0], Math.min(1.9 * broad + 0.5 - distance, 1));
          lay(pixel, [255, 255, 255], Math.min(Math.max(0.8 * broad + 0.5 - distance, 0), 1));
        }
        made.data.set([pixel[0], pixel[1], pixel[2], pixel[3] * 255], 4 * k);
      }
    }
    pen.putImageData(made, 0, 0);
  };

  const replace = (image) => {
    if (image.hidden || !image.complete || !image.naturalWidth) return;
    const canvas = document.createElement("canvas");
    canvas.className = "map painted";
    canvas.width = Number(image.dataset.width);
    canvas.height = Number(image.dataset.height);
    canvas.setAttribute("aria-hidden", "true");
    try { report.paint(image, canvas); } catch { return; } // a browser that lets nobody read pixels shows the grid itself
    image.before(canvas);
    image.hidden = true;
  };
  const all = [...document.querySelectorAll("img.map")];
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) {
        near.unobserve(target);
        if (target.complete) replace(target);
        else target.addEventListener("load", () => replace(target), { once: true });
      }
    }
  }, { rootMargin: "600px" });
  for (const image of all) near.observe(image);
  addEventListener("beforeprint", () => all.forEach(replace));
})();
