(() => {
  "use strict";
  const input = document.getElementById("query");
  const status = document.querySelector(".found");
  const nothing = document.querySelector(".nothing");
  const events = [...document.querySelectorAll(".event")].map((section) => ({
    section,
    link: document.querySelector(`.group a[href="#${CSS.escape(section.id)}"]`).parentElement,
    // A word of the example is no word of the contract.
    text: [...section.children].filter((part) => part.tagName !== "PRE")
      .map((part) => part.textContent).join(" ").toLowerCase(),
  }));

  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { section, link, text } of events) {
      const hit = words.every((word) => text.includes(word));
      section.hidden = link.hidden = !hit;
      shown += hit;
    }
    for (const area of document.querySelectorAll("[data-area]"))
      area.hidden = !area.querySelector(".event:not([hidden]), li:not([hidden])");
    for (const guide of document.querySelectorAll(".guide")) guide.hidden = words.length > 0;
    nothing.hidden = shown > 0;
    status.textContent = words.length ? `${shown} of ${events.length} events` : "";
  };
  const clear = () => { input.value = ""; search(); input.focus(); };
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.closest("[hidden]")) { input.value = ""; search(); target.scrollIntoView(); }
  };

  document.querySelector(".find").hidden = false;
  input.addEventListener("input", () => { search(); scrollTo(0, 0); });
  nothing.querySelector("button").addEventListener("click", clear);
  addEventListener("hashchange", reveal);
  addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea");
    if (event.key === "Escape" && typing) clear();
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    }
  });
  // On a narrow page the contents would push the events out of sight.
  document.querySelector(".menu").open = matchMedia("(min-width: 52.01rem)").matches;
  search();
})();
