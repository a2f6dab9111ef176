/** Parts of the page that are fetched where they are shown: a server that is away for a moment breaks no screen. */
import { backoff } from './resuming';

const MOST_TRIES = 6;
/** Failures of a server that answers: it has no such part any more, since a newer page has taken its place. */
const MOST_REFUSALS = 2;

/** What `load` imports, tried again while the server cannot be reached, for about half a minute. */
export async function fetched<Part>(load: () => Promise<Part>): Promise<Part> {
  let refusals = 0;
  for (let tries = 0; ; tries += 1) {
    try {
      return await load();
    } catch (problem) {
      if (await answers()) refusals += 1;
      if (refusals === MOST_REFUSALS || tries === MOST_TRIES) throw problem;
      forgetFailedStyles();
      await backoff(tries);
    }
  }
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch('/health/live', { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

/** A style sheet that is in the page already is not fetched again, even where it failed. */
function forgetFailedStyles(): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]'))
    if (link.sheet === null) link.remove();
}
