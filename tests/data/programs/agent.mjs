// An agent in JavaScript, written from docs/agent-protocol.md alone: it keeps phone numbers in the contacts right.
import { createInterface } from "node:readline";

const waiting = new Map();
let last = 0;

const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");

const request = (method, params) =>
  new Promise((resolve, reject) => {
    waiting.set(++last, { resolve, reject });
    send({ id: last, method, params });
  });

const call = async (name, args) => (await request("tools/call", { name, arguments: args })).result;

async function takeTurn({ mode, proposal, notifications }) {
  const accepted = mode === "execute";
  const text = accepted ? proposal.text : notifications.map((one) => one.text).join("\n");
  const found = text.match(/from (\w+ \w+).*?(\+[\d ]+\d)/s);
  if (!found) return;
  const [, name, phone] = found;
  const [card] = await call("Contacts__search_contacts", { query: name });
  if (accepted) {
    await call("Contacts__edit_contact", { contact_id: card.contact_id, updates: { phone } });
    await request("report", { text: `${name} has the new number now.` });
  } else if (card.phone !== phone) {
    await request("propose", { text: `A new number from ${name}: ${phone}, not ${card.phone}. Shall I change it?` });
  }
}

const methods = {
  initialize: () => ({ protocol_version: 1, agent: { name: "keep_numbers", version: null } }),
  "run/start": () => ({}),
  turn: async (params) => (await takeTurn(params), {}),
  "run/end": () => ({}),
  shutdown: () => ({}),
};

async function answer({ id, method, params }) {
  if (id === undefined) return; // A notification of a later host.
  if (!(method in methods)) return send({ id, error: { code: -32601, message: `there is no method ${method}` } });
  try {
    send({ id, result: await methods[method](params) });
  } catch (error) {
    // The end of a turn or of the run is no failure of the agent.
    if ([-32006, -32007].includes(error.code)) send({ id, result: {} });
    else send({ id, error: { code: -32000, message: `${error.data?.type ?? error.name ?? "Error"}: ${error.message}` } });
  }
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const message = JSON.parse(line);
  if (message.method) return answer(message);
  const { resolve, reject } = waiting.get(message.id);
  waiting.delete(message.id);
  return message.error ? reject(message.error) : resolve(message.result);
});
lines.on("close", () => process.exit(0));
