/** The rule editor, which is fetched where it is shown: screens that only choose an audience do without it. */
import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { fetched } from '../../api/fetched';
import type { RuleEditorProps } from './editor';

const Editor = lazy(() => fetched(() => import('./editor')));

export function RuleEditor(props: RuleEditorProps) {
  return (
    <Suspense fallback={<Skeleton height={240} aria-busy />}>
      <Editor {...props} />
    </Suspense>
  );
}
