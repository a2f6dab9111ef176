/** Files on their way to the API, with how far they are, which fetch does not tell, and what it says of them. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTexts } from '../texts';
import type { UserError } from './change';
import { accessToken, forgetAccessToken } from './session';

const UNAUTHENTICATED = 401;
/** What browsers call a file that was changed, moved or deleted since somebody chose it. */
const UNREADABLE: readonly string[] = ['NotReadableError', 'NotFoundError'];

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

/** What is said of a failed upload: what the server has against it, else why it did not get there. */
export function uploadErrors(problem: unknown, text: ReturnType<typeof useTexts>): readonly UserError[] {
  if (problem instanceof Refused && problem.errors.length) return problem.errors;
  const isUnreadable = problem instanceof DOMException && UNREADABLE.includes(problem.name);
  return [{ path: [], message: text(isUnreadable ? 'error.fileChanged' : 'error.network') }];
}

/** The answer to a form. Throws Refused, and DOMException when `signal` ends it or a file cannot be read. */
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
      // A server that is away and a file that cannot be read any more fail alike.
      read(form).then(() => {
        reject(new Refused([]));
      }, reject);
    };
    request.onabort = () => {
      reject(new DOMException('The upload was ended.', 'AbortError'));
    };
    request.onloadend = () => signal?.removeEventListener('abort', stop);
    signal?.addEventListener('abort', stop);
    request.send(form);
  });
}

async function read(form: FormData): Promise<void> {
  for (const value of form.values()) if (value instanceof File) await value.slice(0, 1).arrayBuffer();
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
      setErrors(uploadErrors(problem, text));
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
