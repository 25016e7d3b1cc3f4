// The map: set the pin by mouse, finger or keyboard, and see open problems near by; a small one that
// shows a place; or one of a list of problems. MapLibre and the tiles are fetched when a person
// comes to look at it; without WebGL there is no map.

const CITY_ZOOM = 10.5, POINT_ZOOM = 16, TAP_ZOOM = 15, PINS_ZOOM = 13;
const KEY_STEP = 12; // pixels that an arrow key moves the pin
const NEAR = 0.006; // degrees around a report in which open cases may be the same problem
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PIN = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-14 -41 28 41" width="28" height="41"><path d="M0 0C-3-10-14-15-14-27a14 14 0 0 1 28 0C14-15 3-10 0 0z"/><circle cy="-27" r="5"/></svg>`;

const field = document.querySelector("[data-map]");
const canvas = document.createElement("canvas");
if (field && canvas.getContext("webgl2")) {
  canvas.getContext("webgl2").getExtension("WEBGL_lose_context")?.loseContext();
  field.hidden = false;
  new IntersectionObserver(async ([{ isIntersecting }], observer) => {
    if (!isIntersecting) return;
    observer.disconnect();
    try {
      const loaded = await engine(field.dataset);
      if (field.dataset.at) new StillMap(field, loaded);
      else if ("listed" in field.dataset) new ListMap(field, loaded);
      else new PinMap(field, loaded);
    } catch {
      field.remove(); // words and addresses do as well
    }
  }, { rootMargin: "100px" }).observe(field);
} else {
  field?.remove();
}

/** Load MapLibre, and what reads a PMTiles file. */
async function engine({ map, engine, worker, reader }) {
  const maplibre = await import(engine);
  maplibre.setWorkerUrl(worker);
  const url = new URL(map, location).href;
  if (url.includes("{z}") || url.includes("%7Bz%7D")) return { maplibre, source: { tiles: [decodeURI(url)] } };
  await new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: reader, onload: done, onerror: failed });
    document.head.append(script);
  });
  const { PMTiles, Protocol } = window.pmtiles;
  const protocol = new Protocol();
  const archive = new PMTiles(url);
  protocol.add(archive);
  maplibre.addProtocol("pmtiles", protocol.tile);
  return { maplibre, archive, header: await archive.getHeader(), source: { url: `pmtiles://${url}` } };
}

/** A map in its frame, with its attribution. */
class CityMap {
  constructor(field, { maplibre, archive, header, source }, options) {
    this.field = field;
    this.maplibre = maplibre;
    this.view = field.querySelector(".view");
    const { hint, wheel } = field.dataset;
    this.map = new maplibre.Map({
      container: this.view,
      style: style(source),
      center: header ? [header.centerLon, header.centerLat] : [0, 0],
      zoom: CITY_ZOOM,
      maxZoom: 18,
      keyboard: false,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
      locale: {
        "CooperativeGesturesHandler.MobileHelpText": hint,
        "CooperativeGesturesHandler.WindowsHelpText": wheel,
        "CooperativeGesturesHandler.MacHelpText": wheel.replace("Ctrl", "⌘"),
      },
      ...options,
    });
    this.map.touchZoomRotate.disableRotation();
    const drawn = this.map.getCanvas();
    drawn.tabIndex = -1; // the frame has the focus, and the words
    drawn.setAttribute("aria-hidden", "true");
    drawn.removeAttribute("role");
    this.map.once("load", () => { this.view.dataset.drawn = ""; });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.map.setStyle(style(source)));
    archive?.getMetadata().then(({ attribution }) => {
      field.querySelector("[data-attribution]").textContent = (attribution ?? "").replace("(c)", "©");
    });
  }

  /** Put a mark at a point, or take it away. */
  mark(mark, name, lngLat, draggable = false) {
    if (!lngLat) {
      mark?.remove();
      return null;
    }
    if (mark) return mark.setLngLat(lngLat);
    const element = document.createElement("div");
    element.className = name;
    const isPin = name === "pin";
    if (isPin) element.innerHTML = PIN;
    return new this.maplibre.Marker({ element, draggable, anchor: isPin ? "bottom" : "center" })
      .setLngLat(lngLat).addTo(this.map);
  }

  /** Open problems between west, south, east and north, as buttons of the page; null on failure. */
  async known(bounds) {
    const edges = bounds.map((one) => one.toFixed(4)).join();
    try {
      const answer = await fetch(`${this.field.dataset.pins}&bounds=${edges}`);
      if (!answer.ok) return null;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return [...page.querySelectorAll("[data-pin]")].map((pin) => document.importNode(pin, true));
    } catch {
      return null;
    }
  }

  markKnown(element, onClick) {
    const { latitude, longitude } = element.dataset;
    element.setAttribute("aria-label", element.textContent);
    element.replaceChildren();
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      onClick(element);
    });
    return new this.maplibre.Marker({ element }).setLngLat([Number(longitude), Number(latitude)]).addTo(this.map);
  }
}

/** A small map of one place, and of the cases near by that the page lists, by their numbers. */
class StillMap extends CityMap {
  constructor(field, loaded) {
    const [lat, lng] = field.dataset.at.split(",").map(Number);
    super(field, loaded, { interactive: false, center: [lng, lat], zoom: POINT_ZOOM });
    this.mark(null, "pin", { lat, lng });
    if (field.dataset.pins) this.#showListed(lat, lng);
  }

  async #showListed(lat, lng) {
    const listed = [...document.querySelectorAll("button[name=follow]")];
    const bounds = new this.maplibre.LngLatBounds([lng, lat], [lng, lat]);
    for (const pin of await this.known([lng - NEAR, lat - NEAR, lng + NEAR, lat + NEAR]) ?? []) {
      const number = listed.findIndex(({ value }) => value === pin.dataset.pin);
      if (number < 0) continue;
      bounds.extend(this.markKnown(pin, () => listed[number].focus()).getLngLat());
      pin.textContent = number + 1;
    }
    this.map.fitBounds(bounds, { padding: 40, maxZoom: POINT_ZOOM + 1, animate: false });
  }
}

/** The map of the problems that the page lists; a pin leads to its entry. */
class ListMap extends CityMap {
  constructor(field, loaded) {
    super(field, loaded, { cooperativeGestures: true });
    const bounds = new this.maplibre.LngLatBounds();
    for (const entry of document.querySelectorAll("[data-problem]")) {
      const pin = Object.assign(document.createElement("button"), {
        type: "button",
        className: `known ${entry.className}`,
        textContent: [...entry.querySelectorAll("h2, strong")].map((one) => one.textContent.trim()).join(". "),
      });
      const { problem, latitude, longitude } = entry.dataset;
      Object.assign(pin.dataset, { pin: problem, latitude, longitude });
      bounds.extend(this.markKnown(pin, () => entry.focus()).getLngLat());
    }
    if (!bounds.isEmpty()) this.map.fitBounds(bounds, { padding: 40, maxZoom: POINT_ZOOM, animate: false });
    field.addEventListener("click", ({ target }) => {
      const { zoom } = target.closest("button")?.dataset ?? {};
      if (zoom) this.map.zoomTo(this.map.getZoom() + Number(zoom));
    });
  }
}

/** The map on which a person sets the pin. */
class PinMap extends CityMap {
  #known = [];
  #turn = {};

  constructor(field, loaded) {
    super(field, loaded, { cooperativeGestures: true });
    this.said = field.querySelector(".tools [role=status]");
    this.inputs = ["latitude", "longitude"].map((name) => document.getElementById(`f-${name}`));
    this.#listen();
    this.#readFields();
  }

  #listen() {
    const { field, map, view } = this;
    map.on("click", ({ lngLat }) => {
      this.#setPin(lngLat);
      if (map.getZoom() < TAP_ZOOM) map.easeTo({ center: lngLat, zoom: TAP_ZOOM }); // is it right?
    });
    map.on("moveend", () => this.#showKnown());
    map.once("load", () => this.#showKnown());
    view.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("click", ({ target }) => {
      const { zoom } = target.closest("button")?.dataset ?? {};
      if (zoom) map.zoomTo(map.getZoom() + Number(zoom));
      else if (target.closest("[data-unpin]")) this.#setPin(null);
    });
    for (const input of this.inputs) input.addEventListener("input", () => this.#readFields());
    document.addEventListener("found", ({ detail }) => {
      this.found = this.mark(this.found, "found", detail && { lat: detail[0], lng: detail[1] });
      if (this.found && !this.pin) this.#approach(this.found.getLngLat());
    });
  }

  #drawPin(lngLat) {
    const isNew = lngLat && !this.pin;
    this.pin = this.mark(this.pin, "pin", lngLat, true);
    if (isNew) this.pin.on("dragend", () => this.#setPin(this.pin.getLngLat()));
  }

  /** Set the pin, or take it away, and write the fields. */
  #setPin(lngLat) {
    this.#drawPin(lngLat);
    const degrees = lngLat ? [lngLat.lat.toFixed(5), lngLat.lng.toFixed(5)] : ["", ""];
    this.inputs.forEach((input, i) => { input.value = degrees[i]; });
    this.inputs[0].dispatchEvent(new CustomEvent("pinned", { bubbles: true }));
    this.#say(lngLat && degrees);
  }

  async #say(degrees) {
    const turn = this.#turn = {};
    this.said.textContent = "";
    if (!degrees) return;
    try {
      const answer = await fetch(`/v1/places?near=${degrees}`);
      const [place] = answer.ok ? (await answer.json()).places : [];
      if (turn !== this.#turn) return; // something else is said by now
      this.said.textContent = place ? this.field.dataset.said.replace("{}", place.name) : "";
    } catch {
      // the pin says it as well
    }
  }

  #readFields() {
    const [lat, lng] = this.inputs.map((input) => Number(input.value.replace(",", ".") || NaN));
    const isPoint = Number.isFinite(lat) && Number.isFinite(lng) && Math.abs(lat) <= 85 && Math.abs(lng) <= 180;
    this.#drawPin(isPoint ? { lat, lng } : null);
    if (isPoint) this.#approach({ lat, lng });
    this.#say(isPoint ? [lat, lng] : null);
  }

  #approach(center) {
    this.map.jumpTo({ center, zoom: Math.max(this.map.getZoom(), POINT_ZOOM) });
  }

  #key(event) {
    const { key, shiftKey } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.view) return;
    const { map } = this;
    if (key in STEPS) {
      const step = shiftKey ? 1 : KEY_STEP;
      const [right, down] = STEPS[key];
      const at = this.pin && map.project(this.pin.getLngLat());
      const next = at ? map.unproject([at.x + right * step, at.y + down * step]) : map.getCenter();
      this.#setPin(next);
      if (!map.getBounds().contains(next)) map.jumpTo({ center: next });
    } else if (key === "+" || key === "=") map.zoomTo(map.getZoom() + 1, this.pin && { around: this.pin.getLngLat() });
    else if (key === "-") map.zoomTo(map.getZoom() - 1);
    else if (key === "Delete" || key === "Backspace") this.#setPin(null);
    else return;
    event.preventDefault();
  }

  /** Show the open problems of what is in view, from near by. */
  async #showKnown() {
    const { map } = this;
    const pins = map.getZoom() < PINS_ZOOM ? [] : await this.known(map.getBounds().toArray().flat());
    if (!pins) return;
    const focused = document.activeElement.dataset.pin;
    for (const mark of this.#known) mark.remove();
    this.#known = pins.map((pin) => this.markKnown(pin, (one) => this.#offer(one)));
    this.view.querySelector(`[data-pin="${CSS.escape(focused)}"]`)?.focus();
  }

  /** Say what a pin is, with the button that follows it. */
  #offer(pin) {
    this.#turn = {};
    const button = Object.assign(document.createElement("button"), {
      type: "submit", className: "second", name: "follow", value: pin.dataset.pin, textContent: pin.dataset.follow,
    });
    this.said.replaceChildren(pin.getAttribute("aria-label"), " ", button);
  }
}

/** The style of the map, in the colours of the page. */
function style(source) {
  const colors = getComputedStyle(document.documentElement);
  const color = (name) => colors.getPropertyValue(`--${name}`).trim();
  const big = ["in", ["get", "class"], ["literal", ["motorway", "trunk", "primary", "link"]]];
  const width = (far, near) => ["interpolate", ["exponential", 1.6], ["zoom"], 10, far, 18, near];
  const area = (id, name, part = id) => ({
    id, type: "fill", source: "city", "source-layer": part, paint: { "fill-color": color(name) },
  });
  const line = (id, filter, name, far, near, minzoom = 0) => ({
    id, type: "line", source: "city", "source-layer": "streets", filter, minzoom,
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": color(name), "line-width": width(far, near) },
  });
  const text = (id, part, size, more = {}, field = ["coalesce", ["get", "short"], ["get", "name"]]) => ({
    id, type: "symbol", source: "city", "source-layer": part, ...more,
    layout: { "text-field": field, "text-size": size, "text-font": ["sans-serif"], ...more.layout },
    paint: { "text-color": color("ink"), "text-halo-color": color("ground"), "text-halo-width": 1.5 },
  });
  const along = { layout: { "symbol-placement": "line" } };
  const minor = ["in", ["get", "class"], ["literal", ["minor", "tertiary", "service"]]];
  return {
    version: 8,
    sources: { city: { type: "vector", ...source } },
    layers: [
      { id: "far", type: "background", paint: { "background-color": color("far") } },
      area("city", "ground"),
      area("parks", "park"),
      area("water", "water"),
      { ...area("buildings", "street"), minzoom: 14, paint: { "fill-color": color("street"), "fill-opacity": 0.4 } },
      line("path", ["==", ["get", "class"], "path"], "street", 0.2, 3, 14),
      line("minor", minor, "street", 0.3, 14, 11),
      line("secondary", ["==", ["get", "class"], "secondary"], "street", 1, 18),
      line("big", big, "freeway", 1.5, 22),
      text("numbers", "addresses", 11, { minzoom: 17 }, ["get", "n"]),
      text("streets", "streets", 12, { ...along, minzoom: 14 }),
      text("main streets", "streets", 12, { ...along, filter: ["any", big, ["==", ["get", "class"], "secondary"]], minzoom: 11, maxzoom: 14 }),
      text("rivers", "rivers", 13, along),
      text("quarters", "neighbourhoods", 12, { minzoom: 12, maxzoom: 14, layout: { "text-transform": "uppercase" } }),
      text("names", "labels", 13, { minzoom: 9, maxzoom: 12 }),
    ],
  };
}
