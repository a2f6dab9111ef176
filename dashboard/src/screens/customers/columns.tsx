/** The columns of the customers' list. */
import { Text } from '@mantine/core';
import { createColumnHelper, tableFeatures } from '@tanstack/react-table';
import { FormattedNumber } from 'react-intl';
import { TextLink } from '../../components/link';
import { useMoney } from '../../components/money';
import { Moment } from '../../components/moment';
import type { CustomersQuery } from '../../gql/graphql';
import type { TextId } from '../../texts/en';
import type { SortKey } from './sorts';

export type Customer = NonNullable<CustomersQuery['customers']>['nodes'][number];

interface Look {
  text: TextId;
  sort?: SortKey;
  isNumber?: boolean;
  visibleFrom?: 'sm' | 'md' | 'lg';
  width?: number;
}

/** How each column looks, by its id. */
export const LOOKS: Record<string, Look> = {
  name: { text: 'customers.name', sort: 'name' },
  email: { text: 'customers.email', visibleFrom: 'md' },
  country: { text: 'customers.country', visibleFrom: 'lg', width: 130 },
  visitCount: { text: 'customers.visits', sort: 'visits', isNumber: true, visibleFrom: 'sm', width: 120 },
  totalSpend: { text: 'customers.spend', sort: 'spend', isNumber: true, width: 150 },
  lastVisitAt: { text: 'customers.lastVisit', sort: 'lastVisit', visibleFrom: 'md', width: 200 },
};

export const features = tableFeatures({});
const helper = createColumnHelper<typeof features, Customer>();

export const columns = helper.columns([
  helper.accessor('name', {
    cell: ({ row: { original } }) => (
      <TextLink to="/customers/$id" params={{ id: original.id }} style={{ overflowWrap: 'anywhere' }}>
        {original.name ?? original.externalId}
      </TextLink>
    ),
  }),
  helper.accessor('email', {
    cell: ({ getValue }) => (
      <Text size="sm" truncate>
        {getValue() ?? '–'}
      </Text>
    ),
  }),
  helper.accessor('country', { cell: ({ getValue }) => getValue() ?? '–' }),
  helper.accessor('visitCount', { cell: ({ getValue }) => <FormattedNumber value={getValue()} /> }),
  helper.accessor('totalSpend', { cell: ({ getValue }) => <Money amount={getValue()} /> }),
  helper.accessor('lastVisitAt', {
    cell: ({ getValue }) => {
      const at = getValue();
      return at ? <Moment at={at} /> : '–';
    },
  }),
]);

function Money({ amount }: { amount: string }) {
  return useMoney()(amount);
}
