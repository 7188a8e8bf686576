// The turns of a run: the notifications of each side, the steps, and the phone after them.

const view = (window.pareView ??= {});
const MODES = {
  observe: "the agent observes",
  awaiting_confirmation: "the agent awaits an answer",
  execute: "the agent executes",
};
const SIDES = { USER: "user", AGENT: "agent" };
const LINES_OF_CARD = 14;

/** Returns the steps in groups by turn, in order; `turn` is `null` for steps outside of the turns. */
view.groups = (run) => {
  const turns = new Map((run.turns ?? []).map((turn) => [turn.turn, turn]));
  const groups = [];
  const seen = new Set();
  for (const step of run.steps) {
    const turn = step.turn ?? null;
    if (!groups.length || groups.at(-1).turn !== turn) {
      groups.push({ turn, details: seen.has(turn) ? null : (turns.get(turn) ?? null), steps: [] });
      seen.add(turn);
    }
    groups.at(-1).steps.push(step);
  }
  // A turn without a step still has the notifications of the sides; it stands before the first later turn.
  for (const [turn, details] of turns) {
    if (seen.has(turn)) continue;
    const later = groups.findIndex((group) => group.turn !== null && group.turn > turn);
    groups.splice(later < 0 ? groups.length : later, 0, { turn, details, steps: [] });
  }
  return groups;
};

/** Returns the section of a run with its turns. */
view.turns = (run) => {
  const groups = view.groups(run);
  const verdicts = byStep(run.differences ?? []);
  const first = (run.cards ?? []).filter((card) => card.after === 0);
  const start = () => pare.el("div", { class: "cards" }, first.map((card) => view.card(card, null)));
  return pare.el(
    "section",
    { class: "turns", "aria-label": "Turns" },
    pare.el("h3", {}, groups.some((group) => group.turn !== null) ? "Turn by turn" : "Steps"),
    first.length > 0 && view.details(`The phone at the start: ${first.length} apps`, start, { class: "phone-start" }),
    groups.map((group) => turn(run, group, verdicts)),
  );
};

function byStep(differences) {
  const found = new Map();
  for (const one of differences) if (one.step) found.set(one.step, [...(found.get(one.step) ?? []), one]);
  return found;
}

function turn(run, group, verdicts) {
  const details = group.details;
  const isOnly = group.turn === null && !run.turns?.length;
  const time = details?.time ?? group.steps[0]?.time;
  const heading = pare.el(
    "h4",
    {},
    group.turn === null ? "Outside of the turns" : `Turn ${group.turn}`,
    time !== undefined && pare.el("time", {}, view.clock(run, time)),
    details?.mode && pare.el("span", { class: "mode" }, MODES[details.mode] ?? view.text(details.mode)),
  );
  const steps = pare.el("ol", { class: "steps" }, group.steps.map((step) => stepItem(run, step, verdicts)));
  const main = pare.el("div", { class: "turn-main" }, notified(run, details?.notified ?? []), group.steps.length > 0 && steps);
  return pare.el("div", { class: "turn" }, !isOnly && heading, pare.el("div", { class: "turn-columns" }, main, phone(run, group)));
}

function notified(run, sides) {
  const bySide = new Map();
  for (const one of sides) {
    const key = JSON.stringify(one.notifications ?? []);
    bySide.set(key, [...(bySide.get(key) ?? []), SIDES[one.who] ?? String(one.who)]);
  }
  return [...bySide].map(([key, names]) => {
    const who = `The ${names.join(" and the ")}`;
    const notifications = JSON.parse(key);
    if (!notifications.length) return pare.el("p", { class: "notified muted" }, `${who} got no notification.`);
    return pare.el("div", { class: "notified" }, pare.el("p", {}, `${who} got:`), pare.el("ul", {}, notifications.map((one) => news(run, one))));
  });
}

const news = (run, one) =>
  pare.el(
    "li",
    {},
    one.time !== null && pare.el("time", { title: view.clock(run, one.time) }, view.timeOfDay(run, one.time)),
    one.kind && pare.el("span", { class: "kind" }, String(one.kind).toLowerCase().replaceAll("_", " ")),
    view.text(one.text),
  );

function stepItem(run, step, verdicts) {
  const about = verdicts.get(step.n) ?? [];
  const names = ["step", `step-${view.stepState(step)}`, about.length && "step-verdict"].filter(Boolean).join(" ");
  return pare.el(
    "li",
    { class: names, id: `step-${step.n}`, tabindex: -1, "data-step": step.n },
    view.stepParts(run, step),
    about.map((one) => view.difference(run, one, true)),
  );
}

/** Returns what the verdict expected and got, with a link to the step that it is about. */
view.difference = (run, one, isBeside) =>
  pare.el(
    "div",
    { class: "expectation" },
    isBeside && pare.el("p", { class: "expectation-head" }, "The verdict is about this step:"),
    pare.el(
      "dl",
      {},
      pare.el("dt", {}, "expected"),
      pare.el("dd", { class: "expected" }, one.expected === null ? nothing("nothing") : view.text(one.expected)),
      pare.el("dt", {}, "got"),
      pare.el("dd", { class: "got" }, one.got === null ? nothing("nothing") : view.text(one.got)),
    ),
    !isBeside && one.step && pare.el("p", {}, view.stepLink(run, one.step, `Go to step ${one.step}`)),
  );

const nothing = (text) => pare.el("span", { class: "muted" }, text);

function phone(run, group) {
  const last = group.steps.at(-1)?.n;
  const isInside = (card) =>
    card.after > 0 && (group.steps.some((step) => step.n === card.after) || (card.turn !== null && card.turn === group.turn));
  const cards = run.cards ?? [];
  const changed = latest(cards.filter(isInside));
  const screen = group.steps.findLast((step) => step.screen_after)?.screen_after ?? group.details?.screen;
  const known = latest(cards.filter((card) => isInside(card) || (last !== undefined && card.after <= last)));
  const others = known.filter((card) => !changed.includes(card));
  if (!known.length || (!changed.length && group.turn === null)) return null;
  const time = group.steps.at(-1)?.time ?? group.details?.time;
  const name = group.turn === null ? "Phone" : `Phone after turn ${group.turn}`;
  return pare.el(
    "div",
    { class: changed.length ? "phone" : "phone phone-quiet", role: "group", "aria-label": name },
    pare.el(
      "p",
      { class: "status-bar" },
      pare.el("span", {}, time === undefined ? "" : view.timeOfDay(run, time).slice(0, 5)),
      pare.el("span", { class: "screen" }, screen ? view.text(screen) : "home screen"),
    ),
    changed.length > 0 && pare.el("div", { class: "cards" }, changed.map((card) => view.card(card, before(cards, card)))),
    others.length > 0 &&
      view.details(
        changed.length ? `${others.length} other apps` : `No change. The whole phone: ${others.length} apps`,
        () => pare.el("div", { class: "cards" }, others.map((card) => view.card(card, null))),
      ),
  );
}

// The last card of each app, in the order of the first ones.
function latest(cards) {
  return [...new Map(cards.map((card) => [card.app, card])).values()];
}

function before(cards, card) {
  return cards.slice(0, cards.indexOf(card)).findLast((one) => one.app === card.app) ?? null;
}

/** Returns the content of an app as a card, with the lines marked that the card before did not have. */
view.card = (card, previous) => {
  const key = ([level, text]) => `${level} ${text}`;
  const old = previous && contentOf(previous);
  const known = old && counted(old.map(key));
  const lines = contentOf(card).map((line) => ({ level: line[0], text: line[1], isNew: known !== null && !taken(known, key(line)) }));
  const gone = old ? goneLines(old, new Set(card.lines.map(key)), key) : [];
  const content = pare.el("div", { class: "card-lines" });
  const shown = shownLines(lines);
  let isFolded = false;
  lines.forEach((line, place) => {
    if (shown.has(place)) content.append(lineOf(line));
    else if (shown.has(place - 1) || place === 0) content.append(pare.el("p", { class: "skipped", "aria-hidden": "true" }, "⋮"));
    isFolded ||= !shown.has(place);
  });
  const more = isFolded && view.button(`show all ${view.count(lines.length)} lines`, () => {
    content.replaceChildren(...lines.map(lineOf));
    more.remove();
  }, { class: "more" });
  return pare.el(
    "div",
    { class: "card" },
    pare.el("p", { class: "card-name", title: card.app }, view.appName(card.app)),
    content,
    lines.length === 0 && pare.el("p", { class: "muted" }, "empty"),
    gone.length > 0 && pare.el("div", { class: "card-gone" }, gone.map((line) => lineOf({ ...line, isGone: true }))),
    more,
  );
};

/** Returns the name of an app for people: `Email` for `StatefulEmailApp`. */
view.appName = (app) =>
  app === "PAREAgentUserInterface" ? "Dialogue with the agent" : String(app).replace(/^Stateful(\w+)App$/, "$1");

// The same line can be there more than once.
function counted(keys) {
  const counts = new Map();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function taken(counts, key) {
  const left = counts.get(key) ?? 0;
  counts.set(key, left - 1);
  return left > 0;
}

// An app without content has one line that says so.
const contentOf = (card) => (card.lines.length === 1 && card.lines[0][1] === "empty" ? [] : card.lines);

const GONE_LINES = 6;

function goneLines(lines, present, key) {
  const gone = lines.filter((line) => !present.has(key(line))).map(([level, text]) => ({ level, text }));
  if (gone.length <= GONE_LINES) return gone;
  return [...gone.slice(0, GONE_LINES), { level: 1, text: `and ${gone.length - GONE_LINES} more lines` }];
}

// All lines of a short card; of a long one, the new lines with their headings, or the first lines.
function shownLines(lines) {
  const all = lines.map((_, place) => place);
  if (lines.length <= LINES_OF_CARD) return new Set(all);
  const fresh = all.filter((place) => lines[place].isNew).slice(0, LINES_OF_CARD);
  if (!fresh.length) return new Set(all.slice(0, LINES_OF_CARD - 4));
  const shown = new Set(fresh);
  for (const place of fresh) {
    let level = lines[place].level;
    for (let above = place - 1; above >= 0 && level > 1; above -= 1) {
      if (lines[above].level >= level) continue;
      shown.add(above);
      level = lines[above].level;
    }
  }
  return shown;
}

function lineOf(line) {
  const level = Math.min(Math.max(Number(line.level) || 1, 1), 4);
  const tag = line.isGone ? "del" : line.isNew ? "ins" : "span";
  return pare.el("p", { class: `line level-${level}` }, pare.el(tag, {}, view.text(line.text)));
}
