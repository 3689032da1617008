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

  window.MathJax = {
    tex: { inlineMath: [["$", "$"]] },
    svg: { fontCache: "global", scale: 0.93 },
    options: { enableMenu: false },
    startup: { pageReady: () => MathJax.startup.defaultPageReady().then(reach) },
  };

  document.addEventListener("DOMContentLoaded", () => {
    offer();
    reach();
  });
  addEventListener("load", reach);
  addEventListener("resize", reach);
})();
