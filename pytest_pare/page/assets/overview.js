// The sections of a suite below its runs: rates, figures, models, baseline, history and so on.

const { el, badge, plural, percent, link, table } = pare;

// Return the sections of a suite that have content, each as an id, a title and an element.
pare.sections = (suite, prefix) => {
  const sections = [
    ["rates", "Rates", groups(suite)],
    ["baseline", "Comparison with the baseline", suite.comparison && comparison(suite.comparison)],
    ["history", "History", suite.history && history(suite.history)],
    ["robustness", "Robustness", curves(suite)],
    ["models", "Models, tokens and cost", suite.models && models(suite.models)],
    ["figures", "Figures", figures(suite)],
    ["judge", "Judge", suite.judge && list(suite.judge.lines)],
    ["user", "Failures of the simulated user", suite.user && user(suite.user, prefix)],
    ["known-agents", "Known agents", suite.known_agents && known(suite.known_agents)],
    ["session", "Session", session(suite)],
  ];
  return sections.filter(([, , content]) => content).map(([id, title, content]) => [id, title, [plots(suite, id), content]]);
};

// The plots are in the page, made by Python; they move to their place.
const drawn = [...document.querySelectorAll("#plots > div")];

function plots(suite, section) {
  const found = ((suite.plots || {})[section] || []).map((number) => drawn[number]);
  return found.length ? el("div", { class: "plots" }, found) : null;
}

const list = (lines) => el("ul", {}, lines.map((line) => el("li", {}, line)));

function groups(suite) {
  if (!suite.groups || !suite.groups.length) return null;
  const rates = suite.groups[0].rates.map((one) => one.label);
  const means = suite.groups[0].means.map((one) => one.label);
  const named = suite.groups.some((group) => group.variant);
  const rows = suite.groups.map((group) => [
    [el("strong", {}, group.variant || "All runs"), settings(group)],
    String(group.runs),
    String(group.succeeded),
    String(group.failed),
    String(group.not_judged),
    ...group.rates.map((one) => [`${one.text}${one.value === null ? "" : " %"}`, el("small", {}, one.note.replace("95 % CI ", ""))]),
    ...group.means.map((one) => [one.text, el("small", {}, one.note.replace("95 % CI ", ""))]),
  ]);
  const heads = [named ? "Variant" : "Runs of", "Runs", "Succeeded", "Failed", "Not judged", ...rates, ...means];
  return table("Groups of runs with equal settings; below each rate its 95 % interval; runs that were not judged are in no rate", heads, rows, heads.map((_, n) => n).slice(1));
}

function settings(group) {
  const texts = Object.entries(group.settings).map(([name, value]) => `${name}: ${value}`);
  if (group.mode) texts.unshift(`Mode: ${group.mode}`);
  return texts.length ? el("small", {}, texts.join(", ")) : null;
}

function comparison(compared) {
  const [before, now] = compared.agents;
  const agents = before || now ? `, agent ${before || "unknown"} before and ${now || "unknown"} now` : "";
  const notes = [...compared.warnings, ...compared.not_compared, ...compared.left_out.map((text) => `left out: ${text}`)];
  return [
    el("p", {}, badge(compared.verdict), ` compared with ${compared.baseline}${agents}`),
    compared.variants.map(variant),
    notes.length ? list(notes) : null,
  ];
}

function variant(one) {
  const parts = [
    el("h3", {}, one.variant || "All runs", " ", badge(one.verdict)),
    el("p", {}, one.line),
    el("p", { class: "muted" }, `${one.method}, ${one.runs[0]} runs before and ${one.runs[1]} now`),
  ];
  if (one.scenarios.length) {
    const rows = one.scenarios.map((change) => [
      el("a", { href: link({ q: change.scenario }) }, change.scenario),
      change.before,
      change.now,
      change.p < 0.001 ? "< 0.001" : change.p.toFixed(3),
      change.significant ? (change.difference < 0 ? "significantly worse" : "significantly better") : "not significant",
      `${change.lost} / ${change.gained}`,
    ]);
    parts.push(table("Scenarios with another success rate", ["Scenario", "Baseline", "Now", "p", "Change", "Now fail / succeed"], rows, [1, 2, 3, 5]));
  }
  if (one.reasons.length) {
    const rows = one.reasons.map((share) => [share.category, percent(share.before), percent(share.now)]);
    parts.push(table("Reasons of runs that did not succeed", ["Reason", "Baseline", "Now"], rows, [1, 2]));
  }
  const changed = one.figures.filter((figure) => figure.before !== figure.now);
  if (changed.length) {
    const text = (figure, value) => (value === null ? "unknown" : pare.number(Number(value.toPrecision(4)), figure.name === "cost" ? "dollars" : ""));
    const rows = changed.map((figure) => [`${figure.name} a run`, text(figure, figure.before), text(figure, figure.now)]);
    parts.push(table("Cost, tokens and turns", ["Figure", "Baseline", "Now"], rows, [1, 2]));
  }
  return parts;
}

function history(past) {
  const rows = [...past.sessions].reverse().map((one) => [
    el("span", { class: "nowrap" }, one.began.slice(0, 16).replace("T", " ")),
    badge(one.verdict),
    one.success_rate === null ? "n/a" : percent(one.success_rate),
    one.interval ? one.interval.map((end) => (100 * end).toFixed(1)).join(" to ") : "",
    `${one.successes} of ${one.runs}`,
    one.commit || "",
    one.agent || "",
  ]);
  const parts = [table("The last sessions, the latest first", ["Began", "Verdict", "Success", "95 % interval", "Runs", "Commit", "Agent"], rows, [2, 3, 4])];
  if (past.flaky.length) {
    const flaky = past.flaky.map((one) => [el("a", { href: link({ q: one.id }) }, one.id), percent(one.flip_rate), `${one.flips} of ${one.pairs}`]);
    parts.push(table("Scenarios whose outcome changed from session to session", ["Scenario", "Flip rate", "Runs"], flaky, [1, 2]));
  }
  return parts;
}

function curves(suite) {
  if (!suite.curves || !suite.curves.length) return null;
  return suite.curves.map((curve) => {
    const rows = curve.levels.map((level) => [
      String(level.level),
      String(level.runs),
      String(level.judged),
      level.rate === null ? "n/a" : percent(level.rate),
      level.low === null ? "" : `${(100 * level.low).toFixed(1)} to ${(100 * level.high).toFixed(1)}`,
    ]);
    const area = curve.area === null ? "no area under the curve" : `area under the curve ${curve.area.toFixed(3)}`;
    const name = curve.group ? `${curve.key}, ${curve.group}` : curve.key;
    const costs = curve.costs.filter((cost) => cost.cost > 0).map((cost) => `${cost.tool}: ${cost.cost.toFixed(1)} runs lost, hit in ${cost.hit}`);
    return [
      table(`${name}: ${area}`, ["Level", "Runs", "Judged", "Success", "95 % interval"], rows, [1, 2, 3, 4]),
      costs.length ? [el("p", {}, "Costliest tools"), list(costs)] : null,
    ];
  });
}

function models(used) {
  const rows = used.roles.map((one) => [
    one.role,
    one.calls.toLocaleString("en"),
    one.prompt_tokens,
    one.completion_tokens,
    one.cost,
    Object.entries(one.finish_reasons).map(([name, count]) => `${name} ${count}`).join(", "),
  ]);
  return [
    el("p", {}, used.cost),
    table("Models by role", ["Role", "Calls", "Tokens in", "Tokens out", "Cost", "Answers ended by"], rows, [1, 2, 3, 4]),
  ];
}

function figures(suite) {
  const parts = [];
  if (suite.totals && suite.totals.length) {
    const rows = suite.totals.map((one) => [[one.label, el("small", {}, one.about)], one.total.toLocaleString("en"), one.mean]);
    parts.push(table("Sums over all runs, and means", ["Figure", "Total", "Per run"], rows, [1, 2]));
  }
  for (const one of suite.counts || []) {
    const rows = Object.entries(one.counts).map(([name, count]) => [name, String(count)]);
    parts.push(table(one.label, ["Value", "Count"], rows, [1]));
  }
  return parts.length ? parts : null;
}

function user(failures, prefix) {
  const rows = failures.faults.map((one) => [
    el("a", { href: link({ run: prefix + one.run }) }, one.run),
    one.turn === null ? "" : String(one.turn),
    one.kind.replaceAll("_", " "),
    one.text,
  ]);
  return [el("p", {}, failures.sentence), table("Failures of the simulated user", ["Run", "Turn", "Kind", "What it did"], rows, [1])];
}

const known = (agents) => [
  table("Agents with a known result on these scenarios", agents.columns, agents.cells, [1, 2]),
  agents.findings.length ? list(agents.findings) : null,
];

function session(suite) {
  if (!suite.facts) return null;
  const settings = Object.entries(suite.settings).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
  return [
    el("dl", { class: "facts" }, suite.facts.map(([label, text]) => el("div", {}, el("dt", {}, label), el("dd", {}, text)))),
    settings.length
      ? el("details", {}, el("summary", {}, plural(settings.length, "setting")), table("Settings on which the runs depend", ["Key", "Value"], settings))
      : null,
  ];
}
