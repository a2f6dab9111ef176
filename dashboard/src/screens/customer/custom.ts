/** Values of custom fields: as a form holds them, and as the server is told them. */
import type { CustomFieldsQuery } from '../../gql/graphql';
import { asInput, isSame, type Value } from './fields';

export type CustomField = NonNullable<CustomFieldsQuery['customFields']>[number];

/** By the fields' keys. */
export type CustomValues = Readonly<Record<string, Value>>;

const NO_VALUES: Readonly<Record<string, unknown>> = {};

/** Where a refusal of a value is told. */
export function pathOf({ key }: CustomField): string {
  return `customFields.${key}`;
}

/** Of `stored`, a customer's `customFields`, the values of these fields. */
export function customValuesOf(fields: readonly CustomField[], stored: unknown): CustomValues {
  const values = (stored ?? NO_VALUES) as typeof NO_VALUES;
  return Object.fromEntries(fields.map((field) => [field.key, heldOf(field, values[field.key])]));
}

/** One value as a form holds it: lists are lists, yes and no are words, the rest is text. */
export function heldOf({ type }: CustomField, value: unknown): Value {
  if (type === 'LIST') return Array.isArray(value) ? value.map(String) : [];
  if (type === 'BOOLEAN') return typeof value === 'boolean' ? (value ? 'yes' : 'no') : '';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The fields of which the two hold different values. */
export function customChanged(
  fields: readonly CustomField[],
  before: CustomValues,
  after: CustomValues,
): readonly CustomField[] {
  return fields.filter(({ key }) => !isSame(before[key] ?? '', after[key] ?? ''));
}

/** The values of these fields for the server; null clears one. What is no number the server refuses in its words. */
export function customInput(
  fields: readonly CustomField[],
  values: CustomValues,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    fields.map(({ key, type }): [string, unknown] => [key, valueFor(type, values[key] ?? '')]),
  );
}

function valueFor(type: CustomField['type'], value: Value): unknown {
  if (value === '' || (Array.isArray(value) && value.length === 0)) return null;
  if (type === 'BOOLEAN') return value === 'yes';
  return type === 'NUMBER' && Number.isFinite(Number(value)) ? Number(value) : asInput(value);
}
