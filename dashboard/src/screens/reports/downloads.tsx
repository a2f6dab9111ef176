/** The figures as a file, made here, and the rows behind them, made by the server. */
import { Alert, Button, Group, Stack } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import { TextLink } from '../../components/link';
import { useMay } from '../../components/permissions';
import { useTexts } from '../../texts';
import { OFFERS, topicOf, type Choice, type Topic } from './choices';
import { csv, type Row } from './figures';
import { EXPORT } from './queries';
import type { Span } from './spans';

export function Downloads({
  rows,
  choice,
  span,
}: {
  rows: readonly Row[];
  choice: Choice;
  span: Span | null;
}) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const [hasBegun, setBegun] = useState(false);
  const { metrics, by, rule } = choice;
  const topic = topicOf(metrics);
  const mayExport = useMay('EXPORTS_WRITE');

  const download = () => {
    const headings = [text(`reports.by.${by}`), ...metrics.map((metric) => text(`metric.${metric}`))];
    const lines = rows.map((row) => [row.key || row.label, ...row.values.map((value) => value ?? '')]);
    save(`${topic ?? 'report'}-${by.toLowerCase()}.csv`, csv(headings, lines));
  };
  const exportRows = async (of: Topic) => {
    const { subject } = OFFERS[of];
    const times = span && { from: span.from.toISOString(), until: span.until.toISOString() };
    const customers = rule && { rule };
    const made = await change(EXPORT, { input: { subject, format: 'CSV', customers, ...times } });
    setBegun(made !== null);
  };
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap="xs">
        <Button variant="default" size="xs" onClick={download}>
          {text('reports.download')}
        </Button>
        {mayExport && topic && (
          <Button variant="default" size="xs" loading={isBusy} onClick={() => void exportRows(topic)}>
            {text(`reports.export.${topic}`)}
          </Button>
        )}
      </Group>
      <Errors errors={errors} />
      <div role="status">
        {hasBegun && (
          <Alert color="green" p="xs">
            {text('reports.export.began')} <TextLink to="/downloads">{text('reports.export.see')}</TextLink>
          </Alert>
        )}
      </div>
    </Stack>
  );
}

function save(name: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
