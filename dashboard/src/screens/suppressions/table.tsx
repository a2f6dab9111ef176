/** The table of closed addresses. */
import { Skeleton, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { useChange } from '../../api/change';
import { ConfirmedButton } from '../../components/confirm';
import { Errors } from '../../components/errors';
import { Moment } from '../../components/moment';
import type { SuppressionsQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { LIFT } from './queries';

type Suppression = NonNullable<SuppressionsQuery['suppressions']>['nodes'][number];

const ROWS_WAITED_FOR = 10;

export function SuppressionsTable({
  suppressions,
  mayWrite,
  onChanged,
}: {
  suppressions: readonly Suppression[] | undefined;
  mayWrite: boolean;
  onChanged: () => void;
}) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const lift = async (id: string) => {
    if (await change(LIFT, { id })) onChanged();
  };
  return (
    <Stack gap={0}>
      <Errors errors={errors} />
      <Table verticalSpacing="xs" layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{text('suppressions.address')}</Table.Th>
            <Table.Th w={120} visibleFrom="xs">
              {text('suppressions.channel')}
            </Table.Th>
            <Table.Th w={190} visibleFrom="sm">
              {text('suppressions.reason')}
            </Table.Th>
            <Table.Th w={190} visibleFrom="lg">
              {text('suppressions.since')}
            </Table.Th>
            {mayWrite && (
              <Table.Th w={100}>
                <VisuallyHidden>{text('suppressions.lift')}</VisuallyHidden>
              </Table.Th>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {suppressions === undefined &&
            Array.from({ length: ROWS_WAITED_FOR }, (_, row) => (
              <Table.Tr key={row}>
                <Table.Td colSpan={mayWrite ? 5 : 4}>
                  <Skeleton height={30} />
                </Table.Td>
              </Table.Tr>
            ))}
          {suppressions?.map(({ id, address, channel, reason, createdAt }) => (
            <Table.Tr key={id}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {address || text('suppressions.erased')}
                <Text size="xs" c="dimmed" hiddenFrom="sm">
                  {text(`channel.${channel}`)}, {text(`reason.suppression.${reason}`)}
                </Text>
              </Table.Td>
              <Table.Td visibleFrom="xs">{text(`channel.${channel}`)}</Table.Td>
              <Table.Td visibleFrom="sm">{text(`reason.suppression.${reason}`)}</Table.Td>
              <Table.Td visibleFrom="lg">
                <Moment at={createdAt} />
              </Table.Td>
              {mayWrite && (
                <Table.Td ta="right">
                  <ConfirmedButton
                    size="xs"
                    label={text('suppressions.lift')}
                    {...(address && { subject: address })}
                    question={text('suppressions.lift.sure')}
                    color="red"
                    isBusy={isBusy}
                    onConfirm={() => void lift(id)}
                  />
                </Table.Td>
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}
