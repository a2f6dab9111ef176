/** The figures as a file, made here, and the rows behind them, made by the server. */
import { Alert, Button, Group } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import { TextLink } from '../../components/link';
import { useMay } from '../../components/permissions';
import { useTexts } from '../../texts';
import { OFFERS, type Choice } from './choices';
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
  const { subject } = OFFERS[choice.topic];
  const mayExport = useMay('EXPORTS_WRITE');

  const download = () => {
    const headings = [
      text(`reports.by.${choice.by}`),
      ...OFFERS[choice.topic].metrics.map((metric) => text(`metric.${metric}`)),
    ];
    const lines = rows.map((row) => [row.key || row.label, ...row.values.map((value) => value ?? '')]);
    save(`${choice.topic}-${choice.by.toLowerCase()}.csv`, csv(headings, lines));
  };
  const exportRows = async () => {
    const times = span && { from: span.from.toISOString(), until: span.until.toISOString() };
    const made = await change(EXPORT, { input: { subject, format: 'CSV', ...times } });
    setBegun(made !== null);
  };
  return (
    <>
      <Group gap="xs">
        <Button variant="default" size="xs" onClick={download}>
          {text('reports.download')}
        </Button>
        {mayExport && (
          <Button variant="default" size="xs" loading={isBusy} onClick={() => void exportRows()}>
            {text(`reports.export.${choice.topic}`)}
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
    </>
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
