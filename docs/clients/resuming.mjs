// Subscriptions that go on where they stopped, over any client with `subscribe(request, sink)`.

/** Twice as long each time, up to half a minute, and half of it by chance: a server that comes back must not
 * meet all its clients in the same moment. */
export function backoff(tries, atLeastMs = 0) {
  const longest = Math.min(30_000, 500 * 2 ** tries);
  const wait = Math.max(atLeastMs, longest * (0.5 + Math.random() / 2));
  return new Promise((resolve) => setTimeout(resolve, wait));
}

/** Errors that pass by themselves; any other comes again each time, and is the caller's. */
const PASSING = new Set(["UNAVAILABLE", "RATE_LIMITED", "INTERNAL"]);

/**
 * Subscribes, and after whatever interrupts it goes on after the last event that `sink` has taken.
 *
 * `onBegin(variables)` is called with the first event of a subscription that had no place to go on from: what a
 * page shows must be queried now, and all that changes from here on comes as events.
 */
export function subscribeResuming(client, operation, sink, { session, onBegin = () => {} } = {}) {
  // Clients send this object anew at each connection: so its `after` must move, not a copy's.
  const request = { ...operation, variables: { ...operation.variables } };
  let stop = () => {};
  let stopped = false;
  let turn = 0;
  let tries = 0;
  let refused = false;

  function begin() {
    const mine = turn;
    // What was given up may still have something to say.
    const ifMine = (take) => (value) => mine === turn && take(value);
    stop = client.subscribe(request, {
      next: ifMine(next),
      error: ifMine(error),
      complete: ifMine(() => sink.complete()),
    });
  }

  function next(result) {
    const event = result.data && Object.values(result.data)[0];
    if (!event && result.errors) return error(result.errors);
    const isFirst = Boolean(event?.cursor) && !request.variables.after;
    sink.next(result);
    // Only now: an event that the page could not take comes again.
    if (event?.cursor) request.variables.after = event.cursor;
    tries = 0;
    refused = false;
    if (isFirst) onBegin(request.variables);
  }

  function error(problem) {
    const { code, retryAfterSeconds = 0 } = problem?.[0]?.extensions ?? {};
    if (code === "CURSOR_EXPIRED") {
      delete request.variables.after;
    } else if (code === "UNAUTHENTICATED" && session && !refused) {
      refused = true;
      session.expired();
    } else if (!PASSING.has(code) && !isPassing(problem)) {
      return sink.error(problem);
    }
    turn += 1;
    stop();
    backoff(tries++, retryAfterSeconds * 1000).then(() => stopped || begin());
  }

  begin();
  return () => {
    stopped = true;
    turn += 1;
    stop();
  };
}

/** Whether a request of graphql-sse failed on its way, or at a server that is busy or restarts. */
function isPassing(problem) {
  if (problem?.name !== "NetworkError") return false;
  const status = problem.response?.status;
  return !status || status >= 500 || status === 408 || status === 429;
}
