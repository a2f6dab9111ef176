/** Subscriptions that go on where they stopped: see docs/live.md, whose client for scripts this is. */
import type { Client as Socket, FormattedExecutionResult, SubscribePayload } from 'graphql-ws';

/** Errors that pass by themselves; any other comes again each time. */
const PASSING: ReadonlySet<unknown> = new Set(['UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL']);

export type Result = FormattedExecutionResult<Record<string, unknown>, unknown>;

export interface Sink {
  next: (result: Result) => void;
  error: (problem: unknown) => void;
  complete: () => void;
}

/** Codes from here on are the protocol's own: such a close tells of a mistake that comes again each time. */
const OF_THE_PROTOCOL = 4000;
const INTERNAL_ERROR = 4500;

interface Problem {
  extensions?: { code?: unknown; retryAfterSeconds?: number };
}

/** A wait that doubles, up to half a minute, and half of it by chance: a server that comes back must not meet all
 * its clients in the same moment. */
export function backoff(tries: number, atLeastMs = 0): Promise<void> {
  const longest = Math.min(30_000, 500 * 2 ** tries);
  const wait = Math.max(atLeastMs, longest * (0.5 + Math.random() / 2));
  return new Promise((resolve) => setTimeout(resolve, wait));
}

/** Whether a connection was closed for what the server or the network had, not for what was asked. */
function passes(problem: unknown): boolean {
  return problem instanceof CloseEvent && (problem.code < OF_THE_PROTOCOL || problem.code === INTERNAL_ERROR);
}

/** Subscribes, and after whatever interrupts it goes on after the last event that `sink` has taken. */
export function subscribeResuming(
  socket: Socket,
  operation: SubscribePayload,
  sink: Sink,
  expired: () => void,
): () => void {
  // The socket sends this object anew at each connection: so its `after` must move, not a copy's.
  const variables: Record<string, unknown> = { ...operation.variables };
  const request = { ...operation, variables };
  let turn = 0;
  let tries = 0;
  let wasRefused = false;
  let stop: () => void = () => undefined;

  function begin() {
    const mine = turn;
    // What was given up may still have something to say.
    const isMine = () => mine === turn;
    stop = socket.subscribe(request, {
      next: (result) => {
        if (isMine()) next(result);
      },
      error: (problem) => {
        if (isMine()) fail(problem);
      },
      complete: () => {
        if (isMine()) sink.complete();
      },
    });
  }

  function next(result: Result) {
    const event = Object.values(result.data ?? {})[0] as { cursor?: string } | null | undefined;
    if (!event && result.errors) {
      fail(result.errors);
      return;
    }
    sink.next(result);
    // Only now: an event that the page could not take comes again.
    if (event?.cursor) variables['after'] = event.cursor;
    tries = 0;
    wasRefused = false;
  }

  function fail(problem: unknown) {
    const first = Array.isArray(problem) ? (problem[0] as Problem | undefined) : undefined;
    const code = first?.extensions?.code;
    if (code === 'CURSOR_EXPIRED') {
      delete variables['after'];
    } else if (code === 'UNAUTHENTICATED' && !wasRefused) {
      wasRefused = true;
      expired();
    } else if (!PASSING.has(code) && !passes(problem)) {
      sink.error(problem);
      return;
    }
    const mine = ++turn;
    stop();
    void backoff(tries++, (first?.extensions?.retryAfterSeconds ?? 0) * 1000).then(() => {
      if (mine === turn) begin();
    });
  }

  begin();
  return () => {
    turn += 1;
    stop();
  };
}
