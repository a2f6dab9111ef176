/** Closed addresses: why and since when, closed by hand, and opened again. What one searches stays out of the address. */
import { Alert, Button, Card, Group, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty';
import { ButtonLink } from '../../components/link';
import { Pager, usePlace } from '../../components/pager';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import { useTexts } from '../../texts';
import { CloseDialog } from './close-dialog';
import { addressOf, CHANNELS, REASONS, type Address } from './kinds';
import { SUPPRESSIONS } from './queries';
import { SuppressionsTable } from './table';

const SIZE = 25;
const TYPING_MS = 250;

export default function Page() {
  const text = useTexts();
  const address = useSearch({ from: '/suppressions' });
  const { channel, reason } = address;
  const mayWrite = useMay('CONSENTS_WRITE');
  const [isClosing, closing] = useDisclosure();
  const [closed, setClosed] = useState<number | null>(null);
  const [typed, type] = useState('');
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS);
  const [place, go] = usePlace(SIZE, `${channel ?? ''} ${reason ?? ''} ${search}`);
  const [{ data, error, stale, fetching }, again] = useQuery({
    query: SUPPRESSIONS,
    variables: {
      ...place,
      channel: channel ?? null,
      reasons: reason ? [reason] : null,
      search: search || null,
    },
  });
  const refresh = () => {
    again({ requestPolicy: 'network-only' });
  };
  const found = data?.suppressions;
  const isNarrowed = channel !== undefined || reason !== undefined || search !== '';
  return (
    <Screen
      title={text('suppressions.title')}
      aside={mayWrite && <Button onClick={closing.open}>{text('suppressions.new')}</Button>}
    >
      <Group gap="xs">
        <TextInput
          type="search"
          aria-label={text('suppressions.search')}
          placeholder={text('suppressions.search')}
          w={{ base: '100%', xs: 280 }}
          value={typed}
          onChange={(event) => {
            type(event.currentTarget.value);
          }}
        />
        <Filters address={address} />
      </Group>
      <Text size="sm" c="dimmed" role="status" mih={22}>
        {typeof found?.totalCount === 'number' && text('suppressions.count', { count: found.totalCount })}
      </Text>
      <div role="status">
        {closed !== null && (
          <Alert
            color="green"
            withCloseButton
            closeButtonLabel={text('confirm.close')}
            onClose={() => {
              setClosed(null);
            }}
          >
            {text('suppressions.done', { count: closed })}
          </Alert>
        )}
      </div>
      {error && !found ? (
        <Problem error={error} onRetry={refresh} />
      ) : (
        <Card withBorder p={0} aria-busy={stale || fetching}>
          {found?.nodes.length === 0 ? (
            <Nothing isNarrowed={isNarrowed} />
          ) : (
            <SuppressionsTable suppressions={found?.nodes} mayWrite={mayWrite} onChanged={refresh} />
          )}
        </Card>
      )}
      <Pager info={found?.pageInfo} size={SIZE} onGo={go} />
      {isClosing && (
        <CloseDialog
          onClose={closing.close}
          onDone={(count) => {
            closing.close();
            setClosed(count);
            refresh();
          }}
        />
      )}
    </Screen>
  );
}

function Nothing({ isNarrowed }: { isNarrowed: boolean }) {
  const text = useTexts();
  if (isNarrowed) return <Empty>{text('suppressions.empty.filtered')}</Empty>;
  return (
    <Empty next={<ButtonLink to="/imports/new">{text('suppressions.import')}</ButtonLink>}>
      {text('suppressions.empty')}
    </Empty>
  );
}

function Filters({ address: { channel, reason } }: { address: Address }) {
  const text = useTexts();
  const navigate = useNavigate({ from: '/suppressions' });
  const set = (name: keyof Address, value: string | null) => {
    void navigate({ search: (before: Address) => addressOf({ ...before, [name]: value }) });
  };
  return (
    <>
      <Select
        aria-label={text('suppressions.channel')}
        placeholder={text('suppressions.channel.all')}
        clearable
        clearButtonProps={{ 'aria-label': text('suppressions.channel.all') }}
        w={160}
        data={CHANNELS.map((value) => ({ value, label: text(`channel.${value}`) }))}
        value={channel ?? null}
        onChange={(value) => {
          set('channel', value);
        }}
      />
      <Select
        aria-label={text('suppressions.reason')}
        placeholder={text('suppressions.reason.all')}
        clearable
        clearButtonProps={{ 'aria-label': text('suppressions.reason.all') }}
        w={200}
        data={REASONS.map((value) => ({ value, label: text(`reason.suppression.${value}`) }))}
        value={reason ?? null}
        onChange={(value) => {
          set('reason', value);
        }}
      />
    </>
  );
}
