/** All audiences, newest first, found by what one types, which stays out of the address. */
import { Box, Card, Group, Skeleton, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { FormattedNumber } from 'react-intl';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty';
import { ButtonLink, TextLink } from '../../components/link';
import { Moment } from '../../components/moment';
import { Pager, usePlace } from '../../components/pager';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import type { AudiencesQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { DeleteAudience } from './delete';
import { AUDIENCES } from './queries';

const SIZE = 25;
const TYPING_MS = 250;

type Audience = NonNullable<AudiencesQuery['audiences']>['nodes'][number];

export default function Page() {
  const text = useTexts();
  const may = useMay('AUDIENCES_WRITE');
  const [typed, type] = useState('');
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS);
  const [place, go] = usePlace(SIZE, search);
  const [{ data, error, stale, fetching }, again] = useQuery({
    query: AUDIENCES,
    variables: { ...place, search: search || null },
  });
  const found = data?.audiences;
  const reload = () => {
    again({ requestPolicy: 'network-only' });
  };
  return (
    <Screen
      title={text('audiences.title')}
      aside={
        <Group gap="xs">
          <TextInput
            type="search"
            aria-label={text('audiences.search')}
            placeholder={text('audiences.search')}
            w={{ base: '100%', xs: 240 }}
            value={typed}
            onChange={(event) => {
              type(event.currentTarget.value);
            }}
          />
          {may && <ButtonLink to="/audiences/new">{text('audience.new')}</ButtonLink>}
        </Group>
      }
    >
      <Text size="sm" c="dimmed" role="status" mih={22}>
        {typeof found?.totalCount === 'number' && text('audiences.count', { count: found.totalCount })}
      </Text>
      {error && !found ? (
        <Problem error={error} onRetry={reload} />
      ) : (
        <Card withBorder p={0} aria-busy={stale || fetching}>
          {found?.nodes.length === 0 ? (
            <Empty
              next={!search && may && <ButtonLink to="/audiences/new">{text('audience.new')}</ButtonLink>}
            >
              {text(search ? 'audiences.empty.search' : 'audiences.empty')}
            </Empty>
          ) : (
            <List audiences={found?.nodes} onDeleted={reload} />
          )}
        </Card>
      )}
      <Pager info={found?.pageInfo} size={SIZE} onGo={go} />
    </Screen>
  );
}

function List({
  audiences,
  onDeleted,
}: {
  audiences: readonly Audience[] | undefined;
  onDeleted: () => void;
}) {
  const text = useTexts();
  const may = useMay('AUDIENCES_WRITE');
  return (
    <Table verticalSpacing="sm" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{text('audience.name')}</Table.Th>
          <Table.Th w={{ base: 90, sm: 110 }} ta="right">
            {text('audiences.size')}
          </Table.Th>
          <Table.Th w={120} ta="right" visibleFrom="sm">
            {text('audience.uses')}
          </Table.Th>
          <Table.Th w={190} visibleFrom="lg">
            {text('audiences.created')}
          </Table.Th>
          {may && (
            <Table.Th w={210} visibleFrom="md">
              {text('audiences.actions')}
            </Table.Th>
          )}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {audiences === undefined
          ? Array.from({ length: 8 }, (_, row) => <Waiting key={row} />)
          : audiences.map((one) => <Row key={one.id} audience={one} may={may} onDeleted={onDeleted} />)}
      </Table.Tbody>
    </Table>
  );
}

function Waiting() {
  return (
    <Table.Tr>
      <Table.Td colSpan={5}>
        <Skeleton height={40} />
      </Table.Td>
    </Table.Tr>
  );
}

function Row({ audience, may, onDeleted }: { audience: Audience; may: boolean; onDeleted: () => void }) {
  const { id, name, ruleText, size, campaigns, createdAt } = audience;
  const actions = may && <Actions audience={audience} onDeleted={onDeleted} />;
  return (
    <Table.Tr>
      <Table.Td>
        <TextLink to="/audiences/$id" params={{ id }} style={{ overflowWrap: 'anywhere' }}>
          {name}
        </TextLink>
        <Text size="sm" c="dimmed" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
          {ruleText}
        </Text>
        <Box hiddenFrom="md" mt="xs">
          {actions}
        </Box>
      </Table.Td>
      <Table.Td ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
        {size == null ? '–' : <FormattedNumber value={size} />}
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm" style={{ fontVariantNumeric: 'tabular-nums' }}>
        {campaigns?.totalCount == null ? '–' : <FormattedNumber value={campaigns.totalCount} />}
      </Table.Td>
      <Table.Td visibleFrom="lg">
        <Moment at={createdAt} />
      </Table.Td>
      {may && <Table.Td visibleFrom="md">{actions}</Table.Td>}
    </Table.Tr>
  );
}

function Actions({ audience: { id, name }, onDeleted }: { audience: Audience; onDeleted: () => void }) {
  const text = useTexts();
  return (
    <Group gap="xs">
      <ButtonLink
        size="compact-sm"
        variant="default"
        to="/audiences/new"
        search={{ from: id }}
        aria-label={text('audiences.duplicate.of', { name })}
      >
        {text('audiences.duplicate')}
      </ButtonLink>
      <DeleteAudience id={id} name={name} size="compact-sm" onDeleted={onDeleted} />
    </Group>
  );
}
