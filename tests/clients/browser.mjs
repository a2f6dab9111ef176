// What a browser adds for a page of another origin: its cookies, its Origin, and the rules of CORS.
import WebSocket from "ws";

const SAFE_HEADERS = new Set(["accept", "accept-language", "content-language", "range"]);

/** Makes this process a page of `origin`. Returns how often it connected, and its sockets' ends. */
export function becomePageOf(origin) {
  const seen = { sockets: 0, requests: 0, refreshes: 0, closed: [] };
  const cookies = new Map();
  const bareFetch = globalThis.fetch;

  globalThis.WebSocket = class extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols, { origin });
      seen.sockets += 1;
      this.addEventListener("close", ({ code, reason }) => seen.closed.push([code, reason]));
    }
  };

  async function preflight(url, method, headers, credentials) {
    const asked = [...headers.keys()].filter((name) => !SAFE_HEADERS.has(name)).sort();
    const answer = await bareFetch(url, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": method,
        "access-control-request-headers": asked.join(","),
      },
    });
    checkShared(answer, credentials);
    const listed = (name) => (answer.headers.get(name) ?? "").toLowerCase().split(/,\s*/);
    const refused = asked.filter((name) => !listed("access-control-allow-headers").includes(name));
    if (!answer.ok || refused.length) throw new TypeError(`Failed to fetch: CORS refuses ${refused}`);
  }

  function checkShared(answer, credentials) {
    const allowed = answer.headers.get("access-control-allow-origin");
    const withCredentials = answer.headers.get("access-control-allow-credentials") === "true";
    if (allowed !== origin || (credentials === "include" && !withCredentials)) {
      throw new TypeError(`Failed to fetch: CORS keeps the answer from ${origin}`);
    }
  }

  globalThis.fetch = async (url, { headers: given, credentials, referrer, ...init } = {}) => {
    const headers = new Headers(given);
    seen.requests += 1;
    seen.refreshes += /mutation { refresh/.test(init.body);
    await preflight(url, init.method ?? "GET", headers, credentials);
    headers.set("origin", origin);
    headers.set("sec-fetch-site", "same-site");
    if (credentials === "include" && cookies.size) {
      headers.set("cookie", [...cookies].map((pair) => pair.join("=")).join("; "));
    }
    const answer = await bareFetch(url, { ...init, headers });
    checkShared(answer, credentials);
    for (const line of credentials === "include" ? answer.headers.getSetCookie() : []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  };
  return seen;
}
