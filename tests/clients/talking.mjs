// How a script here talks with the test that started it: JSON lines out, JSON lines in, options as argument.
import { createInterface } from "node:readline";

export const options = JSON.parse(process.argv[2]);

export function say(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

const heard = [];
const listeners = [];
createInterface({ input: process.stdin }).on("line", (line) => {
  const listener = listeners.shift();
  if (listener) listener(JSON.parse(line));
  else heard.push(JSON.parse(line));
});

/** What the test says next. */
export function hear() {
  if (heard.length) return Promise.resolve(heard.shift());
  return new Promise((resolve) => listeners.push(resolve));
}

/** A token, made by the test at this moment. Several may ask at once: all tokens that are waiting serve. */
export async function askForToken() {
  say({ ask: "token" });
  return (await hear()).token;
}

/** Prints the result as the last line and ends the process, whatever a client has left open. */
export async function run(main) {
  try {
    const result = await main();
    process.stdout.write(`${JSON.stringify({ result })}\n`, () => process.exit(0));
  } catch (error) {
    // A close event shows nothing of itself as JSON.
    const text = error?.stack ?? `${error?.code ?? ""} ${error?.reason ?? ""} ${JSON.stringify(error)}`;
    process.stderr.write(`${text}\n`, () => process.exit(1));
  }
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
