// The map: move and zoom it, and set the pin, by mouse, finger or keyboard.

const NEAREST = 2; // metres per pixel
const AT_A_POINT = 5;
const KEY_STEP = 12; // pixels that an arrow key moves the pin
const STILL = 5; // pixels that a finger may slip in a tap
const ZOOM = 1.6;
const TAP_ZOOM = 5;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PIN = `<svg xmlns="http://www.w3.org/2000/svg"><g class="found" hidden=""><circle r="9"/></g><g class="pin" hidden="">
<circle class="hit" cy="-22" r="26"/><path d="M0 0C-3-10-14-15-14-27a14 14 0 0 1 28 0C14-15 3-10 0 0z"/><circle class="eye" cy="-27" r="5"/></g></svg>`;

const field = document.querySelector("[data-map]");
if (field) start(field);

async function start(field) {
  const answer = await fetch(field.dataset.map);
  if (!answer.ok) return;
  const svg = document.importNode(parsed(await answer.text()), true);
  svg.append(...document.importNode(parsed(PIN), true).children);
  svg.setAttribute("aria-hidden", "true");
  const view = field.querySelector("[role=application]");
  view.replaceChildren(svg);
  field.hidden = false;
  new CityMap(field, view, svg);
}

function parsed(text) {
  return new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
}

class CityMap {
  #pointers = new Map();
  #isMoved = false;

  constructor(field, view, svg) {
    Object.assign(this, { field, view, svg });
    const { width, height } = svg.viewBox.baseVal;
    this.all = { width, height };
    this.inputs = ["latitude", "longitude"].map((name) => document.getElementById(`f-${name}`));
    this.names = [...svg.querySelectorAll("text")].map((text) => {
      const { e: x, f: y } = text.transform.baseVal[0].matrix;
      return { x, y, name: text.textContent };
    });
    this.center = { x: this.all.width / 2, y: this.all.height / 2 };
    this.scale = this.whole * 0.7;
    this.pin = this.found = null;
    this.#listen();
    this.#readFields();
    this.draw();
  }

  /** Metres per pixel at which all of the city is shown. */
  get whole() {
    const { clientWidth, clientHeight } = this.view;
    return Math.max(this.all.width / clientWidth, this.all.height / clientHeight);
  }

  draw() {
    const { clientWidth, clientHeight } = this.view;
    const [width, height] = [clientWidth * this.scale, clientHeight * this.scale];
    this.center.x = clamp(this.center.x, 0, this.all.width);
    this.center.y = clamp(this.center.y, 0, this.all.height);
    const corner = [this.center.x - width / 2, this.center.y - height / 2];
    this.svg.setAttribute("viewBox", [...corner, width, height].join(" "));
    this.svg.style.setProperty("--metres-per-pixel", this.scale);
    this.svg.dataset.level = this.scale > 40 ? "far" : this.scale > 14 ? "mid" : "near";
    this.#place(".pin", this.pin);
    this.#place(".found", this.found);
  }

  zoom(factor, { x, y } = this.pin ?? this.center) {
    const scale = clamp(this.scale / factor, NEAREST, this.whole);
    const share = scale / this.scale;
    this.center = { x: x + (this.center.x - x) * share, y: y + (this.center.y - y) * share };
    this.scale = scale;
    this.draw();
  }

  /** Bring a point into view. */
  follow(point) {
    const { clientWidth, clientHeight } = this.view;
    const right = Math.abs(point.x - this.center.x) / this.scale;
    const down = Math.abs(point.y - this.center.y) / this.scale;
    if (right > 0.45 * clientWidth || down > 0.45 * clientHeight) this.center = { ...point };
  }

  /** Bring a point into view; from afar, come nearer. */
  approach(point, times = Infinity) {
    this.follow(point);
    if (this.scale <= AT_A_POINT * 2) return;
    this.center = { ...point };
    this.scale = Math.max(AT_A_POINT, this.scale / times);
  }

  /** Set the pin, or take it away, and write the fields. */
  setPin(point) {
    this.pin = point && { x: clamp(point.x, 0, this.all.width), y: clamp(point.y, 0, this.all.height) };
    const degrees = this.pin ? this.#degrees(this.pin) : ["", ""];
    this.inputs.forEach((input, i) => { input.value = degrees[i]; });
    this.draw();
    this.inputs[0].dispatchEvent(new CustomEvent("pinned", { bubbles: true }));
    this.field.querySelector("[role=status]").textContent = this.pin ? this.#said() : "";
  }

  #listen() {
    const { view } = this;
    view.addEventListener("pointerdown", (event) => this.#press(event));
    view.addEventListener("pointermove", (event) => this.#drag(event));
    view.addEventListener("pointerup", (event) => this.#release(event));
    view.addEventListener("pointercancel", (event) => this.#pointers.delete(event.pointerId));
    view.addEventListener("keydown", (event) => this.#key(event));
    view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      this.zoom(ZOOM ** (-event.deltaY / 100), this.#at(event));
    }, { passive: false });
    this.field.addEventListener("click", ({ target }) => {
      const { zoom } = target.closest("button")?.dataset ?? {};
      if (zoom) this.zoom(ZOOM ** Number(zoom));
      else if (target.closest("[data-unpin]")) this.setPin(null);
    });
    for (const input of this.inputs) {
      input.addEventListener("input", () => { this.#readFields(); this.draw(); });
    }
    document.addEventListener("found", ({ detail }) => {
      this.found = detail && this.#metres(detail);
      if (this.found && !this.pin) this.approach(this.found);
      this.draw();
    });
    new ResizeObserver(() => this.draw()).observe(view);
  }

  #press(event) {
    if (event.button) return;
    this.#pointers.set(event.pointerId, event);
    this.view.setPointerCapture(event.pointerId);
    this.#isMoved = this.#pointers.size > 1;
    this.held = event.target.closest(".pin") ? this.pin : null;
    this.from = event;
  }

  #drag(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const [other] = [...this.#pointers.values()].filter((one) => one.pointerId !== event.pointerId);
    this.#pointers.set(event.pointerId, event);
    this.#isMoved ||= apart(event, this.from) > STILL;
    if (!this.#isMoved) return;
    const [right, down] = [event.clientX - before.clientX, event.clientY - before.clientY];
    if (other) {
      this.zoom(apart(event, other) / Math.max(1, apart(before, other)), this.#at(other));
    } else if (this.held) {
      this.held.x += right * this.scale;
      this.held.y += down * this.scale;
    } else {
      this.center.x -= right * this.scale;
      this.center.y -= down * this.scale;
    }
    this.draw();
  }

  #release(event) {
    if (!this.#pointers.delete(event.pointerId) || this.#pointers.size) return;
    if (this.held && this.#isMoved) this.setPin(this.held);
    if (this.held || this.#isMoved) return;
    const point = this.#at(event);
    this.approach(point, TAP_ZOOM); // to see whether it is right
    this.setPin(point);
  }

  #key(event) {
    const { key, shiftKey } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key in STEPS) {
      const step = (shiftKey ? 1 : KEY_STEP) * this.scale;
      const [right, down] = STEPS[key];
      const next = this.pin ? { x: this.pin.x + right * step, y: this.pin.y + down * step } : { ...this.center };
      this.follow(next);
      this.setPin(next);
    } else if (key === "+" || key === "=") this.zoom(ZOOM);
    else if (key === "-") this.zoom(1 / ZOOM);
    else if (key === "Delete" || key === "Backspace") this.setPin(null);
    else return;
    event.preventDefault();
  }

  #readFields() {
    const degrees = this.inputs.map((input) => Number(input.value.replace(",", ".") || NaN));
    const point = degrees.every(Number.isFinite) ? this.#metres(degrees) : null;
    const isOnMap = point && point.x >= 0 && point.y >= 0 && point.x <= this.all.width && point.y <= this.all.height;
    this.pin = isOnMap ? point : null;
    if (this.pin) this.approach(this.pin);
  }

  #place(selector, point) {
    const mark = this.svg.querySelector(selector);
    mark.toggleAttribute("hidden", !point);
    if (point) mark.setAttribute("transform", `translate(${point.x} ${point.y}) scale(${this.scale})`);
  }

  /** The names of the two nearest things on the map. */
  #said() {
    const { x, y } = this.pin;
    const near = [...this.names].sort((a, b) => Math.hypot(a.x - x, a.y - y) - Math.hypot(b.x - x, b.y - y));
    const names = [...new Set(near.map(({ name }) => name))].slice(0, 2);
    return this.field.dataset.said.replace("{}", names.join(", "));
  }

  #at({ clientX, clientY }) {
    const { left, top, width, height } = this.view.getBoundingClientRect();
    return {
      x: this.center.x + (clientX - left - width / 2) * this.scale,
      y: this.center.y + (clientY - top - height / 2) * this.scale,
    };
  }

  #metres([latitude, longitude]) {
    const { west, north, xPerDegree, yPerDegree } = this.svg.dataset;
    return { x: (longitude - west) * xPerDegree, y: (north - latitude) * yPerDegree };
  }

  #degrees({ x, y }) {
    const { west, north, xPerDegree, yPerDegree } = this.svg.dataset;
    return [north - y / yPerDegree, Number(west) + x / xPerDegree].map((one) => one.toFixed(5));
  }
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

function apart(one, other) {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}
