// Elements made of text nodes, and the state of the page in its hash. All scripts share `window.pare`.

const pare = (window.pare = {});
const SVG = "http://www.w3.org/2000/svg";

// Return an element. A function as an attribute is a listener; null, undefined and false leave an attribute out.
pare.el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

// Return an element of SVG.
pare.svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Each status has a word, a tone and a shape, so that it can be read without colours.
const STATUS = {
  success: ["passed", "good", "M6 0a6 6 0 1 0 0 12A6 6 0 0 0 6 0ZM5.2 8.9 2.4 6.1l1-1 1.8 1.8 3.4-3.4 1 1Z"],
  failed: ["failed", "bad", "M0 0h12v12H0ZM3 4l2 2-2 2 1 1 2-2 2 2 1-1-2-2 2-2-1-1-2 2-2-2Z"],
  exception: ["exception", "bad", "M6 0 12.4 12H-.4ZM5.3 4.2v3.6h1.4V4.2ZM5.3 8.8v1.4h1.4V8.8Z"],
  no_validation: ["no verdict", "warn", "M6 0 12 6 6 12 0 6ZM6 2 2 6l4 4 4-4Z"],
  no_result: ["no result", "warn", "M6 0a6 6 0 1 0 0 12A6 6 0 0 0 6 0ZM3 5.2h6v1.6H3Z"],
  user_fault: ["user fault", "warn", "M6 0a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM0 12c0-3 2.700-5 6-5s6 2 6 5Z"],
  skipped: ["skipped", "calm", "M1 1 6 6 1 11ZM6 1l5 5-5 5Z"],
  xfailed: ["expected failure", "calm", "M0 0h12v12H0ZM1.500 1.500v9h9v-9ZM3 5.2h6v1.6H3Z"],
  not_needed: ["not needed", "calm", "M3 6a3 3 0 1 0 6 0 3 3 0 0 0-6 0Z"],
  PASS: ["PASS", "good"],
  FAIL: ["FAIL", "bad"],
  INCONCLUSIVE: ["INCONCLUSIVE", "warn"],
  UNFINISHED: ["UNFINISHED", "warn"],
  SHARD: ["SHARD", "calm"],
};
STATUS.PASS[2] = STATUS.success[2];
STATUS.FAIL[2] = STATUS.failed[2];
STATUS.INCONCLUSIVE[2] = STATUS.no_validation[2];
STATUS.UNFINISHED[2] = STATUS.no_result[2];
STATUS.SHARD[2] = STATUS.skipped[2];

// The statuses in the order of their gravity.
pare.statuses = ["failed", "exception", "no_validation", "no_result", "user_fault", "success", "xfailed", "skipped", "not_needed"];

pare.word = (status) => (STATUS[status] || [String(status)])[0];

// Return a status as shape and word.
pare.badge = (status, className) => {
  const [word, tone, path] = STATUS[status] || [String(status), "calm", STATUS.not_needed[2]];
  const shape = pare.svg(
    "svg",
    { class: "shape", viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" },
    pare.svg("path", { d: path, "fill-rule": "evenodd" }),
  );
  return pare.el("span", { class: `badge ${tone} ${className || ""}`.trim() }, shape, word);
};

pare.plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
pare.percent = (share) => `${(100 * share).toFixed(1)} %`;

// Return a number as its column writes it.
pare.number = (value, kind) => {
  if (value === undefined || value === null) return "";
  if (typeof value !== "number") return String(value);
  if (kind === "seconds") return `${value.toFixed(1)} s`;
  if (kind === "dollars") return `$${value === 0 || value >= 0.01 ? value.toFixed(2) : value.toPrecision(2)}`;
  return value.toLocaleString("en");
};

// The hash as an object of texts, such as `#run=parcel[run2]&step=3`. A word without `=` is an anchor.
pare.parse = (hash) => (hash.includes("=") ? Object.fromEntries(new URLSearchParams(hash.slice(1))) : {});

// Return the link to a state; what is empty is left out.
pare.link = (state) => {
  const parts = Object.entries(state).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return `#${new URLSearchParams(parts)}`;
};

// Return the state of the table of runs: without the run, or the two, that are shown.
pare.ofTable = ({ run, step, diff, with: other, ...state }) => state;

// Return a table. A cell is a text, an element, or an array of these; a cell of `numbers` is aligned to the right.
pare.table = (caption, heads, rows, numbers = []) => {
  const cell = (tag, content, place, head) =>
    pare.el(
      tag,
      {
        class: numbers.includes(place) ? "number" : null,
        scope: tag === "th" ? (head ? "col" : "row") : null,
        role: head ? "columnheader" : tag === "th" ? "rowheader" : "cell",
        "data-label": head ? null : heads[place],
      },
      content,
    );
  return pare.el(
    "table",
    { class: "plain", role: "table" },
    pare.el("caption", {}, caption),
    pare.el("thead", { role: "rowgroup" }, pare.el("tr", { role: "row" }, heads.map((head, n) => cell("th", head, n, true)))),
    pare.el(
      "tbody",
      { role: "rowgroup" },
      rows.map((row) => pare.el("tr", { role: "row" }, row.map((content, n) => cell(n ? "td" : "th", content, n, false)))),
    ),
  );
};
