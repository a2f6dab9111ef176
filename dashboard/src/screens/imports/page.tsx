/** All imports, newest first; those that run move. */
import { Card, Group, Skeleton, Table, Text } from '@mantine/core';
import { FormattedNumber } from 'react-intl';
import { useSubscription } from 'urql';
import { useFollowed } from '../../api/followed';
import { Empty } from '../../components/empty';
import { ImportBar, isMoving } from '../../components/import-bar';
import { ButtonLink, TextLink } from '../../components/link';
import { Moment } from '../../components/moment';
import { Pager, usePlace } from '../../components/pager';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import { Status } from '../../components/status';
import { Updated } from '../../components/updated';
import type { ImportsQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { IMPORT_MOVES, IMPORTS } from './queries';

const SIZE = 25;

type Import = NonNullable<ImportsQuery['ingestions']>['nodes'][number];

export default function Page() {
  const text = useTexts();
  const mayImport = useMay('INGESTIONS_WRITE');
  const [place, go] = usePlace(SIZE);
  const { data, error, again, age } = useFollowed(IMPORTS, place, ({ ingestions }) =>
    Boolean(ingestions?.nodes.some(({ status }) => isMoving(status))),
  );
  const imports = data?.ingestions?.nodes;
  const begin = mayImport && <ButtonLink to="/imports/new">{text('imports.new')}</ButtonLink>;
  return (
    <Screen title={text('imports.title')} aside={begin}>
      {error && !imports ? (
        <Problem error={error} onRetry={again} />
      ) : (
        <Card withBorder p={0} aria-busy={imports === undefined}>
          {imports?.length === 0 ? (
            <Empty next={begin}>{text('imports.empty')}</Empty>
          ) : (
            <List imports={imports} isPaused={age.isPaused} />
          )}
        </Card>
      )}
      <Group justify="space-between">
        <Updated {...age} />
        <Pager info={data?.ingestions?.pageInfo} size={SIZE} onGo={go} />
      </Group>
    </Screen>
  );
}

function List({ imports, isPaused }: { imports: readonly Import[] | undefined; isPaused: boolean }) {
  const text = useTexts();
  return (
    <Table verticalSpacing="sm" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{text('imports.file')}</Table.Th>
          <Table.Th w={{ base: 130, sm: 150 }}>{text('imports.state')}</Table.Th>
          <Table.Th visibleFrom="md" w={190}>
            {text('imports.begun')}
          </Table.Th>
          <Table.Th visibleFrom="sm">{text('imports.progress')}</Table.Th>
          <Table.Th visibleFrom="md" w={110} ta="right">
            {text('imports.refused')}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {imports === undefined
          ? Array.from({ length: 8 }, (_, row) => <Waiting key={row} />)
          : imports.map((one) => <Row key={one.id} row={one} isPaused={isPaused} />)}
      </Table.Tbody>
    </Table>
  );
}

function Waiting() {
  return (
    <Table.Tr>
      <Table.Td colSpan={5}>
        <Skeleton height={44} />
      </Table.Td>
    </Table.Tr>
  );
}

function Row({ row, isPaused }: { row: Import; isPaused: boolean }) {
  const text = useTexts();
  // Its events change what the cache holds, and so this row.
  useSubscription({
    query: IMPORT_MOVES,
    variables: { id: row.id },
    pause: isPaused || !isMoving(row.status),
  });
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <TextLink to="/imports/$id" params={{ id: row.id }}>
          {row.source ?? text(`kind.${row.kind}`)}
        </TextLink>
        <Text size="xs" c="dimmed">
          {text(`kind.${row.kind}`)}
          {row.isDryRun && ` · ${text('imports.dryRun')}`}
        </Text>
      </Table.Td>
      <Table.Td>
        <Status status={row.status} />
      </Table.Td>
      <Table.Td visibleFrom="md">
        <Moment at={row.createdAt} />
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <ImportBar counts={row} />
        <Text size="xs" c="dimmed" mt={4}>
          {text('imports.rows', { count: row.received })}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="md" ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
        <FormattedNumber value={row.rejected} />
      </Table.Td>
    </Table.Tr>
  );
}
