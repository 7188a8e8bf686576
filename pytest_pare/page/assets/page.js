// The page: it reads the hash, draws the overview, a run or two runs side by side, and moves the focus.

const { el, badge, link, parse, plural } = pare;

pare.data = JSON.parse(document.getElementById("data").textContent);
// Every run of the page as a row; the key `document` is there if its trace was kept.
pare.runs = pare.data.runs;

const byName = new Map(pare.runs.map((run) => [run.name, run]));
const loaded = new Map();
const nothing = { tags: [], apps: [] };

pare.scenario = (run) => (pare.data.suites[run.suite].scenarios || {})[run.scenario] || nothing;

// Return the document of a run: `{run, nearest}`. It is decompressed once.
pare.load = (name) => {
  if (!loaded.has(name)) loaded.set(name, unpacked(name));
  return loaded.get(name);
};

async function unpacked(name) {
  const run = byName.get(name);
  const key = run ? run.document : (pare.data.others || {})[name];
  if (!key) throw new Error(run ? whyNot(run) : `This page has no run ${name}.`);
  const packed = Uint8Array.from(atob(document.getElementById(key).textContent), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

const whyNot = (run) => `There is no timeline: ${run.no_trace || pare.data.suites[run.suite].no_trace}.`;

// -- the views

const main = document.getElementById("main");
let overview = "";
let shown = null;
let last = null;
let request = 0;

function show(title, ...content) {
  document.title = `${title} · pytest-pare`;
  main.replaceChildren(...content.flat(Infinity).filter(Boolean));
}

function route() {
  const hash = location.hash;
  if (hash.length > 1 && !hash.includes("=") && shown === "overview") return;
  const state = parse(hash);
  request += 1;
  if (state.run !== undefined) showRun(state);
  else if (state.diff !== undefined) showDiff(state);
  else showOverview(state);
}

function showOverview(state) {
  const suites = pare.data.suites;
  const back = shown !== null && shown !== "overview";
  overview = location.hash;
  shown = "overview";
  const several = suites.length > 1;
  const sections = suites.flatMap((suite, number) =>
    pare.sections(suite, several ? `${suite.name}::` : "").map(([id, title, content]) => ({
      id: several ? `${id}-${number}` : id,
      title: several ? `${title}, ${suite.name}` : title,
      content,
    })),
  );
  const table = el("section", { id: "runs" });
  const reasons = pare.drawReasons(pare.runs);
  show(
    pare.data.title,
    el("h1", {}, pare.data.title),
    suites.map((suite) => pare.drawVerdict(suite, several)),
    contents([reasons && ["reasons", "Failures"], ["runs", "Runs"], ...sections.map(({ id, title }) => [id, title])].filter(Boolean)),
    reasons,
    table,
    sections.map(({ id, title, content }) => el("section", { id, class: "detail" }, el("h2", {}, title), content)),
  );
  drawRuns(table, state);
  if (back && last) focusRow(last);
}

const contents = (entries) => el("nav", { class: "contents", "aria-label": "On this page" }, entries.map(([id, title]) => el("a", { href: `#${id}` }, title)));

function drawRuns(section, state) {
  if (!pare.runs.length) {
    section.replaceChildren(el("h2", {}, "Runs"), el("p", { class: "nothing" }, "No run has a result yet."));
    return;
  }
  const list = el("div", { class: "list" });
  const count = el("p", { class: "matches", role: "status" });
  const controls = el("div", {});
  let timer = 0;
  const change = (changed, isTyping) => {
    const focused = document.activeElement && document.activeElement.id;
    state = Object.fromEntries(Object.entries({ ...state, ...changed }).filter(([, value]) => value !== ""));
    if (isTyping) {
      clearTimeout(timer);
      timer = setTimeout(() => keep(state, drawRows), 100);
      return;
    }
    keep(state, () => {
      drawControls();
      drawRows();
    });
    const again = focused && document.getElementById(focused);
    if (again) again.focus();
  };
  const drawControls = () => controls.replaceChildren(pare.drawFilters(state, change), options(state, change));
  const drawRows = () => {
    const matching = pare.matching(state);
    count.textContent = pare.counted(matching);
    list.replaceChildren(matching.length ? pare.drawTable(matching, state, change) : noRun(state, change));
  };
  section.replaceChildren(el("h2", {}, "Runs"), controls, count, list);
  drawControls();
  drawRows();
}

// Keep the state in the hash without an entry in the history for each key.
function keep(state, draw) {
  const hash = link(state);
  try {
    history.replaceState(null, "", hash === "#" ? location.pathname + location.search : hash);
  } catch {
    // Some viewers allow no change of the address; the filter works without.
  }
  overview = hash;
  draw();
}

function options(state, change) {
  const flat = el("input", { type: "checkbox", id: "grouped", checked: !state.flat, change: () => change({ flat: flat.checked ? "" : "1" }) });
  return el(
    "div",
    { class: "options" },
    el("label", {}, flat, "Group by scenario"),
    pare.data.columns.length ? pare.drawColumns(state, change) : null,
    pare.filtered(state) ? clear(state, change) : null,
  );
}

const clear = (state, change) =>
  el("button", { type: "button", id: "clear", click: () => change(Object.fromEntries(Object.keys(state).filter((key) => !(key in pare.cleared(state))).map((key) => [key, ""]))) }, "Clear the filters");

const noRun = (state, change) => el("div", { class: "nothing" }, el("p", {}, "No run matches these filters."), clear(state, change));

function heading(text, status) {
  const title = el("h1", { tabindex: "-1", class: "run-name" }, text);
  return [title, status ? el("p", {}, badge(status, "large")) : null];
}

const backLink = () => el("a", { class: "back", href: overview || "#" }, "← All runs");

function missing(name) {
  const [title] = heading(`There is no run ${name}`);
  show("No such run", el("nav", { "aria-label": "Runs" }, backLink()), title, el("p", {}, "The link may be of another session, or of a later one with other runs."));
  title.focus();
}

async function showRun(state) {
  const run = byName.get(state.run);
  if (shown === `run ${state.run}`) {
    toStep(state);
    return;
  }
  shown = `run ${state.run}`;
  if (!run && !(pare.data.others || {})[state.run]) {
    missing(state.run);
    return;
  }
  last = state.run;
  const body = el("div", { class: "run-body" }, el("p", { class: "muted" }, "Loading…"));
  const [title, status] = heading(state.run, run && run.status);
  const nearest = el("p", { class: "nearest" });
  show(`${state.run}, ${run ? pare.word(run.status) : "another session"}`, around(run), title, status, run && run.reason ? el("p", { class: "reason-text" }, run.reason) : null, nearest, body);
  title.focus();
  await draw(body, async () => {
    const found = await pare.load(state.run);
    if (found.nearest && run && run.status !== "success") nearest.replaceChildren(comparedLink(run.name, found.nearest));
    body.replaceChildren();
    call("drawRun", body, found, run || { name: state.run });
  });
  toStep(state);
}

function comparedLink(name, nearest) {
  const kinds = { sibling: "another run of this scenario that passed", baseline: "a run of the baseline that passed", reference: "the scenario's own solution" };
  return [
    el("a", { href: link({ diff: name, with: nearest.run }) }, `Compare with ${nearest.run}`),
    el("span", { class: "muted" }, kinds[nearest.kind] || nearest.kind),
    nearest.diff && nearest.diff.sentence ? el("span", { class: "first-difference" }, nearest.diff.sentence) : null,
  ];
}

async function showDiff(state) {
  if (shown === `diff ${state.diff} ${state.with}`) return;
  shown = `diff ${state.diff} ${state.with}`;
  const run = byName.get(state.diff);
  if (!run) {
    missing(state.diff);
    return;
  }
  last = state.diff;
  const body = el("div", { class: "run-body" }, el("p", { class: "muted" }, "Loading…"));
  const [title] = heading(`${state.diff} beside ${state.with}`);
  show(title.textContent, el("nav", { class: "around", "aria-label": "Runs" }, backLink(), el("a", { href: link({ run: state.diff }) }, state.diff)), title, body);
  title.focus();
  await draw(body, async () => {
    const first = await pare.load(state.diff);
    const nearest = first.nearest && first.nearest.run === state.with ? first.nearest : null;
    const known = byName.has(state.with) || (pare.data.others || {})[state.with];
    const second = known ? await pare.load(state.with) : null;
    if (!nearest && !second) throw new Error(`This page has no run ${state.with}, and no comparison with it.`);
    body.replaceChildren();
    call("drawDiff", body, first, second, nearest ? nearest.diff : null);
  });
}

// Draw what takes time, unless another view was opened meanwhile; an error is shown as a sentence.
async function draw(body, work) {
  const own = request;
  body.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    if (own === request) body.replaceChildren(el("p", { class: "nothing" }, error.message));
  }
  body.removeAttribute("aria-busy");
}

function call(name, ...args) {
  const drawing = pare[name] || window[name];
  if (drawing) drawing(...args);
  else args[0].replaceChildren(el("pre", {}, JSON.stringify(args[1], null, 2)));
}

function toStep(state) {
  const step = state.step === undefined ? null : document.getElementById(`step-${state.step}`);
  if (!step) return;
  for (let node = step.parentElement; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  step.scrollIntoView({ block: "center" });
  if (!step.hasAttribute("tabindex")) step.setAttribute("tabindex", "-1");
  step.focus({ preventScroll: true });
}

// The links to all runs, and to those before and after this one in the table.
function around(run) {
  const order = pare.order && pare.order.includes(run) ? pare.order : pare.runs;
  const place = order.indexOf(run);
  const to = (other, text) => (other ? el("a", { href: link({ run: other.name }), title: other.name }, text) : null);
  return el(
    "nav",
    { class: "around", "aria-label": "Runs" },
    backLink(),
    to(place > 0 && order[place - 1], "↑ Previous run"),
    to(place >= 0 && order[place + 1], "↓ Next run"),
    place >= 0 ? el("span", { class: "muted" }, `${place + 1} of ${plural(order.length, "run")}`) : null,
  );
}

// -- keys and focus

const rows = () => [...main.querySelectorAll("a.row")];

function focusRow(name) {
  const row = rows().find((one) => one.closest("tr").dataset.run === name);
  if (row) row.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape" && shown !== "overview" && !isTyping) {
    location.hash = overview || "#";
  } else if (event.key === "/" && !isTyping && shown === "overview") {
    const search = document.getElementById("search");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  } else if ((event.key === "j" || event.key === "k") && !isTyping && shown === "overview") {
    const every = rows();
    const place = every.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
    const next = every[Math.max(0, Math.min(every.length - 1, place))];
    if (next) next.focus();
  }
});

// -- light and dark

const SCHEMES = { "": "System", light: "Light", dark: "Dark" };

function stored(value) {
  try {
    if (value === undefined) return localStorage.getItem("pare-scheme") || "";
    localStorage.setItem("pare-scheme", value);
  } catch {
    // A page from a file may have no storage.
  }
  return value || "";
}

function drawTop() {
  let scheme = stored() in SCHEMES ? stored() : "";
  const button = el("button", { type: "button", class: "scheme", click: () => set(Object.keys(SCHEMES)[(Object.keys(SCHEMES).indexOf(scheme) + 1) % 3], true) });
  const set = (value, keepIt) => {
    scheme = value;
    if (value) document.documentElement.dataset.scheme = value;
    else delete document.documentElement.dataset.scheme;
    button.replaceChildren(el("span", { class: "hidden" }, "Colours: "), SCHEMES[value]);
    if (keepIt) stored(value);
  };
  set(scheme, false);
  const suite = pare.data.suites[0];
  const began = suite && suite.facts && suite.facts.find(([label]) => label === "Began");
  document.getElementById("top").append(
    el("a", { class: "brand", href: "#" }, "pytest-pare"),
    el("span", { class: "muted" }, began ? began[1].replace("T", " ").replace("+00:00", " UTC") : ""),
    button,
  );
}

drawTop();
window.addEventListener("hashchange", route);
route();
