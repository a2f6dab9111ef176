/** Values of conditions: which fit what an operator wants, and what becomes of one when the operator changes. */
import type { RuleFieldType, RuleValueShape } from '../../gql/graphql';

export type Scalar = string | number | boolean;

/** Units of durations in the order in which they are offered. */
export const UNITS = ['D', 'W', 'M', 'Y', 'H'] as const;
export type Unit = (typeof UNITS)[number];

const FIRST_DURATION = 'P30D';
const DURATION = /^P(?:(\d+)([DWMY])|T(\d+)(H))$/;

/** A duration of one unit; null for those of several, which are edited as text. */
export function durationOf(text: string): { count: number; unit: Unit } | null {
  const match = DURATION.exec(text);
  const [count, unit] = [match?.[1] ?? match?.[3], match?.[2] ?? match?.[4]];
  // 030 is read as 30 and would not be written as it was.
  if (count === undefined || String(Number(count)) !== count) return null;
  return { count: Number(count), unit: unit as Unit };
}

export function durationText(count: number | string, unit: Unit): string {
  return unit === 'H' ? `PT${count}H` : `P${count}${unit}`;
}

const TYPES: Record<RuleFieldType, readonly string[]> = {
  TEXT: ['string'],
  LIST: ['string'],
  DATE_TIME: ['string'],
  NUMBER: ['number'],
  MONEY: ['number', 'string'],
  BOOLEAN: ['boolean'],
};

/** Whether an editor shows the value and would write it back as it is. One that is still missing fits too. */
export function isFit(value: unknown, shape: RuleValueShape, type: RuleFieldType): boolean {
  const fits = (one: unknown) => one === '' || TYPES[type].includes(typeof one);
  if (shape === 'NONE') return value === undefined;
  if (shape === 'DURATION') return typeof value === 'string';
  if (shape === 'ONE') return value === undefined || fits(value);
  if (!Array.isArray(value)) return value === undefined;
  if (shape === 'RANGE') return value.length === 2 && value.every(fits);
  // An editor of lists tells its values apart by their texts.
  return value.every(fits) && new Set(value.map(String)).size === value.length;
}

/** The value in the shape that the operator wants now: as much of it as can stay. */
export function fitted(value: unknown, shape: RuleValueShape, type: RuleFieldType): unknown {
  if (shape === 'NONE') return undefined;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const kept = values.filter((one) => isFit(one, 'ONE', type) && !isDurationOfMoment(one, type));
  const [first = '', second = ''] = kept as readonly Scalar[];
  switch (shape) {
    case 'DURATION':
      return typeof value === 'string' && value.startsWith('P') ? value : FIRST_DURATION;
    case 'RANGE':
      return [first, second];
    case 'LIST':
      return [...new Set(kept.filter((one) => one !== '' && one !== undefined))];
    case 'ONE':
      return type === 'BOOLEAN' && first === '' ? true : first;
  }
}

function isDurationOfMoment(value: unknown, type: RuleFieldType): boolean {
  return type === 'DATE_TIME' && typeof value === 'string' && value.startsWith('P');
}

/** A number where the text is one as people write it; else the text, which the server has a sentence for. */
export function numberOf(text: string): number | string {
  const trimmed = text.trim();
  return trimmed !== '' && String(Number(trimmed)) === trimmed ? Number(trimmed) : trimmed;
}
