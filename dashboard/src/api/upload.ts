/** Files on their way to the API, with how far they are, which fetch does not tell, and what it says of them. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTexts } from '../texts';
import type { UserError } from './change';
import { accessToken, forgetAccessToken } from './session';

const UNAUTHENTICATED = 401;

interface Sending {
  /** From 0 to 1, as the bytes leave. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
  /** The same file sent again with the same key goes on where it broke off. */
  idempotencyKey?: string;
}

interface Response {
  status: number;
  body: unknown;
}

/** What the server has against an upload; no errors where it could not be reached. */
export class Refused extends Error {
  constructor(readonly errors: readonly UserError[]) {
    super(errors.map(({ message }) => message).join(' '));
  }
}

/** The answer to a form. Throws Refused, and DOMException when `signal` ends it. */
export async function send<Answer>(path: string, form: FormData, sending: Sending = {}): Promise<Answer> {
  let response = await post(path, form, sending, await accessToken());
  if (response.status === UNAUTHENTICATED) {
    forgetAccessToken();
    response = await post(path, form, sending, await accessToken());
  }
  if (response.status < 300) return response.body as Answer;
  throw new Refused((response.body as { errors?: UserError[] } | null)?.errors ?? []);
}

function post(path: string, form: FormData, sending: Sending, token: string | null): Promise<Response> {
  const { onProgress, signal, idempotencyKey } = sending;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    const stop = () => {
      request.abort();
    };
    request.open('POST', path);
    request.responseType = 'json';
    if (token) request.setRequestHeader('authorization', `Bearer ${token}`);
    if (idempotencyKey) request.setRequestHeader('idempotency-key', idempotencyKey);
    if (onProgress)
      request.upload.onprogress = ({ loaded, total }) => {
        onProgress(total ? loaded / total : 0);
      };
    request.onload = () => {
      resolve({ status: request.status, body: request.response });
    };
    request.onerror = () => {
      reject(new Refused([]));
    };
    request.onabort = () => {
      reject(new DOMException('The upload was ended.', 'AbortError'));
    };
    request.onloadend = () => signal?.removeEventListener('abort', stop);
    signal?.addEventListener('abort', stop);
    request.send(form);
  });
}

/** One upload at a time. `upload` answers with null where the file was not taken, and then `errors` say why. */
export function useUpload() {
  const text = useTexts();
  const [share, setShare] = useState<number | null>(null);
  const [errors, setErrors] = useState<readonly UserError[]>([]);
  const running = useRef<AbortController | null>(null);

  const stop = useCallback(() => {
    running.current?.abort();
  }, []);
  // Who leaves the screen leaves what is on its way.
  useEffect(() => stop, [stop]);

  const upload = async <Answer>(
    path: string,
    form: FormData,
    idempotencyKey?: string,
  ): Promise<Answer | null> => {
    const { signal } = (running.current = new AbortController());
    setErrors([]);
    setShare(0);
    try {
      return await send<Answer>(path, form, {
        signal,
        onProgress: setShare,
        ...(idempotencyKey && { idempotencyKey }),
      });
    } catch (problem) {
      if (signal.aborted) return null;
      const told = problem instanceof Refused ? problem.errors : [];
      setErrors(told.length ? told : [{ path: [], message: text('error.network') }]);
      return null;
    } finally {
      setShare(null);
    }
  };
  return { share, errors, upload, stop };
}

/** A key that nobody else has; also where the page has no secure context. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-');
}

/** The address on this page's own server, by whichever name that knows itself: the page's policy lets in no other. */
export function ownAddress(url: string): string {
  const { pathname, search } = new URL(url, window.location.origin);
  return pathname + search;
}
