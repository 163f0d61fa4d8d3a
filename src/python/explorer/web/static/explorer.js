// Makes the pages live, and usable by keyboard. Without it they can be read just the same.
"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const live = document.querySelector("[data-live]")?.dataset.live;

// Live: the server says that there is more; the page is asked for again, and its parts exchanged.
async function exchange(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const there = new DOMParser().parseFromString(await answer.text(), "text/html");
  const known = new Set(all("[data-row]").map((row) => row.dataset.row));
  const closed = all("details:not([open])").map((each) => each.id);
  const opened = all("details[open]").map((each) => each.id);
  const focused = document.activeElement?.id;
  const typed = focused && "value" in document.activeElement ? document.activeElement.value : null;
  for (const old of all("[data-swap]")) {
    const fresh = there.getElementById(old.id);
    if (!fresh) continue;
    if (known.size) all("[data-row]", fresh).filter((row) => !known.has(row.dataset.row)).forEach((row) => row.classList.add("fresh"));
    old.replaceWith(fresh);
  }
  closed.forEach((id) => id && document.getElementById(id)?.removeAttribute("open"));
  opened.forEach((id) => id && document.getElementById(id)?.setAttribute("open", ""));
  document.title = there.title;
  equip();
  const again = focused && document.getElementById(focused);
  if (again && document.activeElement !== again) {
    again.focus({ preventScroll: true });
    if (typed !== null && again.value !== typed) again.value = typed;
  }
}

function watch() {
  if (!live) return null;
  const changes = new EventSource(live);
  let busy = false, more = false;
  const say = (connected) => all(".live").forEach((each) => { each.hidden = !connected; });
  const renew = async () => {
    if (busy) { more = true; return; }
    busy = true;
    do { more = false; await exchange(location.href).catch(() => {}); } while (more);
    busy = false;
  };
  changes.onopen = () => { say(true); };
  changes.onerror = () => { say(false); };
  changes.onmessage = () => {
    // What was added while scrolling would be lost: the reader decides.
    if (extended) all(".live").forEach((each) => { each.textContent = "there is more: reload"; });
    else renew();
  };
  window.addEventListener("pagehide", () => changes.close());
  return changes;
}

let extended = false;

// The next part of a long waterfall comes when its end comes into view.
function continueRows() {
  const rows = document.querySelector("[data-more]");
  const next = document.querySelector("nav.pages a[rel=next]");
  if (!rows || !next) return;
  const seen = new IntersectionObserver(async ([entry]) => {
    if (!entry.isIntersecting) return;
    seen.disconnect();
    const answer = await fetch(next.href);
    if (!answer.ok || !next.isConnected) return;
    const there = new DOMParser().parseFromString(await answer.text(), "text/html");
    const more = there.querySelector("[data-more]");
    more?.querySelector(".grid")?.remove();
    if (more) rows.append(...more.childNodes);
    extended = true;
    const pages = there.querySelector("nav.pages");
    if (pages) next.closest("nav").replaceWith(pages);
    equip();
  }, { rootMargin: "1200px" });
  seen.observe(next);
}

function equip() {
  all(".copy").forEach((button) => { button.hidden = !navigator.clipboard; });
  all(".fold").forEach((each) => { each.hidden = !document.querySelector(".rows details"); });
  if (watching?.readyState === 1) all(".live").forEach((each) => { each.hidden = false; });
  continueRows();
}

let watching = null;
document.addEventListener("click", async ({ target }) => {
  const copy = target.closest("[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(copy.dataset.copy);
    const said = copy.firstChild.data;
    copy.firstChild.data = "Copied";
    setTimeout(() => { copy.firstChild.data = said; }, 1500);
  }
  const fold = target.closest("[data-fold]")?.dataset.fold;
  if (fold) all(".rows details").forEach((each) => { each.open = fold === "open"; });
});

// Keys.
function step(by) {
  const steps = all("[data-step]").filter((each) => each.checkVisibility());
  if (!steps.length) return;
  const at = steps.indexOf(document.activeElement);
  const next = steps[at < 0 ? (by > 0 ? 0 : steps.length - 1) : Math.min(Math.max(at + by, 0), steps.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "Escape" && typing) { typing.blur(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const field = { "/": document.getElementById("q") ?? document.getElementById("find"), i: document.getElementById("id") }[event.key];
  if (field) { event.preventDefault(); field.focus(); field.select(); }
  if (event.key === "?") document.getElementById("keys").showModal();
  if (event.key === "j") step(1);
  if (event.key === "k") step(-1);
});

equip();
watching = watch();
if (location.hash === "#details") document.getElementById("details")?.focus({ preventScroll: true });
// A link into the catalogue opens what it leads to.
const led = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (led && led.tagName === "DETAILS") led.open = true;
