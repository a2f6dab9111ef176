// A documented client, as it stands, on a page of another origin: it follows a campaign to its end.
import { becomePageOf } from "./browser.mjs";
import { options, run, say, sleep } from "./talking.mjs";

const CLIENTS = "../../docs/clients";
const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) {
  tokens { refreshToken } errors { message } } }`;

async function signIn({ email, password }) {
  const answer = await fetch(`${options.url}/graphql`, {
    method: "POST",
    credentials: "include",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: LOGIN, variables: { input: { email, password, useCookie: true } } }),
  });
  const { tokens, errors } = (await answer.json()).data.login;
  if (errors.length || tokens.refreshToken) throw new Error("there is no cookie");
}

async function followWith(client, given) {
  const library = await import(`${CLIENTS}/${client}.mjs`);
  if (library.followCampaign) return library.followCampaign(given);
  const { followCampaign } = await import(`${CLIENTS}/page.mjs`);
  return followCampaign({ ...given, client: library.connect(given) });
}

run(async () => {
  const seen = becomePageOf(options.origin);
  const { cookieSession, tokenSession } = await import(`${CLIENTS}/session.mjs`);
  if (options.login) await signIn(options.login);
  const session = options.login ? cookieSession(options.url) : tokenSession(options.token);
  const told = {};
  const pages = [];
  const problems = [];
  const stop = await followWith(options.client, {
    url: options.url,
    session,
    campaignId: options.campaign,
    onPage: (page) => {
      pages.push(page);
      say({ page: true, status: page.status, delivered: page.stats.delivered });
    },
    onChanges: (deliveries) => {
      for (const { id, status, revision } of deliveries) (told[id] ??= []).push([revision, status]);
    },
    onError: (problem) => problems.push(String(problem?.stack ?? JSON.stringify(problem))),
  });
  const watching = setInterval(() => {
    if (seen.refreshes < 2) return;
    clearInterval(watching);
    say({ renewed: true });
  }, 50);
  const isOver = () => {
    const page = pages.at(-1);
    return page?.status === "COMPLETED" && page.deliveries.every(({ status }) => status === "DELIVERED");
  };
  while (!isOver() && !problems.length) await sleep(50);
  // The page may know the end before the last of the events that were missed has come again.
  const isTold = () => Object.values(told).filter((states) => states.at(-1)[1] === "DELIVERED").length;
  for (let tries = 0; tries < 400 && isTold() < options.deliveries && !problems.length; tries += 1) await sleep(50);
  stop();
  const back = pages.some((page, number) => number && page.revision < pages[number - 1].revision);
  return { told, page: pages.at(-1), wentBack: back, pages: pages.length, problems, seen };
});
