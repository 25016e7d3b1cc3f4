// The map: set the pin by mouse, finger or keyboard, and see open problems near by. MapLibre and the
// tiles are fetched when a person comes to look at it; without WebGL there is no map.

const CITY_ZOOM = 10.5, POINT_ZOOM = 16, TAP_ZOOM = 15, PINS_ZOOM = 13;
const KEY_STEP = 12; // pixels that an arrow key moves the pin
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
      new CityMap(field, await engine(field.dataset));
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

class CityMap {
  #known = [];

  constructor(field, { maplibre, archive, header, source }) {
    this.field = field;
    this.maplibre = maplibre;
    this.view = field.querySelector("[role=application]");
    this.said = field.querySelector(".tools [role=status]");
    this.inputs = ["latitude", "longitude"].map((name) => document.getElementById(`f-${name}`));
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.source = source;
    const { hint, wheel } = field.dataset;
    this.map = new maplibre.Map({
      container: this.view,
      style: style(source),
      center: header ? [header.centerLon, header.centerLat] : [0, 0],
      zoom: CITY_ZOOM,
      maxZoom: 18,
      cooperativeGestures: true,
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
    });
    this.map.touchZoomRotate.disableRotation();
    const drawn = this.map.getCanvas();
    drawn.tabIndex = -1; // the frame has the focus, and the words
    drawn.setAttribute("aria-hidden", "true");
    drawn.removeAttribute("role");
    this.#listen();
    this.#readFields();
    archive?.getMetadata().then(({ attribution }) => {
      field.querySelector("[data-attribution]").textContent = (attribution ?? "").replace("(c)", "©");
    });
  }

  #listen() {
    const { field, map, view } = this;
    map.on("click", ({ lngLat }) => {
      this.#setPin(lngLat);
      if (map.getZoom() < TAP_ZOOM) map.easeTo({ center: lngLat, zoom: TAP_ZOOM }); // is it right?
    });
    map.on("moveend", () => this.#showKnown());
    map.once("load", () => { view.dataset.drawn = ""; this.#showKnown(); });
    this.dark.addEventListener("change", () => map.setStyle(style(this.source)));
    view.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("click", ({ target }) => {
      const { zoom } = target.closest("button")?.dataset ?? {};
      if (zoom) map.zoomTo(map.getZoom() + Number(zoom));
      else if (target.closest("[data-unpin]")) this.#setPin(null);
    });
    for (const input of this.inputs) input.addEventListener("input", () => this.#readFields());
    document.addEventListener("found", ({ detail }) => {
      this.found = this.#mark(this.found, "found", detail && { lat: detail[0], lng: detail[1] });
      if (this.found && !this.pin) this.#approach(this.found.getLngLat());
    });
  }

  /** Put a mark at a point, or take it away. */
  #mark(mark, name, lngLat) {
    if (!lngLat) {
      mark?.remove();
      return null;
    }
    if (mark) return mark.setLngLat(lngLat);
    const element = document.createElement("div");
    element.className = name;
    const isPin = name === "pin";
    if (isPin) element.innerHTML = PIN;
    return new this.maplibre.Marker({ element, draggable: isPin, anchor: isPin ? "bottom" : "center" })
      .setLngLat(lngLat).addTo(this.map);
  }

  #drawPin(lngLat) {
    const isNew = lngLat && !this.pin;
    this.pin = this.#mark(this.pin, "pin", lngLat);
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
    this.said.textContent = "";
    if (!degrees) return;
    try {
      const answer = await fetch(`/v1/places?near=${degrees}`);
      const [place] = answer.ok ? (await answer.json()).places : [];
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
    const { map, field } = this;
    const bounds = map.getBounds().toArray().flat().map((one) => one.toFixed(4)).join();
    let pins = [];
    if (map.getZoom() >= PINS_ZOOM) {
      try {
        const answer = await fetch(`${field.dataset.pins}&bounds=${bounds}`);
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        pins = [...page.querySelectorAll("[data-pin]")];
      } catch {
        return;
      }
    }
    const focused = document.activeElement.dataset.pin;
    for (const mark of this.#known) mark.remove();
    this.#known = pins.map((pin) => this.#knownMark(document.importNode(pin, true)));
    this.view.querySelector(`[data-pin="${CSS.escape(focused)}"]`)?.focus();
  }

  #knownMark(element) {
    const { latitude, longitude, follow, pin } = element.dataset;
    const words = element.textContent;
    element.setAttribute("aria-label", words);
    element.replaceChildren();
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      const button = Object.assign(document.createElement("button"), {
        type: "submit", className: "second", name: "follow", value: pin, textContent: follow,
      });
      this.said.replaceChildren(words, " ", button);
    });
    return new this.maplibre.Marker({ element }).setLngLat([Number(longitude), Number(latitude)]).addTo(this.map);
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
