/** Files behind the caller's token, which no link can carry: fetched, and given to the browser to keep. */
import { accessToken, forgetAccessToken } from './session';

const UNAUTHENTICATED = 401;
/** By then the browser has begun to save it. */
const KEPT_MS = 60_000;

/** An address of this page's own for the file; null where the server does not give it. */
export async function keptFile(path: string): Promise<string | null> {
  try {
    let response = await get(path);
    if (response.status === UNAUTHENTICATED) {
      forgetAccessToken();
      response = await get(path);
    }
    if (!response.ok) return null;
    const address = URL.createObjectURL(await response.blob());
    window.setTimeout(() => {
      URL.revokeObjectURL(address);
    }, KEPT_MS);
    return address;
  } catch {
    return null;
  }
}

async function get(path: string): Promise<Response> {
  const token = await accessToken();
  return fetch(path, { headers: token === null ? {} : { authorization: `Bearer ${token}` } });
}
