// The page's conversation. It draws the HTML that the server makes and sends it what its reader does; what a model or a
// document says is never a script, an element or an address here: the server has made text of it.

import {
  button, defined, element, eventsOf, fieldsOf, filter, fragment, is_dark, keeping, prepare, settled, show_image, sort,
  valueOf,
} from "./page_elements.js";
import { QuestionBox } from "./question_box.js";

const PAGE = "/api/page/";
const RUNS = "/api/v1/runs/";
const NEAR_END = 120;
const TOLD_AFTER = 300;
const places = new WeakMap();

export function draw(component) {
  let here = places.get(component.parentElement);
  if (!here) places.set(component.parentElement, (here = new Conversation(component)));
  here.take(component);
}

export function leave(component) {
  places.get(component.parentElement)?.close();
  places.delete(component.parentElement);
}

const chart_path = (run, chart, form) => `${PAGE}runs/${run}/charts/${chart.dataset.chart}?form=${form}`;

class Conversation {
  constructor(component) {
    this.texts = component.data.texts;
    this.root = component.parentElement.appendChild(element("div", "cairn-conversation"));
    this.turns = element("div", "cairn-turns", { role: "log", "aria-label": this.texts.label, "aria-live": "off" });
    this.top = element("div", "cairn-earlier");
    this.welcome = element("div", "cairn-begin");
    this.spoken = element("div", "cairn-unseen", { role: "status" });
    this.panel = element("dialog", "cairn-panel");
    this.ask_first = element("dialog", "cairn-ask-first");
    this.asking = new QuestionBox(this);
    this.root.append(this.top, this.welcome, this.turns, this.asking.files, this.spoken, this.asking.root, this.panel, this.ask_first);
    this.scroller = this.root.closest(".stMain") ?? document.scrollingElement;
    this.follows_end = true;
    this.ends = new AbortController();
    const on = (target, name, does) => target.addEventListener(name, does, { signal: this.ends.signal });
    on(this.root, "click", (event) => this.clicked(event));
    on(this.root, "input", (event) => event.target.matches("[data-filter]") && filter(event.target));
    on(this.scroller, "scroll", () => (this.follows_end = this.is_near_end()));
    on(document, "keydown", (event) => this.pressed(event));
    on(document, "visibilitychange", () => this.rest_or_go_on());
    new ResizeObserver(() => this.follows_end && this.to_end()).observe(this.turns);
    new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && this.load_earlier()).observe(this.top);
  }

  // What Streamlit says: another thread, other menus. Nothing of the conversation itself comes this way.
  take(component) {
    this.component = component;
    const data = (this.data = component.data);
    this.asking.answers_with(data);
    const waits = this.began && data.begun !== this.began; // Streamlit has not heard of this conversation yet
    if (waits && data.chosen === this.chosen) return;
    if (waits) history.replaceState(history.state, "", data.thread ? `?thread=${data.thread}` : location.pathname);
    this.began = null;
    this.chosen = data.chosen;
    if (this.thread === undefined || data.thread !== this.thread) this.open(data.thread);
    else if (!data.thread && !this.turns.childElementCount) this.greet(null);
  }

  open(thread) {
    this.keep_draft();
    this.thread = thread;
    this.stream?.abort();
    this.panel.close();
    this.turns.replaceChildren();
    this.asking.begin(sessionStorage.getItem(this.draft) ?? "");
    this.set_busy(null, null);
    this.earlier = 0;
    this.follows_end = true;
    this.greet(thread);
    if (thread) this.follow();
  }

  greet(thread) {
    const begin = (question) => button(question, "cairn-example", () => this.ask(question));
    const title = element("div", "cairn-welcome", {}, this.texts.welcome);
    this.welcome.replaceChildren(...(thread ? [] : [title, ...this.data.examples.map(begin)]));
  }

  get draft() {
    return `cairn-draft ${this.thread ?? ""}`;
  }

  // What was not sent stays with its conversation, while other pages are looked at too, until the tab is closed.
  keep_draft() {
    if (this.thread === undefined) return;
    if (this.asking.text) sessionStorage.setItem(this.draft, this.asking.text);
    else sessionStorage.removeItem(this.draft);
  }

  close() {
    this.keep_draft();
    clearTimeout(this.telling); // another page must not be drawn anew for it
    this.stream?.abort();
    this.ends.abort();
  }

  // --- the stream -----------------------------------------------------------------------------------------------

  async follow() {
    this.stream?.abort();
    const { signal } = (this.stream = new AbortController());
    for (let wait = 250; !signal.aborted; wait = Math.min(2 * wait, 5000)) {
      try {
        const response = await this.request(`${PAGE}threads/${this.thread}/stream`, { signal });
        this.asking.tell("");
        for await (const [name, data] of eventsOf(response.body)) {
          if (signal.aborted) return;
          wait = 250;
          this.heard(name, data);
        }
      } catch (problem) {
        if (signal.aborted) return;
        if (problem.status === 401) return this.asking.tell(this.texts.closed);
        if (problem.status === 404) return this.asking.tell(this.texts.gone);
      }
      if (this.is_gone) return;
      this.asking.tell(this.texts.lost);
      await new Promise((done) => setTimeout(done, wait));
    }
  }

  heard(name, data) {
    const stays = this.follows_end;
    if (name === "turns") this.show_turns(data);
    else if (name === "patch") this.show_patch(data);
    else this.asking.tell([data.message, data.hint].filter(Boolean).join(" "));
    this.is_gone = name === "gone";
    if (stays) this.to_end();
  }

  show_turns({ turns, ids, earlier, busy, run }) {
    this.turns.querySelector("[data-turn=asked]")?.remove();
    for (const { id, html } of turns) this.put(id, html);
    for (const id of ids) this.turns.append(this.turn(id));
    if (this.turns.childElementCount === ids.length) this.earlier = earlier;
    const ended = this.busy === "running" && busy !== "running";
    this.set_busy(busy, run);
    if (ended) this.ended();
  }

  put(id, html) {
    const made = fragment(html).firstElementChild;
    const old = this.turn(id);
    this.prepare(made);
    if (!old) return this.turns.append(made);
    keeping(old, () => (old.replaceWith(made), made));
  }

  show_patch({ turn, names, changed }) {
    const answer = this.turn(turn)?.querySelector(".cairn-answer");
    if (!answer) return;
    this.tell_opened();
    const pieces = new Map([...answer.children].map((piece) => [piece.dataset.piece, piece]));
    if (names) {
      answer.replaceChildren(...names.map((name) => pieces.get(name) ?? element("div", "", { "data-piece": name })));
      this.say_finished(answer, names);
    }
    for (const piece of answer.children) {
      const html = changed[piece.dataset.piece];
      if (html === undefined) continue;
      keeping(piece, () => (piece.replaceChildren(fragment(html)), this.prepare(piece), piece));
    }
  }

  prepare(made) {
    prepare(made, this.texts);
    for (const chart of made.querySelectorAll("[data-chart]")) this.show_chart(chart);
  }

  async show_chart(chart) {
    await Promise.resolve(); // until it stands in its turn
    const run = chart.closest("[data-run]")?.dataset.run;
    const theme = is_dark(this.root) ? "dark" : "light";
    const drawn = `${chart_path(run, chart, "svg")}&theme=${theme}`;
    const response = run && (await this.tried(() => this.request(drawn)));
    if (response) show_image(chart.querySelector("img"), await response.blob());
  }

  turn(id) {
    return this.turns.querySelector(`[data-turn="${CSS.escape(id)}"]`);
  }

  set_busy(busy, run) {
    this.busy = busy;
    this.run = run;
    this.root.dataset.busy = busy ?? "";
    this.asking.set_busy(busy);
  }

  ended() {
    const paragraphs = this.turns.lastElementChild?.querySelectorAll("[data-piece^=text]") ?? [];
    this.speak(...[...paragraphs].slice(this.said ?? 0).map((piece) => piece.textContent), this.texts.done);
    this.said = 0;
    this.asking.send_held();
    this.rest_or_go_on();
  }

  // For who can't see it: each paragraph once it is whole.
  say_finished(answer, names) {
    const whole = names.filter((name) => name.startsWith("text-")).length - 1;
    const paragraphs = [...answer.querySelectorAll("[data-piece^=text]")];
    if (whole <= (this.said ?? 0)) return (this.said = Math.max(0, Math.min(this.said ?? 0, whole)));
    this.speak(...paragraphs.slice(this.said ?? 0, whole).map((piece) => piece.textContent));
    this.said = whole;
  }

  speak(...said) {
    this.spoken.textContent = said.join(" ");
  }

  rest_or_go_on() {
    if (!document.hidden && this.thread && this.stream?.signal.aborted !== false) this.follow();
    else if (document.hidden && !this.busy && !this.asking.held) this.stream?.abort();
  }

  async load_earlier() {
    const first = this.turns.firstElementChild;
    if (!this.earlier || this.loading || !first) return;
    this.loading = true;
    try {
      const found = await this.get(`${PAGE}threads/${this.thread}/turns?before=${first.dataset.turn}`);
      const before = this.scroller.scrollHeight;
      for (const { html } of found.turns) {
        const made = fragment(html).firstElementChild;
        this.prepare(made);
        first.before(made);
      }
      this.scroller.scrollTop += this.scroller.scrollHeight - before;
      this.earlier = found.earlier;
    } finally {
      this.loading = false;
    }
    if (this.top.getBoundingClientRect().bottom > 0) this.load_earlier();
  }

  is_near_end() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR_END;
  }

  to_end() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.follows_end = true;
  }

  // --- asking ---------------------------------------------------------------------------------------------------

  async ask(question) {
    this.panel.close(); // its passage is of another answer
    const shown = element("article", "cairn-turn", { "data-turn": "asked" });
    shown.append(element("div", "cairn-question", {}, question));
    this.turns.append(shown);
    for (const told of this.asking.files.querySelectorAll("[data-over]")) told.remove();
    this.welcome.replaceChildren();
    this.asking.tell("");
    this.to_end();
    await settled();
    const { task, template, model } = this.data;
    const asked = defined({ question, task, template, model, thread: this.thread });
    const begun = await this.tried(() => this.post(RUNS.slice(0, -1), asked), () => this.asking.send());
    if (begun) return this.go_to(begun.thread);
    shown.remove();
    this.greet(this.thread);
    this.asking.text = question;
  }

  // The open conversation, or another one, which Streamlit is told of: the side bar is there.
  go_to(thread) {
    if (thread === this.thread) return this.rest_or_go_on();
    const shown = this.turns.querySelector("[data-turn=asked]");
    this.open(thread);
    if (shown) this.turns.append(shown);
    this.began = thread;
    history.pushState(history.state, "", `?thread=${thread}`); // a reload finds it even before Streamlit knows
    this.telling = setTimeout(() => this.tell_opened(), TOLD_AFTER); // the first words come before it
  }

  tell_opened() {
    if (!this.telling) return;
    clearTimeout(this.telling);
    this.telling = null;
    if (this.began) this.component.setTriggerValue("opened", { thread: this.began, chosen: this.chosen });
  }

  async again(run, changed) {
    this.panel.close();
    this.to_end();
    const post = () => this.post(`${RUNS}${run}/versions`, defined(changed));
    const begun = await this.tried(post, () => this.again(run, changed));
    if (begun) this.go_to(begun.thread);
    return begun;
  }

  stop() {
    if (this.busy) this.tried(() => this.post(`${RUNS}${this.run}/stop`));
  }

  // What went wrong stands above the question box until something else is done; a missing key is asked for there.
  async tried(does, again = () => this.tried(does)) {
    try {
      return (await does()) ?? {};
    } catch (problem) {
      this.asking.tell(problem.message);
      if (problem.model) this.asking.ask_key(problem.model, again);
      return null;
    }
  }

  async set_key(field, model, again) {
    if (!field.value.trim()) return this.asking.tell(this.texts.empty);
    const set = await this.tried(() => this.post(`${PAGE}key`, { key: field.value, model }));
    field.value = "";
    if (!set) return;
    this.asking.tell("");
    await again();
  }

  async search_samples(told) {
    if (!(await this.tried(() => this.post(`${PAGE}samples`)))) return;
    told.replaceChildren(this.texts.samples_now);
    this.component.setTriggerValue("brought", "samples");
  }

  async request(path, options = {}) {
    const headers = { Authorization: `Bearer ${this.data.key}`, "Accept-Language": this.data.language };
    const response = await fetch(path, { ...options, headers: { ...headers, ...options.headers } });
    if (response.ok) return response;
    const told = (await response.json().catch(() => ({}))).error ?? { message: response.statusText };
    const { status } = response;
    if (status === 401) throw Object.assign(new Error(this.texts.closed), { status });
    const hint = told.model ? "" : told.hint; // the key is asked for on the spot
    throw Object.assign(new Error([told.message, hint].filter(Boolean).join(" ")), { status, model: told.model });
  }

  async get(path) {
    return (await this.request(path)).json();
  }

  async post(path, body = {}) {
    const headers = { "Content-Type": "application/json" };
    const response = await this.request(path, { method: "POST", headers, body: JSON.stringify(body) });
    return response.json();
  }

  // --- what is clicked and pressed --------------------------------------------------------------------------------

  clicked(event) {
    if (event.target.closest("summary")) this.follows_end = false; // what is folded open is what is looked at
    const pressed = event.target.closest("[data-do]");
    if (!pressed) return;
    const run = pressed.closest("[data-run]")?.dataset.run;
    this.does[pressed.dataset.do]?.call(this, pressed, run);
  }

  does = {
    passage: (pressed, run) => this.show_passage(run, pressed),
    link: (pressed) => this.ask_about(pressed.dataset.address),
    sort: (pressed) => sort(pressed.closest("th")),
    resume: (_, run) => this.tried(() => this.post(`${RUNS}${run}/resume`)),
    choose: (pressed, run) => this.tried(() => this.post(`${PAGE}runs/${run}/alternative`, { number: +pressed.dataset.number })),
    version: async (pressed) => {
      const found = await this.tried(() => this.post(`${PAGE}runs/${pressed.dataset.run}/version`));
      if (found) this.put(found.id, found.html);
    },
    edit: (pressed, run) => this.edit(pressed, run),
    again: async (pressed, run) => {
      await settled();
      const { task, template, model } = this.data;
      this.again(run, pressed.dataset.how === "chosen" ? { task, template, model } : {});
    },
    "copy-code": (pressed) => this.copy(pressed, pressed.closest(".cairn-code").querySelector("code").textContent),
    "copy-answer": async (pressed, run) => {
      const found = await this.tried(() => this.get(`${PAGE}runs/${run}/markdown`));
      if (found) this.copy(pressed, found.text);
    },
    "table-file": (pressed, run) => {
      const { table } = pressed.closest("[data-table]").dataset;
      const { form } = pressed.dataset;
      this.save(`${PAGE}runs/${run}/tables/${table}?form=${form}`, `result.${form}`);
    },
    "chart-file": (pressed, run) => {
      const { form } = pressed.dataset;
      const figure = pressed.closest("[data-chart]");
      this.save(chart_path(run, figure, form), `${figure.dataset.name}.${form}`);
    },
    "draw-plan": (_, run) => this.component.setTriggerValue("planned", run),
    draw: (pressed) => {
      const drawing = pressed.closest(".cairn-code").querySelector("code").textContent;
      this.component.setTriggerValue("drawing", drawing);
    },
    verdict: async (pressed, run) => {
      const { verdict, form } = pressed.dataset;
      const said = form ? fieldsOf(pressed.closest(".cairn-card")) : {};
      const taken_back = !form && pressed.getAttribute("aria-pressed") === "true";
      const path = `${PAGE}runs/${run}/verdict`;
      const done = await this.tried(() => this.post(path, { ...said, verdict: taken_back ? null : verdict }));
      if (done) this.asking.tell(done.learned ? this.texts.learned : form ? this.texts.kept : "");
    },
    samples: (pressed) => this.search_samples(pressed.closest("[data-piece]")),
    decide: (pressed, run) => {
      const { call, decision } = pressed.dataset;
      const fields = [...pressed.closest(".cairn-card").querySelectorAll("[data-argument]")];
      const edited = decision === "approve" && fields.some((field) => field.value !== field.defaultValue);
      const values = Object.fromEntries(fields.map((field) => [field.dataset.argument, valueOf(field)]));
      const body = edited ? { call, decision: "edit", arguments: values } : { call, decision };
      this.tried(() => this.post(`${RUNS}${run}/decisions`, body));
    },
    "set-key": (pressed, run) => {
      const field = pressed.closest(".cairn-card").querySelector("[data-key]");
      this.set_key(field, pressed.dataset.model, () => this.again(run, {}));
    },
  };

  pressed(event) {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.asking.box.focus();
    } else if (event.key === "Escape" && this.panel.open) {
      this.panel.close();
      this.opener?.focus();
    } else if (event.key === "Escape" && !document.querySelector("dialog:modal, [role=dialog]:not(.cairn-panel)")) {
      this.stop();
    }
  }

  async show_passage(run, pressed) {
    const path = `${PAGE}runs/${run}/sources/${pressed.dataset.source}`;
    const found = await this.tried(() => this.get(path));
    if (!found) return;
    this.opener = pressed;
    const close = button(this.texts.close, "cairn-button", () => (this.panel.close(), pressed.focus()));
    const body = element("div", "cairn-panel-body", { tabindex: "0" });
    body.append(fragment(found.html));
    const head = element("div", "cairn-panel-head");
    const named = element("div", "cairn-panel-name");
    named.append(element("h2", "cairn-document-name", {}, found.name), element("div", "cairn-note", {}, found.where));
    head.append(named, close);
    this.panel.replaceChildren(head, body);
    this.panel.setAttribute("aria-label", this.texts.document);
    if (!this.panel.open) this.panel.show();
    close.focus();
    body.querySelector("mark")?.scrollIntoView({ block: "center" });
    if (found.picture) this.show_picture(`${path}/page.png`, body, found.name);
  }

  async show_picture(path, body, name) {
    const response = await this.tried(() => this.request(path));
    if (!response) return;
    const picture = element("img", "cairn-page", { alt: name });
    show_image(picture, await response.blob());
    body.prepend(picture);
    body.scrollTop = 0;
  }

  // A link opens only from here, where its whole address stands.
  ask_about(address) {
    const open = () => (this.ask_first.close(), window.open(address, "_blank", "noopener,noreferrer"));
    const row = element("div", "cairn-row");
    row.append(
      button(this.texts.open, "cairn-button primary", open),
      button(this.texts.copy, "cairn-button", (event) => this.copy(event.target, address)),
      button(this.texts.cancel, "cairn-button", () => this.ask_first.close()),
    );
    this.ask_first.replaceChildren(element("p", "", {}, this.texts.link), element("code", "", {}, address), row);
    this.ask_first.showModal();
  }

  edit(pressed, run) {
    const asker = pressed.parentElement;
    const field = element("textarea", "cairn-edited", { "aria-label": this.texts.edit, rows: 3 });
    field.value = asker.querySelector(".cairn-question").textContent;
    const row = element("div", "cairn-row");
    const before = [...asker.childNodes];
    const branch = async () => {
      const begun = await this.tried(() => this.post(`${PAGE}runs/${run}/branch`, { question: field.value }), branch);
      if (begun) this.go_to(begun.thread);
    };
    row.append(
      button(this.texts.again, "cairn-button primary", () => this.again(run, { question: field.value })),
      button(this.texts.new, "cairn-button", branch),
      button(this.texts.cancel, "cairn-button", () => asker.replaceChildren(...before)),
    );
    asker.replaceChildren(field, row);
    field.focus();
  }

  async save(path, name) {
    const response = await this.tried(() => this.request(path));
    if (!response) return;
    const link = element("a", "", { download: name });
    link.href = URL.createObjectURL(await response.blob());
    link.click();
    URL.revokeObjectURL(link.href);
  }

  async copy(pressed, text) {
    await navigator.clipboard.writeText(text);
    this.speak(this.texts.copied);
    const before = pressed.textContent;
    pressed.textContent = this.texts.copied;
    setTimeout(() => (pressed.textContent = before), 1500);
  }
}
