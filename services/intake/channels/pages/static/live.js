// What the router makes of a report while it is written: danger, advice, open cases near by.

const PAUSE_MS = 800; // without a key
const BUSY_MS = 5000;

const form = document.getElementById("report");
const shown = document.querySelector("[data-preview]");
const place = document.querySelector("[data-place]");
const told = document.querySelector("[data-told]");
const warning = document.querySelector("[data-warning]");
let timer, call;

if (shown) {
  for (const event of ["input", "pinned"]) form.addEventListener(event, soon);
  form.elements.address.addEventListener("blur", soon);
  if (form.elements.description.value) soon();
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
}

async function look() {
  call?.abort();
  call = new AbortController();
  const fields = new FormData(form);
  fields.delete("photo");
  try {
    const body = new URLSearchParams(fields);
    const answer = await fetch(shown.dataset.preview, { method: "POST", body, signal: call.signal });
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    else if (answer.status === 429 || answer.status === 503) timer = setTimeout(look, BUSY_MS);
  } catch {
    // It only helps; the next step tells the same.
  }
}

function show(page) {
  const { latitude, longitude } = page.querySelector("[data-latitude]")?.dataset ?? {};
  const point = latitude ? [Number(latitude), Number(longitude)] : null;
  document.dispatchEvent(new CustomEvent("found", { detail: point }));
  put(warning, page.querySelectorAll(".danger"));
  const isTyping = document.activeElement === form.elements.address; // it may be half an address
  put(place, page.querySelectorAll(isTyping ? ".place:not(.lost)" : ".place"));
  put(told, page.querySelectorAll(".told"));
  put(shown, page.querySelectorAll("[data-preview] > :not(.danger, .place, .told)"));
  shown.hidden = !shown.childElementCount;
}

/** Put elements into a box, unless they are there: nobody is told twice. */
function put(box, elements) {
  const html = [...elements].map((element) => element.outerHTML).join("");
  if (html === box.dataset.html) return;
  box.dataset.html = html;
  box.replaceChildren(...elements);
}
