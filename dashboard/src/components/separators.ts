/** Signs in numbers, as the reader writes them: for fields in which they are typed. */
import { useIntl } from 'react-intl';

export function useSeparators() {
  const parts = useIntl().formatNumberToParts(12_345.6);
  const of = (type: string) => parts.find((part) => part.type === type)?.value;
  return { decimalSeparator: of('decimal') ?? '.', thousandSeparator: of('group') ?? false };
}
