// Live changes, the alarm and the keys of the console.

const texts = JSON.parse(document.body.dataset.texts);
const title = document.title;
const alarmBox = document.querySelector("[data-alarm]");
const connection = document.querySelector("[data-connection]");
const fresh = document.querySelector("[data-new]");
const rows = [...document.querySelectorAll("[data-queue] [data-case]")];
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: document.body.dataset.timezone };
const ACKNOWLEDGE_WITHIN_MS = 2 * 60 * 1000;
const arrived = new Map(); // level by case id, since the list was drawn
const notified = new Set();

const stream = new EventSource(document.body.dataset.stream);
stream.addEventListener("state", (event) => showState(JSON.parse(event.data)));
stream.addEventListener("change", (event) => note(JSON.parse(event.data)));
stream.addEventListener("presence", (event) => showOthers(JSON.parse(event.data)));
stream.addEventListener("reset", () => location.reload());
stream.addEventListener("ended", () => {
  stream.close();
  connection.textContent = document.title = texts.ended;
  alarmBox.replaceChildren();
  const login = element("a", texts.ended);
  login.href = `/console/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  document.querySelector("main").replaceChildren(login); // the next person at the desk reads nothing
});
stream.onerror = () => { connection.textContent = texts.lost; };

function showState(state) {
  connection.textContent = state.connected ? "" : texts.lost;
  const alarms = state.alarms;
  alarmBox.replaceChildren(...alarms.map(alarmLine));
  document.title = alarms.length ? `(${alarms.length} P1) ${title}` : title;
  showIcon(alarms.length > 0);
  for (const alarm of alarms) notify(alarm);
}

function alarmLine(alarm) {
  const line = element("p"), link = element("a"), level = element("strong", "P1 ");
  link.href = `/console/cases/${encodeURIComponent(alarm.case)}`;
  const words = element("span", alarm.summary);
  if (alarm.language) Object.assign(words, { lang: alarm.language, dir: "auto" });
  link.append(level, words);
  const since = new Date(alarm.since);
  line.append(link, " ", element("span", alarm.address), " ", element("time", since.toLocaleTimeString(document.documentElement.lang, clock)));
  if (Date.now() - since > ACKNOWLEDGE_WITHIN_MS) line.append(" ", element("em", texts.unacknowledged));
  return line;
}

/** Say who else has the case open; the words change only with the people. */
function showOthers(names) {
  const line = document.querySelector("[data-presence]");
  const words = names.length ? texts.present.replace("{names}", names.join(", ")) : "";
  if (line && line.textContent !== words) line.textContent = words;
}

function notify(alarm) {
  if (notified.has(alarm.case)) return;
  notified.add(alarm.case);
  if (window.Notification?.permission === "granted") new Notification(`P1 ${alarm.summary}`, { body: alarm.address, tag: alarm.case });
}

function showIcon(isAlarm) {
  const dot = encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4.5" cy="4.5" r="4.5" fill="#a3150f"/></svg>');
  document.querySelector("link[rel=icon]").href = isAlarm ? `data:image/svg+xml,${dot}` : "data:,";
}

/** Count what came in since the list was drawn; the list itself does not move. */
function note(change) {
  if (!fresh || !change.is_new || rows.some((row) => row.dataset.case === change.case)) return;
  arrived.set(change.case, change.level);
  const urgent = [...arrived.values()].filter((level) => level === "P1").length;
  const counts = [texts.new.replace("{count}", arrived.size)];
  if (urgent) counts.push(texts.urgent.replace("{count}", urgent));
  const button = element("button", counts.join(", "));
  button.type = "button";
  button.onclick = () => location.reload();
  fresh.replaceChildren(button);
}

function element(name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** The key by its place, since Alt makes other characters on some keyboards. */
function keyWithAlt({ code, shiftKey }) {
  if (code === "Slash") return shiftKey ? "?" : "/";
  return code.replace(/^(Key|Digit)/, "").toLowerCase();
}

// Keys: off for who wants none, and never while something is typed.
const link = (row) => row.querySelector("a");
const at = () => rows.findIndex((row) => row.contains(document.activeElement));
/** Move in the list, or from a case's page to its neighbor in the queue. */
function move(by, to) {
  if (rows.length) link(rows[Math.max(0, Math.min(rows.length - 1, at() + by))]).focus();
  else document.querySelector(`[data-go=${to}]`)?.click();
}
const search = document.querySelector("[data-search]");
if (location.hash === "#search") search?.focus();
const help = document.querySelector("[data-help]");
const letters = JSON.parse(document.body.dataset.letters);
const actions = new Map([
  [letters.next, () => move(1, "next")],
  [letters.previous, () => move(at() < 0 ? 1 : -1, "previous")],
  [letters.new, () => fresh?.querySelector("button")?.click()],
  [letters.search, () => search ? search.focus() : location.assign("/console#search")],
  [letters.help, () => help.showModal()],
]);

// What was done is said once the page stands, for screen readers.
const done = document.querySelector("[data-done]");
if (done) {
  const words = [...done.childNodes];
  done.replaceChildren();
  setTimeout(() => done.replaceChildren(...words), 200);
}

const mode = document.body.dataset.keys;
if (mode !== "off") document.addEventListener("keydown", (event) => {
  const typed = event.target.closest("input:not([type=radio]), textarea, select, dialog");
  if (event.key === "Escape" && typed?.form) return event.target.blur();
  if (typed || event.ctrlKey || event.metaKey || event.altKey !== (mode === "alt")) return;
  const key = mode === "alt" ? keyWithAlt(event) : event.key.toLowerCase();
  const button = document.querySelector(`[data-key="${CSS.escape(key.toUpperCase())}"]`);
  const choice = document.querySelector(`[data-choose="${CSS.escape(key)}"]`);
  if (choice) {
    choice.checked = true;
    choice.focus(); // Enter confirms
  }
  const action = actions.get(key);
  if (!action && !button) return;
  event.preventDefault();
  if (action) return action();
  const field = button.form.querySelector("input:not([type=hidden]), select, textarea");
  if (field && !button.hasAttribute("data-at-once")) field.focus();
  else button.form.requestSubmit(button);
});

if (window.Notification?.permission === "default") document.addEventListener("click", () => Notification.requestPermission(), { once: true });
