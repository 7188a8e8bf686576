// One step of a run: its mark, its heading and its content.

const view = (window.pareView ??= {});

/** The lanes from top to bottom. */
view.lanes = ["user", "agent", "world", "model"];

// Around the origin, 12 units wide.
const SHAPES = {
  call: "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z",
  message: "M-6,-5h12v8h-7l-3,3v-3h-2z",
  proposal: "M0,-6.5L6.5,0L0,6.5L-6.5,0z",
  acceptance: "M-6.5,0L-4.5,-2L-1.5,1L4.5,-5L6.5,-3L-1.5,5z",
  rejection: "M-6,-4L-4,-6L0,-2L4,-6L6,-4L2,0L6,4L4,6L0,2L-4,6L-6,4L-2,0z",
  report: "M-5,-6.5h1.5v1h8.5l-2.5,3l2.5,3h-8.5v6h-1.5z",
  model: "M-3,-5.5h6L6.5,0L3,5.5h-6L-6.5,0z",
  check: "M-5,-6h10v6L0,6.5L-5,0z",
  noise: "M1,-7L-5,1h4l-1,6L5,-1h-4z",
};
const KINDS = {
  call: "call",
  message: "message",
  proposal: "proposal",
  acceptance: "acceptance",
  rejection: "rejection",
  report: "report",
  model: "model call",
  check: "check",
  noise: "noise",
};
const SOLID = new Set(["acceptance", "rejection", "report"]);
// Over the shape: errors and faults differ without colours.
const SIGNS = { error: "M-2.5,-2.5L2.5,2.5M2.5,-2.5L-2.5,2.5", fault: "M0,-14v4M0,-8v.5" };
const SPEECH = new Set(["message", "proposal", "acceptance", "rejection", "report"]);

/** Returns the name of a kind of step. */
view.kindName = (kind) => KINDS[kind] ?? String(kind);

/** Returns whether a step went wrong: `error`, `fault` (noise, or an answer that was cut), `write`, or `plain`. */
view.stepState = (step) => {
  if (step.error || step.model?.error) return "error";
  if (step.fault || step.kind === "noise" || step.model?.finish_reason === "length") return "fault";
  return isWrite(step) ? "write" : "plain";
};

// A message is a write in the app between the agent and the user, but none that a reader looks for.
const isWrite = (step) => step.operation === "write" && step.kind === "call" && step.lane !== "world";

/** Returns the mark of a step, for the timeline and beside the step. */
view.mark = (kind, state, lane) => {
  const style = SOLID.has(kind) && state === "plain" ? "write" : state;
  const names = `mark mark-${style} lane-${view.lanes.includes(lane) ? lane : "world"}`;
  const shape = pare.svg("path", { d: SHAPES[kind] ?? SHAPES.call });
  return pare.svg("g", { class: names }, shape, state in SIGNS && pare.svg("path", { class: "sign", d: SIGNS[state] }));
};

/** Returns a mark as a picture of its own, in a line of text. */
view.markPicture = (kind, state, lane) =>
  pare.svg("svg", { class: "picture", viewBox: "-9 -12 18 21", "aria-hidden": "true" }, view.mark(kind, state, lane));

/** Returns a step as a line of text: for titles, captions and screen readers. */
view.stepLabel = (run, step) => `Step ${step.n}, ${view.stepLine(run, step)}`;

/** Returns a step as a line of text without its number. */
view.stepLine = (run, step) => {
  const state = { error: ", error", fault: ", fault" }[view.stepState(step)] ?? "";
  return `${view.timeOfDay(run, step.time)}, ${step.lane}, ${view.kindName(step.kind)}${state}: ${short(step.title)}`;
};

const short = (text) => (String(text ?? "").length > 200 ? `${String(text).slice(0, 199)}…` : String(text ?? ""));

/**
 * Returns the heading line and the content of a step, as a list of elements.
 *
 * `draw(text, key)` draws a text of the step; by default a long one is folded. The call of a model is folded unless `open`.
 */
view.stepParts = (run, step, draw = (text) => view.text(text), open = false) => {
  const state = view.stepState(step);
  const isCall = step.function && !SPEECH.has(step.kind);
  const link = view.stepLink(run, step.n, [view.spoken("step "), String(step.n)]);
  const head = pare.el(
    "p",
    { class: "step-head" },
    view.markPicture(step.kind, state, step.lane),
    step.isReference ? pare.el("span", { class: "number" }, `reference ${step.n}`) : link,
    step.time !== undefined && pare.el("time", { title: view.clock(run, step.time) }, view.timeOfDay(run, step.time)),
    pare.el("span", { class: `lane lane-${step.lane}` }, step.lane),
    !isCall && step.kind !== "model" && pare.el("span", { class: "kind" }, view.kindName(step.kind)),
    step.kind === "model" && pare.el("span", { class: "answer" }, draw(step.title, "title")),
    isCall && pare.el("code", { class: "call" }, draw(`${step.app ? `${step.app}.` : ""}${step.function}`, "call")),
    isCall && step.operation && step.lane !== "world" && pare.el("span", { class: `tag tag-${step.operation}` }, step.operation),
    isWrite(step) && step.lane === "agent" && step.mode && step.mode !== "execute" &&
      pare.el("span", { class: "tag tag-fault" }, "without consent"),
    state === "error" && pare.el("span", { class: "tag tag-error" }, "error"),
    step.fault && pare.el("span", { class: "tag tag-fault" }, "fault: ", view.text(step.fault)),
  );
  return [head, ...content(step, isCall, draw, open)];
};

function content(step, isCall, draw, open) {
  if (step.model) return [...modelCall(step.model, draw, open), failed(step, draw)].filter(Boolean);
  // A wait has nothing to say but itself.
  if (isCall && step.function === "wait" && !step.error) return [];
  const values = Object.entries(step.args ?? {});
  const said = SPEECH.has(step.kind) ? (step.args?.content ?? step.args?.message) : undefined;
  const rest = said === undefined ? values : values.filter(([name]) => !["content", "message"].includes(name));
  return [
    said !== undefined && pare.el("blockquote", { class: `speech speech-${step.lane}` }, draw(said, "said")),
    !isCall && said === undefined && pare.el("p", {}, draw(step.title, "title")),
    view.argumentTable(rest, draw),
    failed(step, draw),
    step.result !== null && step.result !== undefined && !SPEECH.has(step.kind) && returned(step.result, draw),
    screens(step),
  ].flat().filter(Boolean);
}

function failed(step, draw) {
  return step.error && pare.el("p", { class: "failed" }, pare.el("b", {}, "Error: "), draw(step.error, "error"));
}

function returned(result, draw) {
  return pare.el("div", { class: "returned" }, pare.el("span", { class: "name" }, "result"), draw(result, "result"));
}

function screens(step) {
  const [before, after] = [step.screen_before, step.screen_after];
  if (!after || after === before) return null;
  return pare.el("p", { class: "screens" }, "screen: ", view.text(before ?? "home screen"), " → ", view.text(after));
}

/** Returns the arguments of a call as a table; those without a value are only named. */
view.argumentTable = (values, draw) => {
  const given = values.filter(([, value]) => value !== "null");
  const absent = values.filter(([, value]) => value === "null").map(([name]) => name);
  const cell = (value, name) => (value === "" ? pare.el("span", { class: "muted" }, "empty") : draw(value, `argument ${name}`));
  const row = ([name, value]) =>
    pare.el("tr", {}, pare.el("th", { scope: "row" }, view.text(name)), pare.el("td", {}, cell(value, name)));
  return [
    given.length > 0 && pare.el("table", { class: "arguments" }, pare.el("tbody", {}, given.map(row))),
    absent.length > 0 && pare.el("p", { class: "not-given" }, "without ", view.text(absent.join(", "))),
  ];
};

function modelCall(call, draw, open) {
  const figures = [
    call.role,
    call.model,
    call.prompt_tokens !== null && call.prompt_tokens !== undefined && `${view.count(call.prompt_tokens)} tokens in`,
    call.completion_tokens !== null && call.completion_tokens !== undefined && `${view.count(call.completion_tokens)} out`,
    call.latency !== null && call.latency !== undefined && `${Number(call.latency).toFixed(2)} s`,
    call.cost !== null && call.cost !== undefined && `$${Number(call.cost).toFixed(5)}`,
    call.finish_reason && `finish_reason: ${call.finish_reason}`,
    !call.live && "not live",
  ].filter(Boolean);
  const isCut = call.finish_reason === "length";
  const warning = "The answer was cut at the limit of tokens (finish_reason: length).";
  const whole = () => [
    pare.el("p", { class: "part" }, "Request"),
    call.kept > 0 && pare.el("p", { class: "muted" }, `${view.count(call.kept)} earlier messages as before, then:`),
    call.request ? call.request.map((one, place) => message(one, place, draw)) : absent("The request is not recorded."),
    pare.el("p", { class: "part" }, "Answer"),
    call.response === null || call.response === undefined ? absent("none") : pare.el("div", { class: "request" }, draw(call.response, "response")),
  ].flat().filter(Boolean);
  const summary = pare.el("span", { class: "figures" }, view.text(figures.join(" · ")));
  return [
    isCut && pare.el("p", { class: "warning" }, pare.el("b", {}, "Warning: "), warning),
    view.details(summary, whole, { class: "model", open }),
  ].filter(Boolean);
}

const absent = (text) => pare.el("p", { class: "muted" }, text);

function message(one, place, draw) {
  const role = pare.el("span", { class: "name" }, view.text(one.role));
  return pare.el("div", { class: "request" }, role, draw(one.content, `request ${place}`));
}
