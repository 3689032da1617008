// The theme, before anything is drawn; then what only a page that is there can say of itself.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const KEY = "mcalc-theme";

  // Where a browser keeps nothing, a choice holds for the page.
  const kept = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const keep = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {}
  };

  const now = () => root.dataset.theme ?? (system.matches ? "dark" : "light");
  const other = () => (now() === "dark" ? "light" : "dark");
  if (["light", "dark"].includes(kept())) root.dataset.theme = kept();

  function offer() {
    const button = document.querySelector("header button");
    const say = () => (button.textContent = `Switch to the ${other()} theme`);
    button.addEventListener("click", () => {
      keep((root.dataset.theme = other()));
      say();
    });
    system.addEventListener("change", say);
    say();
    button.hidden = false;
  }

  // What is too wide scrolls, and has to be reached without a mouse. A formula in a line of text
  // stays in the line unless it is longer than that.
  function reach() {
    for (const formula of document.querySelectorAll(":is(p, li) > mjx-container")) {
      const wide = formula.firstElementChild.getBoundingClientRect().width;
      formula.classList.toggle("wide", wide > formula.parentElement.clientWidth);
    }
    for (const place of document.querySelectorAll(".scrolls, p > mjx-container, li > mjx-container")) {
      if (place.scrollWidth <= place.clientWidth || !place.clientWidth) {
        place.removeAttribute("tabindex");
        continue;
      }
      place.tabIndex = 0;
      place.role = "group";
      place.ariaLabel ??= "Formula";
    }
  }

  // All words have to stand in a section, a heading's count most; the best twelve are shown.
  const found = (asked) => {
    const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = [];
    for (const [page, title, sections] of window.mcalcPages ?? []) {
      for (const [heading, id, text] of sections) {
        const high = `${title} ${heading}`.toLowerCase();
        const low = text.toLowerCase();
        if (!words.length || !words.every((w) => high.includes(w) || low.includes(w))) continue;
        const score = words.reduce((sum, w) => sum + (high.includes(w) ? 5 : 1), 0);
        hits.push({ page, title, heading, id, score, around: near(text, low, words[0]) });
      }
    }
    return hits.sort((a, b) => b.score - a.score).slice(0, 12);
  };

  const near = (text, low, word) => {
    const at = low.indexOf(word) < 60 ? 0 : text.indexOf(" ", low.indexOf(word) - 60) + 1;
    const end = text.length > at + 160 ? text.lastIndexOf(" ", at + 160) : text.length;
    return (at ? "… " : "") + text.slice(at, end) + (end < text.length ? " …" : "");
  };

  function search() {
    const field = document.querySelector("#find");
    const place = document.querySelector("#found");
    field.addEventListener("input", () => {
      const asked = field.value.trim();
      const hits = asked.length < 2 ? [] : found(asked);
      const list = document.createElement("ul");
      for (const { page, title, heading, id, around } of hits) {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = `${page}#${encodeURIComponent(id)}`;
        link.textContent = heading === title || title.endsWith(heading) ? title : `${title}: ${heading}`;
        item.append(link, document.createElement("br"), around);
        list.append(item);
      }
      place.replaceChildren();
      if (hits.length) place.append(list);
      else if (asked.length > 1) place.textContent = `Nothing has all of “${asked}” in it.`;
    });
    field.parentElement.hidden = false;
  }

  // Of the rules, those whose name, formulas or code have all the words; and none of what is between.
  function filter() {
    const field = document.querySelector("#rule");
    if (!field) return;
    const rows = [...document.querySelectorAll("tr[id]")];
    const say = field.parentElement.querySelector("[role]");
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      for (const row of rows) {
        row.hidden = !words.every((w) => row.dataset.words.includes(w));
        left += !row.hidden;
      }
      document.querySelector("main").classList.toggle("few", words.length > 0);
      say.textContent = words.length ? `${left} of ${rows.length}` : "";
      reach();
    });
    field.parentElement.hidden = false;
  }

  // The pieces of LaTeX between marks that stand in no bracket and in no matrix.
  function pieces(tex, mark) {
    const found = [];
    let depth = 0, from = 0;
    for (const { 0: token, index } of tex.matchAll(/\\begin\b|\\end\b|\\left\b|\\right\b|\\\\(?:\[\d+pt\])?|\\[^\\]| = |[{}&]/g)) {
      if (/^(\\begin|\\left|\{)$/.test(token)) depth++;
      else if (/^(\\end|\\right|\})$/.test(token)) depth--;
      else if (!depth && mark.test(token)) {
        found.push(tex.slice(from, index));
        from = index + token.length;
      }
    }
    return [...found, tex.slice(from)].map((piece) => piece.trim());
  }

  const rowsOf = (array) => pieces(array, /^\\\\/).map((row) => pieces(row.replace(/^\\hline\s*/, ""), /^&$/));

  // The words of a cell that has nothing else in it, but raised or lowered letters; or nothing.
  const WORDS = /\\text\{([^{}\\$]*)\}|([\^_])\{([^{}\\]*)\}/g;
  function wordsOf(tex) {
    const parts = [...tex.matchAll(WORDS)];
    return tex && parts.map(([part]) => part).join("") === tex ? parts : null;
  }

  function sentence(parts, made) {
    for (const [, words, place, letters] of parts) {
      const piece = place ? document.createElement(place === "^" ? "sup" : "sub") : words;
      if (place) piece.textContent = letters;
      made.append(piece);
    }
    return made;
  }

  const lengthOf = (tex) => sentence(wordsOf(tex) ?? [], document.createElement("p")).textContent.length;

  // A formula that may be broken before each of its equals signs, or words.
  function cell(tex, kind) {
    const made = document.createElement(kind);
    if (wordsOf(tex)) return sentence(wordsOf(tex), made);
    const chain = pieces(tex.replace(/ \\qquad (\([^()]*\))$/, " = $1"), / = /);
    const shape = / \\qquad \([^()]*\)$/.test(tex) ? chain.length - 1 : 0;
    const part = (piece, k) => `$\\displaystyle ${k && k !== shape ? "= " : ""}${piece}$`;
    made.textContent = tex && chain.map(part).join(" ");
    return made;
  }

  // A derivation as a list of lines, with the step beside or above them; a table that has
  // sentences in it as one in which they can be broken.
  function laidOut(tex) {
    const array = tex.match(/^\$\\displaystyle \\begin\{array\}\{l+\} (.*) \\end\{array\}\$$/s)?.[1];
    if (!array) return null;
    const rows = rowsOf(array);
    const made = document.createElement("div");
    if (rows[0][0] === "\\text{1. introduce}") {
      made.className = "steps";
      for (const [label, line] of rows) {
        made.append(cell(label, "div"), cell(line, "div"));
        made.lastChild.className = "scrolls";
      }
    } else if (rows.flat().some((tex) => lengthOf(tex) > 27)) {
      const table = document.createElement("table");
      for (const row of rows) table.insertRow().append(...row.map((text) => cell(text, "td")));
      made.append(table);
    } else return null;
    return made;
  }

  // Formulas stand in the page as one can read them without MathJax; it takes their LaTeX.
  function inTex() {
    for (const place of document.querySelectorAll("[data-tex]")) {
      const { tex } = place.dataset;
      const made = document.createElement("div");
      made.textContent = tex;
      if (place.localName === "pre") place.replaceWith(laidOut(tex) ?? made); // what is wide scrolls
      else place.replaceWith(tex);
    }
  }

  window.MathJax = {
    tex: { inlineMath: [["$", "$"]] },
    svg: { fontCache: "global", scale: 0.93 },
    options: { enableMenu: false },
    startup: { pageReady: () => (inTex(), MathJax.startup.defaultPageReady().then(reach)) },
  };

  document.addEventListener("DOMContentLoaded", () => {
    offer();
    search();
    filter();
    reach();
  });
  addEventListener("load", reach);
  addEventListener("resize", reach);
})();
