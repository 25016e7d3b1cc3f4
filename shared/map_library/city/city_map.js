// The map of the city: MapLibre over the city's tiles, in the colours of the page.

const CITY_ZOOM = 10.5;

/** Open the map of a frame, whose data name the tiles and the scripts; it fails without tiles. */
export async function openMap(maplibre, frame, options = {}) {
  const { map: tiles, reader, worker } = frame.dataset;
  maplibre.setWorkerUrl(worker);
  const { archive, header, ...source } = await openTiles(maplibre, new URL(tiles, location).href, reader);
  const style = () => styleOf({ type: "vector", ...source });
  const view = frame.querySelector(".view");
  frame.hidden = false;
  const map = new maplibre.Map({
    container: view,
    style: style(),
    center: header ? [header.centerLon, header.centerLat] : [0, 0],
    zoom: CITY_ZOOM,
    maxZoom: 18,
    keyboard: false,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: 0,
    ...options,
  });
  map.touchZoomRotate.disableRotation();
  const drawn = map.getCanvas();
  drawn.tabIndex = -1; // the page has the focus, and the words
  drawn.setAttribute("aria-hidden", "true");
  drawn.removeAttribute("role");
  map.once("load", () => { view.dataset.drawn = ""; });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.setStyle(style()));
  frame.addEventListener("click", ({ target }) => {
    const { zoom } = target.closest("button")?.dataset ?? {};
    if (zoom) map.zoomTo(map.getZoom() + Number(zoom));
  });
  archive?.getMetadata().then(({ attribution }) => {
    frame.querySelector("[data-attribution]").textContent = (attribution ?? "").replace("(c)", "©");
  });
  return map;
}

/** Open what the tiles come from: a server by its template, or a PMTiles file. */
async function openTiles(maplibre, url, reader) {
  if (url.includes("{z}") || url.includes("%7Bz%7D")) return { tiles: [decodeURI(url)] };
  await new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: reader, onload: done, onerror: failed });
    document.head.append(script);
  });
  const { PMTiles, Protocol } = window.pmtiles;
  const protocol = new Protocol();
  const archive = new PMTiles(url);
  protocol.add(archive);
  maplibre.addProtocol("pmtiles", protocol.tile);
  return { archive, header: await archive.getHeader(), url: `pmtiles://${url}` };
}

/** The style of the map, in the colours of the page. */
function styleOf(source) {
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
    sources: { city: source },
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
