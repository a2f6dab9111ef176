/** Files on their way into the library, one after the other, each with how far it is and what was said against it. */
import { Button, Group, Paper, Progress, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { send, uploadErrors } from '../../api/upload';
import { useTexts } from '../../texts';

export interface Upload {
  key: number;
  name: string;
  /** From 0 to 1; null once it has ended. */
  share: number | null;
  error: string | null;
}

export function useUploads(onTaken: () => void) {
  const text = useTexts();
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const next = useRef(0);
  const queue = useRef<Promise<void>>(Promise.resolve());
  const leaving = useRef(new AbortController());
  useEffect(() => {
    const controller = (leaving.current = new AbortController());
    return () => {
      controller.abort();
    };
  }, []);

  const change = (key: number, part: Partial<Upload>) => {
    setUploads((before) => before.map((one) => (one.key === key ? { ...one, ...part } : one)));
  };

  const take = async (key: number, file: File, signal: AbortSignal) => {
    const form = new FormData();
    form.append('file', file, file.name);
    try {
      await send('/media', form, {
        signal,
        onProgress: (share) => {
          change(key, { share });
        },
      });
      setUploads((before) => before.filter((one) => one.key !== key));
      onTaken();
    } catch (problem) {
      if (signal.aborted) return;
      const error = uploadErrors(problem, text)
        .map(({ message }) => message)
        .join(' ');
      change(key, { share: null, error });
    }
  };

  const add = (files: readonly File[]) => {
    const { signal } = leaving.current;
    for (const file of files) {
      const key = next.current++;
      setUploads((before) => [...before, { key, name: file.name, share: 0, error: null }]);
      queue.current = queue.current.then(() => take(key, file, signal));
    }
  };
  const forget = (key: number) => {
    setUploads((before) => before.filter((one) => one.key !== key));
  };
  return { uploads, add, forget };
}

export function Uploads({
  uploads,
  onForget,
}: {
  uploads: readonly Upload[];
  onForget: (key: number) => void;
}) {
  const text = useTexts();
  return (
    <Stack gap="xs" role="status">
      {uploads.map(({ key, name, share, error }) => (
        <Paper key={key} withBorder p="xs">
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Text>
            {share === null && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => {
                  onForget(key);
                }}
              >
                {text('library.forget')}
              </Button>
            )}
          </Group>
          {error ? (
            <Text size="sm" c="red">
              {error}
            </Text>
          ) : (
            <Progress mt={6} value={100 * (share ?? 1)} aria-label={text('library.uploading', { name })} />
          )}
        </Paper>
      ))}
    </Stack>
  );
}
