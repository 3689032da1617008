// What lab.py asks of a page of JupyterLab, as functions of `probe`.
window.probe = (() => {
  const VIEW = ".mcalc-explorer";
  const waiting = new Set(); // requests that the kernel is not through with
  let kernel = null;

  // --- the notebook and its kernel ---

  const panel = () => window.jupyterapp?.shell.currentWidget;
  const cells = () => [...panel().content.model.cells].map((cell) => cell.toJSON());
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Whether the notebook is open and its kernel idle; from then on the kernel is listened to.
  function ready() {
    const found = panel()?.sessionContext?.session?.kernel;
    if (!panel()?.context?.isReady || found?.status !== "idle") return false;
    if (kernel !== found) {
      kernel = found;
      kernel.anyMessage.connect((_, { msg, direction }) => {
        if (direction === "send" && msg.channel === "shell") waiting.add(msg.header.msg_id);
      });
      kernel.iopubMessage.connect((_, msg) => {
        if (msg.content.execution_state === "idle") waiting.delete(msg.parent_header.msg_id);
      });
    }
    return true;
  }

  // Resolves when all that was sent to the kernel has been answered and shown, for some frames on
  // end: to true, or to false if that takes too long.
  function settled(seconds, frames) {
    return new Promise((resolve) => {
      let calm = 0;
      const end = performance.now() + 1000 * seconds;
      const look = () => {
        calm = waiting.size ? 0 : calm + 1;
        if (calm >= frames) return resolve(true);
        if (performance.now() < end) requestAnimationFrame(look);
      };
      setTimeout(() => resolve(false), 1000 * seconds);
      requestAnimationFrame(look);
    });
  }

  function run(command, options) {
    void window.jupyterapp.commands.execute(command, options);
  }

  // Whether all cells have been run, or one has failed, which ends it.
  function ran() {
    const code = cells().filter((cell) => cell.cell_type === "code" && String(cell.source).trim());
    const done = code.every((cell) => cell.execution_count) || code.some(failed);
    return done && kernel.status === "idle";
  }

  const raises = (cell) => (cell.metadata.tags ?? []).includes("raises-exception");
  const failed = (cell) =>
    !raises(cell) && cell.outputs?.some((output) => output.output_type === "error");

  // What is not there yet: MathJax and the widgets come late. Until then there are dollars where
  // formulas will be.
  function unfinished(root = document) {
    const found = [];
    for (const place of all(".jp-RenderedMarkdown, .jp-RenderedLatex, .widget-htmlmath", root)) {
      const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode())
        if (/\$[^$]+\$/.test(node.data) && !node.parentElement.closest("code, pre, mjx-container"))
          found.push(`not typeset: ${node.data}`);
    }
    for (const place of all(".jp-OutputArea-output", root))
      if (/^(Loading|Error displaying) widget/.test(place.textContent))
        found.push(place.textContent.trim());
    return found;
  }

  // What is in the notebook that should not be; an error is left out where its cell is to raise.
  function faults() {
    const found = [];
    const told = cells();
    panel().content.widgets.forEach(({ node }, k) => {
      if (!raises(told[k])) {
        for (const output of told[k].outputs ?? [])
          if (output.output_type === "error")
            found.push(`cell ${k + 1}: ${output.ename}: ${output.evalue}`);
        for (const place of all('[data-mime-type="application/vnd.jupyter.stderr"]', node))
          found.push(`cell ${k + 1}: stderr: ${place.textContent.trim()}`);
      }
      for (const place of all("mjx-merror, mjx-container mtext[mathcolor=red]", node)) {
        const why = place.getAttribute("data-mjx-error") ?? `there is no ${place.textContent}`;
        found.push(`cell ${k + 1}: MathJax: ${why}`);
      }
      found.push(...unfinished(node).map((line) => `cell ${k + 1}: ${line}`));
    });
    return found;
  }

  // --- an explorer ---

  const explorers = () => all(VIEW);
  const seen = (element) =>
    getComputedStyle(element).visibility === "visible" && element.getClientRects().length > 0;

  // The box beside a slider, and the label of an input: a slider's is that of its box.
  const box = (handle) => handle.closest(".widget-hbox")?.querySelector("input[type=text]") ?? null;
  const named = (input) =>
    input?.closest(".widget-inline-hbox")?.querySelector("label")?.textContent ?? "an input";

  function state(n) {
    const root = explorers()[n];
    const view = root.querySelector(".mcalc-view");
    const svg = view?.querySelector("svg");
    const drawing = svg?.cloneNode(true);
    for (const told of drawing ? [...drawing.children] : [])
      if (["title", "desc"].includes(told.localName)) told.remove();
    drawing?.removeAttribute("aria-label");
    return {
      view: all(".mcalc-picture > svg, pre", view ?? root).map((part) => part.outerHTML).join(""),
      drawing: drawing?.outerHTML ?? "",
      numbers: view?.querySelector("pre")?.textContent ?? "",
      role: svg?.getAttribute("role") ?? null,
      label: svg?.getAttribute("aria-label") ?? "",
      title: svg?.querySelector(":scope > title")?.textContent ?? "",
      description: svg?.querySelector(":scope > desc")?.textContent ?? "",
      formulas: all("mjx-container", root).length,
      alert: all("[role=alert]", root).map((place) => place.textContent.trim()).join(" "),
      height: root.getBoundingClientRect().height,
      sliders: all(".noUi-handle", root).map((handle) => ({
        name: named(box(handle)),
        seen: seen(handle),
        at: Number(handle.getAttribute("aria-valuenow")),
        low: Number(handle.getAttribute("aria-valuemin")),
        high: Number(handle.getAttribute("aria-valuemax")),
        box: box(handle)?.value ?? null,
        beside: all("input[type=text]", root).indexOf(box(handle)),
      })),
      boxes: all("input[type=text]", root).map((input) => ({
        name: named(input),
        seen: seen(input) && !input.disabled,
        value: input.value,
      })),
      selects: all("select", root).map((select) => ({
        name: named(select),
        seen: seen(select) && !select.disabled,
        at: select.selectedIndex,
        options: [...select.options].map((option) => option.label),
      })),
      buttons: all("button", root).map((button) => ({
        name: button.textContent.trim() || button.title,
        seen: seen(button) && !button.disabled,
        stays: button.classList.contains("widget-toggle-button"),
      })),
    };
  }

  // The place of the cell that an explorer is in; and the count that a cell was run with.
  const home = (n) =>
    panel().content.widgets.findIndex((cell) => cell.node.contains(explorers()[n]));
  const count = (place) => panel().content.model.cells.get(place).executionCount;

  // Where on the screen a slider is, after it was brought there: its handle, and how long it is.
  function grip(n, k) {
    const handle = all(".noUi-handle", explorers()[n])[k];
    handle.scrollIntoView({ block: "center" });
    const { x, y, width, height } = handle.getBoundingClientRect();
    const track = handle.closest(".noUi-base").getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2, length: track.width };
  }

  // --- contrast ---

  function colour(text) {
    const parts = /^rgba?\(([^)]*)\)$/.exec(text)?.[1].split(/[,/ ]+/).map(Number);
    if (!parts) throw new Error(`a colour of another form: ${text}`);
    return { rgb: parts.slice(0, 3), alpha: parts[3] ?? 1 };
  }

  const over = ({ rgb, alpha }, below) => rgb.map((c, k) => alpha * c + (1 - alpha) * below[k]);

  function luminance(rgb) {
    const [r, g, b] = rgb.map((c) => {
      const s = c / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrast(a, b) {
    const [dark, light] = [luminance(a), luminance(b)].sort((one, other) => one - other);
    return (light + 0.05) / (dark + 0.05);
  }

  // What an element stands on: the colours of all that is around it, down to an opaque one.
  function ground(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      layers.push(colour(getComputedStyle(at).backgroundColor));
      if (layers.at(-1).alpha === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255]);
  }

  function paint(shape) {
    const style = getComputedStyle(shape);
    if (style.fill === "none") return { rgb: [0, 0, 0], alpha: 0 };
    const { rgb, alpha } = colour(style.fill);
    return { rgb, alpha: alpha * Number(style.fillOpacity) * Number(style.opacity) };
  }

  function covers(shape, { x, y }) {
    const point = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse());
    return shape.isPointInFill(point);
  }

  // Every text of an explorer, and its contrast with what is below it.
  function contrasts(n) {
    const found = [];
    const root = explorers()[n];
    for (const svg of all(".mcalc-picture > svg", root)) {
      const shapes = all("rect, polygon, circle, ellipse, path", svg);
      for (const text of all("text", svg).filter((place) => place.textContent.trim())) {
        const { x, y, width, height } = text.getBoundingClientRect();
        const centre = { x: x + width / 2, y: y + height / 2 };
        const below = shapes
          .filter((s) => s.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)
          .filter((s) => covers(s, centre))
          .reduce((under, shape) => over(paint(shape), under), ground(svg.parentElement));
        found.push([text.textContent, contrast(over(paint(text), below), below)]);
      }
    }
    const words = "pre, label, select, input[type=text], button, [role=alert]";
    for (const place of all(words, root).filter(seen)) {
      const below = ground(place);
      const ink = over(colour(getComputedStyle(place).color), below);
      found.push([place.textContent.trim() || place.value || "", contrast(ink, below)]);
    }
    return found.filter(([text]) => text);
  }

  // --- how long it takes from a key to the picture ---

  // Each key is timed from its event to the first frame after something inside the element that is
  // watched has changed. The times are in `times`, in milliseconds.
  const times = [];
  let pressed = null;
  let due = false; // whether the change has come, and its frame is awaited

  const start = () => {
    [pressed, due] = [performance.now(), false];
  };
  const watcher = new MutationObserver(() => {
    if (pressed === null || due) return;
    due = true;
    requestAnimationFrame(() => {
      times.push(performance.now() - pressed);
      pressed = null;
    });
  });

  function stopwatch(selector, k) {
    times.length = 0;
    pressed = null;
    watcher.disconnect();
    watcher.observe(all(selector)[k], { childList: true, subtree: true, characterData: true });
    document.addEventListener("keydown", start, true); // the same one again is not added
  }

  return {
    cells, contrasts, count, explorers, faults, grip, home, ran, ready, run, settled, state,
    stopwatch, times, unfinished,
  };
})();
