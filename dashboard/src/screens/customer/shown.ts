/** Values of a customer's fields as people read them. */
import { useIntl } from 'react-intl';
import { useCountryName } from '../../components/countries';
import { useTexts } from '../../texts';
import { pathOf, type CustomField } from './custom';
import type { Edited } from './editing';
import type { Field, Value } from './fields';

const NOTHING = '–';

export function useShown(): (field: Field, value: Value) => string {
  const text = useTexts();
  const nameOf = useCountryName();
  return (field, value) => {
    if (typeof value === 'boolean') return text(value ? 'customer.tracked.yes' : 'customer.tracked.no');
    if (typeof value === 'object') return value.length ? value.join(', ') : NOTHING;
    return value === '' ? NOTHING : field === 'country' ? nameOf(value) : value;
  };
}

export function useCustomShown(): (field: CustomField, value: Value) => string {
  const text = useTexts();
  const intl = useIntl();
  return ({ type }, value) => {
    if (typeof value !== 'string') return Array.isArray(value) && value.length ? value.join(', ') : NOTHING;
    if (value === '') return NOTHING;
    if (type === 'BOOLEAN') return text(value === 'yes' ? 'customer.custom.yes' : 'customer.custom.no');
    if (type === 'NUMBER') return intl.formatNumber(Number(value), { maximumSignificantDigits: 15 });
    // A day has no zone.
    return type === 'DATE' ? intl.formatDate(value, { dateStyle: 'medium', timeZone: 'UTC' }) : value;
  };
}

/** What a place of an edit is called, and what an edit holds there. */
export function useDescribed(fields: readonly CustomField[]) {
  const text = useTexts();
  const shown = useShown();
  const customShown = useCustomShown();
  return (path: string): { label: string; shown: (edited: Edited) => string } => {
    const custom = fields.find((field) => pathOf(field) === path);
    if (custom)
      return {
        label: custom.label,
        shown: (edited) => customShown(custom, edited.custom[custom.key] ?? ''),
      };
    const field = path as Field;
    return {
      label: text(field === 'tags' ? 'customers.tags' : `customer.${field}`),
      shown: (edited) => shown(field, edited.values[field]),
    };
  };
}
