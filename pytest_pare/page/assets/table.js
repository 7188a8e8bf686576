// The table of runs: grouped by scenario, sorted by a column, each row a link to its run.

const { el, badge, plural, link, number } = pare;

const FIXED = [
  { key: "name", label: "Run" },
  { key: "status", label: "Status" },
  { key: "reason", label: "Reason" },
];

// The first rows are on the screen before the others are drawn: 1,000 rows take a second.
const ROWS_AT_ONCE = 200;

const isNumber = (column) => Boolean(column.kind);

// Return the columns that are shown: those that the reader has chosen, or the usual ones.
pare.shownColumns = (state) => {
  const chosen = state.cols === undefined ? null : state.cols.split(",");
  return [...FIXED, ...pare.data.columns.filter((one) => (chosen ? chosen.includes(one.key) : one.shown))];
};

// Return runs in the order of a column; `-key` is descending. Runs without a value come last.
pare.sorted = (runs, sort) => {
  if (!sort) return runs;
  const key = sort.replace(/^-/, "");
  const sign = sort.startsWith("-") ? -1 : 1;
  const value = key === "status" ? (run) => pare.statuses.indexOf(run.status) : (run) => run[key];
  const compare = (a, b) => {
    const [one, other] = [value(a), value(b)];
    if (one === other) return 0;
    if (one === undefined) return 1;
    if (other === undefined) return -1;
    return one < other ? -sign : sign;
  };
  return [...runs].sort(compare);
};

pare.drawAllRows = () => {};

// Draw the table of these runs.
pare.drawTable = (runs, state, change) => {
  const columns = pare.shownColumns(state);
  const grouped = !state.flat;
  const sorted = pare.sorted(runs, state.sort);
  const groups = new Map();
  for (const run of sorted) {
    const key = grouped ? `${run.suite} ${run.scenario}` : "";
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(run);
  }
  pare.order = [...groups.values()].flat();
  const table = el(
    "table",
    { class: "runs", role: "table" },
    el("caption", { class: "hidden" }, "Runs; each links to its timeline"),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, columns.map((column) => head(column, state, change)))),
  );
  const left = [...groups.values()];
  const add = (most) => {
    for (let added = 0; left.length && added < most; ) {
      // A table without groups has one part, which may be long.
      const group = left[0].splice(0, grouped ? Infinity : ROWS_AT_ONCE);
      if (!left[0].length) left.shift();
      added += group.length;
      table.append(el("tbody", { role: "rowgroup" }, grouped ? groupRow(group, columns.length) : null, group.map((run) => row(run, columns, grouped, state))));
    }
  };
  add(ROWS_AT_ONCE);
  const later = () => {
    if (!left.length || !table.isConnected) return;
    add(ROWS_AT_ONCE);
    setTimeout(later);
  };
  setTimeout(later);
  pare.drawAllRows = () => add(Infinity);
  return table;
};

function head(column, state, change) {
  const down = state.sort === `-${column.key}`;
  const up = state.sort === column.key;
  // Numbers begin with the largest, texts with the first.
  const order = isNumber(column) ? [`-${column.key}`, column.key, ""] : [column.key, `-${column.key}`, ""];
  const next = order[(order.indexOf(up ? column.key : down ? `-${column.key}` : "") + 1) % 3];
  return el(
    "th",
    {
      scope: "col",
      role: "columnheader",
      class: isNumber(column) ? "number" : `column-${column.key}`,
      "aria-sort": up ? "ascending" : down ? "descending" : "none",
    },
    el(
      "button",
      { type: "button", id: `sort-${column.key}`, title: column.about || null, click: () => change({ sort: next }) },
      column.label,
      el("span", { class: "arrow", "aria-hidden": "true" }, up ? "▲" : down ? "▼" : "↕"),
    ),
  );
}

function groupRow(group, width) {
  const first = group[0];
  const scenario = pare.scenario(first);
  // Of all runs, also those that a filter hides.
  const every = pare.runs.filter((run) => run.suite === first.suite && run.scenario === first.scenario);
  const passed = every.filter((run) => run.status === "success").length;
  const tags = scenario.tags.map((tag) => el("a", { class: "tag", href: link({ tag }) }, tag));
  return el(
    "tr",
    { class: "group", role: "row" },
    el(
      "th",
      { scope: "rowgroup", role: "rowheader", colspan: width },
      el("span", { class: "scenario" }, first.scenario),
      pare.data.suites.length > 1 ? el("span", { class: "muted" }, pare.data.suites[first.suite].name) : null,
      el("span", { class: "muted" }, `${passed} of ${plural(every.length, "run")} passed`),
      scenario.flips ? el("span", { class: "muted" }, scenario.flips) : null,
      tags,
    ),
  );
}

function row(run, columns, grouped, state) {
  return el("tr", { role: "row", class: "run", "data-run": run.name }, columns.map((column) => cell(run, column, grouped, state)));
}

function cell(run, column, grouped, state) {
  if (column.key === "name") return el("th", { scope: "row", role: "rowheader", class: "column-name" }, name(run, grouped, state));
  const label = { "data-label": column.label, role: "cell" };
  if (column.key === "status") {
    return el("td", { ...label, class: "column-status" }, badge(run.status), notes(run));
  }
  if (column.key === "reason") return el("td", { ...label, class: "column-reason" }, el("span", { class: "clamp" }, run.reason || ""));
  return el("td", { ...label, class: `number${run[column.key] === undefined ? " empty" : ""}` }, number(run[column.key] === undefined ? 0 : run[column.key], column.kind));
}

function name(run, grouped, state) {
  const short = [run.variant, run.run ? `run ${run.run}` : ""].filter(Boolean).join(", ");
  const content = grouped && short ? [el("span", { class: "hidden" }, `${run.scenario}, `), short] : run.name;
  return el("a", { class: "row", href: link({ run: run.name, ...state }) }, content);
}

function notes(run) {
  const texts = [];
  if (run.attempts) texts.push(`${plural(run.attempts, "earlier attempt")}`);
  if (run.cut) texts.push(`${plural(run.cut, "answer")} cut at max_tokens`);
  if (run.faults) texts.push(plural(run.faults, "fault"));
  if (run.reused) texts.push(`reused from ${run.reused}`);
  if (!run.document) texts.push("no trace");
  return texts.length ? el("small", {}, texts.join(", ")) : null;
}

// Draw the choice of columns.
pare.drawColumns = (state, change) => {
  const shown = pare.shownColumns(state).map((column) => column.key);
  const boxes = pare.data.columns.map((column) =>
    el(
      "label",
      { title: column.about },
      el("input", {
        type: "checkbox",
        id: `column-${column.key}`,
        checked: shown.includes(column.key),
        change: (event) => {
          const keys = pare.data.columns.map((one) => one.key).filter((key) => (key === column.key ? event.target.checked : shown.includes(key)));
          change({ cols: keys.join(",") || "none" });
        },
      }),
      column.label,
    ),
  );
  return el("details", { class: "columns", id: "columns", open: pare.columnsOpen, toggle: (event) => (pare.columnsOpen = event.target.open) }, el("summary", {}, "Columns"), el("div", {}, boxes));
};
