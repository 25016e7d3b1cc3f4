// The desk: look up what is typed while the caller talks, and count the time.

const form = document.querySelector("[data-desk]");
const panel = form.querySelector("[data-preview]");
const status = document.querySelector("[data-said]");
const LOOK_AFTER_MS = 350;
const CONTROLS = "input:not([type=hidden]), select, textarea";
let began = 0, timer = 0, call = null;

form.addEventListener("input", ({ target }) => {
  if (!began) forgetLastCall();
  began ||= Date.now();
  if (target.matches("[data-look]")) lookLater();
});
form.addEventListener("change", ({ target }) => { if (panel.contains(target)) lookLater(); });
form.addEventListener("submit", () => { clearTimeout(timer); call?.abort(); count(); });
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  const isWhole = event.ctrlKey || event.metaKey;
  if (!isWhole && !event.target.matches("input")) return;
  event.preventDefault(); // alone it would end the contact by the first button
  if (isWhole) form.requestSubmit(form.querySelector("[data-main]"));
  else look();
});

/** Hide what was done, so that nobody reads the last caller's number to this one; nothing moves. */
function forgetLastCall() {
  const last = document.querySelector("[data-last]");
  if (last) last.style.visibility = "hidden";
}

function count() {
  if (began) form.elements.seconds.value = Math.round((Date.now() - began) / 1000);
}

function lookLater() {
  clearTimeout(timer);
  timer = setTimeout(look, LOOK_AFTER_MS);
}

/** Send the form as it is, and show the part of the page that says what is known. */
function look() {
  call?.abort();
  call = new XMLHttpRequest();
  call.open("POST", form.action);
  call.responseType = "document"; // parsed without scripts
  call.onload = ({ target }) => show(target.response?.querySelector("[data-preview]"));
  call.send(new URLSearchParams(new FormData(form)));
}

function show(found) {
  if (!found) return;
  const typed = new Map([...panel.querySelectorAll(CONTROLS)].map((one) => [one.name, one.value]));
  const focused = panel.contains(document.activeElement) ? document.activeElement.name : "";
  const isOpen = panel.querySelector("details")?.open;
  panel.replaceChildren(...document.adoptNode(found).childNodes);
  for (const one of panel.querySelectorAll(CONTROLS)) if (typed.has(one.name)) one.value = typed.get(one.name);
  const more = panel.querySelector("details");
  if (more && isOpen) more.open = true;
  if (focused) [...panel.querySelectorAll("[name]")].find((one) => one.name === focused)?.focus();
  const said = [...panel.querySelectorAll("[data-advice], [data-place-unknown], [data-summary]")].map((one) => one.textContent).join(" ");
  if (status.textContent !== said) status.textContent = said;
}
