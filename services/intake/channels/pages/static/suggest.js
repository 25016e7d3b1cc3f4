// Suggestions of places while an address is typed: a combobox with a list, as WAI-ARIA has it.

const PAUSE_MS = 200; // without a key
const LEAST = 3; // letters

const input = document.getElementById("f-address");
const list = document.createElement("ul");
let timer, call, chosen = -1;

if (input) {
  list.id = "places";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0].firstChild.textContent.trim());
  list.hidden = true;
  input.after(list);
  const roles = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, autocomplete: "off" };
  for (const [name, value] of Object.entries(roles)) input.setAttribute(name, value);
  close();
  input.addEventListener("input", ({ isTrusted }) => { if (isTrusted) soon(); });
  input.addEventListener("keydown", key);
  input.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", ({ target }) => { // not before: the click would fall on what moves up
    const option = target.closest("li");
    if (option) take(option);
  });
}

function soon() {
  clearTimeout(timer);
  if (input.value.trim().length < LEAST) close();
  else timer = setTimeout(look, PAUSE_MS);
}

async function look() {
  call?.abort();
  call = new AbortController();
  try {
    const query = new URLSearchParams({ q: input.value });
    const answer = await fetch(`/v1/places?${query}`, { signal: call.signal });
    if (answer.ok) show((await answer.json()).places);
  } catch {
    close(); // it only helps
  }
}

function show(places) {
  if (document.activeElement !== input) return;
  list.replaceChildren(...places.map(({ name }, number) => {
    const option = document.createElement("li");
    option.id = `place-${number}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.textContent = name;
    option.dir = "ltr";
    return option;
  }));
  list.hidden = !places.length;
  input.setAttribute("aria-expanded", String(!list.hidden));
  choose(-1);
}

function close() {
  clearTimeout(timer);
  call?.abort();
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  choose(-1);
}

function choose(number) {
  chosen = number;
  [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === number)));
  const option = list.children[number];
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function take(option) {
  input.value = option.textContent;
  close();
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function key(event) {
  if (event.isComposing) return;
  const count = list.hidden ? 0 : list.children.length;
  if (event.key === "ArrowDown" && !count) soon();
  else if (event.key === "ArrowDown") choose((chosen + 1) % count);
  else if (event.key === "ArrowUp" && count) choose(chosen > 0 ? chosen - 1 : count - 1);
  else if (event.key === "Enter" && chosen >= 0) take(list.children[chosen]);
  else if (event.key === "Escape" && count) close();
  else return;
  event.preventDefault();
}
