// A map with a pin for each row of the list; on the map of open cases the list follows the view.

const box = document.querySelector("[data-map]") ?? document.createElement("i"); // no place is known
const { engine, opener, reader, worker } = box.dataset;
const list = document.querySelector("[data-list]");
const shown = document.querySelector("[data-shown]");
const PAN_PX = 200, LOOK_AFTER_MS = 250;
// The addresses of the only scripts that may be started.
trustedTypes.createPolicy("default", { createScriptURL: (url) => [reader, worker].includes(new URL(url, location).pathname) ? url : null });

let pins = [], timer = 0, call = null;
if (document.createElement("canvas").getContext("webgl2")) start();

async function start() {
  const [maplibre, { openMap }] = await Promise.all([import(engine), import(opener)]);
  const map = await openMap(maplibre, box).catch(() => null);
  if (!map) return; // the city has no tiles: the list does as well
  map.once("load", () => { draw(maplibre, map); showAll(maplibre, map); });
  if ("follows" in box.dataset) map.on("moveend", () => { clearTimeout(timer); timer = setTimeout(() => look(maplibre, map), LOOK_AFTER_MS); });
  box.addEventListener("click", ({ target: { dataset: { pan } } }) => {
    if (pan) map.panBy(pan.split(",").map((one) => one * PAN_PX));
  });
  list.addEventListener("focusin", ({ target }) => mark(target.closest("[data-case]")?.dataset.case));
}

/** Load the list of what is in view. */
function look(maplibre, map) {
  call?.abort();
  call = new XMLHttpRequest();
  const bounds = map.getBounds().toArray().flat().map((one) => one.toFixed(5));
  call.open("GET", `/console/map?bbox=${bounds}`);
  call.responseType = "document"; // parsed without scripts
  call.onload = ({ target: { response } }) => {
    const found = response?.querySelector("[data-list]");
    if (!found) return;
    const focused = document.activeElement.closest("[data-case]")?.dataset.case;
    list.replaceChildren(...document.adoptNode(found).childNodes);
    if (focused) list.querySelector(`[data-case="${CSS.escape(focused)}"] a`)?.focus();
    shown.textContent = response.querySelector("[data-shown]").textContent;
    draw(maplibre, map);
  };
  call.send();
}

function draw(maplibre, map) {
  for (const pin of pins) pin.remove();
  const rows = [...list.querySelectorAll("[data-latitude]")].reverse(); // the most urgent on top
  const atPoint = Map.groupBy(rows, ({ dataset }) => "follows" in box.dataset ? dataset.case : `${dataset.latitude} ${dataset.longitude}`);
  pins = [...atPoint.values()].map((same) => {
    const row = same.at(-1);
    const { case: id, priority = "", latitude, longitude } = row.dataset;
    const element = document.createElement("div");
    element.className = `pin ${priority}`;
    element.dataset.pin = id;
    element.title = row.innerText;
    element.textContent = same.reverse().map(({ dataset }) => dataset.label ?? priority).join(" ");
    element.addEventListener("click", () => "follows" in box.dataset ? row.querySelector("a").click() : row.scrollIntoView());
    return new maplibre.Marker({ element }).setLngLat([Number(longitude), Number(latitude)]).addTo(map);
  });
}

/** Move the view to where all pins are. */
function showAll(maplibre, map) {
  const bounds = new maplibre.LngLatBounds();
  for (const pin of pins) bounds.extend(pin.getLngLat());
  if (!bounds.isEmpty()) map.fitBounds(bounds, { padding: 60, maxZoom: "follows" in box.dataset ? 14 : 17.5, animate: false });
}

function mark(id) {
  for (const pin of box.querySelectorAll("[data-pin]")) pin.classList.toggle("marked", pin.dataset.pin === id);
}
