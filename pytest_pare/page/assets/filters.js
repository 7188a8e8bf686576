// The filters of the table of runs. Their state is in the hash, so that a link shows the same rows.

const { el, badge, plural, word } = pare;

const KEYS = ["status", "suite", "variant", "tag", "app", "reason", "q"];

pare.filtered = (state) => KEYS.some((key) => state[key]);

// Return the state without filters.
pare.cleared = (state) => Object.fromEntries(Object.entries(state).filter(([key]) => !KEYS.includes(key)));

// Return whether a run passes all filters, except those of the keys in `but`.
function passes(run, state, but) {
  const wants = (key, test) => but === key || !state[key] || test(state[key]);
  const scenario = pare.scenario(run);
  return (
    wants("status", (text) => text.split(",").includes(run.status)) &&
    wants("suite", (text) => pare.data.suites[run.suite].name === text) &&
    wants("variant", (text) => (run.variant || "") === text) &&
    wants("tag", (text) => scenario.tags.includes(text)) &&
    wants("app", (text) => scenario.apps.includes(text)) &&
    wants("reason", (text) => run.category === text) &&
    wants("q", (text) => searched(run).includes(text.toLowerCase()))
  );
}

const texts = new WeakMap();

function searched(run) {
  if (!texts.has(run)) texts.set(run, [run.name, run.reason || "", word(run.status)].join("\n").toLowerCase());
  return texts.get(run);
}

pare.matching = (state) => pare.runs.filter((run) => passes(run, state));

// Return the values of a filter with the number of runs that each would leave.
function values(key, of, state) {
  const counts = new Map();
  for (const run of pare.runs) for (const value of of(run)) if (!counts.has(value)) counts.set(value, 0);
  for (const run of pare.runs) {
    if (passes(run, state, key)) for (const value of of(run)) counts.set(value, counts.get(value) + 1);
  }
  return counts;
}

// Draw the filters.
//   state: the state of the hash
//   change: called with the keys that change
pare.drawFilters = (state, change) => {
  const search = el("input", {
    type: "search",
    id: "search",
    value: state.q || "",
    placeholder: "Scenario, run or reason",
    autocomplete: "off",
    input: () => change({ q: search.value }, true),
  });
  return el(
    "form",
    { class: "filters", role: "search", "aria-label": "Filter the runs", submit: (event) => event.preventDefault() },
    el("div", { class: "field wide" }, el("label", { for: "search" }, "Search ", el("kbd", {}, "/")), search),
    statuses(state, change),
    select("suite", "Suite", (run) => [pare.data.suites[run.suite].name], state, change),
    select("variant", "Variant", (run) => (run.variant ? [run.variant] : []), state, change),
    select("tag", "Tag", (run) => pare.scenario(run).tags, state, change),
    select("app", "App", (run) => pare.scenario(run).apps, state, change),
    select("reason", "Reason", (run) => (run.category ? [run.category] : []), state, change),
  );
};

function statuses(state, change) {
  const counts = values("status", (run) => [run.status], state);
  const chosen = state.status ? state.status.split(",") : [];
  const buttons = pare.statuses
    .filter((status) => counts.has(status))
    .map((status) => {
      const on = chosen.includes(status);
      const next = on ? chosen.filter((one) => one !== status) : [...chosen, status];
      return el(
        "button",
        { type: "button", class: "choice", id: `status-${status}`, "aria-pressed": String(on), click: () => change({ status: next.join(",") }) },
        badge(status),
        el("span", { class: "count" }, String(counts.get(status))),
      );
    });
  return el("fieldset", {}, el("legend", {}, "Status"), buttons);
}

function select(key, label, of, state, change) {
  const counts = values(key, of, state);
  // A choice of one is none, unless a link has chosen something else.
  if (counts.size < 2 && !state[key]) return null;
  if (state[key] && !counts.has(state[key])) counts.set(state[key], 0);
  const options = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([value, count]) =>
    el("option", { value, selected: value === state[key] }, `${value.length > 60 ? `${value.slice(0, 59)}…` : value} (${count})`),
  );
  const id = `filter-${key}`;
  const choice = el("select", { id, change: () => change({ [key]: choice.value }) }, el("option", { value: "" }, "All"), options);
  return el("div", { class: "field" }, el("label", { for: id }, label), choice);
}

// Return a sentence on the runs that are shown.
pare.counted = (shown) => {
  const failed = shown.filter((run) => run.category).length;
  return `${shown.length === pare.runs.length ? "" : `${shown.length} of `}${plural(pare.runs.length, "run")}, ${failed} without success`;
};
