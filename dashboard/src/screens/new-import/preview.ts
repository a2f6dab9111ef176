/** What a file is and what would become of it, asked again whenever something is chosen; older answers are dropped. */
import { useEffect, useState } from 'react';
import type { UserError } from '../../api/change';
import { send, uploadErrors } from '../../api/upload';
import type { ImportPreview, IngestionKind } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { doorOf, previewFormOf, type Asked } from './asked';

const CHOOSING_MS = 300;

export interface Preview extends Omit<ImportPreview, 'records'> {
  records: readonly Record<string, unknown>[];
  sheet: string | null;
  /** How the file was read. */
  notes: readonly string[];
  /** Why it would not be taken as it is. */
  refusal: string | null;
}

interface Shown {
  file: File | null;
  kind: IngestionKind;
  /** What was asked when this was answered. */
  asked: Asked | null;
  preview: Preview | null;
  errors: readonly UserError[];
}

export function usePreview(kind: IngestionKind, file: File | null, asked: Asked) {
  const text = useTexts();
  const [shown, show] = useState<Shown>({ file: null, kind, asked: null, preview: null, errors: [] });
  useEffect(() => {
    if (file === null) return;
    const latest = new AbortController();
    const look = async () => {
      try {
        const form = await previewFormOf(file, asked);
        const preview = await send<Preview>(`${doorOf(kind)}/preview`, form, { signal: latest.signal });
        show({ file, kind, asked, preview, errors: [] });
      } catch (problem) {
        if (latest.signal.aborted) return;
        const errors = uploadErrors(problem, text);
        // What was asked amiss takes nothing from what is known of the file.
        show((before) => ({
          ...before,
          ...(before.file !== file || before.kind !== kind ? { preview: null } : {}),
          file,
          kind,
          asked,
          errors,
        }));
      }
    };
    const wait = setTimeout(() => void look(), CHOOSING_MS);
    return () => {
      clearTimeout(wait);
      latest.abort();
    };
  }, [kind, file, asked, text]);
  const isOfThis = shown.file === file && shown.kind === kind;
  return {
    preview: isOfThis ? shown.preview : null,
    errors: isOfThis ? shown.errors : [],
    /** Whether all that is chosen has been looked at. */
    isCurrent: isOfThis && shown.asked === asked,
  };
}
