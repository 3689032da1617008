// Draws what Python sends, and tells it what was taken hold of. There is no mathematics here.

const SVG = "http://www.w3.org/2000/svg";
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const ROUND = 40; // pixels: a ring is drawn around points
const PAGES = { PageUp: 10, PageDown: -10 };

const made = (tag, how, ...inside) => {
  const element = Object.assign(document.createElement(tag), how);
  element.append(...inside);
  return element;
};
const plain = (value) => value.toFixed(12); // 1e-12 is no number for screen readers
const all = (root, selector, each) => root.querySelectorAll(selector).forEach(each);

// --- the picture: a tree of [tag, attributes, content], of which only what is new is touched ---

function build([tag, attributes, inside]) {
  const element = document.createElementNS(SVG, tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  if (typeof inside === "string") element.textContent = inside;
  else element.append(...inside.map(build));
  return element;
}

function update(element, before, now) {
  if (before?.[0] !== now[0] || typeof before[2] !== typeof now[2]) {
    const fresh = build(now);
    element.replaceWith(fresh);
    return fresh;
  }
  const [old, given] = [before[1], now[1]];
  for (const name in given)
    if (old[name] !== given[name]) element.setAttribute(name, given[name]);
  for (const name in old) if (!(name in given)) element.removeAttribute(name);
  if (typeof now[2] === "string") {
    if (before[2] !== now[2]) element.textContent = now[2];
    return element;
  }
  const there = [...element.childNodes];
  now[2].forEach((part, k) => {
    if (k < there.length) update(there[k], before[2][k], part);
    else element.append(build(part));
  });
  there.slice(now[2].length).forEach((part) => part.remove());
  return element;
}

// --- handles: what is under them is moved by the pointer and by keys ---

class Handles {
  constructor(model, place) {
    Object.assign(this, { model, place, there: new Map(), held: null, taken: null, grab: 0 });
  }

  show(handles, width, height) {
    [this.width, this.height] = [width, height];
    const names = new Set(handles.map(({ name }) => name));
    for (const [name, { element }] of this.there)
      if (!names.has(name) && name !== this.held) {
        element.remove();
        this.there.delete(name);
      }
    for (const handle of handles) {
      const found = this.there.get(handle.name) ?? this.make(handle);
      found.handle = handle;
      this.dress(found);
    }
  }

  make(handle) {
    const element = made("div", { className: "mcalc-handle" });
    const found = { element, handle };
    element.addEventListener("pointerdown", (event) => this.take(event, found));
    element.addEventListener("pointermove", (event) => this.drag(event, found));
    for (const name of ["pointerup", "pointercancel"])
      element.addEventListener(name, (event) => this.leave(event, found));
    element.addEventListener("keydown", (event) => this.key(event, found));
    this.there.set(handle.name, found);
    this.place.append(element);
    return found;
  }

  dress({ element, handle }) {
    const { name, words, size, axes, range, stay } = handle;
    const held = this.held === name;
    const ring = !stay && Math.max(...size) <= ROUND ? " round" : ""; // a column has its own frame
    element.className = `mcalc-handle along-${axes}${ring}${held ? " held" : ""}`;
    element.dataset.name = element.title = name;
    element.style.width = `${(100 * size[0]) / this.width}%`;
    element.style.height = `${(100 * size[1]) / this.height}%`;
    const told = { role: "slider", tabindex: 0, "aria-label": name, "aria-valuetext": words,
      "aria-valuemin": plain(range[0]), "aria-valuemax": plain(range[1]),
      "aria-valuenow": plain(range[2]),
      "aria-orientation": axes === "y" ? "vertical" : "horizontal" };
    for (const part in told) element.setAttribute(part, told[part]);
    // What is held follows the pointer, however late the kernel is.
    if (!held || stay || !axes.includes("x")) this.put(element, "left", handle.at[0] / this.width);
    if (!held || stay || !axes.includes("y")) this.put(element, "top", handle.at[1] / this.height);
  }

  put(element, side, share) {
    element.style[side] = `${100 * share}%`;
  }

  // Where the pointer is in the picture.
  pointer({ clientX, clientY }) {
    const { left, top, width, height } = this.place.getBoundingClientRect();
    return [((clientX - left) * this.width) / width, ((clientY - top) * this.height) / height];
  }

  // Where that puts the handle, as far as it goes.
  at(event, { at, axes, box, stay }) {
    const pointer = this.pointer(event);
    if (stay) return pointer;
    return ["x", "y"].map((way, k) => {
      if (!axes.includes(way)) return at[k];
      return Math.min(Math.max(pointer[k] + this.off[k], box[k]), box[k] + box[k + 2]);
    });
  }

  take(event, { element, handle }) {
    if (event.button) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    element.focus({ preventScroll: true });
    const pointer = this.pointer(event);
    this.off = [handle.at[0] - pointer[0], handle.at[1] - pointer[1]];
    [this.held, this.taken] = [handle.name, pointer];
    this.grab = (this.model.get("moved").count ?? 0) + 1;
    element.classList.add("held");
    this.send(handle, { at: handle.stay ? pointer : null, taken: pointer });
  }

  drag(event, { element, handle }) {
    if (this.held !== handle.name) return;
    const at = this.at(event, handle);
    if (!handle.stay) {
      this.put(element, "left", at[0] / this.width);
      this.put(element, "top", at[1] / this.height);
    }
    this.send(handle, { at, taken: this.taken });
  }

  leave(event, found) {
    if (this.held !== found.handle.name) return;
    this.held = null;
    found.element.classList.remove("held"); // where it stays, the kernel says
  }

  key(event, { handle }) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { axes } = handle;
    let [dx, dy] = ARROWS[event.key] ?? [0, 0];
    if (event.key in PAGES) [dx, dy] = axes === "y" ? [0, PAGES[event.key]] : [PAGES[event.key], 0];
    if (axes !== "xy") [dx, dy] = axes === "x" ? [dx + dy, 0] : [0, dx + dy];
    const far = event.shiftKey ? 10 : 1;
    if (dx || dy) this.send(handle, { by: [dx * far, dy * far] });
    else if (event.key === "Home" || event.key === "End") this.send(handle, { to: event.key });
    else return;
    event.preventDefault();
  }

  // Moves that wait for the kernel may be merged: so steps are counted from the beginning, and
  // where it was taken is said each time.
  send({ name }, { at = null, by = [0, 0], to = null, taken = null }) {
    const { count = 0, steps = [0, 0] } = this.model.get("moved");
    const total = [steps[0] + by[0], steps[1] + by[1]];
    const grab = taken ? this.grab : 0;
    this.model.set("moved", { name, at, to, taken, grab, steps: total, count: count + 1 });
    this.model.save_changes();
  }
}

// --- a view, and what it does for the inputs around it ---

const OURS = ".mcalc-explorer,.mcalc-exercise";

// The handle of a slider has no name of its own: it is that of the box beside it. A reply is heard
// if it comes into a place that has its role before it.
function name(root) {
  all(root, ".noUi-handle", (handle) => {
    const label = handle.closest(".widget-hbox:has(label)")?.querySelector("label");
    if (label) handle.setAttribute("aria-label", label.textContent);
  });
  const role = (where, which) =>
    all(root, `${where} .widget-html-content`, (place) => place.setAttribute("role", which));
  role(".mcalc-reply", "status");
  role(".mcalc-message", "alert");
}

// JupyterLab takes keys such as b and d d for the notebook wherever the focus is, unless the
// element that has it has this attribute. Keys that go with Ctrl, Alt or Cmd, and Shift+Enter, are
// left to it.
function keep(event) {
  const left = event.ctrlKey || event.altKey || event.metaKey;
  const run = event.key === "Enter" && event.shiftKey;
  event.target.toggleAttribute("data-lm-suppress-shortcuts", !left && !run);
}

function attend(el, signal) {
  const on = (event, heard) =>
    window.addEventListener(event, heard, { capture: true, signal });
  const root = () => el.closest(OURS);
  on("keydown", (event) => root()?.contains(event.target) && keep(event));
  on("focusin", (event) => root()?.contains(event.target) && name(root()));
  let tries = 0;
  const start = () => {
    if (signal.aborted) return;
    if (root()) name(root());
    if (!root() || tries < 3) if ((tries += 1) < 100) setTimeout(start, 100 * Math.min(tries, 5));
  };
  start();
}

function render({ model, el, signal }) {
  attend(el, signal);
  const place = made("div", { className: "mcalc-picture" });
  const scroll = made("div", { className: "mcalc-scroll" }, place);
  const numbers = made("pre");
  const said = made("div", { className: "mcalc-said" });
  said.setAttribute("role", "status");
  const handles = new Handles(model, place);
  let [svg, tree, told, late] = [null, null, null, null];

  // What scrolls is reached by keys.
  const fit = () => {
    if (scroll.scrollWidth <= scroll.clientWidth) {
      for (const part of ["tabindex", "role", "aria-label"]) scroll.removeAttribute(part);
      return;
    }
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "group");
    scroll.setAttribute("aria-label", "Picture");
  };

  // Lines that are new are read out, once nothing has moved for a while.
  const tell = (lines) => {
    const before = told ?? lines;
    clearTimeout(late);
    late = setTimeout(() => {
      said.textContent = lines.filter((line) => !before.includes(line)).join("; ");
      told = lines;
    }, 400);
  };

  const show = () => {
    const { tree: now, lines, handles: held } = model.get("picture");
    if (!now) return;
    if (!svg) {
      svg = build(now);
      place.append(svg);
      el.append(scroll, numbers, said);
    } else svg = update(svg, tree, now);
    tree = now;
    const [width, height] = [Number(now[1].width), Number(now[1].height)];
    place.style.width = `min(${width}px, max(100%, 480px))`;
    handles.show(held, width, height);
    const text = lines.join("\n");
    if (numbers.textContent !== text) numbers.textContent = text;
    tell(lines);
  };

  model.on("change:picture", show);
  show();
  const watched = new ResizeObserver(fit);
  watched.observe(scroll);
  return () => {
    watched.disconnect();
    clearTimeout(late);
  };
}

export default { render };
