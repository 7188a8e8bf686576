// The verdicts of the suites, and the failures grouped by reason.

const { el, svg, badge, plural, percent, link } = pare;

// Draw a rate from 0 to 1 with its interval as a bar.
pare.bar = (value, interval, needed) => {
  const marks = [svg("rect", { class: "bar-ground", x: 0, y: 6, width: 200, height: 4 })];
  if (interval) {
    const [low, high] = interval.map((end) => Math.max(0, Math.min(1, end)) * 200);
    marks.push(svg("rect", { class: "bar-interval", x: low, y: 4, width: Math.max(1, high - low), height: 8 }));
  }
  if (needed) marks.push(svg("rect", { class: "bar-needed", x: Math.min(198, needed * 200 - 1), y: 0, width: 2, height: 16 }));
  if (value !== null) marks.push(svg("circle", { class: "bar-value", cx: 5 + value * 190, cy: 8, r: 5 }));
  return svg("svg", { class: "bar", viewBox: "0 0 200 16", width: 200, height: 16, "aria-hidden": "true" }, marks);
};

pare.drawVerdict = (suite, several) => {
  const verdict = suite.verdict;
  const word = verdict ? verdict.word : "UNFINISHED";
  const lines = verdict ? verdict.lines : ["there is no verdict"];
  const first = lines[0].replace(/^(gate )?[A-Z]+: /, "");
  return el(
    "section",
    { class: `verdict ${word.toLowerCase()}`, "aria-label": several ? `Verdict on ${suite.name}` : "Verdict" },
    el("h2", {}, badge(word, "large"), several ? el("span", { class: "suite-name" }, suite.name) : null),
    el("p", { class: "sentence" }, first),
    verdict && verdict.rate !== null && verdict.rate !== undefined ? rate(verdict) : null,
    lines.length > 1 ? el("ul", { class: "why" }, lines.slice(1).map((line) => el("li", {}, line))) : null,
    suite.notes && suite.notes.length ? el("ul", { class: "notes" }, suite.notes.map((note) => el("li", {}, note))) : null,
  );
};

function rate(verdict) {
  const interval = verdict.interval ? `, 95 % interval ${verdict.interval.map(percent).join(" to ")}` : "";
  const needed = verdict.needed ? `, ${percent(verdict.needed)} needed` : "";
  return el(
    "p",
    { class: "rate" },
    pare.bar(verdict.rate, verdict.interval, verdict.needed),
    el("span", {}, `${percent(verdict.rate)} succeeded${interval}${needed}`),
  );
}

// Draw the reasons of runs that did not succeed, the most frequent first.
pare.drawReasons = (runs) => {
  const groups = new Map();
  for (const run of runs) {
    if (!run.category) continue;
    if (!groups.has(run.category)) groups.set(run.category, []);
    groups.get(run.category).push(run);
  }
  if (!groups.size) return null;
  const sorted = [...groups].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
  return el(
    "section",
    { id: "reasons" },
    el("h2", {}, "Failures by reason"),
    el("ol", { class: "reasons" }, sorted.map(([category, found]) => reason(category, found))),
  );
};

function reason(category, found) {
  // A category has `0` for numbers; where all reasons are the same text, that text says more.
  const [text, ...others] = new Set(found.map((run) => run.reason));
  const title = others.length || !text ? category : text.length > 160 ? `${text.slice(0, 159)}…` : text;
  const scenarios = [...new Set(found.map((run) => run.scenario))];
  const first = found[0];
  const more = scenarios.length > 3 ? `, and ${plural(scenarios.length - 3, "more scenario")}` : "";
  const notes = [where("answers cut at max_tokens", found, "cut"), where("faults", found, "faults")].filter(Boolean);
  const isOne = found.length === 1;
  return el(
    "li",
    {},
    badge(first.status),
    el(
      "div",
      {},
      el("a", { class: "reason", href: link(isOne ? { run: first.name } : { reason: category }) }, `${plural(found.length, "run")}: ${title}`),
      el("p", { class: "muted" }, [scenarios.slice(0, 3).join(", ") + more, ...notes].join("; ")),
    ),
    el("a", { class: "first", href: link({ run: first.name }) }, isOne ? "Open the run" : "Open the first", el("span", { class: "hidden" }, isOne ? `, ${first.name}` : ` of them, ${first.name}`)),
  );
}

// Say in which of the runs something happened, by name if it was in one.
function where(what, found, key) {
  const hit = found.filter((run) => run[key]);
  const name = hit.length === 1 && found.length > 1 ? ` (${hit[0].name})` : "";
  return hit.length ? `${what} in ${plural(hit.length, "run")}${name}` : null;
}
