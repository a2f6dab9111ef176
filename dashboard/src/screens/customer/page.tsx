/** One customer: who they are, what happened with them, what they bought, what they said yes to. */
import { Badge, Group, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { FormattedNumber } from 'react-intl';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty';
import { Figure } from '../../components/figure';
import { ButtonLink } from '../../components/link';
import { useMoney } from '../../components/money';
import { Moment } from '../../components/moment';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import type { CustomerQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { Consents } from './consents';
import { Orders } from './orders';
import { CUSTOMER } from './queries';
import { Happened } from './timeline';

type Customer = NonNullable<CustomerQuery['customer']>;

export default function Page() {
  const text = useTexts();
  const { id } = useParams({ from: '/customers/$id' });
  const [{ data, error }, again] = useQuery({ query: CUSTOMER, variables: { id } });
  const customer = data?.customer;
  return (
    <Screen title={customer ? (customer.name ?? customer.externalId) : text('customer.title')}>
      {error && !customer && (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      )}
      {!error && customer === null && (
        <Empty next={<ButtonLink to="/customers">{text('customer.all')}</ButtonLink>}>
          {text('customer.missing')}
        </Empty>
      )}
      {customer ? <Shown key={id} customer={customer} /> : customer === undefined && !error && <Waiting />}
    </Screen>
  );
}

function Waiting() {
  return (
    <Stack aria-busy>
      <Skeleton height={74} />
      <Skeleton height={180} />
      <Skeleton height={400} />
    </Stack>
  );
}

function Shown({ customer }: { customer: Customer }) {
  return (
    <>
      <Sums customer={customer} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Stack>
          <Facts customer={customer} />
          <Consents customer={customer} />
          <Orders id={customer.id} />
        </Stack>
        <Happened id={customer.id} />
      </SimpleGrid>
    </>
  );
}

function Sums({ customer }: { customer: Customer }) {
  const text = useTexts();
  const money = useMoney();
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <Figure label={text('customers.spend')}>{money(customer.totalSpend)}</Figure>
      <Figure label={text('customers.visits')}>
        <FormattedNumber value={customer.visitCount} />
      </Figure>
      <Figure label={text('customer.firstVisit')}>
        {customer.firstVisitAt && <Day at={customer.firstVisitAt} />}
      </Figure>
      <Figure label={text('customers.lastVisit')}>
        {customer.lastVisitAt && <Day at={customer.lastVisitAt} />}
      </Figure>
    </SimpleGrid>
  );
}

function Day({ at }: { at: string }) {
  return <Moment at={at} isDay />;
}

function Facts({ customer }: { customer: Customer }) {
  const text = useTexts();
  const facts = [
    [text('customers.email'), customer.email],
    [text('customer.phone'), customer.phone],
    [text('customer.city'), customer.city],
    [text('customers.country'), customer.country],
    [text('customer.externalId'), customer.externalId],
    [text('customer.groups'), customer.groups?.nodes.map(({ name }) => name).join(', ')],
  ] as const;
  return (
    <Panel title={text('customer.facts')}>
      <Stack component="dl" gap={6} m={0}>
        {facts.map(([label, value]) => (
          <Group key={label} gap="xs" wrap="nowrap" align="baseline">
            <Text component="dt" size="sm" c="dimmed" w={120} style={{ flexShrink: 0 }}>
              {label}
            </Text>
            <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>
              {value === '' || value === undefined || value === null ? '–' : value}
            </Text>
          </Group>
        ))}
      </Stack>
      {customer.tags.length > 0 && (
        <Group gap={6} mt="sm">
          {customer.tags.map((tag) => (
            <Badge key={tag} variant="default" tt="none">
              {tag}
            </Badge>
          ))}
        </Group>
      )}
    </Panel>
  );
}
