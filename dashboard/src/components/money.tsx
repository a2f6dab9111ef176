/** Amounts in the deployment's one currency, by the reader's locale. */
import { useCallback } from 'react';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { graphql } from '../gql';

const CURRENCY = graphql(`
  query Currency {
    serverInfo {
      currency
    }
  }
`);

export function useMoney(): (amount: string | number, isCompact?: boolean) => string {
  const intl = useIntl();
  const [{ data }] = useQuery({ query: CURRENCY, requestPolicy: 'cache-first' });
  const currency = data?.serverInfo.currency;
  return useCallback(
    (amount, isCompact = false) =>
      // Decimal text is formatted as it stands: a number would lose what a float cannot hold.
      intl.formatNumber(amount as number, {
        ...(currency && { style: 'currency', currency }),
        ...(isCompact && { notation: 'compact' }),
      }),
    [intl, currency],
  );
}
