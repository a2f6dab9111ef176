// What went wrong, for a page: which field of a form it belongs to, and what to tell the person.

/** Top-level errors. `data` is what was answered all the same: null where a field failed. */
export class RequestFailed extends Error {
  constructor(errors, data) {
    super(errors[0].message);
    this.errors = errors;
    this.data = data;
    this.code = errors[0].extensions.code;
    this.requestId = errors[0].extensions.requestId;
  }
}

/** The `errors` of a mutation's payload, which its caller can mend. */
export class UserErrors extends Error {
  constructor(errors) {
    super(errors.map(({ message }) => message).join(" "));
    this.errors = errors;
    this.code = errors[0].code;
  }

  /** The messages of a field of the form, by its path in the input: `of("message", "subject")`. */
  of(...path) {
    return this.errors.filter((error) => error.path.join() === path.join()).map(({ message }) => message);
  }
}

const SENTENCES = {
  UNAUTHENTICATED: "You are signed out. Sign in again.",
  FORBIDDEN: "Your role does not allow this.",
  UNAVAILABLE: "The server is busy. Try again in some seconds.",
  RATE_LIMITED: "That was much at once. Try again in a minute.",
};

/** What to show of anything that was thrown or that a subscription ended with. */
export function sentence(problem) {
  // graphql-ws ends a subscription with a list of errors, or with the event of the socket that closed.
  const error = Array.isArray(problem) ? new RequestFailed(problem, null) : problem;
  if (error instanceof UserErrors) return error.message;
  if (error instanceof RequestFailed) {
    const text = SENTENCES[error.code] ?? error.message;
    return error.requestId ? `${text} (${error.requestId})` : text;
  }
  if (error?.code >= 4400) return error.reason;
  // fetch says no more than this: the server is away, or CORS keeps its answer from the page. Its log knows.
  return "The server cannot be reached.";
}
