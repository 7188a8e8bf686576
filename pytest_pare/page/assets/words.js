// The words that differ between two texts.

const view = (window.pareView ??= {});
const LONGEST_BY_WORDS = 20_000;
const MOST_PAIRS = 1_000_000;
const KEPT_OF_EQUAL = 60;

/** Returns `[kind, text]` in order, where a kind is `same`, `a` (only in the first text) or `b`. */
view.wordDiff = (a, b) => {
  const isLong = Math.max(a.length, b.length) > LONGEST_BY_WORDS;
  const left = isLong ? a : words(a);
  const right = isLong ? b : words(b);
  const shorter = Math.min(left.length, right.length);
  let head = 0;
  while (head < shorter && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && left.at(-1 - tail) === right.at(-1 - tail)) tail += 1;
  const middle = [left.slice(head, left.length - tail), right.slice(head, right.length - tail)];
  const parts = isLong || middle[0].length * middle[1].length > MOST_PAIRS ? whole(...middle) : aligned(...middle);
  return joined([["same", text(left.slice(0, head))], ...parts, ["same", text(left.slice(left.length - tail))]]);
};

/** Returns a text with the words marked that another text does not have: `del` on side `a`, `ins` on side `b`. */
view.markedText = (value, other, side) => {
  const mine = String(value ?? "");
  const parts = side === "a" ? view.wordDiff(mine, String(other ?? "")) : view.wordDiff(String(other ?? ""), mine);
  const shown = parts.filter(([kind]) => kind === "same" || kind === side);
  const draw = ([kind, part]) =>
    kind === "same" ? equal(part) : pare.el(side === "a" ? "del" : "ins", {}, view.text(part));
  return pare.el("span", { class: "text", dir: "auto" }, shown.map(draw));
};

function equal(part) {
  if (part.length <= 4 * KEPT_OF_EQUAL) return part;
  const cut = part.slice(KEPT_OF_EQUAL, -KEPT_OF_EQUAL);
  const label = `… ${view.count(cut.length)} equal characters …`;
  const more = view.button(label, () => more.replaceWith(view.text(cut)), { class: "more" });
  return [part.slice(0, KEPT_OF_EQUAL), more, part.slice(-KEPT_OF_EQUAL)];
}

const words = (value) => value.match(/[\p{L}\p{N}_]+|\s+|[^]/gu) ?? [];
const text = (part) => (typeof part === "string" ? part : part.join(""));
const whole = (a, b) => [["a", text(a)], ["b", text(b)]];

// The longest common subsequence of words.
function aligned(a, b) {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  const parts = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      parts.push(["same", a[i]]);
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) {
      parts.push(["a", a[i]]);
      i += 1;
    } else {
      parts.push(["b", b[j]]);
      j += 1;
    }
  }
  return parts;
}

function joined(parts) {
  const result = [];
  for (const [kind, part] of parts) {
    if (part === "") continue;
    const last = result.at(-1);
    if (last?.[0] === kind) last[1] += part;
    else result.push([kind, part]);
  }
  return result;
}
