/** What the address carries as #token=..., taken and removed before anything else of the page runs. */
import { keepToken } from './token';

/** The server marks the page so, and only in development: elsewhere a link must sign nobody in, least of all as another. */
const IN_DEVELOPMENT = document.querySelector('meta[name="crm-development"]') !== null;

/** Whether there was one. A fragment is the browser's own: no server, proxy or log ever sees it. */
function takeToken(): boolean {
  const given = IN_DEVELOPMENT && new URLSearchParams(window.location.hash.slice(1)).get('token');
  if (!given) return false;
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  keepToken(given);
  return true;
}

takeToken();
// Another link in the same tab changes the fragment alone, and loads nothing.
window.addEventListener('hashchange', () => {
  if (takeToken()) window.location.reload();
});
