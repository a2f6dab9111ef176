/** A customer's orders, newest first. */
import { Skeleton, Stack, Table, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { useMoney } from '../../components/money';
import { Moment } from '../../components/moment';
import { Pager, usePlace } from '../../components/pager';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import { useTexts } from '../../texts';
import { ORDERS } from './queries';

const SIZE = 10;

export function Orders({ id }: { id: string }) {
  const text = useTexts();
  const money = useMoney();
  const [place, go] = usePlace(SIZE, id);
  const [{ data, error }, again] = useQuery({ query: ORDERS, variables: { id, ...place } });
  const orders = data?.customer?.orders;
  return (
    <Panel title={text('orders.title')}>
      {error && !orders && (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      )}
      {!error && orders === undefined && <Skeleton height={200} />}
      {orders?.nodes.length === 0 && (
        <Text size="sm" c="dimmed">
          {text('orders.empty')}
        </Text>
      )}
      {orders && orders.nodes.length > 0 && (
        <Stack gap="sm">
          <Table layout="fixed">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{text('orders.at')}</Table.Th>
                <Table.Th visibleFrom="xs">{text('orders.number')}</Table.Th>
                <Table.Th ta="right">{text('orders.amount')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {orders.nodes.map((order) => (
                <Table.Tr key={order.id}>
                  <Table.Td>
                    <Moment at={order.orderedAt} isDay />
                  </Table.Td>
                  <Table.Td visibleFrom="xs" style={{ overflowWrap: 'anywhere' }}>
                    {order.externalId}
                  </Table.Td>
                  <Table.Td ta="right">{money(order.amount)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Pager info={orders.pageInfo} size={SIZE} onGo={go} />
        </Stack>
      )}
    </Panel>
  );
}
