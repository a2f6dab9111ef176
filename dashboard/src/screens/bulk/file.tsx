/** The customers whom an operation could not change, as a file: an export like any other. */
import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useClient } from 'urql';
import { useChange, type UserError } from '../../api/change';
import { sentencesOf } from '../../api/sentences';
import { Errors } from '../../components/errors';
import { ButtonLink } from '../../components/link';
import { useMay } from '../../components/permissions';
import type { BulkOperationFailuresQueryVariables } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { EXPORT } from '../customers/changes';
import { FAILURES } from './queries';

const PAGE = 100;

export function FailuresFile({ id, isOne }: { id: string; isOne: boolean }) {
  const text = useTexts();
  const mayExport = useMay('EXPORTS_WRITE');
  const { isBusy, errors, export: make } = useExport(id);
  const [isMade, setMade] = useState(false);
  if (!mayExport) return null;
  return (
    <>
      <Group gap="xs">
        <Button size="xs" variant="default" loading={isBusy} onClick={() => void make().then(setMade)}>
          {text('bulk.failures.export')}
        </Button>
        {isMade && (
          <ButtonLink to="/downloads" size="xs" variant="default">
            {text('exports.title')}
          </ButtonLink>
        )}
      </Group>
      <Text size="sm" role="status">
        {isMade ? text('selection.exporting') : isOne && text('selection.export.person')}
      </Text>
      <Errors errors={errors} />
    </>
  );
}

/** Begins the export of all that the server names; answers whether it was taken. */
function useExport(id: string) {
  const text = useTexts();
  const client = useClient();
  const { isBusy, errors, change } = useChange();
  const [isReading, setReading] = useState(false);
  const [lost, setLost] = useState<readonly UserError[]>([]);
  const idsOf = async () => {
    const ids: string[] = [];
    for (let after: string | null | undefined = null; ;) {
      const asked: BulkOperationFailuresQueryVariables = { id, first: PAGE, after };
      const answer = await client.query(FAILURES, asked, { requestPolicy: 'network-only' }).toPromise();
      if (answer.error) setLost(sentencesOf(answer.error, text).map((message) => ({ path: [], message })));
      const found = answer.data?.bulkOperation?.failedCustomers;
      if (!found) return null;
      ids.push(...found.nodes.map((customer) => customer.id));
      after = found.pageInfo.endCursor;
      if (!found.pageInfo.hasNextPage || !after) return ids;
    }
  };
  const run = async () => {
    setLost([]);
    setReading(true);
    const ids = await idsOf();
    setReading(false);
    return ids !== null && (await change(EXPORT, { customers: { ids }, format: 'CSV' })) !== null;
  };
  return { isBusy: isBusy || isReading, errors: [...lost, ...errors], export: run };
}
