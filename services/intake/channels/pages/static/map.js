// The map: set the pin by mouse, finger or keyboard, and see open problems near by; a small one that
// shows a place; or one of a list of problems. MapLibre and the tiles are fetched when a person
// comes to look at it; without WebGL there is no map.

const POINT_ZOOM = 16, TAP_ZOOM = 15, PINS_ZOOM = 13;
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
      await start(field);
    } catch {
      field.remove(); // words and addresses do as well
    }
  }, { rootMargin: "100px" }).observe(field);
} else {
  field?.remove();
}

async function start(field) {
  const { at, engine, opener, hint, wheel } = field.dataset;
  const [maplibre, { openMap }] = await Promise.all([import(engine), import(opener)]);
  if (at) {
    const [lat, lng] = at.split(",").map(Number);
    const map = await openMap(maplibre, field, { interactive: false, center: [lng, lat], zoom: POINT_ZOOM });
    new StillMap(field, maplibre, map);
    return;
  }
  const locale = {
    "CooperativeGesturesHandler.MobileHelpText": hint,
    "CooperativeGesturesHandler.WindowsHelpText": wheel,
    "CooperativeGesturesHandler.MacHelpText": wheel.replace("Ctrl", "⌘"),
  };
  const map = await openMap(maplibre, field, { cooperativeGestures: true, locale });
  new ("listed" in field.dataset ? ListMap : PinMap)(field, maplibre, map);
}

/** A map in its frame, with marks. */
class CityMap {
  constructor(field, maplibre, map) {
    Object.assign(this, { field, maplibre, map });
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
    element.setAttribute("aria-hidden", "true"); // words on the page say it
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
    const at = [Number(longitude), Number(latitude)];
    element.addEventListener("focus", () => {
      if (!this.map.getBounds().contains(at)) this.map.jumpTo({ center: at });
    });
    return new this.maplibre.Marker({ element }).setLngLat(at).addTo(this.map);
  }
}

/** A small map of one place, and of the cases near by that the page lists, by their numbers. */
class StillMap extends CityMap {
  constructor(...parts) {
    super(...parts);
    const at = this.map.getCenter();
    this.mark(null, "pin", at);
    if (this.field.dataset.pins) this.#showListed(at);
  }

  async #showListed({ lat, lng }) {
    const listed = [...document.querySelectorAll("button[name=follow]")];
    const bounds = new this.maplibre.LngLatBounds([lng, lat], [lng, lat]);
    for (const pin of await this.known([lng - NEAR, lat - NEAR, lng + NEAR, lat + NEAR]) ?? []) {
      const number = listed.findIndex(({ value }) => value === pin.dataset.pin);
      if (number < 0) continue;
      bounds.extend(this.markKnown(pin, () => listed[number].focus()).getLngLat());
      pin.textContent = number + 1;
      pin.setAttribute("aria-label", `${number + 1}. ${pin.getAttribute("aria-label")}`);
    }
    this.map.fitBounds(bounds, { padding: 40, maxZoom: POINT_ZOOM + 1, animate: false });
  }
}

/** The map of the problems that the page lists; a pin leads to its entry. */
class ListMap extends CityMap {
  constructor(...parts) {
    super(...parts);
    const bounds = new this.maplibre.LngLatBounds();
    for (const entry of document.querySelectorAll("[data-problem]")) {
      const pin = Object.assign(document.createElement("button"), {
        type: "button",
        className: `known ${entry.className}`,
        textContent: [...entry.querySelectorAll("h2, strong, strong + bdi")].map((one) => one.textContent.trim()).join(". "),
      });
      const { problem, latitude, longitude } = entry.dataset;
      Object.assign(pin.dataset, { pin: problem, latitude, longitude });
      bounds.extend(this.markKnown(pin, () => entry.focus()).getLngLat());
    }
    if (!bounds.isEmpty()) this.map.fitBounds(bounds, { padding: 40, maxZoom: POINT_ZOOM, animate: false });
    this.map.on("click", ({ lngLat }) => this.map.panTo(lngLat)); // for who cannot drag
  }
}

/** The map on which a person sets the pin. */
class PinMap extends CityMap {
  #known = [];
  #turn = {};

  constructor(...parts) {
    super(...parts);
    this.view = this.field.querySelector(".view");
    this.said = this.field.querySelector(".tools [role=status]");
    this.unpin = this.field.querySelector("[data-unpin]");
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
    this.unpin.addEventListener("click", () => {
      view.focus();
      this.#setPin(null);
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
    this.unpin.hidden = !lngLat;
    if (isNew) this.pin.on("dragend", () => this.#setPin(this.pin.getLngLat()));
  }

  /** Set the pin, or take it away, and write the fields. */
  #setPin(lngLat) {
    this.#drawPin(lngLat);
    const degrees = lngLat ? [lngLat.lat.toFixed(5), lngLat.lng.toFixed(5)] : ["", ""];
    this.inputs.forEach((input, i) => { input.value = degrees[i]; });
    this.inputs[0].dispatchEvent(new CustomEvent("pinned", { bubbles: true }));
    this.#say(lngLat && degrees);
    if (!lngLat) this.said.textContent = this.field.dataset.none;
  }

  async #say(degrees) {
    const turn = this.#turn = {};
    this.said.textContent = "";
    if (!degrees) return;
    try {
      const answer = await fetch(`/v1/places?near=${degrees}`);
      const [place] = answer.ok ? (await answer.json()).places : [];
      if (turn !== this.#turn) return; // something else is said by now
      this.said.textContent = this.field.dataset.said.replace("{}", place?.name ?? degrees.join(", "));
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
