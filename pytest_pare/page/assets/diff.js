// Two runs side by side.

const view = (window.pareView ??= {});
const ROWS = 60;

/**
 * Draws two runs side by side: the first step that differs, then all steps, aligned.
 *
 * `loadedB` is `null` where the other run are the reference steps of the scenario. `diff` is a diff document, or `null`
 * where the page has none of these two.
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
  const command = `pytest-pare diff ${view.commandName(a.run)} ${view.commandName(b.run)}`;
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
  return { letter: "b", name: "the reference steps", isReference: true, run, steps, title: "The reference steps of the scenario" };
}

function head(a, b, diff) {
  const title = b.isReference ? "The run beside the reference steps" : "Two runs side by side";
  return pare.el(
    "header",
    { class: "run-head" },
    pare.el("h2", { tabindex: -1 }, title),
    diff && pare.el("p", { class: "reason" }, view.text(diff.sentence)),
    // Beside the reference, the sentence names who acted differently; what stands out may be the cause.
    b.isReference && view.findings(a.run),
    !b.isReference && diff?.cause && diff.cause !== "none" && pare.el("p", { class: "cause" }, "Cause: ", pare.el("b", {}, view.text(diff.cause))),
    pare.el(
      "div",
      { class: "pair pair-heads" },
      [a, b].map((one) => pare.el("p", { class: `side side-${one.letter}` }, letter(one), " ", one.title, " ", one.badge)),
    ),
  );
}

const letter = (one) => pare.el("span", { class: "letter" }, one.letter.toUpperCase());

function first(a, b, diff) {
  if (!isStep(diff.first)) return null;
  const section = pare.el("section", { class: "first-difference" }, pare.el("h3", {}, "The first step that differs"));
  section.append(pair(a, b, diff.first, true));
  // Where models were only asked another: the first step in which anything else differs.
  if (diff.effect && isStep(diff.effect.first)) {
    section.append(pare.el("h3", {}, "Its first effect"), pare.el("p", {}, view.text(diff.effect.sentence)));
    section.append(pair(a, b, diff.effect.first, true));
  }
  return section;
}

const isStep = (row) => Boolean(row) && (row.a !== null || row.b !== null);

// One row of two steps in full, the words marked that differ.
function pair(a, b, row, open = false) {
  const [left, right] = [a.steps[row.a - 1], b.steps[row.b - 1]];
  // Between steps of another kind every word differs.
  const isAlike = left && right && left.lane === right.lane && left.function === right.function;
  const texts = isAlike ? [textsOf(a, left), textsOf(b, right)] : null;
  const cell = (one, step, other) => {
    // A reference step has no result, and so on: only what both can have is compared.
    const isPlain = (key) => texts === null || (b.isReference && !other.has(key));
    const draw = (text, key) => (isPlain(key) ? view.text(text) : view.markedText(text, other.get(key) ?? "", one.letter));
    const content = step ? view.stepParts(one.run, step, draw, open) : none();
    return sideOf(one, step ? `step step-${view.stepState(step)}` : "side-none", content);
  };
  return pare.el("div", { class: "pair" }, cell(a, left, texts?.[1]), cell(b, right, texts?.[0]));
}

const sideOf = (one, names, content) =>
  pare.el("div", { class: `side side-${one.letter} ${names}`, role: "group", "aria-label": `${one.letter.toUpperCase()}: ${one.name}` }, letter(one), content);

const none = () => pare.el("p", { class: "muted" }, "no such step");

function textsOf(one, step) {
  const texts = new Map();
  const keep = (text, key) => {
    texts.set(key, String(text ?? ""));
    return "";
  };
  view.stepParts(one.run, step, keep, true);
  return texts;
}

function rows(a, b, diff) {
  const groups = [];
  const kind = (row) => (row.same ? "equal" : row.b === null ? "a" : row.a === null ? "b" : null);
  for (const row of diff.rows ?? []) {
    const isFirst = !row.same && row.a === diff.first?.a && row.b === diff.first?.b;
    const last = groups.at(-1);
    if (!isFirst && last && last.kind !== null && last.kind === kind(row)) last.rows.push(row);
    else groups.push({ kind: isFirst ? null : kind(row), isFirst, rows: [row] });
  }
  const draw = (group) => pare.el("li", {}, drawn(a, b, group));
  const list = view.listed(pare.el("ol", { class: "rows" }), groups, ROWS, "rows", draw);
  const title = b.isReference ? "All writes, proposals and answers, aligned" : "All steps, aligned";
  return pare.el("section", {}, pare.el("h3", {}, title), list);
}

function drawn(a, b, { kind, isFirst, rows: found }) {
  if (isFirst) return pare.el("p", { class: "see-above" }, `The first step that differs${places(found)}, as above`);
  if (kind === "equal") return equal(a, b, found);
  if (found.length === 1) return pair(a, b, found[0]);
  // Several steps in one run only: a line each.
  const one = kind === "a" ? a : b;
  const titles = pare.el("ol", { class: "one-sided" }, found.map((row) => titleOf(one, one.steps[row[kind] - 1])));
  const sides = [a, b].map((each) => sideOf(each, each === one ? "" : "side-none", each === one ? titles : none()));
  return pare.el("div", { class: "pair" }, sides);
}

function titleOf(one, step) {
  if (!step) return null;
  if (!step.isReference) return pare.el("li", {}, view.stepLink(one.run, step.n), " ", view.text(view.stepLine(one.run, step)));
  const given = Object.values(step.args ?? {}).filter((value) => value !== "null");
  return pare.el("li", {}, `reference step ${step.n} `, view.text(`${step.lane}, ${step.app}.${step.function} ${given.join(", ")}`));
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
  const titles = () => pare.el("ul", { class: "equal" }, equals.map((row) => titleOf(a, a.steps[row.a - 1]) ?? titleOf(b, b.steps[row.b - 1])));
  return view.details(`${pare.plural(equals.length, "equal step")}${places(equals)}`, titles, { class: "equals" });
}
