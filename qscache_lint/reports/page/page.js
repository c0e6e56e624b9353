"use strict";
(() => {
  const search = document.getElementById("search");
  if (!search) return;
  const findings = [...document.querySelectorAll(".finding")];
  const groups = [...document.querySelectorAll(".group")];
  const buttons = [...document.querySelectorAll(".summaries button")];
  const showing = document.getElementById("showing");
  const nothing = document.getElementById("nothing");
  const chosen = { code: null, app: null, cache: null };
  const texts = new Map(findings.map((each) => [each, each.textContent.toLowerCase()]));
  let current = -1;

  const visible = () => findings.filter((each) => !each.hidden);

  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const each of findings) {
      const fits = Object.entries(chosen).every(([kind, key]) => key === null || each.dataset[kind] === key);
      each.hidden = !fits || !words.every((word) => texts.get(each).includes(word));
    }
    for (const group of groups) group.hidden = !group.querySelector(".finding:not([hidden])");
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(chosen[button.dataset.kind] === button.dataset.key));
    }
    const count = visible().length;
    showing.textContent = count === findings.length ? "" : `${count} of ${findings.length}`;
    nothing.hidden = count > 0;
    current = -1;
  };

  const step = (by) => {
    const among = visible();
    if (!among.length) return;
    current = Math.min(Math.max(current + by, 0), among.length - 1);
    among[current].focus();
  };

  for (const button of buttons) {
    button.addEventListener("click", () => {
      const { kind, key } = button.dataset;
      chosen[kind] = chosen[kind] === key ? null : key;
      update();
    });
  }
  search.addEventListener("input", update);
  search.form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      search.value = "";
      for (const kind of Object.keys(chosen)) chosen[kind] = null;
      search.blur();
      update();
    } else if (event.target === search) {
      return;
    } else if (event.key === "/") {
      event.preventDefault();
      search.focus();
    } else if (event.key === "j") {
      step(1);
    } else if (event.key === "k") {
      step(-1);
    }
  });
})();
