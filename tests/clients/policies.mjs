// What the documented clients do about errors, closed connections and old answers, case by case. Time runs a
// hundred times faster here, and each wait that was asked for is written down.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import WebSocket, { WebSocketServer } from "ws";
import { run } from "./talking.mjs";

globalThis.WebSocket = WebSocket;
const waits = [];
const realTimeout = globalThis.setTimeout;
globalThis.setTimeout = (call, ms = 0, ...rest) => {
  waits.push(ms);
  return realTimeout(call, ms / 100, ...rest);
};
const pause = (ms) => new Promise((resolve) => realTimeout(resolve, ms));
const until = async (isSo) => {
  for (let tries = 0; !isSo(); tries += 1) {
    assert.ok(tries < 500, `never came true: ${isSo}`);
    await pause(10);
  }
};

const { backoff, subscribeResuming } = await import("../../docs/clients/resuming.mjs");
const { newestStates } = await import("../../docs/clients/newest.mjs");
const { cookieSession, SignInNeeded } = await import("../../docs/clients/session.mjs");
const { connect } = await import("../../docs/clients/graphql-ws.mjs");
const { connect: connectSse } = await import("../../docs/clients/graphql-sse.mjs");

const event = (cursor) => ({ data: { deliveryUpdates: { cursor, deliveries: [] } } });
const failure = (code, more = {}) => [{ message: code, extensions: { code, ...more } }];

/** A client whose other side the case plays, and all that its sink was told. */
function resuming(more = {}) {
  const calls = [];
  const told = { events: [], errors: [], completed: 0, began: 0, expired: 0 };
  const client = {
    subscribe(request, sink) {
      calls.push({ variables: { ...request.variables }, sink, stopped: false });
      const mine = calls.at(-1);
      return () => (mine.stopped = true);
    },
  };
  const sink = {
    next: (result) => told.events.push(result),
    error: (problem) => told.errors.push(problem),
    complete: () => (told.completed += 1),
    ...more,
  };
  const session = { expired: () => (told.expired += 1) };
  const onBegin = () => (told.began += 1);
  const stop = subscribeResuming(client, { query: "q", variables: { id: "1" } }, sink, { session, onBegin });
  return { calls, told, stop };
}

/** A server of sockets: `play(socket, token, number)` once a client has said who it is. */
async function socketServer(play) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.on("listening", resolve));
  const tokens = [];
  server.on("connection", (socket) =>
    socket.on("message", (text) => {
      const message = JSON.parse(text);
      if (message.type === "connection_init") tokens.push(message.payload.Authorization);
      play(socket, message, tokens.length);
    }),
  );
  return { url: `http://127.0.0.1:${server.address().port}`, tokens, server };
}

const ack = (socket) => socket.send(JSON.stringify({ type: "connection_ack" }));
const send = (socket, id, payload) => socket.send(JSON.stringify({ type: "next", id, payload }));

function watch(url, next = () => {}) {
  const told = { errors: [], expired: 0 };
  let number = 0;
  const session = { token: async () => `t${(number += 1)}`, expired: () => (told.expired += 1) };
  const sink = { next, error: (problem) => told.errors.push(problem), complete() {} };
  told.stop = subscribeResuming(connect({ url, session }), { query: "q" }, sink, { session });
  return told;
}

const cases = {
  async "an expired cursor begins anew, and the page is told to query"() {
    const { calls, told } = resuming();
    calls[0].sink.next(event("a"));
    calls[0].sink.error(failure("CURSOR_EXPIRED"));
    await until(() => calls.length === 2);
    assert.equal(calls[1].variables.after, undefined);
    calls[1].sink.next(event("b"));
    assert.equal(told.began, 2);
  },
  async "an event that failed is asked for again from the last one that came"() {
    const { calls, told } = resuming();
    calls[0].sink.next(event("a"));
    calls[0].sink.next({ data: null, errors: failure("UNAVAILABLE") });
    await until(() => calls.length === 2);
    assert.deepEqual([calls[1].variables.after, told.began, calls[0].stopped], ["a", 1, true]);
  },
  async "a server that says how long to wait is not asked before"() {
    const { calls } = resuming();
    waits.length = 0;
    calls[0].sink.error(failure("RATE_LIMITED", { retryAfterSeconds: 17 }));
    await until(() => calls.length === 2);
    assert.ok(Math.max(...waits) >= 17_000);
  },
  async "what will be refused each time is told and not repeated"() {
    for (const problem of [failure("BAD_USER_INPUT"), failure("FORBIDDEN"), new TypeError("a bug")]) {
      const { calls, told } = resuming();
      calls[0].sink.error(problem);
      await pause(50);
      assert.deepEqual([calls.length, told.errors], [1, [problem]]);
    }
  },
  async "a refused token is renewed once, and refused again it is told"() {
    const { calls, told } = resuming();
    calls[0].sink.error(failure("UNAUTHENTICATED"));
    await until(() => calls.length === 2);
    assert.equal(told.expired, 1);
    calls[1].sink.error(failure("UNAUTHENTICATED"));
    assert.deepEqual([told.errors.length, told.expired], [1, 1]);
  },
  async "an event that the page could not take comes again"() {
    const broken = { next: () => assert.fail("a bug of the page") };
    const { calls } = resuming(broken);
    assert.throws(() => calls[0].sink.next(event("a")));
    calls[0].sink.error(failure("UNAVAILABLE"));
    await until(() => calls.length === 2);
    assert.equal(calls[1].variables.after, undefined);
  },
  async "a subscription that was given up is not heard, and one that was left is not made again"() {
    const { calls, told, stop } = resuming();
    calls[0].sink.error(failure("UNAVAILABLE"));
    calls[0].sink.next(event("late"));
    calls[0].sink.complete();
    stop();
    await pause(50);
    assert.deepEqual([calls.length, told.events.length, told.completed], [1, 0, 0]);
  },
  async "waits grow, stay below half a minute, and differ"() {
    waits.length = 0;
    for (let tries = 0; tries < 12; tries += 1) await backoff(tries);
    assert.ok(waits[0] >= 250 && waits[0] <= 500);
    assert.ok(waits.slice(7).every((wait) => wait >= 15_000 && wait <= 30_000));
    assert.ok(new Set(waits.slice(7)).size > 1);
  },
  "an older state gives way to the newer one, whatever came first"() {
    const guard = newestStates();
    const at = (revision, status, name) => ({ nodes: [{ id: "1", revision, status, name }] });
    assert.deepEqual(guard(at(2, "SENT", "old")), at(2, "SENT", "old"));
    assert.deepEqual(guard(at(3, "DELIVERED", "new")), at(3, "DELIVERED", "new"));
    assert.deepEqual(guard(at(2, "SENT", "newest")), at(3, "DELIVERED", "newest"));
    assert.deepEqual(guard(at(4, "FAILED", "x")), at(4, "FAILED", "x"));
  },
  "states of the same revision add up, and nothing is invented"() {
    const guard = newestStates();
    guard({ id: "1", revision: 5, status: "SENT" });
    guard({ id: "1", revision: 5, attempt: 2 });
    const older = guard({ id: "1", revision: 4, status: "QUEUED", attempt: 1, reason: null });
    assert.deepEqual(older, { id: "1", revision: 5, status: "SENT", attempt: 2, reason: null });
    assert.deepEqual(guard({ id: "1", revision: 4 }), { id: "1", revision: 5 });
    assert.equal(guard(null), null);
  },
  async "a socket that is forbidden or refused is not opened again"() {
    for (const code of [4403, 4400]) {
      const { url, tokens } = await socketServer((socket) => socket.close(code, "no"));
      const told = watch(url);
      await until(() => told.errors.length === 1);
      await pause(50);
      assert.deepEqual([told.errors[0].code, tokens.length], [code, 1]);
    }
  },
  async "a socket whose token expired is opened with another"() {
    const { url, tokens } = await socketServer((socket, { type }, number) =>
      number === 1 ? socket.close(4440, "Token expired") : type === "connection_init" && ack(socket),
    );
    const told = watch(url);
    await until(() => tokens.length === 2);
    assert.deepEqual([told.expired, tokens, told.errors], [1, ["Bearer t1", "Bearer t2"], []]);
    told.stop();
  },
  async "a bug of the page ends in one error and no reconnecting"() {
    const { url, tokens } = await socketServer((socket, { type, id }) => {
      if (type === "connection_init") ack(socket);
      if (type === "subscribe") send(socket, id, event("a"));
    });
    const told = watch(url, () => assert.fail("a bug of the page"));
    await until(() => told.errors.length === 1);
    await pause(100);
    assert.deepEqual([tokens.length, told.errors[0].message], [1, "a bug of the page"]);
  },
  async "a server that is not there yet is waited for"() {
    const { server, url } = await socketServer(() => {});
    await new Promise((resolve) => server.close(resolve));
    const told = watch(url);
    await pause(100);
    const back = new WebSocketServer({ port: Number(new URL(url).port), host: "127.0.0.1" });
    await new Promise((resolve) => back.on("connection", resolve));
    assert.deepEqual(told.errors, []);
    told.stop();
  },
  async "a server that answers no ping is left for another connection"() {
    const { url, tokens } = await socketServer((socket, { type }) => type === "connection_init" && ack(socket));
    const told = watch(url);
    await until(() => tokens.length === 2);
    assert.deepEqual(told.errors, []);
    told.stop();
  },
  async "who asks for a token at the same moment shares one refresh, which waits for the server"() {
    const answers = [
      () => Promise.reject(new TypeError("fetch failed")),
      async () => ({ json: async () => ({ data: { refresh: { tokens: null, errors: [{ code: "UNAVAILABLE" }] } } }) }),
      async () => ({
        json: async () => ({
          data: { refresh: { tokens: { accessToken: "a", accessTokenExpiresAt: "2999-01-01" }, errors: [] } },
        }),
      }),
    ];
    globalThis.fetch = () => answers.shift()();
    const session = cookieSession("http://x");
    assert.deepEqual(await Promise.all([session.token(), session.token()]), ["a", "a"]);
    assert.equal(await session.token(), "a");
    const ended = { tokens: null, errors: [{ code: "UNAUTHENTICATED", message: "ended" }] };
    globalThis.fetch = async () => ({ json: async () => ({ data: { refresh: ended } }) });
    session.expired();
    await assert.rejects(session.token(), SignInNeeded);
  },
  async "a stream that a busy server refuses is asked for again, a wrong one is not"() {
    const statuses = [503, 429, 400];
    const server = createServer((_, answer) => answer.writeHead(statuses.shift()).end());
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    globalThis.fetch = realFetch;
    const session = { token: async () => "t", expired() {} };
    const client = connectSse({ url: `http://127.0.0.1:${server.address().port}`, session });
    const error = await new Promise((resolve) => {
      subscribeResuming(client, { query: "q" }, { next() {}, error: resolve, complete() {} }, { session });
    });
    assert.deepEqual([error.response.status, statuses], [400, []]);
  },
};

const realFetch = globalThis.fetch;
run(async () => {
  const failed = {};
  for (const [name, hold] of Object.entries(cases)) {
    try {
      await hold();
    } catch (problem) {
      failed[name] = problem.stack;
    }
  }
  return { held: Object.keys(cases).length, failed };
});
