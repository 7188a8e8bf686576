// The view of one run.

const view = (window.pareView ??= {});
const ROWS_OF_STATE = 200;
const LONG_RUN = 200;
let shown = null;

/**
 * Draws the view of one run.
 *
 * `container` is an element of the page, `loaded` is what `pare.load` gives, and `row` the run's row of the table. The page
 * moves the focus to the step of the hash, if there is one.
 */
window.drawRun = (container, loaded, row) => {
  // The name on the page has the suite before it where there are several.
  const run = { ...loaded.run, name: row?.name ?? loaded.run.run };
  const names = run.steps.length > LONG_RUN ? "run-view run-long" : "run-view";
  const root = pare.el("article", { class: names, tabindex: -1, "aria-label": `Run ${run.name}` });
  const width = Math.max((container.clientWidth || 1000) - 80, 240);
  const timeline = run.steps.length ? view.timeline(run, width, (number) => goTo(number)) : null;
  root.append(
    ...[
      head(run, loaded.nearest, row),
      timeline && pare.el("section", {}, pare.el("h3", {}, "Timeline"), timeline.node, keys()),
      run.steps.length ? view.turns(run) : pare.el("p", { class: "muted" }, "The run has no steps."),
      state(run),
      reference(run),
    ].filter(Boolean),
  );
  container.replaceChildren(root);
  shown = { root, run, timeline, step: 0 };
  const wanted = Number(pare.parse(location.hash).step);
  if (timeline) timeline.show(wanted >= 1 ? wanted : (keyStep(run, loaded.nearest) ?? 1));
  root.addEventListener("focusin", focused);
  root.querySelector("h2").focus({ preventScroll: true });
};

function head(run, nearest, row) {
  const differences = run.differences ?? [];
  return pare.el(
    "header",
    { class: "run-head" },
    pare.el("h2", { tabindex: -1 }, view.text(run.name), " ", pare.badge(run.status, "large")),
    run.reason && pare.el("p", { class: "reason" }, view.text(run.reason)),
    (run.notes ?? []).map((note) => pare.el("p", {}, view.text(note))),
    differences.length > 0 &&
      pare.el("div", { class: "expectations" }, differences.map((one) => view.difference(run, one, false))),
    view.findings(run),
    nearest && compare(run, nearest),
    pare.el("ul", { class: "commands", "aria-label": "Commands for a terminal" }, commands(run, nearest)),
    facts(run, row),
  );
}

function compare(run, nearest) {
  const labels = {
    sibling: "Compare with the run that passed",
    baseline: "Compare with a run of an earlier session that passed",
    reference: "Compare with the reference steps",
  };
  const href = view.hash({ diff: run.name, with: nearest.run });
  const link = pare.el("a", { class: "button", href, title: String(nearest.run) }, labels[nearest.kind] ?? "Compare");
  return pare.el("p", { class: "compare" }, link, " ", view.text(nearest.diff?.sentence));
}

/** Returns the list of what stands out in a run; `null` for nothing besides its reason. */
view.findings = (run) => {
  const found = (run.findings ?? []).filter((one) => one.text !== run.reason);
  if (!found.length) return null;
  const draw = (one) =>
    pare.el("li", {}, view.text(one.text), one.steps.slice(0, 5).map((step) => [" ", view.stepLink(run, step)]),
      one.steps.length > 5 && ` and ${one.steps.length - 5} more`);
  return pare.el("ul", { class: "findings", "aria-label": "What stands out" }, found.map(draw));
};

// The step to look at first: where the run differs from one that passed, or what the verdict is about.
function keyStep(run, nearest) {
  const steps = [nearest?.diff?.first?.a, ...[...(run.differences ?? [])].map((one) => one.step), ...(run.findings ?? []).map((one) => one.steps[0])];
  return steps.find((step) => step >= 1 && step <= run.steps.length) ?? null;
}

function commands(run, nearest) {
  const name = view.commandName(run);
  const step = keyStep(run, nearest) ?? (run.steps.length ? 1 : null);
  const lines = [`pytest-pare show ${name}`, step !== null && `pytest-pare fork ${name} --at ${step}`];
  return lines.filter(Boolean).map((line) => pare.el("li", {}, view.command(line)));
}

function facts(run, row) {
  const steps = run.steps;
  const length = steps.length > 1 ? `, ${view.duration(steps.at(-1).time - steps[0].time)} of simulated time` : "";
  const turns = (run.turns ?? []).length;
  const fork = run.forked_from;
  const entries = [
    ["scenario", run.scenario],
    ["variant", run.variant],
    ["agent", run.agent],
    ["seed", run.seed],
    ["begin", view.clock(run, 0)],
    ["length", `${pare.plural(steps.length, "step")}${turns ? ` in ${pare.plural(turns, "turn")}` : ""}${length}`],
    ["ended by", run.ended_by],
    ["fork of", fork && `${fork.run} at step ${fork.step}${fork.change ? `: ${fork.change}` : ""}`],
    ["cost", row?.cost === undefined ? null : pare.number(row.cost, "dollars")],
    ...Object.entries(run.draws ?? {}).map(([name, value]) => [`drawn: ${name}`, value]),
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  const pairs = entries.map(([name, value]) => pare.el("div", {}, pare.el("dt", {}, view.text(name)), pare.el("dd", {}, view.text(value))));
  return pare.el("dl", { class: "facts" }, pairs);
}

function keys() {
  const key = (name) => pare.el("kbd", {}, name);
  return pare.el(
    "p",
    { class: "keys muted" },
    key("j"), " next step, ", key("k"), " previous step, ", key("Esc"), " all runs; on the timeline ",
    key("←"), " ", key("→"), " and ", key("Enter"),
  );
}

function state(run) {
  const rows = (run.changes ?? []).flatMap((change) => change.rows.map((row) => ({ step: change.after, app: change.app, row })));
  if (!rows.length) return null;
  const apps = [...new Set(rows.map((one) => one.app))];
  const where = apps.length === 1 ? view.appName(apps[0]) : `${apps.length} apps`;
  const draw = () => {
    const place = pare.el("div", {});
    const show = (app) => place.replaceChildren(changes(run, app === null ? rows : rows.filter((one) => one.app === app)));
    show(null);
    return apps.length === 1 ? place : [appFilter(apps, show), place];
  };
  const title = pare.el("h3", {}, "State of the apps, before and after");
  const isShort = rows.length <= 40;
  const summary = `${pare.plural(rows.length, "change")} in ${where}`;
  return pare.el("section", { class: "state" }, title, view.details(summary, draw, { open: isShort }));
}

function appFilter(apps, show) {
  const options = ["all apps", ...apps.map(view.appName)].map((label) => pare.el("option", {}, label));
  const select = pare.el("select", { change: () => show(select.selectedIndex ? apps[select.selectedIndex - 1] : null) }, options);
  return pare.el("label", { class: "filter" }, "App ", select);
}

function changes(run, rows) {
  const headings = ["step", "app", "path", "before", "after"].map((name) => pare.el("th", { scope: "col" }, name));
  const draw = ({ step, app, row }) =>
    pare.el(
      "tr",
      {},
      pare.el("td", { "data-label": "step" }, step > 0 ? view.stepLink(run, step) : "start"),
      pare.el("td", { "data-label": "app" }, view.appName(app)),
      pare.el("th", { scope: "row" }, view.text(row.path)),
      pare.el("td", { "data-label": "before" }, changed(row.before, row.after, "a")),
      pare.el("td", { "data-label": "after" }, changed(row.after, row.before, "b")),
    );
  const body = pare.el("tbody", {});
  const listed = view.listed(body, rows, ROWS_OF_STATE, "changes", draw);
  const more = listed === body ? null : listed.lastChild;
  const table = pare.el("table", { class: "changes" }, pare.el("thead", {}, pare.el("tr", {}, headings)), body);
  return pare.el("div", {}, table, more);
}

function changed(value, other, side) {
  if (value === null || value === undefined) return pare.el("span", { class: "muted" }, "absent");
  if (other === null || other === undefined) return pare.el(side === "a" ? "del" : "ins", {}, view.text(value));
  return view.markedText(value, other, side);
}

function reference(run) {
  const wanted = run.reference ?? [];
  if (!wanted.length) return null;
  const items = view.referenceDone(run).map(({ step, call, verdict }) =>
    pare.el(
      "li",
      { class: `reference reference-${verdict.kind}` },
      pare.el(
        "p",
        { class: "step-head" },
        pare.el("span", { class: "lane" }, String(step.who).toLowerCase()),
        pare.el("code", { class: "call" }, view.text(`${step.app}.${step.function}`)),
        pare.el("span", { class: `tag tag-${verdict.kind}` }, verdict.text),
        call && view.stepLink(run, call.n),
      ),
      view.argumentTable(Object.entries(step.args), (text) => view.text(text)),
    ),
  );
  const title = pare.el("h3", {}, "Reference steps of the scenario");
  return pare.el("section", { class: "references" }, title, pare.el("ol", {}, items));
}

const VERDICTS = {
  same: { kind: "same", text: "done" },
  other: { kind: "other", text: "done with other arguments" },
  missed: { kind: "missed", text: "not done" },
};

/** Returns each reference step with the run's step that matches it best: `{step, call, verdict}`. */
view.referenceDone = (run) => {
  const used = new Set();
  const take = (isMatch) => {
    const call = run.steps.find((one) => !used.has(one.n) && !one.error && isMatch(one));
    if (call) used.add(call.n);
    return call;
  };
  const isTool = (step) => (one) => one.app === step.app && one.function === step.function && one.lane !== "world";
  // An argument that is not given is the same as none.
  const given = (args) => Object.entries(args ?? {}).filter(([, value]) => value !== "null");
  const asText = (args) => JSON.stringify(given(args).sort(([a], [b]) => (a < b ? -1 : 1)));
  const exact = run.reference.map((step) => take((one) => isTool(step)(one) && asText(one.args) === asText(step.args)));
  return run.reference.map((step, place) => {
    if (exact[place]) return { step, call: exact[place], verdict: VERDICTS.same };
    const call = take(isTool(step));
    return { step, call, verdict: call ? VERDICTS.other : VERDICTS.missed };
  });
};

function goTo(number, block = "center") {
  const node = document.getElementById(`step-${number}`);
  if (!node) return;
  try {
    // A link to share, without an entry in the history for each key.
    history.replaceState(null, "", view.hash({ run: shown.run.name, step: number }));
  } catch {
    // Some viewers allow no change of the address.
  }
  node.focus({ preventScroll: true });
  node.scrollIntoView({ block });
}

function focused(event) {
  const number = Number(event.target.closest("li.step")?.dataset.step);
  if (!number || number === shown.step) return;
  shown.step = number;
  shown.timeline.show(number);
}

document.addEventListener("keydown", (event) => {
  // Only inside of the view, so that the keys of the page and of assistive technology stay theirs.
  if (!shown?.root.isConnected || !shown.root.contains(document.activeElement)) return;
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const last = shown.run.steps.length;
  if (event.key === "j" || event.key === "n") goTo(Math.min(shown.step + 1, last), "nearest");
  else if (event.key === "k" || event.key === "p") goTo(Math.max(shown.step - 1, 1), "nearest");
  else return;
  event.preventDefault();
});
