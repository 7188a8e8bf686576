// The timeline of a run: a lane for each side, a mark for each step.

const view = (window.pareView ??= {});
const LANE = 28;
const TOP = 22;
const AXIS = 36;
const MARGIN = 14;
const [NARROWEST, WIDEST] = [13, 40];
// A longer time without a step is a visible break, and not a distance: most runs wait for hours between two turns.
const BREAK_SECONDS = 60;

/**
 * Returns the timeline of a run.
 *
 * Its scale are the steps, with the simulated time on the axis. It is a slider over the steps: for the keyboard, and
 * for screen readers, which have the list of steps as well.
 */
view.timeline = (run, width, goTo) => {
  const lanes = view.lanes.filter((lane) => lane !== "model" || run.steps.some((step) => step.lane === "model"));
  const places = placed(run.steps, width);
  const height = TOP + lanes.length * LANE + AXIS;
  const drawing = pare.svg("svg", { class: "drawing", width: places.width, height, viewBox: `0 0 ${places.width} ${height}`, "aria-hidden": "true" });
  const row = (lane) => TOP + (Math.max(0, lanes.indexOf(lanes.includes(lane) ? lane : "world")) + 0.5) * LANE;
  drawing.append(
    ...turnBands(run, places, height),
    ...lanes.map((lane) => pare.svg("line", { class: "rail", x1: 0, x2: places.width, y1: row(lane), y2: row(lane) })),
    ...consentBands(run, places, row),
    ...differences(run, places, height),
    ...axis(run, places, height),
    ...run.steps.map((step, place) => mark(run, step, places.x[place], row(step.lane))),
  );
  const cursor = pare.svg("path", { class: "cursor", d: `M0,${TOP - 4}V${height - AXIS + 4}` });
  drawing.append(cursor);
  const labels = lanes.map((lane) =>
    pare.svg("text", { class: `lane-name lane-${lane}`, x: 0, y: row(lane) + 4 }, lane),
  );
  labels.push(pare.svg("text", { x: 0, y: height - AXIS + 18 }, "time"));
  const names = pare.svg("svg", { class: "lane-names", width: 52, height, "aria-hidden": "true" }, labels);
  const caption = pare.el("p", { class: "timeline-caption" });
  const slider = sliderOf(run, places, drawing, cursor, caption, goTo);
  const node = pare.el("div", { class: "timeline" }, names, slider.node);
  return { node: pare.el("div", {}, node, caption, legend(run)), show: slider.show };
};

// The horizontal place of each step: by number, with room where time passes.
function placed(steps, width) {
  const gaps = steps.map((step, place) => (place ? step.time - steps[place - 1].time : 0));
  const room = gaps.map((gap, place) => (place === 0 ? 0 : gap >= BREAK_SECONDS ? 3 : gap > 0 ? 1.5 : 1));
  const total = room.reduce((sum, one) => sum + one, 0);
  const unit = Math.min(WIDEST, Math.max(NARROWEST, (width - 2 * MARGIN) / Math.max(total, 1)));
  let x = MARGIN;
  const xs = room.map((one) => (x += one * unit));
  return { x: xs, gaps, unit, width: Math.max(width, Math.ceil(x + 3 * MARGIN)) };
}

function mark(run, step, x, y) {
  const node = view.mark(step.kind, view.stepState(step), step.lane);
  node.setAttribute("transform", `translate(${x.toFixed(1)},${y})`);
  node.dataset.step = step.n;
  node.append(pare.svg("title", {}, view.stepLabel(run, step)));
  return node;
}

function turnBands(run, places, height) {
  const [bands, labels] = [[], []];
  let lastLabel = -Infinity;
  view.groups(run).forEach((group, place) => {
    if (!group.steps.length) return;
    const half = places.unit * 0.5;
    const from = places.x[group.steps[0].n - 1] - half;
    const to = places.x[group.steps.at(-1).n - 1] + half;
    const shape = { class: place % 2 ? "turn-band odd" : "turn-band", x: from, y: 0, width: to - from, height: height - AXIS };
    bands.push(pare.svg("rect", shape));
    if (group.turn === null || from - lastLabel < 44) return;
    lastLabel = from;
    labels.push(pare.svg("text", { class: "turn-name", x: Math.max(from, 0) + 4, y: 13 }, `turn ${group.turn}`));
  });
  return [...bands, ...labels];
}

function consentBands(run, places, row) {
  return (run.consent ?? []).flatMap((one) => {
    const asked = places.x[one.proposal - 1];
    const answered = places.x[(one.answer ?? one.proposal) - 1];
    if (asked === undefined || answered === undefined) return [];
    const y = row("agent");
    const bands = [pare.svg("line", { class: "pending", x1: asked, x2: answered, y1: y, y2: y })];
    if (one.answer_kind === "acceptance") {
      const end = places.x[lastOf(run.steps, one) - 1];
      const title = pare.svg("title", {}, `consent from step ${one.answer} to ${view.clock(run, one.to)}`);
      const shape = { class: "consent", x: answered, y: y - LANE / 2 + 2, width: Math.max(end - answered, 4), height: LANE - 4 };
      bands.push(pare.svg("rect", shape, title));
    }
    return bands;
  });
}

// The step with which a consent ends: the agent's report, or the last one in its time.
function lastOf(steps, consent) {
  const during = steps.filter((step) => step.n >= consent.answer && step.time <= consent.to);
  return (during.find((step) => step.kind === "report") ?? during.at(-1))?.n ?? consent.answer;
}

function differences(run, places, height) {
  const found = [...new Set((run.differences ?? []).map((one) => one.step))].filter((step) => places.x[step - 1] !== undefined);
  return found.flatMap((step) => {
    const x = places.x[step - 1];
    const shape = { class: "difference", x: x - 9, y: TOP - 5, width: 18, height: height - AXIS - TOP + 8, rx: 4 };
    return [pare.svg("rect", shape, pare.svg("title", {}, `the verdict is about step ${step}`))];
  });
}

function axis(run, places, height) {
  const y = height - AXIS + 4;
  const marks = [];
  let [free, freeBelow, day] = [-Infinity, -Infinity, null];
  run.steps.forEach((step, place) => {
    const x = places.x[place];
    const gap = places.gaps[place];
    if (gap >= BREAK_SECONDS) {
      const middle = (x + places.x[place - 1]) / 2;
      marks.push(pare.svg("path", { class: "break", d: `M${middle},${TOP}${zigzag(y - TOP)}` }));
      if (middle - 24 > freeBelow) {
        marks.push(pare.svg("text", { class: "gap", x: middle, y: y + 27 }, `+${view.duration(gap)}`));
        freeBelow = middle + 40;
      }
    }
    if (place && gap <= 0) return;
    marks.push(pare.svg("line", { class: "tick", x1: x, x2: x, y1: y - 3, y2: y + 2 }));
    if (x < free) return;
    const today = view.day(run, step.time);
    const isNew = today !== day && x >= freeBelow - 40;
    marks.push(pare.svg("text", { class: "moment", x: x - 4, y: y + 14 }, view.timeOfDay(run, step.time)));
    if (isNew) {
      marks.push(pare.svg("text", { class: "gap day", x: x - 4, y: y + 27 }, today));
      freeBelow = x + 90;
      day = today;
    }
    free = x + 60;
  });
  return marks;
}

const zigzag = (length) => {
  const teeth = Math.max(2, Math.round(length / 6));
  return Array.from({ length: teeth }, (_, tooth) => `l${tooth % 2 ? -4 : 4},${(length / teeth).toFixed(2)}`).join("");
};

function sliderOf(run, places, drawing, cursor, caption, goTo) {
  let current = 0;
  const node = pare.el(
    "div",
    {
      class: "timeline-scroll",
      role: "slider",
      tabindex: 0,
      "aria-label": "Timeline of the steps in simulated time",
      "aria-valuemin": 1,
      "aria-valuemax": run.steps.length,
      keydown: pressed,
      click: (event) => goTo(stepBelow(event)),
      pointermove: (event) => tell(stepBelow(event)),
      pointerleave: () => tell(current + 1),
    },
    drawing,
  );
  function tell(number) {
    caption.textContent = view.stepLabel(run, run.steps[number - 1]);
  }
  function show(number) {
    current = Math.min(Math.max(number, 1), run.steps.length) - 1;
    const label = view.stepLabel(run, run.steps[current]);
    const x = places.x[current];
    node.setAttribute("aria-valuenow", current + 1);
    node.setAttribute("aria-valuetext", label);
    caption.textContent = label;
    cursor.setAttribute("transform", `translate(${x},0)`);
    // Reading the layout at once would make the browser lay out the whole view for each key.
    requestAnimationFrame(() => {
      const isInside = x > node.scrollLeft + 20 && x < node.scrollLeft + node.clientWidth - 20;
      if (!isInside) node.scrollLeft = x - node.clientWidth / 2;
    });
  }
  function pressed(event) {
    const moves = {
      ArrowRight: current + 2,
      ArrowDown: current + 2,
      ArrowLeft: current,
      ArrowUp: current,
      PageDown: current + 11,
      PageUp: current - 9,
      Home: 1,
      End: run.steps.length,
    };
    if (event.key === "Enter" || event.key === " ") goTo(current + 1);
    else if (event.key in moves) show(moves[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  function stepBelow(event) {
    const named = event.target.closest?.("[data-step]")?.dataset.step;
    if (named) return Number(named);
    const x = event.clientX - drawing.getBoundingClientRect().left;
    let nearest = 0;
    places.x.forEach((one, place) => {
      if (Math.abs(one - x) < Math.abs(places.x[nearest] - x)) nearest = place;
    });
    return nearest + 1;
  }
  return { node, show };
}

function legend(run) {
  const kinds = [...new Set(run.steps.map((step) => step.kind))];
  const states = new Set(run.steps.map(view.stepState));
  const entry = (picture, name) => pare.el("li", {}, picture, name);
  const named = [["write", "write"], ["fault", "noise or fault"], ["error", "error"]].filter(([state]) => states.has(state));
  return pare.el(
    "ul",
    { class: "legend", "aria-label": "Legend of the timeline" },
    kinds.map((kind) => entry(view.markPicture(kind, "plain", "world"), view.kindName(kind))),
    named.map(([state, name]) => entry(view.markPicture("call", state, "agent"), name)),
    (run.consent ?? []).length > 0 && entry(pare.el("span", { class: "swatch swatch-consent" }), "consent"),
    (run.differences ?? []).some((one) => one.step) &&
      entry(pare.el("span", { class: "swatch swatch-difference" }), "what the verdict is about"),
  );
}
