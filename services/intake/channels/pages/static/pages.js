// What a browser can do on top of pages that work without it.
const LONGEST_SIDE = 1600; // pixels: enough for a crew, and a tenth of the bytes

document.querySelector("main [autofocus]")?.focus();

const languages = document.querySelector(".languages details");
languages?.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  languages.open = false;
  languages.firstElementChild.focus();
});

const locate = document.querySelector("[data-locate]");
if (locate && "geolocation" in navigator) {
  const status = locate.parentElement.querySelector("[role=status]");
  locate.parentElement.hidden = false;
  locate.addEventListener("click", () => {
    status.textContent = locate.dataset.waiting;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        for (const name of ["latitude", "longitude"]) {
          const field = document.getElementById(`f-${name}`);
          field.value = coords[name].toFixed(6);
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }
        status.textContent = locate.dataset.found;
      },
      () => { status.textContent = locate.dataset.failed; },
      { enableHighAccuracy: true, timeout: 15000 },
    );
  });
}

// Updates come by what is written, until a person chooses.
const ways = ["email", "phone"].flatMap((name, i) => {
  const box = document.getElementById(`f-status_updates-${i + 1}`);
  return box ? [[document.getElementById(`f-${name}`), box]] : [];
});
for (const [field, box] of ways) {
  box.addEventListener("change", () => { box.dataset.chosen = "yes"; });
  field.addEventListener("input", () => {
    for (const [one, its] of ways) if (!its.dataset.chosen) its.checked = Boolean(one.value.trim());
  });
}

// How many characters are left, said near the end and in a pause. Nothing pasted is cut off.
const NEAR_THE_END = 200;
const PAUSE_MS = 1000;
for (const told of document.querySelectorAll("[data-most]")) {
  const area = told.parentElement.querySelector("textarea");
  let timer;
  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(count, PAUSE_MS);
  });
  count();
  function count() {
    const sent = area.value.trim().replaceAll("\n", "\r\n"); // as a form sends it
    const left = told.dataset.most - [...sent].length;
    const text = left < 0 ? told.dataset.over : told.dataset.left;
    told.textContent = left > NEAR_THE_END ? "" : text.replace("{}", Math.abs(left));
  }
}

// Photos add up, as a camera gives one at a time; each is made small, shown, and can be removed.
const picker = document.querySelector("input[type=file]");
const added = []; // of { file, figure, image, button }
picker?.addEventListener("change", () => {
  const files = [...picker.files];
  if (!picker.multiple) for (const one of files.length ? added.splice(0) : []) one.figure.remove();
  for (const file of files) add(file);
  hand();
});

async function add(file) {
  const figure = document.createElement("figure");
  const image = document.createElement("img");
  const button = document.createElement("button");
  const one = { file, figure, image, button };
  figure.className = "photo";
  figure.append(image, button);
  button.type = "button";
  button.className = "second";
  button.addEventListener("click", () => {
    added.splice(added.indexOf(one), 1);
    figure.remove();
    hand();
    picker.focus();
  });
  image.src = URL.createObjectURL(file);
  document.getElementById("photos").append(figure);
  added.push(one);
  const small = await shrunk(file);
  if (!small || small.size >= file.size || !added.includes(one)) return;
  one.file = new File([small], "photo.jpg", { type: "image/jpeg" });
  hand();
}

/** Put the photos into the form, and number them after those that the report has. */
function hand() {
  const files = new DataTransfer();
  const before = document.querySelectorAll("#photos figure").length - added.length;
  for (const [i, { file, image, button }] of added.entries()) {
    files.items.add(file);
    image.alt = picker.dataset.alt.replace("{}", before + i + 1);
    button.textContent = picker.dataset.remove.replace("{}", before + i + 1);
  }
  picker.files = files.files;
}

async function shrunk(file) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    return null; // one that only the server can read
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.85); });
}

// The receipt is there before its team is: look again, and put in what is known then.
const facts = document.querySelector("[data-fresh=received]");
for (const pause of facts ? [1500, 5000] : []) {
  setTimeout(async () => {
    const answer = await fetch(location.href).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-fresh]");
    if (fresh?.dataset.fresh !== "received") facts.replaceChildren(...fresh.children);
  }, pause);
}
