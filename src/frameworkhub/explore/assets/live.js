// Answers in place. The server makes the page for an address; of that page, the elements with
// data-part take the place of their namesakes here. So there is one meaning of a filter, the
// server's, and every state of a page has an address.
import { address } from "./queries.js";

const PAUSE = 150; // ms after a keystroke
let asking = new AbortController();
let waiting = 0;

export function live() {
  document.addEventListener("input", (event) => {
    if (!isTyping(event.target)) return;
    const form = formOf(event.target);
    if (form) later(() => show(address(form), "replace"));
  });
  document.addEventListener("change", (event) => {
    const form = formOf(event.target);
    if (form) show(address(form), isTyping(event.target) ? "replace" : "push");
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-live]")) return;
    event.preventDefault();
    show(address(event.target), "push");
  });
  document.addEventListener("click", follow);
  window.addEventListener("popstate", () => show(new URL(location.href), "none"));
  catchUp();
}

// What was chosen before this script listened is answered now.
function catchUp() {
  const changed = [...document.querySelectorAll("input, select")].find(isChanged);
  const form = changed && formOf(changed);
  if (form) show(address(form), "push");
}

function isChanged(field) {
  if (field.matches("select")) {
    const first = [...field.options].find((option) => option.defaultSelected) || field.options[0];
    return field.value !== first.value;
  }
  return field.checked !== field.defaultChecked || field.value !== field.defaultValue;
}

const isTyping = (field) => field.matches("input[type=search]");

// The live form that a field counts for: its own, or the one that takes its fields along.
function formOf(field) {
  if (!field.form) return null;
  return field.form.closest("form[data-live]") ||
    (field.form.id && document.querySelector(`form[data-with="${field.form.id}"]`));
}

function later(action) {
  clearTimeout(waiting);
  waiting = setTimeout(action, PAUSE);
}

function follow(event) {
  const link = event.target.closest("a[data-live]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
    return;
  }
  event.preventDefault();
  show(new URL(link.href), "push");
}

async function show(url, history) {
  clearTimeout(waiting);
  asking.abort();
  asking = new AbortController();
  let page;
  try {
    const answer = await fetch(url, { signal: asking.signal, headers: { accept: "text/html" } });
    if (!answer.ok) return location.assign(url);
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
    return;
  }
  if (url.href !== location.href) {
    if (history === "push") window.history.pushState(null, "", url);
    if (history === "replace") window.history.replaceState(null, "", url);
  }
  document.title = page.title;
  put(page);
  agree(page, history === "none");
}

// Takes over every part, and gives the focus back to what had it.
function put(page) {
  const focused = document.activeElement?.id;
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (!fresh || fresh.innerHTML === part.innerHTML) continue;
    part.replaceChildren(...fresh.cloneNode(true).childNodes);
    part.toggleAttribute("data-has", fresh.hasAttribute("data-has"));
  }
  if (!focused || document.activeElement?.id === focused) return;
  const again = document.getElementById(focused) || document.getElementById("main");
  again.focus({ preventScroll: true });
}

// Makes the fields outside of the parts say what the address asks, but for the one in use.
function agree(page, all) {
  for (const form of document.querySelectorAll("form[data-live]")) {
    const fresh = page.querySelectorAll(`${selector(form)} :is(input, select)`);
    const fields = form.querySelectorAll(":is(input, select)");
    if (fresh.length !== fields.length) {
      form.replaceChildren(...page.querySelector(selector(form)).childNodes);
      continue;
    }
    fields.forEach((field, place) => copy(fresh[place], field, all));
  }
}

const selector = (form) => (form.id ? `#${form.id}` : "form[data-live]");

function copy(from, to, all) {
  if (to.type === "checkbox" || to.type === "radio") to.checked = from.checked;
  else if (all || to !== document.activeElement || !isTyping(to)) to.value = from.value;
}
