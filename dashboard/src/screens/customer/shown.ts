/** Values of a customer's fields as people read them. */
import { useCountryName } from '../../components/countries';
import { useTexts } from '../../texts';
import type { Field, Values } from './fields';

export function useShown(): (field: Field, value: Values[Field]) => string {
  const text = useTexts();
  const nameOf = useCountryName();
  return (field, value) => {
    if (typeof value === 'boolean') return text(value ? 'customer.tracked.yes' : 'customer.tracked.no');
    if (typeof value === 'object') return value.length ? value.join(', ') : '–';
    return value === '' ? '–' : field === 'country' ? nameOf(value) : value;
  };
}
