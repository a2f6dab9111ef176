/** What is known about each part of a rule while it is edited: what is wrong with it, and whether it holds. */
import { createContext, useContext } from 'react';
import type { useRuleWords, FieldInfo } from './words';

export interface Finding {
  message: string;
  code?: string | undefined;
  isOfGroup: boolean;
}

/** What a part comes to for one person. */
export interface Outcome {
  matches: boolean;
  /** What the person has; absent for groups. */
  actual?: string | null | undefined;
}

export interface Findings {
  fields: ReadonlyMap<string, FieldInfo>;
  words: ReturnType<typeof useRuleWords>;
  currency: string | undefined;
  errorsOf: (id: string) => readonly Finding[];
  /** The server's sentence; the page's own for what is only missing still. */
  sentenceOf: (finding: Finding) => string;
  outcomeOf: (id: string) => Outcome | undefined;
}

const NONE: readonly Finding[] = [];

export function noFindings(): readonly Finding[] {
  return NONE;
}

export const FindingsContext = createContext<Findings | null>(null);

export function useFindings(): Findings {
  const found = useContext(FindingsContext);
  if (!found) throw new Error('Parts of a rule are drawn within the builder');
  return found;
}
