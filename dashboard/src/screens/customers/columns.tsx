/** The columns of the customers' list: what each looks like, and which are shown. */
import { Badge, Group, Text } from '@mantine/core';
import {
  columnVisibilityFeature,
  createColumnHelper,
  rowSelectionFeature,
  tableFeatures,
} from '@tanstack/react-table';
import { FormattedNumber } from 'react-intl';
import { useCountryName } from '../../components/countries';
import { TextLink } from '../../components/link';
import { useMoney } from '../../components/money';
import { Moment } from '../../components/moment';
import type { CustomersQuery } from '../../gql/graphql';
import type { TextId } from '../../texts/en';
import type { SortKey } from './sorts';

export type Customer = NonNullable<CustomersQuery['customers']>['nodes'][number];

interface Look {
  text: TextId;
  width: number;
  sort?: SortKey;
  isNumber?: boolean;
  visibleFrom?: 'sm' | 'md' | 'lg';
}

/** How each column looks, by its id. */
export const LOOKS = {
  name: { text: 'customers.name', sort: 'name', width: 200 },
  email: { text: 'customers.email', visibleFrom: 'md', width: 220 },
  phone: { text: 'customer.phone', visibleFrom: 'md', width: 150 },
  city: { text: 'customer.city', visibleFrom: 'md', width: 130 },
  country: { text: 'customers.country', visibleFrom: 'lg', width: 130 },
  tags: { text: 'customers.tags', visibleFrom: 'sm', width: 180 },
  visitCount: { text: 'customers.visits', sort: 'visits', isNumber: true, visibleFrom: 'sm', width: 110 },
  totalSpend: { text: 'customers.spend', sort: 'spend', isNumber: true, width: 140 },
  firstVisitAt: { text: 'customer.firstVisit', visibleFrom: 'md', width: 130 },
  lastVisitAt: { text: 'customers.lastVisit', sort: 'lastVisit', visibleFrom: 'md', width: 130 },
  createdAt: { text: 'customers.created', sort: 'created', visibleFrom: 'md', width: 130 },
  externalId: { text: 'customer.externalId', visibleFrom: 'md', width: 150 },
} as const satisfies Record<string, Look>;

export type ColumnId = keyof typeof LOOKS;

/** In the order in which they stand, always. */
export const COLUMNS = Object.keys(LOOKS) as readonly ColumnId[];
export const USUAL: readonly ColumnId[] = [
  'name',
  'email',
  'country',
  'tags',
  'visitCount',
  'totalSpend',
  'lastVisitAt',
];

export function lookOf(id: string): Look {
  return LOOKS[id as ColumnId];
}

/** Of what was kept, the columns that there are; the name is always among them. */
export function columnsOf(kept: unknown): readonly ColumnId[] {
  if (!Array.isArray(kept)) return USUAL;
  return COLUMNS.filter((id) => id === 'name' || kept.includes(id));
}

export const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature });
const helper = createColumnHelper<typeof features, Customer>();

export const columns = helper.columns([
  helper.accessor('name', {
    cell: ({ row: { original } }) => (
      <TextLink to="/customers/$id" params={{ id: original.id }} fz="sm" style={{ overflowWrap: 'anywhere' }}>
        {original.name ?? original.externalId}
      </TextLink>
    ),
  }),
  helper.accessor('email', { cell: ({ getValue }) => <Plain>{getValue()}</Plain> }),
  helper.accessor('phone', { cell: ({ getValue }) => <Plain>{getValue()}</Plain> }),
  helper.accessor('city', { cell: ({ getValue }) => <Plain>{getValue()}</Plain> }),
  helper.accessor('country', { cell: ({ getValue }) => <Country code={getValue()} /> }),
  helper.accessor('tags', { cell: ({ getValue }) => <Tags tags={getValue()} /> }),
  helper.accessor('visitCount', { cell: ({ getValue }) => <FormattedNumber value={getValue()} /> }),
  helper.accessor('totalSpend', { cell: ({ getValue }) => <Money amount={getValue()} /> }),
  helper.accessor('firstVisitAt', { cell: ({ getValue }) => <Day at={getValue()} /> }),
  helper.accessor('lastVisitAt', { cell: ({ getValue }) => <Day at={getValue()} /> }),
  helper.accessor('createdAt', { cell: ({ getValue }) => <Day at={getValue()} /> }),
  helper.accessor('externalId', { cell: ({ getValue }) => <Plain>{getValue()}</Plain> }),
]);

const TAGS_SHOWN = 2;

function Plain({ children }: { children: string | null | undefined }) {
  return (
    <Text size="sm" truncate {...(children && { title: children })}>
      {children ?? '–'}
    </Text>
  );
}

function Country({ code }: { code: string | null | undefined }) {
  const nameOf = useCountryName();
  return <Plain>{code && nameOf(code)}</Plain>;
}

function Tags({ tags }: { tags: readonly string[] }) {
  const more = tags.length - TAGS_SHOWN;
  return (
    <Group gap={4} title={tags.join(', ')}>
      {tags.slice(0, TAGS_SHOWN).map((tag) => (
        <Badge key={tag} variant="default" tt="none" fw={500} maw={120}>
          {tag}
        </Badge>
      ))}
      {more > 0 && (
        <Text span size="xs" c="dimmed">
          +{more}
        </Text>
      )}
    </Group>
  );
}

function Money({ amount }: { amount: string }) {
  return useMoney()(amount);
}

function Day({ at }: { at: string | null | undefined }) {
  return at ? <Moment at={at} isDay /> : '–';
}
