/** One import, live: what became of its rows, and what was wrong with those that were refused. */
import { Alert, Group, Skeleton, Text } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useChange } from '../../api/change';
import { Announcement } from '../../components/announcement';
import { Awaited } from '../../components/awaited';
import { ConfirmedButton } from '../../components/confirm';
import { Errors } from '../../components/errors';
import { ImportBar, isMoving } from '../../components/import-bar';
import { ButtonLink } from '../../components/link';
import { Moment } from '../../components/moment';
import { useMay } from '../../components/permissions';
import { Screen } from '../../components/screen';
import { Status } from '../../components/status';
import { Updated } from '../../components/updated';
import { useTexts } from '../../texts';
import { Columns } from './columns';
import { Causes, RowErrors } from './faults';
import { Figures } from './figures';
import { useImport, useMoving, type Import } from './live';
import { REPLAY } from './queries';

export default function Page() {
  const { id } = useParams({ from: '/imports/$id' });
  const { found, error, again } = useImport(id);
  if (found) return <Live key={id} found={found} onAgain={again} />;
  return (
    <Awaited kind="import" found={found} error={error} onRetry={again}>
      <Skeleton height={30} width={260} />
      <Skeleton height={80} />
      <Skeleton height={320} />
    </Awaited>
  );
}

function Live({ found, onAgain }: { found: Import; onAgain: () => void }) {
  const text = useTexts();
  const [isPaused, setPaused] = useState(false);
  const { row, at } = useMoving(found, isPaused);
  const { received, created, updated, unchanged, rejected, failed } = row;
  const said = text('imports.announce', { received, created, updated, unchanged, rejected, failed });
  return (
    <Screen title={row.source ?? text('import.title')} aside={<Next row={row} onAgain={onAgain} />}>
      <Group justify="space-between" mih={30}>
        <Group gap="sm">
          <Status status={row.status} />
          <Text size="sm">{text(`kind.${row.kind}`)}</Text>
          <Text size="sm" c="dimmed">
            <Moment at={row.createdAt} />
          </Text>
        </Group>
        {(isMoving(row.status) || isPaused) && <Updated at={at} isPaused={isPaused} onPause={setPaused} />}
      </Group>
      <Announcement>{`${text(`status.${row.status}`)}. ${said}`}</Announcement>
      {row.isDryRun && <Alert color="blue">{text('import.dryRun')}</Alert>}
      {row.failureReason && (
        <Alert color="red" title={text('status.FAILED')}>
          {row.failureReason}
        </Alert>
      )}
      <ImportBar counts={row} />
      <Figures row={row} />
      <Causes causes={row.rowErrorCounts} />
      <RowErrors row={row} />
      <Columns row={row} />
    </Screen>
  );
}

/** The way on: people who have come in are chosen from, files that were refused are mended and sent again. */
function Next({ row, onAgain }: { row: Import; onAgain: () => void }) {
  const text = useTexts();
  const mayImport = useMay('INGESTIONS_WRITE');
  const maySelect = useMay('AUDIENCES_WRITE');
  const { isBusy, errors, change } = useChange();
  const isIn = row.status === 'COMPLETED' && !row.isDryRun;
  const replay = async () => {
    if (await change(REPLAY, { id: row.id })) onAgain();
  };
  return (
    <Group gap="xs">
      <Errors errors={errors} />
      {mayImport && row.failed > 0 && (
        <ConfirmedButton
          label={text('import.replay')}
          question={text('import.replay.sure')}
          color="indigo"
          isBusy={isBusy}
          onConfirm={() => void replay()}
        />
      )}
      {mayImport && (
        <ButtonLink to="/imports/new" search={{ kind: row.kind }} variant="default">
          {text('import.another')}
        </ButtonLink>
      )}
      {isIn && maySelect && <ButtonLink to="/audiences">{text('import.toAudiences')}</ButtonLink>}
    </Group>
  );
}
