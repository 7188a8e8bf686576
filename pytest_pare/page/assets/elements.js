// What the view of a run is made of: folded texts, lists and details, commands, links and times.

const view = (window.pareView ??= {});
const FOLDED_CHARACTERS = 400;
const FOLDED_LINES = 12;
// A text of a megabyte makes a browser slow, so that it is opened part by part.
const OPENED_CHARACTERS = 100_000;

/** Returns a button. */
view.button = (label, click, attributes) => pare.el("button", { type: "button", click, ...attributes }, label);

/** Returns a text that only screen readers say. */
view.spoken = (text) => pare.el("span", { class: "hidden" }, text);

/** Returns a text of a run as it is, a long one folded, with a button that shows all of it. */
view.text = (value) => {
  const text = String(value ?? "");
  const shown = start(text);
  const node = pare.el("span", { class: "text", dir: "auto" }, shown);
  if (shown.length === text.length) return node;
  let end = shown.length;
  const size = `${view.count(text.length)} characters`;
  const label = text.length > OPENED_CHARACTERS ? `show more of ${size}` : `show all ${size}`;
  const more = view.button(label, () => {
    end = end >= text.length ? shown.length : whole(text, end + OPENED_CHARACTERS);
    node.textContent = text.slice(0, end);
    more.textContent = end >= text.length ? "show less" : label;
    more.setAttribute("aria-expanded", String(end > shown.length));
  });
  more.className = "more";
  more.setAttribute("aria-expanded", "false");
  return pare.el("span", { class: "folded" }, node, "… ", more);
};

function start(text) {
  let end = -1;
  for (let line = 0; line < FOLDED_LINES; line += 1) {
    end = text.indexOf("\n", end + 1);
    if (end < 0 || end > FOLDED_CHARACTERS) break;
  }
  const limit = end >= 0 && end <= FOLDED_CHARACTERS ? end : FOLDED_CHARACTERS;
  // Folding the last few words would hide less than the button takes.
  return text.length <= limit + 40 ? text : text.slice(0, whole(text, limit));
}

// The position, or the one before if it would cut a surrogate pair.
function whole(text, position) {
  const code = text.charCodeAt(position - 1);
  return position < text.length && code >= 0xd800 && code < 0xdc00 ? position - 1 : position;
}

/** Returns a list that shows its first items, with a button that makes and shows the others. */
view.listed = (list, items, limit, what, draw) => {
  list.append(...items.slice(0, limit).map(draw));
  if (items.length <= limit) return list;
  const more = view.button(`show ${view.count(items.length - limit)} more ${what}`, () => {
    const added = items.slice(limit).map(draw);
    list.append(...added);
    more.remove();
    added[0].tabIndex = -1;
    added[0].focus();
  });
  more.className = "more";
  return pare.el("div", {}, list, more);
};

/** Returns a `details` element whose content is made when it is opened. */
view.details = (summary, draw, attributes) => {
  const node = pare.el("details", attributes, pare.el("summary", {}, summary));
  const open = () => {
    if (node.open && node.children.length === 1) node.append(...[draw()].flat(Infinity));
  };
  node.addEventListener("toggle", open);
  if (node.open) open();
  return node;
};

/** Returns a command for a terminal, with a button that copies it. */
view.command = (command) => {
  const code = pare.el("code", {}, command);
  const copy = view.button("copy", async () => {
    try {
      await navigator.clipboard.writeText(command);
      copy.textContent = "copied";
    } catch {
      // Without the right to write, the selected text can be copied by keyboard.
      getSelection().selectAllChildren(code);
      copy.textContent = "selected";
    }
  });
  copy.setAttribute("aria-label", `copy the command ${command}`);
  return pare.el("span", { class: "command" }, code, copy);
};

/** Returns the name of a run in a command: with its session, so that it is found when there are later ones. */
view.commandName = (run) => quoted(String(run.full_name ?? run.run));

// A word for a POSIX shell.
const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** Returns a hash with the filters of the present one. */
view.hash = (state) => pare.link({ ...state, ...pare.ofTable(pare.parse(location.hash)) });

/** Returns a link to a step of a run. */
view.stepLink = (run, number, label) =>
  pare.el("a", { href: view.hash({ run: run.name, step: number }) }, label ?? `step ${number}`);

/** Returns the simulated date and time of a moment of a run. */
view.clock = (run, time) => date(run, time).replace("T", " ");

/** Returns the simulated time of day, to the second. */
view.timeOfDay = (run, time) => date(run, time).slice(11);

/** Returns the simulated date. */
view.day = (run, time) => date(run, time).slice(0, 10);

function date(run, time) {
  const moment = new Date((Number(run.start_time) + Number(time)) * 1000);
  return Number.isNaN(moment.getTime()) ? `${time} s` : moment.toISOString().slice(0, 19);
}

/** Returns a duration in the largest two units: `2 h 20 min`. */
view.duration = (seconds) => {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const parts = [];
  let rest = Math.round(seconds);
  for (const [unit, size] of units) {
    if (rest >= size && parts.length < 2) parts.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  return parts.join(" ") || "0 s";
};

/** Returns a count with separators: `1,048,576`. */
view.count = (number) => Number(number).toLocaleString("en");
