/** Where the access token lives: in this tab's session, gone when the tab is closed. */
const KEY = 'crm-access-token';

export function keptToken(): string {
  return window.sessionStorage.getItem(KEY) ?? '';
}

export function keepToken(token: string): void {
  if (token) window.sessionStorage.setItem(KEY, token);
  else window.sessionStorage.removeItem(KEY);
}

/** People paste a whole header, or a line end with it. */
export function cleaned(text: string): string {
  return text.trim().replace(/^(authorization:\s*)?bearer\s+/i, '');
}

/** In one short sentence what the token is good for; null when it is no JWT. */
export function described(token: string): string | null {
  try {
    const body = token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/');
    const claims = JSON.parse(atob(body)) as { role?: string; exp?: number };
    if (claims.exp === undefined) return claims.role ?? 'no expiry';
    const until = new Date(claims.exp * 1000);
    if (until.getTime() < Date.now()) return 'expired: paste a new one';
    const time = until.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    return `${claims.role ?? 'token'} until ${until.toDateString() === new Date().toDateString() ? time : `${until.toLocaleDateString()} ${time}`}`;
  } catch {
    return null;
  }
}
