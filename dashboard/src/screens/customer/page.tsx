/** One customer: who they are, what happened with them, what they bought, what they said yes to. */
import { SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { FormattedNumber } from 'react-intl';
import { useQuery } from 'urql';
import { Awaited } from '../../components/awaited';
import { Figure } from '../../components/figure';
import { useMoney } from '../../components/money';
import { Moment } from '../../components/moment';
import { Screen } from '../../components/screen';
import type { CustomerQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { Consents } from './consents';
import { Duplicates } from './duplicates';
import { Facts } from './facts';
import { Groups } from './groups';
import { Media } from './media';
import { Messages } from './messages';
import { Orders } from './orders';
import { Person } from './person';
import { CUSTOMER } from './queries';
import { Happened } from './timeline';

type Customer = NonNullable<CustomerQuery['customer']>;

export default function Page() {
  const { id } = useParams({ from: '/customers/$id' });
  const [{ data, error }, again] = useQuery({ query: CUSTOMER, variables: { id } });
  const customer = data?.customer;
  const [turn, setTurn] = useState(0);
  const refresh = () => {
    setTurn((before) => before + 1);
    again({ requestPolicy: 'network-only' });
  };
  if (!customer)
    return (
      <Awaited kind="customer" found={customer} error={error} onRetry={refresh}>
        <Skeleton height={74} />
        <Skeleton height={180} />
        <Skeleton height={400} />
      </Awaited>
    );
  return (
    <Screen title={nameOf(customer)}>
      <Shown key={id} customer={customer} turn={turn} onChanged={refresh} />
    </Screen>
  );
}

function nameOf({ name, externalId }: Customer): string {
  return name ?? externalId;
}

function Shown({ customer, turn, onChanged }: { customer: Customer; turn: number; onChanged: () => void }) {
  const { id, groups } = customer;
  return (
    <>
      <Sums customer={customer} />
      <Duplicates customer={customer} onChanged={onChanged} />
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Stack>
          <Facts customer={customer} />
          <Groups id={id} groups={groups?.nodes ?? []} onChanged={onChanged} />
          <Consents customer={customer} onChanged={onChanged} />
          <Orders id={id} />
          <Person id={id} name={nameOf(customer)} />
        </Stack>
        <Stack>
          {/* Each change makes an entry: the timeline begins anew with it. */}
          <Happened key={`${customer.revision} ${turn}`} id={id} />
          <Messages id={id} />
          <Media id={id} />
        </Stack>
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
        {customer.firstVisitAt && <Moment at={customer.firstVisitAt} isDay />}
      </Figure>
      <Figure label={text('customers.lastVisit')}>
        {customer.lastVisitAt && <Moment at={customer.lastVisitAt} isDay />}
      </Figure>
    </SimpleGrid>
  );
}
