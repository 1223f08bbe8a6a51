import { button, element, filled } from "./page_elements.js";

// The question box. What is typed while an answer is written is sent when that is complete.
export class QuestionBox {
  constructor(page) {
    this.page = page;
    const { texts } = page;
    this.root = element("form", "cairn-composer");
    this.files = element("div", "cairn-files");
    this.told = element("div", "cairn-told", { role: "alert", hidden: "" });
    this.key = element("div");
    this.hint = element("div", "cairn-hint", { role: "status" });
    this.box = element("textarea", "cairn-box", { "aria-label": texts.question, rows: 1, placeholder: texts.ask });
    this.button = element("button", "cairn-button primary", { type: "submit" }, texts.send);
    this.stop = button(texts.stop, "cairn-button cairn-stop", () => page.stop());
    const chooser = element("input", "", { type: "file", multiple: "", hidden: "" });
    const attach = button("＋", "cairn-button icon", () => chooser.click());
    attach.setAttribute("aria-label", texts.attach);
    attach.title = texts.attach;
    const row = element("div", "cairn-row cairn-boxed");
    row.append(attach, this.box, this.stop, this.button);
    this.with = element("div", "cairn-with");
    this.root.append(this.told, this.key, this.hint, row, this.with, chooser);
    this.root.onsubmit = (event) => (event.preventDefault(), this.send());
    this.box.oninput = () => this.typed();
    this.box.onkeydown = (event) => this.pressed(event);
    chooser.onchange = () => (this.bring([...chooser.files]), (chooser.value = ""));
    page.root.ondragover = (event) => event.preventDefault();
    page.root.ondrop = (event) => (event.preventDefault(), this.bring([...event.dataTransfer.files]));
    this.box.onpaste = (event) => event.clipboardData.files.length && this.bring([...event.clipboardData.files]);
  }

  get text() {
    return this.box.value;
  }

  set text(text) {
    this.box.value = text;
    this.typed();
  }

  begin(text) {
    this.text = text;
    this.tell("");
    this.recalled = 0;
  }

  typed() {
    this.held = false;
    this.hint.textContent = "";
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 240)}px`;
  }

  pressed(event) {
    if (event.isComposing) return; // Enter and arrows are the input method's
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && (!this.text || this.recalled)) {
      const asked = [...this.page.turns.querySelectorAll(".cairn-question")].map((one) => one.textContent);
      if (this.recalled >= asked.length) return;
      event.preventDefault();
      const recalled = (this.recalled ?? 0) + 1;
      this.text = asked.at(-recalled);
      this.recalled = recalled;
    } else if (event.key.length === 1 || event.key === "Backspace") {
      this.recalled = 0;
    }
  }

  send() {
    const question = this.text;
    if (!question.trim()) return;
    if (this.page.busy) {
      this.held = true;
      this.hint.textContent = this.page.texts.held;
      return;
    }
    this.recalled = 0;
    this.text = "";
    this.page.ask(question);
  }

  send_held() {
    if (this.held && !this.page.busy) this.send();
  }

  set_busy(busy) {
    this.stop.hidden = !busy;
    const { ask, running, waiting } = this.page.texts;
    this.box.placeholder = busy === "running" ? running : busy === "waiting" ? waiting : ask;
  }

  // What answers next, as the menus at the side say.
  answers_with({ task, template, model }) {
    this.with.textContent = [task, template, model].filter(Boolean).join(" · ");
  }

  tell(text) {
    this.told.textContent = text;
    this.told.hidden = !text;
    if (!text) this.key.replaceChildren();
  }

  // The model's key, with which what failed is done again.
  ask_key(model, again) {
    const { texts } = this.page;
    const field = element("input", "", { type: "password", autocomplete: "off" });
    const set = () => this.page.set_key(field, model, again);
    field.onkeydown = (event) => event.key === "Enter" && (event.preventDefault(), set());
    const label = element("label", "", {}, filled(texts.key, { model }));
    label.append(field);
    const card = element("div", "cairn-card");
    card.append(label, button(texts.set_key, "cairn-button primary", set));
    this.key.replaceChildren(card);
    field.focus();
  }

  // Files are read in the background; a question can be asked meanwhile.
  async bring(files) {
    if (!files.length) return;
    const form = new FormData();
    for (const file of files) form.append("files", file);
    const chip = element("div", "cairn-chip", { role: "status" });
    this.files.append(chip);
    this.page.to_end();
    const fill = (key, more) => (chip.textContent = filled(this.page.texts[key], { name: names, count, ...more }));
    let count = files.length;
    let names = files.map((file) => file.name).join(", ");
    fill("adding");
    const options = { method: "POST", body: form };
    const begun = await this.page.tried(async () => (await this.page.request("/api/v1/documents", options)).json());
    if (!begun) return chip.remove();
    names = begun.names.join(", ");
    count = begun.names.length;
    for (let state = begun; ; state = await this.page.get(`/api/page/uploads/${begun.id}`)) {
      if (state.state === "added" || state.state === "failed") return this.brought(chip, state, fill);
      await new Promise((done) => setTimeout(done, 250));
    }
  }

  // Told where the answers stand, until the next question is asked.
  async brought(chip, state, fill) {
    chip.dataset.over = "";
    if (state.state === "failed") return fill("failed", { reason: state.problems.join(" ") });
    fill("ready");
    this.page.component.setTriggerValue("brought", state.id);
    if (state.problems.length) chip.append(" ", state.problems.join(" "));
    const name = encodeURIComponent(state.names[0]);
    const { question, left_out } = await this.page.get(`/api/page/documents/question?name=${name}`);
    if (question) chip.append(" ", button(question, "cairn-button", () => this.page.ask(question)));
    if (!left_out) return;
    const { samples_off, samples_on } = this.page.texts;
    const told = element("div", "", {}, `${samples_off} `);
    told.append(button(samples_on, "cairn-button", () => this.page.search_samples(told)));
    chip.append(told);
  }
}
