// Two runs side by side.

const view = (window.pareView ??= {});
const ROWS = 60;

/**
 * Draws two runs side by side: the first step that differs, then all steps, aligned.
 *
 * `loadedB` is `null` where the other run are the reference steps of the scenario, and `diff` is a diff document.
 */
window.drawDiff = (container, loadedA, loadedB, diff) => {
  const names = pare.parse(location.hash);
  const a = side("a", names.diff ?? loadedA.run.run, loadedA.run);
  const b = loadedB ? side("b", names.with ?? loadedB.run.run, loadedB.run) : referenceSide(loadedA.run);
  const parts = diff ? [first(a, b, diff), rows(a, b, diff)] : [notCompared(a, b)];
  const label = `Differences between ${a.name} and ${b.name}`;
  const root = pare.el("article", { class: "run-view diff-view", tabindex: -1, "aria-label": label }, head(a, b, diff), parts);
  container.replaceChildren(root);
  root.querySelector("h2").focus({ preventScroll: true });
};

function side(letter, name, document) {
  const run = { ...document, name };
  const title = pare.el("a", { href: view.hash({ run: name }) }, view.text(name));
  return { letter, name, run, steps: run.steps, title, badge: pare.badge(run.status) };
}

// The page has the comparison of a run with its nearest one only.
function notCompared(a, b) {
  const command = `pytest-pare diff ${view.quoted(String(a.run.full_name ?? a.run.run))} ${view.quoted(String(b.run.full_name ?? b.run.run))}`;
  return pare.el("p", {}, "This page has no comparison of these two runs. To compare them: ", view.command(command));
}

// The reference steps in the shape of steps, numbered from 1.
function referenceSide(run) {
  const steps = (run.reference ?? []).map((step, place) => ({
    n: place + 1,
    isReference: true,
    lane: String(step.who).toLowerCase(),
    kind: "call",
    ...step,
  }));
  return { letter: "b", name: "the reference steps", run, steps, title: "The reference steps of the scenario" };
}

function head(a, b, diff) {
  return pare.el(
    "header",
    { class: "run-head" },
    pare.el("h2", { tabindex: -1 }, "Two runs side by side"),
    diff && pare.el("p", { class: "reason" }, view.text(diff.sentence)),
    diff?.cause && diff.cause !== "none" && pare.el("p", { class: "cause" }, "Cause: ", pare.el("b", {}, view.text(diff.cause))),
    pare.el(
      "div",
      { class: "pair pair-heads" },
      [a, b].map((one) => pare.el("p", { class: `side side-${one.letter}` }, letter(one), one.title, " ", one.badge)),
    ),
  );
}

const letter = (one) => pare.el("span", { class: "letter" }, one.letter.toUpperCase());

function first(a, b, diff) {
  if (!diff.first || (diff.first.a === null && diff.first.b === null)) return null;
  const title = pare.el("h3", {}, "The first step that differs");
  return pare.el("section", { class: "first-difference" }, title, pair(a, b, diff.first));
}

// One row of two steps in full, the words marked that differ.
function pair(a, b, row) {
  const [left, right] = [a.steps[row.a - 1], b.steps[row.b - 1]];
  const texts = [textsOf(a, left), textsOf(b, right)];
  const cell = (one, step, other) => {
    const draw = (text, key) => (other.has(key) ? view.markedText(text, other.get(key), one.letter) : marked(text, one, other));
    const content = step ? view.stepParts(one.run, step, draw) : pare.el("p", { class: "muted" }, letter(one), " no such step");
    const names = `side side-${one.letter}${step ? ` step step-${view.stepState(step)}` : " side-none"}`;
    return pare.el("div", { class: names, role: "group", "aria-label": `${one.letter.toUpperCase()}: ${one.name}` }, content);
  };
  return pare.el("div", { class: "pair" }, cell(a, left, texts[1]), cell(b, right, texts[0]));
}

// A text that the other side lacks is marked as a whole, unless the other side has no step at all.
function marked(text, one, other) {
  return other.size ? pare.el(one.letter === "a" ? "del" : "ins", {}, view.text(text)) : view.text(text);
}

function textsOf(one, step) {
  const texts = new Map();
  if (step) view.stepParts(one.run, step, (text, key) => (texts.set(key, String(text ?? "")), ""));
  for (const [place, message] of (step?.model?.request ?? []).entries()) texts.set(`request ${place}`, message.content);
  return texts;
}

function rows(a, b, diff) {
  const groups = [];
  for (const row of diff.rows ?? []) {
    if (row.same && groups.at(-1)?.same) groups.at(-1).rows.push(row);
    else groups.push({ same: row.same, rows: [row] });
  }
  const draw = ({ same, rows: found }) => {
    const isFirst = !same && found[0].a === diff.first?.a && found[0].b === diff.first?.b;
    const above = () => pare.el("p", { class: "see-above" }, `The first step that differs${places(found)}, as above`);
    return pare.el("li", {}, same ? equal(a, b, found) : isFirst ? above() : pair(a, b, found[0]));
  };
  const list = view.listed(pare.el("ol", { class: "rows" }), groups, ROWS, "rows", draw);
  return pare.el("section", {}, pare.el("h3", {}, "All steps, aligned"), list);
}

// The numbers of the steps of rows on both sides.
function places(found) {
  const numbers = (name) => {
    const known = found.map((row) => row[name]).filter((number) => number !== null);
    return known.length > 1 ? `${known[0]} to ${known.at(-1)}` : String(known[0] ?? "none");
  };
  return numbers("a") === numbers("b") ? ` (${numbers("a")})` : ` (${numbers("a")} in A, ${numbers("b")} in B)`;
}

function equal(a, b, equals) {
  const label = `${pare.plural(equals.length, "equal step")}${places(equals)}`;
  const titles = () =>
    pare.el("ul", { class: "equal" }, equals.map((row) => {
      const step = a.steps[row.a - 1] ?? b.steps[row.b - 1];
      return step && pare.el("li", {}, step.isReference ? view.text(step.function) : view.text(view.stepLabel(a.run, step)));
    }));
  return view.details(label, titles, { class: "equals" });
}
