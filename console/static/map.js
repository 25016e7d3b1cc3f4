// A map with a pin for each row of the list; on the map of open cases the list follows the view.

const box = document.querySelector("[data-map]") ?? document.createElement("i"); // no place is known
const { engine, worker, map: tiles } = box.dataset;
const list = document.querySelector("[data-list]");
const shown = document.querySelector("[data-shown]");
const PAN_PX = 200, LOOK_AFTER_MS = 250;
// The one address of a script that the engine may start.
trustedTypes.createPolicy("default", { createScriptURL: (url) => new URL(url, location).pathname === worker ? url : null });

let pins = [], timer = 0, call = null;
if (document.createElement("canvas").getContext("webgl2")) start();

async function start() {
  const archive = new pmtiles.PMTiles(new URL(tiles, location).href);
  let header;
  try {
    header = await archive.getHeader();
  } catch {
    return; // the city has no tiles: the list does as well
  }
  const maplibre = await import(engine);
  maplibre.setWorkerUrl(worker);
  const protocol = new pmtiles.Protocol();
  protocol.add(archive);
  maplibre.addProtocol("pmtiles", protocol.tile);
  box.hidden = false;
  const view = box.querySelector(".view");
  const source = { type: "vector", url: `pmtiles://${archive.source.getKey()}` };
  const map = new maplibre.Map({
    container: view, style: style(source), center: [header.centerLon, header.centerLat], zoom: 10.5, maxZoom: 18,
    keyboard: false, attributionControl: false, dragRotate: false, pitchWithRotate: false, fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  map.getCanvas().tabIndex = -1; // the list has the focus, the buttons move the map
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.setStyle(style(source)));
  map.once("load", () => { view.dataset.drawn = ""; draw(maplibre, map); showAll(maplibre, map); });
  if ("follows" in box.dataset) map.on("moveend", () => { clearTimeout(timer); timer = setTimeout(() => look(maplibre, map), LOOK_AFTER_MS); });
  box.addEventListener("click", ({ target }) => {
    const { zoom, pan } = target.dataset;
    if (zoom) map.zoomTo(map.getZoom() + Number(zoom));
    if (pan) map.panBy(pan.split(",").map((one) => one * PAN_PX));
  });
  list.addEventListener("focusin", ({ target }) => mark(target.closest("[data-case]")?.dataset.case));
  box.querySelector("[data-attribution]").textContent = ((await archive.getMetadata()).attribution ?? "").replace("(c)", "©");
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

/** The style of the map, in the colours of the page. */
function style(source) {
  const colors = getComputedStyle(document.documentElement);
  const color = (name) => colors.getPropertyValue(`--${name}`).trim();
  const of = (...classes) => ["in", ["get", "class"], ["literal", classes]];
  const layer = (id, type, part, paint, more = {}) => ({ id, type, source: "city", "source-layer": part, paint, ...more });
  const line = (id, filter, name, far, near, minzoom = 0) => layer(id, "line", "streets", {
    "line-color": color(name), "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 10, far, 18, near],
  }, { filter, minzoom });
  const text = (id, part, minzoom, layout = {}) => layer(id, "symbol", part, {
    "text-color": color("ink"), "text-halo-color": color("sheet"), "text-halo-width": 1.5,
  }, { minzoom, layout: { "text-field": ["coalesce", ["get", "short"], ["get", "name"]], "text-size": 12, "text-font": ["sans-serif"], ...layout } });
  return {
    version: 8,
    sources: { city: source },
    layers: [
      { id: "far", type: "background", paint: { "background-color": color("line") } },
      layer("city", "fill", "city", { "fill-color": color("sheet") }),
      layer("parks", "fill", "parks", { "fill-color": color("park") }),
      layer("water", "fill", "water", { "fill-color": color("water") }),
      line("minor", of("minor", "tertiary", "service"), "line", 0.3, 14, 11),
      line("secondary", of("secondary"), "line", 1, 18),
      line("big", of("motorway", "trunk", "primary", "link"), "edge", 1.5, 22),
      text("streets", "streets", 14, { "symbol-placement": "line" }),
      text("quarters", "neighbourhoods", 12),
      text("names", "labels", 9),
    ],
  };
}
