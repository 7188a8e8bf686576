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
  const isRedrawn = shown === "overview";
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
  const anchor = location.hash.includes("=") ? null : document.getElementById(location.hash.slice(1));
  if (anchor) anchor.scrollIntoView();
  if (back && last) focusRow(last);
  // The link of a reason filters the table, which may be below the window.
  else if (!back && isRedrawn && state.reason !== undefined) toRuns(table);
}

function toRuns(table) {
  table.querySelector("h2").focus({ preventScroll: true });
  table.scrollIntoView();
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
  section.replaceChildren(el("h2", { tabindex: "-1" }, "Runs"), controls, count, list);
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
  draw();
}

function options(state, change) {
  const flat = el("input", { type: "checkbox", id: "grouped", checked: !state.flat, change: () => change({ flat: flat.checked ? "" : "1" }) });
  return el(
    "div",
    { class: "options" },
    el("label", {}, flat, "Group by scenario"),
    pare.data.columns.length ? pare.drawColumns(state, change) : null,
    pare.filtered(state) ? clear(state, change, "clear") : null,
  );
}

const clear = (state, change, id) =>
  el("button", { type: "button", id, click: () => change(Object.fromEntries(Object.keys(state).filter((key) => !(key in pare.cleared(state))).map((key) => [key, ""]))) }, "Clear the filters");

const noRun = (state, change) => el("div", { class: "nothing" }, el("p", {}, "No run matches these filters."), clear(state, change));

// The title of the page stands above a run, whose name is a heading below it.
const context = (state) => el("h1", { class: "context" }, el("a", { href: link(pare.ofTable(state)) }, pare.data.title));

function failed(body, title, text, state) {
  const heading = el("h2", { tabindex: "-1" }, title);
  body.replaceChildren(heading, el("p", { class: "nothing" }, text), el("p", {}, el("a", { href: link(pare.ofTable(state)) }, "← All runs")));
  heading.focus();
}

const isKnown = (name) => byName.has(name) || name in (pare.data.others || {});

async function showRun(state) {
  if (shown === `run ${state.run}`) {
    toStep(state);
    return;
  }
  shown = `run ${state.run}`;
  last = state.run;
  const run = byName.get(state.run);
  const body = el("div", { class: "run-body" }, el("p", { class: "muted" }, "Loading…"));
  show(`${state.run}${run ? `, ${pare.word(run.status)}` : ""}`, context(state), around(run, state), body);
  if (!isKnown(state.run)) {
    failed(body, `There is no run ${state.run}`, "The link may be of another session, or of a later one with other runs.", state);
    return;
  }
  await draw(body, state.run, state, async () => {
    const found = await pare.load(state.run);
    return () => {
      body.replaceChildren();
      call("drawRun", body, found, run || { name: state.run });
      toStep(state);
    };
  });
}

async function showDiff(state) {
  if (shown === `diff ${state.diff} ${state.with}`) return;
  shown = `diff ${state.diff} ${state.with}`;
  last = state.diff;
  const body = el("div", { class: "run-body" }, el("p", { class: "muted" }, "Loading…"));
  show(`${state.diff} beside ${state.with}`, context(state), around(byName.get(state.diff), state), body);
  if (!isKnown(state.diff)) {
    failed(body, `There is no run ${state.diff}`, "The link may be of another session, or of a later one with other runs.", state);
    return;
  }
  await draw(body, `${state.diff} beside ${state.with}`, state, async () => {
    const first = await pare.load(state.diff);
    const nearest = first.nearest && first.nearest.run === state.with ? first.nearest : null;
    const second = isKnown(state.with) ? await pare.load(state.with) : null;
    if (!nearest && !second) throw new Error(`This page has no run ${state.with}, and no comparison with it.`);
    return () => {
      body.replaceChildren();
      call("drawDiff", body, first, second, nearest ? nearest.diff : null);
    };
  });
}

// Load what takes time and draw it, unless another view was opened meanwhile; an error is shown as a sentence.
async function draw(body, title, state, load) {
  const own = request;
  body.setAttribute("aria-busy", "true");
  try {
    const drawing = await load();
    if (own === request) drawing();
  } catch (error) {
    if (own === request) failed(body, title, error.message, state);
  }
  body.removeAttribute("aria-busy");
}

function call(name, body, ...args) {
  if (window[name]) {
    window[name](body, ...args);
    return;
  }
  const heading = el("h2", { tabindex: "-1" }, args[0].run.run);
  body.replaceChildren(heading, el("pre", {}, JSON.stringify(args[0], null, 2)));
  heading.focus();
}

function toStep(state) {
  const step = state.step === undefined ? null : document.getElementById(`step-${state.step}`);
  if (!step || document.activeElement === step) return;
  if (!step.hasAttribute("tabindex")) step.setAttribute("tabindex", "-1");
  step.focus();
}

// The links to the runs before and after this one in the table.
function around(run, state) {
  const order = pare.order && pare.order.includes(run) ? pare.order : pare.runs;
  const place = order.indexOf(run);
  if (place < 0) return null;
  const to = (other, text) => (other ? el("a", { href: link({ run: other.name, ...pare.ofTable(state) }), title: other.name }, text) : null);
  return el(
    "nav",
    { class: "around", "aria-label": "Other runs" },
    to(order[place - 1], "↑ Previous run"),
    to(order[place + 1], "↓ Next run"),
    el("span", { class: "muted" }, `${place + 1} of ${plural(order.length, "run")}`),
  );
}

// -- keys and focus

const rows = () => [...main.querySelectorAll("a.row")];

function focusRow(name) {
  pare.drawAllRows();
  const row = rows().find((one) => one.closest("tr").dataset.run === name);
  if (row) row.focus();
}

window.addEventListener("beforeprint", () => pare.drawAllRows());

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape" && shown !== "overview" && !isTyping) {
    location.hash = link(pare.ofTable(parse(location.hash)));
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
    button.replaceChildren(`Colours: ${SCHEMES[value].toLowerCase()}`);
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
