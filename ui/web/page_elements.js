// Small things that the page's scripts make elements with, and what they do to those that the server made.

export function element(tag, style, attributes = {}, text = "") {
  const made = document.createElement(tag);
  if (style) made.className = style;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

export function button(label, style, does) {
  const made = element("button", style, { type: "button" }, label);
  made.onclick = does;
  return made;
}

export function fragment(html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  return made.content;
}

// Once what was just chosen in a menu of the side bar has come here.
export async function settled() {
  const state = () => document.querySelector(".stApp")?.dataset.testScriptState ?? "notRunning";
  for (let tries = 0; state() !== "notRunning" && tries < 100; tries++) await new Promise((done) => setTimeout(done, 20));
}

export function defined(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
}

export function filled(text, fields) {
  if (typeof text === "object") text = fields.count === 1 ? text.one : text.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => fields[name] ?? "");
}

// The labels of buttons that stand within what others wrote.
export function prepare(root, texts) {
  for (const copy of root.querySelectorAll("[data-do=copy-code]")) {
    copy.textContent = texts.copy;
    if (copy.closest(".cairn-code").dataset.language !== "mermaid") continue;
    const draws = element("button", "", { type: "button", "data-do": "draw" }, texts.draw);
    copy.before(draws);
  }
}

// What was folded open stays so, and the focus where it was, when a piece is drawn anew.
export function keeping(old, draws) {
  const open = new Set([...old.querySelectorAll("details[open]")].map((one) => one.dataset.fold));
  const held = old.contains(document.activeElement) ? document.activeElement : null;
  const made = draws();
  for (const one of made.querySelectorAll("details[data-fold]")) if (open.has(one.dataset.fold)) one.open = true;
  if (!held || made.contains(held)) return;
  const { do: does, source, verdict } = held.dataset;
  const same = [...made.querySelectorAll(`[data-do="${does}"]`)];
  (same.find((one) => one.dataset.source === source && one.dataset.verdict === verdict) ?? same[0])?.focus();
}

export function show_image(image, blob) {
  image.src = URL.createObjectURL(blob);
  image.onload = () => URL.revokeObjectURL(image.src);
}

// Whether light letters stand on a dark ground.
export function is_dark(root) {
  const [red, green, blue] = getComputedStyle(root).color.match(/[\d.]+/g).map(Number);
  return red + green + blue > 382;
}

export function fieldsOf(form) {
  const named = [...form.querySelectorAll("[data-field]")].filter((field) => field.value);
  const value = (field) => (field.dataset.field === "source" ? Number(field.value) : field.value);
  return Object.fromEntries(named.map((field) => [field.dataset.field, value(field)]));
}

export function valueOf(field) {
  if (field.dataset.kind === "text") return field.value;
  try {
    return JSON.parse(field.value);
  } catch {
    return field.value;
  }
}

export function sort(head) {
  const body = head.closest("table").tBodies[0];
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentElement.children) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const at = head.cellIndex;
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  const order = (one, other) => compareCells(one.cells[at].textContent, other.cells[at].textContent, compare);
  body.append(...[...body.rows].sort((one, other) => (down ? -1 : 1) * order(one, other)));
}

function compareCells(one, other, compare) {
  const numbers = [Number(one), Number(other)];
  return one.trim() && other.trim() && numbers.every(Number.isFinite) ? numbers[0] - numbers[1] : compare(one, other);
}

export function filter(field) {
  const wanted = field.value.toLocaleLowerCase();
  for (const row of field.closest("[data-table]").querySelector("tbody").rows)
    row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
}

export async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (name) yield [name, JSON.parse(data)];
    }
  }
}
